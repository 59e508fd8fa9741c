#!/usr/bin/env python3
"""rows_vendors_test.py: small feeds of who rebuilds packages: bellsoft, seal, echo, rootio,
chainguard-libraries."""
import json
import os
import re
import urllib.parse

import rows
import rows_osv


def echo(path):
    for package, ids in json.loads(rows.unpacked(path)).items():
        for id, said in ids.items():
            fixed = said.get("fixed_version", "")
            row = {"namespace": "echo", "package": package, "scope": "source",
                   "state": "not-affected" if fixed == "0" else "fixed" if fixed else "affected"}
            yield {"id": id, "ids": [], "affected": [{**row, "fixed": fixed} if fixed not in ("", "0") else row]}


def rootio(path):
    for system, releases in json.loads(rows.unpacked(path)).items():
        for r in releases:
            release = ("v" if system == "alpine" else "") + r["distroversion"]
            for p in r["packages"]:
                for id, said in p["pkg"]["cves"].items():
                    for text in said["vulnerable_ranges"]:
                        yield {"id": id, "ids": [], "affected": [
                            {"namespace": f"{system}:{release}", "product": "rootio", "state": "fixed",
                             "package": p["pkg"]["name"], "scope": "source",
                             "fixed": re.fullmatch("<(.*)", text).group(1)}]}


def openvex(path):
    for s in json.loads(rows.unpacked(path))["statements"]:
        for product in s["products"]:
            type, name, version = re.fullmatch("pkg:(\\w+)/(.+)@(.+)",
                                               product["identifiers"]["purl"]).groups()
            version = urllib.parse.unquote(version)
            yield {"id": s["vulnerability"]["name"], "ids": s["vulnerability"]["aliases"], "affected": [
                {"namespace": type, "product": "chainguard-libraries", "scope": "binary",
                 "package": name.replace("/", ":") if type == "maven" else name, "word": s["status"],
                 "state": "not-affected", "introduced": version, "last_affected": version}]}


SYSTEMS = {"centos": "centos", "redhat": "rhel", "cbl-mariner": "mariner", "Oracle Linux": "ol"}


def seal(path):
    for _, record in rows_osv.records(path, "vulnerabilities.zip"):
        affected = []
        for a in record["affected"]:
            system, release = a["package"]["ecosystem"].split(":")
            events = {k: v for e in a["ranges"][0]["events"] for k, v in e.items()}
            affected.append({"namespace": SYSTEMS[system] + ":" + release, "product": "seal",
                             "package": a["package"]["name"], "scope": "binary", "state": "fixed", **events})
        yield {"id": record["id"], "ids": [], "affected": affected}


rows_osv.compare("bellsoft", "alpaquita/all.zip", "bellsoft/alpaquita/all.zip")
for feed, document, below, reader in (
        ("seal", "vulnerabilities.zip", "seal/vulnerabilities.zip", seal),
        ("echo", "echo/data.json", "echo/data.json", echo),
        ("rootio", "cve_feed", "rootio/cve_feed", rootio)):
    rows.compare(feed, feed, document, below, lambda path, reader=reader: list(reader(path)))
folder = os.path.join(rows.FEEDS, "chainguard-libraries", "openvex")
for root, _, files in sorted(os.walk(folder)):
    for name in sorted(f for f in files if f.endswith(".openvex.json")):
        below = os.path.relpath(os.path.join(root, name), rows.FEEDS)
        rows.compare(name, "chainguard-libraries", name, below, lambda path: list(openvex(path)))

rows.done()
