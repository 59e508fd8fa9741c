#!/usr/bin/env python3
"""rows_secdb_test.py: documents in the form of Alpine's secdb, read independently of limpid."""
import glob
import json
import os
import re
import sys

import rows

CVE = re.compile(r"CVE[-_](\d{4}-\d+)([-.].*)?")
OTHER = re.compile(r"(wnpa-sec|[A-Z][A-Z0-9]+)-[0-9A-Za-z:-]+")


def split(text):
    """(CVE ids, others) of one string; remarks are neither."""
    cves, others = [], []
    for word in text.split():
        word = word.rstrip(",;")
        cve = CVE.fullmatch(word)
        if cve:
            cves.append("CVE-" + cve[1])
        elif OTHER.fullmatch(word):
            others.append(word)
    return cves, others


def secdb(path, namespace, url=""):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    branch = document.get("distroversion", "")
    for package in document["packages"] or []:
        pkg = package["pkg"]
        for version, texts in (pkg.get("secfixes") or {}).items():
            for text in texts or []:
                cves, others = split(text)
                for id in cves or others[:1]:
                    row = {"namespace": namespace + (":" + branch if branch else ""),
                           "package": pkg["name"], "scope": "source"}
                    row.update({"state": "not-affected"} if version == "0"
                               else {"state": "fixed", "fixed": version})
                    advisory = {"id": id, "ids": others if cves else others[1:], "affected": [row]}
                    yield {**advisory, **({"url": url + id} if url else {})}


CHECKED = (
    ("wolfi", "os/security.json", "wolfi/security.json", (
        ("CVE-2024-29902", "wolfi", "aactl", "fixed", "0.4.12-r10"),
        ("GHSA-rq3x-83w4-p28c", "wolfi", "aactl", "not-affected", ""))),
    ("chainguard", "chainguard/security.json", "chainguard/security.json", (
        ("CVE-2024-45338", "chainguard", "actions-runner-controller-fips", "fixed", "0.10.1-r1"),)),
    ("minimos", "advisories/secdb/security.json", "minimos/security.json", (
        ("CVE-2025-0840", "minimos", "binutils", "fixed", "2.44-r0"),
        ("CVE-1999-0289", "minimos", "apache2", "not-affected", ""))),
    ("alpine", "v3.5/main.json", "alpine/secdb-2020-06/v3.5/main.json", (
        ("CVE-2016-9587", "alpine:v3.5", "ansible", "fixed", "2.2.1.0-r0"),
        ("CVE-2018-11763", "alpine:v3.5", "apache2", "fixed", "2.4.35-r0"))),
)


def checked(feed, document, path, literals):
    whole = os.path.join(rows.FEEDS, path)
    if not os.path.exists(whole):
        rows.skip("rows checked by hand: " + path, "no " + path)
        return
    got = {(a["id"], r["namespace"], r["package"], r["state"], r.get("fixed", ""))
           for a in rows.dump(feed, document, whole)[0] for r in a["affected"]}
    missing = [r for r in literals if r not in got]
    rows.report(f"{len(literals)} rows checked by hand: {path}", not missing, *missing)


def main():
    for feed, document in (("wolfi", "os/security.json"), ("chainguard", "chainguard/security.json"),
                           ("minimos", "advisories/secdb/security.json")):
        path = feed + "/security.json"
        rows.compare("reads " + path, feed, document, path,
                     lambda p, namespace=feed: list(secdb(p, namespace)), "url")
    below = os.path.join(rows.FEEDS, "alpine")
    found = sorted(glob.glob(os.path.join(below, "secdb*", "*", "*.json")))
    if not found:
        rows.skip("Alpine's branches", "no alpine")
    for path in found:
        rows.compare("reads " + os.path.relpath(path, below), "alpine", "/".join(path.split("/")[-2:]),
                     os.path.relpath(path, rows.FEEDS),
                     lambda p: list(secdb(p, "alpine", "https://security.alpinelinux.org/vuln/")), "url")
    for path in found:
        other = path[:-len(".json")] + ".yaml"
        if os.path.exists(other):
            folder = os.path.basename(os.path.dirname(path))
            rows.compare("reads " + os.path.relpath(other, below), "alpine",
                         folder + "/" + os.path.basename(other), os.path.relpath(other, rows.FEEDS),
                         lambda p, json=path: list(
                             secdb(json, "alpine", "https://security.alpinelinux.org/vuln/")), "url")
    for one in CHECKED:
        checked(*one)
    rows.done()


sys.path.insert(0, os.path.dirname(__file__))
main()
