#!/usr/bin/env python3
"""rows_test.py: reads the same feed documents as feed_dump, independently, and compares every
row. Usage: rows_test.py FEED_DUMP. Prints TAP. Documents that are not there are skipped."""
import collections
import datetime
import json
import os
import re
import subprocess
import sys

DUMP = sys.argv[1]
FEEDS = os.path.join(os.environ.get("LIMPID_SHARED", "../shared"), "feeds")
number = failed = 0

DEBIAN = {"woody": "3.0", "sarge": "3.1", "etch": "4", "lenny": "5", "squeeze": "6", "wheezy": "7",
          "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12",
          "trixie": "13", "forky": "14", "duke": "15", "sid": "sid"}
WORDS = {"unimportant": "negligible", "low": "low", "medium": "medium", "moderate": "medium",
         "high": "high", "important": "high", "critical": "critical", "negligible": "negligible"}
ORDER = ["unknown", "negligible", "low", "medium", "high", "critical"]


def severity(word):
    return WORDS.get((word or "").strip().rstrip("*").lower(), "unknown")


def unpacked(path):
    packers = {".zst": "zstd", ".xz": "xz", ".gz": "gzip", ".bz2": "bzip2"}
    packer = packers.get(os.path.splitext(path)[1])
    if packer is None:
        with open(path, "rb") as file:
            return file.read()
    return subprocess.run([packer, "-dc", path], capture_output=True, check=True).stdout


def row(id, namespace, package, ids=(), scope="source", module="", state="fixed", introduced="",
        fixed="", last="", word="", own="unknown", whole="unknown", source="", cvss="", times=(0, 0, 0)):
    return "\t".join([id, " ".join(ids), namespace, package, scope, module, state, introduced, fixed,
                      last, word, own, whole, source, cvss] + [str(t) for t in times])


def read_tracker(data):
    for source, issues in json.loads(data).items():
        for id, issue in dict(issues).items():
            rows = []
            for name, r in dict(issue["releases"]).items():
                if name not in DEBIAN:
                    continue
                state, fixed, word = None, "", ""
                if r["status"] == "resolved":
                    state = "not-affected" if r["fixed_version"] == "0" else "fixed"
                    fixed = "" if state == "not-affected" else r["fixed_version"]
                elif r["status"] == "open":
                    state = {"ignored": "will-not-fix", "postponed": "fix-deferred"}.get(
                        r.get("nodsa_reason"), "affected")
                    if r["urgency"] == "end-of-life":
                        state, word = "end-of-life", "end-of-life"
                elif r["status"] == "undetermined":
                    state = "under-investigation"
                if "nodsa" in r:
                    word = (r.get("nodsa_reason") or "no-dsa") + (": " + r["nodsa"] if r["nodsa"] else "")
                rows.append((name, state, fixed, word, severity(r["urgency"])))
            whole = max([r[4] for r in rows] + ["unknown"], key=ORDER.index)
            for name, state, fixed, word, own in rows:
                yield row(id, "debian:" + DEBIAN[name], source, state=state, fixed=fixed, word=word,
                          own=own, whole=whole, source="debian" if whole != "unknown" else "")


def read_list(data):
    text = data.decode()
    for notice in re.split(r"^(?=\[)", text, flags=re.M)[1:]:
        head, _, body = notice.partition("\n")
        date, id, title = re.match(r"\[(.*?)\]\s+(\S+)\s*(.*)", head).groups()
        when = datetime.datetime.strptime(date, "%d %b %Y").replace(tzinfo=datetime.timezone.utc)
        ids = [i for group in re.findall(r"\{(.*?)\}", body) for i in group.split()]
        harmless = re.search("regression|new upstream version|bug ?fix|timezone|end-of-life|"
                             "end of life|announcement|key change", title)
        if not ids and harmless:
            continue
        for name, source, version in re.findall(r"^\s+\[(\w+)\] - (\S+) +(<[a-z-]+>|[0-9]\S*)", body,
                                                flags=re.M):
            states = {"<not-affected>": "not-affected", "<unfixed>": "affected",
                      "<end-of-life>": "end-of-life"}
            state = states.get(version, "fixed")
            word = version[1:-1] if version in states else ""
            yield row(id, "debian:" + DEBIAN[name], source, ids=ids, state=state,
                      fixed="" if word else version, word=word, times=(int(when.timestamp()), 0, 0))


def read_secdb(data):
    document = json.loads(data)
    for package in document["packages"] or []:
        for version, texts in (package["pkg"].get("secfixes") or {}).items():
            for text in texts or []:
                words = [re.sub(r"^CVE[-_](\d{4}-\d+)([-.].*)?$", r"CVE-\1", w.rstrip(",;"))
                         for w in text.split()]
                ids = [w for w in words
                       if re.fullmatch(r"(wnpa-sec|[A-Z][A-Z0-9]+)-[0-9A-Za-z:-]+", w)]
                cves = [i for i in ids if i.startswith("CVE-")]
                others = [i for i in ids if not i.startswith("CVE-")]
                for id in cves or others[:1]:
                    never = version == "0"
                    yield row(id, "alpine:" + document["distroversion"], package["pkg"]["name"],
                              ids=others if cves else others[1:],
                              state="not-affected" if never else "fixed",
                              fixed="" if never else version)


def say(ok, name, why=""):
    global number, failed
    number += 1
    failed += not ok
    print("%s %d - %s%s" % ("ok" if ok else "not ok", number, name, why))


def compare(feed, document, path, reader):
    name = "%s reads %s as it stands" % (feed, os.path.relpath(path, FEEDS))
    if not os.path.exists(path):
        say(True, name, " # SKIP the file is not there")
        return
    want = collections.Counter(reader(unpacked(path)))
    ran = subprocess.run([DUMP, feed, document, path], capture_output=True, check=False)
    if ran.returncode != 0:
        print("# " + ran.stderr.decode(errors="replace").strip())
        say(False, name)
        return
    got = collections.Counter(ran.stdout.decode().splitlines())
    for sign, rest in (("+", got - want), ("-", want - got)):
        for line in list(rest)[:5]:
            print("# %s %s" % (sign, line))
    say(got == want, name, " (%d rows)" % sum(want.values()))


def in_feeds(*parts):
    return os.path.join(FEEDS, *parts)


def main():
    debian = in_feeds("debian")
    for below, document in (("derived-tracker-json/tracker/data/json.zst", "tracker/data/json"),
                            ("tracker-json/a/data/json", "data/json"),
                            ("tracker-json/b/data/json.zst", "data/json")):
        compare("debian", document, os.path.join(debian, below), read_tracker)
    for folder in ("security-tracker", "security-tracker-recovered"):
        for kind in ("DSA", "DLA"):
            below = "data/%s/list" % kind
            compare("debian", below, os.path.join(debian, folder, below), read_list)
    for folder in ("secdb-2020-06", "secdb-json"):
        for root, _, files in sorted(os.walk(in_feeds("alpine", folder))):
            for file in sorted(files):
                if file in ("main.json", "community.json"):
                    document = os.path.basename(root) + "/" + file
                    compare("alpine", document, os.path.join(root, file), read_secdb)
    print("1..%d" % number)
    return 1 if failed else 0


sys.exit(main())
