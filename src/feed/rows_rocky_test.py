#!/usr/bin/env python3
"""rows_rocky_test.py: pages of the errata service, single records, OSV.dev's copy."""
import json
import re

import rows
import rows_osv


def page(path):
    for a in json.loads(rows.unpacked(path))["advisories"]:
        ids = [c["cve"] for c in a["cves"]]
        if not ids and not a["name"].startswith("RLSA-"):
            continue
        found = {}
        for p in a["packages"]:
            name, evr, arch = re.fullmatch(r"(.+)-([^-]+-[^-]+)\.(\w+)\.rpm", p["nevra"]).groups()
            row = {"namespace": "rocky:" + re.match(r"Rocky Linux (\d+)", p["product_name"]).group(1),
                   "package": name, "scope": "binary", "arch": arch, "state": "fixed", "fixed": evr}
            if p["module_name"]:
                row["module"] = p["module_name"] + ":" + p["module_stream"]
            if arch != "src":
                found[json.dumps(row)] = row
        yield {"id": a["name"], "ids": ids, "severity": rows_osv.WORDS[a["severity"].lower()],
               "description": a["synopsis"], "published": rows_osv.seconds(a["published_at"]),
               "affected": list(found.values())}


for number in (1, 2):
    rows.compare(f"rocky reads page {number} of its errata", "rocky", f"errata-api/page{number}.json",
                 f"rocky/errata-api/page{number}.json", lambda path: list(page(path)), "severity",
                 "description", "published")
for name in ("RLSA-2021_3891.json", "RLSA-2024_3671.json"):
    rows_osv.compare("rocky", "osv/" + name, "rocky/osv/" + name, only="Rocky Linux")
rows_osv.compare("rocky", "Rocky Linux/all.zip", "osv/Rocky Linux/all.zip", only="Rocky Linux")

rows.done()
