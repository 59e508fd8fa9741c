#!/usr/bin/env python3
"""rows_test.py: reads the same feed documents as feed_dump, independently, and compares every
row. Usage: rows_test.py FEED_DUMP. Prints TAP. Documents that are not there are skipped."""
import collections
import datetime
import io
import json
import math
import os
import re
import subprocess
import sys
import tarfile
import zipfile

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


def seconds(text):
    if not text:
        return 0
    text = re.sub(r"\.\d+", "", text).replace("Z", "+00:00")
    when = datetime.datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return int(when.timestamp())


def cvss_severity(vector):
    m = dict(part.split(":") for part in vector.split("/")[1:])
    weight = {"AV": {"N": .85, "A": .62, "L": .55, "P": .2}, "AC": {"L": .77, "H": .44},
              "UI": {"N": .85, "R": .62}}
    changed = m["S"] == "C"
    pr = {"N": .85, "L": .68 if changed else .62, "H": .5 if changed else .27}[m["PR"]]
    c, i, a = ({"H": .56, "L": .22, "N": 0}[m[k]] for k in "CIA")
    iss = 1 - (1 - c) * (1 - i) * (1 - a)
    impact = 7.52 * (iss - .029) - 3.25 * (iss - .02) ** 15 if changed else 6.42 * iss
    exploit = 8.22 * weight["AV"][m["AV"]] * weight["AC"][m["AC"]] * pr * weight["UI"][m["UI"]]
    score = 0 if impact <= 0 else min((1.08 if changed else 1) * (impact + exploit), 10)
    score = math.ceil(round(score * 100000) / 10000) / 10
    for limit, name in ((0.1, "negligible"), (4, "low"), (7, "medium"), (9, "high")):
        if score < limit:
            return name
    return "critical"


ECOSYSTEMS = {"AlmaLinux": ("almalinux", "binary"), "Alpine": ("alpine", "source"),
              "Debian": ("debian", "source"), "Rocky Linux": ("rocky", "source"),
              "Ubuntu": ("ubuntu", "source")}


def osv_rows(record):
    """(namespace, package, scope, state, introduced, fixed, last, word, severity)"""
    for a in record.get("affected", []):
        name, _, release = a.get("package", {}).get("ecosystem", "").partition(":")
        release = release[:-4] if release.endswith(":LTS") else release
        if name not in ECOSYSTEMS or not re.fullmatch(r"[0-9a-z.]+", release):
            continue
        namespace, scope = ECOSYSTEMS[name]
        urgency = (a.get("ecosystem_specific") or {}).get("urgency", "")
        over = urgency == "end-of-life"
        for r in a.get("ranges", []):
            kinds = [next(iter(event.items())) for event in r["events"]]
            assert kinds[0][0] == "introduced" and len(kinds) <= 2
            introduced = "" if kinds[0][1] == "0" else kinds[0][1]
            fixed = kinds[1][1] if len(kinds) == 2 else ""
            never = fixed == "0"
            fixed = "" if never else fixed
            state = "not-affected" if never else "fixed" if fixed else "end-of-life" if over else "affected"
            yield (namespace + ":" + release, a["package"]["name"], scope, state, introduced, fixed,
                   "", urgency if over and not fixed else "", severity(urgency), namespace)


def read_osv_record(record):
    id = record["id"]
    rows = list(osv_rows(record))
    if id.startswith("LSN-") or not rows:
        return
    namespace = rows[-1][-1]
    rpm = namespace in ("almalinux", "rocky")
    lists = ["aliases", "upstream"] + (["related"] if rpm else [])
    ids = [i for key in lists for i in record.get(key, []) if i.startswith("CVE-")]
    if not ids and "-CVE-" in id:
        ids = [id[id.index("-CVE-") + 1:]]
    ids = list(dict.fromkeys(ids + record.get("aliases", [])))
    if not ids and re.match("(AL|RL)(BA|EA)-", id):
        return
    summary = record.get("summary", "")
    scores = {s["type"]: s["score"] for s in record.get("severity", [])}
    whole, source = "unknown", ""
    if rpm and ":" in summary:
        whole, source = severity(summary.split(":")[0]), namespace
    elif not rpm:
        whole, source = severity(scores.get("Ubuntu")), "ubuntu"
    if whole == "unknown":
        known = [r[8] for r in rows if r[8] != "unknown"]
        whole, source = (known[0], namespace) if known else ("unknown", "")
    if whole == "unknown" and "CVSS_V3" in scores:
        whole, source = cvss_severity(scores["CVSS_V3"]), "cvss3"
    modules = [""]
    if rpm and all(".module" in r[5] for r in rows):
        found = [w.rstrip(",") for w in summary.split() if re.fullmatch(r"[^:]+:[^:]+", w.rstrip(","))]
        modules = found or [""]
    times = tuple(seconds(record.get(key)) for key in ("published", "modified", "withdrawn"))
    for r in rows:
        for module in modules:
            yield row(id, r[0], r[1], ids=ids, scope=r[2], module=module, state=r[3], introduced=r[4],
                      fixed=r[5], last=r[6], word=r[7], own=r[8], whole=whole,
                      source=source if whole != "unknown" else "",
                      cvss=scores.get("CVSS_V3") or scores.get("CVSS_V4") or "", times=times)


def read_osv_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield from read_osv_record(json.loads(archive.read(name)))


def read_osv_tar(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".json"):
                yield from read_osv_record(json.load(archive.extractfile(member)))


def read_osv_json(data):
    yield from read_osv_record(json.loads(data))


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
    compare("almalinux", "osv-database.tar", in_feeds("almalinux", "osv-database.tar.zst"),
            read_osv_tar)
    for name in ("AlmaLinux", "Alpine", "Debian", "Rocky Linux", "Ubuntu"):
        document = name + "/all.zip"
        compare("osv", document, in_feeds("osv", document), read_osv_zip)
    rocky = in_feeds("rocky", "osv")
    for file in sorted(os.listdir(rocky)) if os.path.isdir(rocky) else []:
        compare("osv", "osv/" + file, os.path.join(rocky, file), read_osv_json)
    print("1..%d" % number)
    return 1 if failed else 0


sys.exit(main())
