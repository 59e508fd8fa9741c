#!/usr/bin/env python3
"""rows_arch_test.py: Arch Linux's vulnerability groups, read independently of limpid. The real
slice has two fixed groups; the other states are those of a document written here."""
import json
import os
import sys
import tempfile

import rows

WRITTEN = [
    {"name": "AVG-10", "packages": ["a", "b"], "status": "Vulnerable", "severity": "High",
     "type": "denial of service", "affected": "1-1", "fixed": None, "issues": ["CVE-2020-1"]},
    {"name": "AVG-11", "packages": ["c"], "status": "Testing", "severity": "Low", "type": "x",
     "affected": "1-1", "fixed": "1-2", "issues": ["CVE-2020-2", "CVE-2020-3"]},
    {"name": "AVG-12", "packages": ["d"], "status": "Not affected", "severity": "Unknown",
     "type": "x", "affected": "1-1", "fixed": None, "issues": ["CVE-2020-4"]},
    {"name": "AVG-13", "packages": ["e"], "status": "Unknown", "severity": "Medium", "type": "x",
     "affected": "1-1", "fixed": None, "issues": []},
    {"name": "AVG-14", "packages": ["f"], "status": "Fixed", "severity": "Critical", "type": "x",
     "affected": "1:2-1", "fixed": "1:2-2", "issues": ["CVE-2020-5"]},
]


def groups(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    for g in document:
        row = {"namespace": "arch", "scope": "binary"}
        if g["status"] in ("Not affected", "Unknown"):
            row["state"] = {"Unknown": "under-investigation"}.get(g["status"], "not-affected")
        elif g["fixed"]:
            row.update(state="fixed", fixed=g["fixed"])
        else:
            row.update(state="affected", last_affected=g["affected"])
        if g["status"] == "Testing":
            row["word"] = "Testing"
        advisory = {"id": g["name"], "ids": g["issues"], "description": g["type"],
                    "url": "https://security.archlinux.org/" + g["name"],
                    "affected": [{**row, "package": p} for p in g["packages"]]}
        if g["severity"] != "Unknown":
            advisory.update(severity=g["severity"].lower(), severity_source="arch")
        yield advisory


def main():
    keys = ("severity", "severity_source", "description", "url")
    rows.compare("reads arch/advisory.json", "arch", "arch/advisory.json", "arch/advisory.json",
                 lambda p: list(groups(p)), *keys)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(WRITTEN, file)
        file.flush()
        rows.compare("reads all states", "arch", "issues/all.json", file.name,
                     lambda p: list(groups(p)), *keys)
        got = {(a["id"], r["package"], r["state"], r.get("fixed", ""), r.get("last_affected", ""))
               for a in rows.dump("arch", "all.json", file.name)[0] for r in a["affected"]}
    want = {("AVG-10", "a", "affected", "", "1-1"), ("AVG-10", "b", "affected", "", "1-1"),
            ("AVG-11", "c", "fixed", "1-2", ""), ("AVG-12", "d", "not-affected", "", ""),
            ("AVG-13", "e", "under-investigation", "", ""), ("AVG-14", "f", "fixed", "1:2-2", "")}
    rows.report("6 rows checked by hand", got == want, *(got ^ want))
    rows.done()


sys.path.insert(0, os.path.dirname(__file__))
main()
