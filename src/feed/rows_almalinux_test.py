#!/usr/bin/env python3
"""rows_almalinux_test.py: the database in OSV format, whole, and errata.full.json."""
import json

import rows
import rows_osv


def errata(path):
    for a in json.loads(rows.unpacked(path))["data"]:
        ids = list(dict.fromkeys(r["id"] for r in a["references"] if r["type"] == "cve"))
        if not ids and not a["id"].startswith("ALSA-"):
            continue
        affected = []
        for p in a["packages"]:
            release = p["release"].split("el")[1][0]
            epoch = "" if p["epoch"] in ("", "0") else p["epoch"] + ":"
            row = {"namespace": "almalinux:" + release, "package": p["name"], "scope": "binary",
                   "arch": p["arch"], "state": "fixed", "fixed": f"{epoch}{p['version']}-{p['release']}"}
            if p.get("module"):
                row["module"] = ":".join(p["module"].split(":")[:2])
            affected.append(row)
        word = rows_osv.WORDS.get(a["severity"].lower())
        yield {"id": a["id"], "ids": ids, "severity": word, "severity_source": "almalinux",
               "description": a["title"], "published": a["issued_date"], "modified": a["updated_date"],
               "affected": affected}


rows_osv.compare("almalinux", "osv-database.tar", "almalinux/osv-database.tar.zst", only="AlmaLinux")
rows.compare("almalinux reads errata.full.json", "almalinux", "errata.full.json",
             "almalinux/errata/errata.full.json", lambda path: list(errata(path)), "severity",
             "severity_source", "description", "published", "modified")

rows.done()
