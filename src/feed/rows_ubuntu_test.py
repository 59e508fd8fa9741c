#!/usr/bin/env python3
"""rows_ubuntu_test.py: Ubuntu's documents, read independently of limpid, compared with every row of
limpid's readers."""
import csv
import datetime
import glob
import io
import json
import os
import re
import sys
import tarfile
import urllib.parse

import rows

UBUNTU = os.path.join(rows.FEEDS, "ubuntu")
KEYS = ("severity", "severity_source", "cvss", "published", "modified", "url", "description")
ESM = ("esm", "esm-infra", "esm-apps", "esm-infra-legacy", "esm-apps-legacy")
WORDS = ("negligible", "low", "medium", "high", "critical")


def codenames():
    path = os.path.join(rows.FEEDS, "eol", "distro-info", "ubuntu.csv")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return {r["series"]: r["version"].split()[0] for r in csv.DictReader(file)}


RELEASES = codenames()


def place(release, pocket=None):
    """(namespace, product) of "esm-infra/xenial", or of a codename and its pocket; or None."""
    parts = release.split("/") + ([pocket] if pocket else [])
    found = [p for p in parts if p in RELEASES]
    if not found:
        return None
    parts.remove(found[0])
    pocket = "/".join(parts)
    if pocket in ("", "security", "updates"):
        product = ""
    elif pocket in ESM:
        product = "pro"
    elif pocket in ("ubuntu-core", "stable-phone-overlay"):
        product = pocket
    else:
        product = "pro:" + pocket
    return "ubuntu:" + RELEASES[found[0]], product


def prose(text, limit=4096):
    text = b" ".join(re.split(rb"[ \t\r\n\v\f]+", text.encode().strip(b" \t\r\n\v\f")))
    if len(text) > limit:
        text = text[:limit - 3].decode(errors="ignore").encode() + "…".encode()
    return text.decode()


def seconds(text):
    when = datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return int(when.timestamp())


def clean(row):
    return {k: v for k, v in row.items() if v}


def advisory(id, affected, **members):
    kind = "notices/" if id[:4] in ("USN-", "LSN-") else ""
    if id[:4] in ("USN-", "LSN-", "CVE-"):
        members["url"] = "https://ubuntu.com/security/" + kind + id
    if members.get("severity") in WORDS:
        members["severity_source"] = "ubuntu"
    else:
        members.pop("severity", None)
    return {"id": id, "affected": [clean(r) for r in affected], **clean(members)}


# -- VEX ---------------------------------------------------------------------------------------

def vex_state(s):
    status, action = s["status"], s.get("action_statement", "").split("CVE Notes")[0]
    if status == "not_affected":
        return None if s.get("justification") == "component_not_present" else "not-affected"
    if status == "fixed":
        return "not-affected"
    if status == "under_investigation":
        return "under-investigation"
    return ("end-of-life" if "no longer supported" in action
            else "will-not-fix" if "not fix it" in action else "affected")


def vex_statement(d, s):
    sources, binaries = [], {}
    for p in s["products"]:
        name, version, query = re.fullmatch(r"pkg:deb/ubuntu/([^@]+)@([^?]*)\?(.*)", p["@id"]).groups()
        query = dict(urllib.parse.parse_qsl(query))
        if "distro" not in query:
            continue
        item = (urllib.parse.unquote(name), urllib.parse.unquote(version), query["distro"])
        if query["arch"] == "source":
            sources.append(item)
        else:
            binaries[item] = 1
    with_source = {i[2] for i in sources}
    state = vex_state(s)
    word = {"fixed": "fixed", "not_affected": s.get("justification", "")}.get(s["status"], "")
    if state in ("end-of-life", "will-not-fix"):
        word = prose(s["action_statement"].replace("This package (for the given release) ", "", 1), 200)
    for scope, items in (("source", sources), ("binary", [b for b in binaries if b[2] not in with_source])):
        for name, version, distro in items:
            where = place(distro)
            if state and where:
                yield {"namespace": where[0], "product": where[1], "package": name, "scope": scope,
                       "state": state, "word": word,
                       "introduced": version if s["status"] == "fixed" else ""}


def vex_document(text):
    d = json.loads(text)
    stamp = (d.get("metadata") or d)["timestamp"]
    for s in d.get("statements", []):
        v = s["vulnerability"]
        notes = re.search(r"classified this CVE as of (\w+)", s.get("status_notes", ""))
        affected = list(vex_statement(d, s))
        if affected:
            yield advisory(v["name"], affected, description=prose(v["description"]),
                           ids=[i for i in v.get("aliases", []) if i.startswith("CVE-")],
                           published=seconds(s["timestamp"]), modified=seconds(stamp),
                           severity=notes[1].lower() if notes else "")


def vex_tar(path):
    with tarfile.open(fileobj=io.BytesIO(rows.unpacked(path))) as archive:
        return [a for m in archive if m.name.endswith(".json")
                for a in vex_document(archive.extractfile(m).read())]


def vex_file(path):
    return list(vex_document(rows.unpacked(path)))


# -- the tracker's words -------------------------------------------------------------------------

STATES = {"released": "fixed", "not-affected": "not-affected", "ignored": "will-not-fix",
          "deferred": "fix-deferred", "needed": "affected", "needs-triage": "affected",
          "pending": "affected", "active": "affected", "in-progress": "affected"}
OVER = re.compile("end-of-life|end of life|EOL|out of standard support|end of standard support|"
                  "end of ESM support")


def tracker_state(status, note):
    """The row's members, or None where there is no row."""
    state = STATES.get(status)
    if state is None:
        return None
    if state == "fixed":
        if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+~:-]*", note):
            return None
        return {"state": state, "fixed": note}
    if state != "not-affected" and OVER.search(note):
        state = "end-of-life"
    return {"state": state, "word": f"{status} ({prose(note, 160)})" if note else status}


def tracker_rows(fields):
    special = [(k[len("Priority_"):].partition("_"), (v.split() or [""])[0]) for k, v in fields
               if k.startswith("Priority_")]
    for key, value in fields:
        match = re.fullmatch(r"([^_\s]+)_(\S+)", key)
        if not match or key[0].isupper() or match[1] in ("upstream", "product", "snap"):
            continue
        release, package = match.groups()
        status, note = re.fullmatch(r"\s*([^\s(\[]*)\s*(.*?)\s*", value.split("\n")[0]).groups()
        if note[:1] in ("(", "["):
            close = {"(": ")", "[": "]"}[note[0]]
            note = note[1:note.rfind(close)] if close in note else note[1:]
        members, where = tracker_state(status, note.strip()), place(release)
        if not members or not where:
            continue
        own = ""
        for (name, _, of), word in special:
            if name == package and of in ("", release):
                own = word if word in WORDS else ""
        yield {"namespace": where[0], "product": where[1], "package": package, "scope": "source",
               "severity": own, **members}


def tracker_file(text):
    fields = []
    for line in re.sub(r"\n(?=[ \t])", "\0", text).split("\n"):
        key, colon, value = line.replace("\0", "\n").partition(":")
        if colon and not line.startswith("#"):
            fields.append((key, value))
    one = dict(reversed(fields))
    date = one.get("PublicDate", "").strip()
    cvss = re.search(r"CVSS:\S+", one.get("CVSS", ""))
    text = one.get("Ubuntu-Description", "").strip() or one.get("Description", "")
    return advisory(one["Candidate"].strip(), list(tracker_rows(fields)), description=prose(text),
                    severity=(one.get("Priority", "").split() or [""])[0],
                    cvss=cvss[0] if cvss else "",
                    published=0 if date == "unknown" else seconds(date.replace(" UTC", "")))


def tracker_tar(path):
    with tarfile.open(fileobj=io.BytesIO(rows.unpacked(path))) as archive:
        return [tracker_file(archive.extractfile(m).read().decode())
                for m in archive if m.isfile() and re.search(r"(active|retired)/CVE-[^/.]*$", m.name)]


# -- notices ---------------------------------------------------------------------------------------

def usn_database(path):
    for key, n in json.loads(rows.unpacked(path)).items():
        affected = []
        for codename, r in n["releases"].items():
            binaries = r.get("allbinaries") or r.get("binaries") or {}
            packages = r.get("sources") or binaries
            for name, p in packages.items():
                pockets = [b["pocket"] for b in binaries.values()
                           if b["version"] == p["version"] and b.get("pocket")]
                pocket = p.get("pocket") or (pockets or [""])[0]
                where = place(codename, pocket or ("esm" if re.search("[+~]esm", p["version"]) else None))
                affected.append({"namespace": where[0], "product": where[1], "package": name,
                                 "scope": "source" if r.get("sources") else "binary",
                                 "state": "fixed", "fixed": p["version"]})
        yield advisory("USN-" + key, affected, ids=[c for c in n["cves"] if c.startswith("CVE-")],
                       published=int(n["timestamp"]), description=prose(n["description"]))


def api_cves(path):
    for c in json.loads(rows.unpacked(path))["cves"]:
        affected = []
        for p in c["packages"]:
            for s in p["statuses"]:
                members = tracker_state(s["status"], s["description"].strip())
                where = place(s["release_codename"], s["pocket"])
                if members and where:
                    affected.append({"namespace": where[0], "product": where[1], "scope": "source",
                                     "package": p["name"], **members})
        yield advisory(c["id"], affected, severity=c["priority"], description=prose(c["description"]),
                       published=seconds(c["published"]), modified=seconds(c["updated_at"]))


# -- rows that a person checked against the documents ------------------------------------------------

CHECKED = (
    ("vex/cve/2023/CVE-2023-38545.json", "vex/cve/2023/CVE-2023-38545.json", (
        ("CVE-2023-38545", "ubuntu:16.04", "", "curl", "end-of-life", "", ""),
        ("CVE-2023-38545", "ubuntu:22.04", "", "curl", "not-affected", "7.81.0-1ubuntu1.24", ""),
        ("CVE-2023-38545", "ubuntu:14.04", "pro", "curl", "not-affected", "", ""))),
    ("vex-all.tar", "vex/archive/vex-all.tar.xz", (
        ("USN-7372-1", "ubuntu:20.04", "pro", "varnish", "not-affected", "6.2.1-2ubuntu0.2+esm1", ""),
        ("CVE-2025-0167", "ubuntu:24.10", "", "curl", "affected", "", ""))),
    ("cve-tracker-2020-06.tar", "cve-tracker-2020-06.tar.zst", (
        ("CVE-2020-10018", "ubuntu:18.04", "", "webkit2gtk", "fixed", "", "2.28.0-0ubuntu0.18.04.3"),
        ("CVE-2020-10018", "ubuntu:16.04", "", "webkit2gtk", "fix-deferred", "", ""),
        ("CVE-2020-10018", "ubuntu:14.04", "", "qtwebkit", "end-of-life", "", ""),
        ("CVE-2020-10029", "ubuntu:14.04", "pro", "eglibc", "affected", "", ""))),
    ("usn-db/database-all.json", "usndb/database-all.json.bz2", (
        ("USN-4011-1", "ubuntu:16.04", "", "jinja2", "fixed", "", "2.8-1ubuntu0.1"),)),
    ("api-cves/20_20.json", "api-cves/20_20.json", (
        ("CVE-2025-21984", "ubuntu:24.04", "pro:realtime", "linux-realtime", "affected", "", ""),)),
)


def checked(document, path, literals):
    whole = os.path.join(UBUNTU, path)
    if not os.path.exists(whole):
        rows.skip("rows checked by hand: " + path, "no " + path)
        return
    got = {(a["id"], r["namespace"], r.get("product", ""), r["package"], r["state"],
            r.get("introduced", ""), r.get("fixed", ""))
           for a in rows.dump("ubuntu", document, whole)[0] for r in a["affected"]}
    missing = [r for r in literals if r not in got]
    rows.report(f"{len(literals)} rows checked by hand: {path}", not missing, *missing)


def compare(document, path, reader):
    rows.compare("ubuntu reads " + path, "ubuntu", document, os.path.join("ubuntu", path), reader, *KEYS)


def osv():
    """The records themselves are read by the reader of OSV; here, that they reach it."""
    for path in sorted(glob.glob(os.path.join(UBUNTU, "osv", "*", "**", "*.json"), recursive=True)):
        name = os.path.relpath(path, UBUNTU)
        got, _ = rows.dump("ubuntu", name, path)
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        plain = {a["package"]["name"] for a in record["affected"]
                 if re.fullmatch(r"Ubuntu:[0-9.]+(:LTS)?", a["package"]["ecosystem"])}
        mine = {r["package"] for a in got for r in a["affected"] if not r.get("product")}
        rows.report("ubuntu reads " + name, plain == mine, *(plain ^ mine))


def main():
    if not RELEASES:
        rows.skip("Ubuntu's documents", "no list of releases")
        rows.done()
    osv()
    for path in sorted(glob.glob(os.path.join(UBUNTU, "vex", "cve", "*", "*.json"))):
        name = os.path.relpath(path, UBUNTU)
        compare(name, name, vex_file)
    compare("vex/vex-all.tar", "vex/archive/vex-all.tar.xz", vex_tar)
    compare("cve-tracker-2020-06.tar", "cve-tracker-2020-06.tar.zst", tracker_tar)
    compare("usn-db/database-all.json", "usndb/database-all.json.bz2", lambda p: list(usn_database(p)))
    for page in ("0_1", "0_20", "20_20"):
        compare(f"api-cves/{page}.json", f"api-cves/{page}.json", lambda p: list(api_cves(p)))
    for one in CHECKED:
        checked(*one)
    rows.done()


sys.path.insert(0, os.path.dirname(__file__))
main()
