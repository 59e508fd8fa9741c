"""rows.py: what the row tests of the feeds share (rows_FEED_test.py): they read a document
independently of limpid and compare every advisory and row with what limpid's reader made of it.
Each is started with feed_dump's path, prints TAP, and skips documents that are not there."""
import collections
import json
import os
import subprocess
import sys

DUMP = sys.argv[1]
FEEDS = os.path.join(os.environ.get("LIMPID_SHARED", "../shared"), "feeds")
number = failed = 0


def unpacked(path):
    """The bytes of a file, decompressed by the tool that its suffix names."""
    packers = {".zst": "zstd", ".xz": "xz", ".gz": "gzip", ".bz2": "bzip2"}
    packer = packers.get(os.path.splitext(path)[1])
    if packer is None:
        with open(path, "rb") as file:
            return file.read()
    return subprocess.run([packer, "-dc", path], capture_output=True, check=True).stdout


def dump(feed, document, path):
    """What limpid's reader makes of the file: a list of advisories, and its notes."""
    run = subprocess.run([DUMP, "-j", feed, document, path], capture_output=True, check=False)
    if run.returncode != 0:
        raise ValueError(run.stderr.decode())
    decoder, text, at, all = json.JSONDecoder(), run.stdout.decode(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        all.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return all, run.stderr.decode().splitlines()


def flat(advisories, *keys):
    """A multiset of rows, each with its advisory's id, ids and the named members."""
    rows = collections.Counter()
    for a in advisories:
        for r in a["affected"]:
            row = {"id": a["id"], "ids": sorted(a.get("ids", [])), **r}
            row.update({k: a[k] for k in keys if k in a})
            rows[json.dumps(row, sort_keys=True)] += 1
    return rows


def report(name, good, *details):
    global number, failed
    number += 1
    failed += not good
    print(("ok " if good else "not ok ") + f"{number} - {name}")
    for line in details[:20] if not good else ():
        print("# " + str(line).replace("\n", " "))
    sys.stdout.flush()


def skip(name, why):
    global number
    number += 1
    print(f"ok {number} - {name} # SKIP {why}")


def compare(name, feed, document, path, expected, *keys):
    """Compares the reader's rows with `expected`: advisories in the form of dump()."""
    whole = os.path.join(FEEDS, path)
    if not os.path.exists(whole):
        return skip(name, "no " + path)
    got, _ = dump(feed, document, whole)
    mine = expected(whole) if callable(expected) else expected
    a, b = flat(got, *keys), flat(mine, *keys)
    missing, extra = b - a, a - b
    report(f"{name}: {len(got)} advisories, {sum(a.values())} rows", not missing and not extra,
           *[f"missing: {r}" for r in list(missing)[:8]], *[f"extra: {r}" for r in list(extra)[:8]])


def done():
    print(f"1..{number}")
    sys.exit(1 if failed else 0)
