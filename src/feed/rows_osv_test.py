#!/usr/bin/env python3
"""rows_osv_test.py: the feed osv: every ecosystem's zip, and single records."""
import os

import rows
import rows_osv

FOLDER = os.path.join(rows.FEEDS, "osv")
RUST = rows_osv.RUST + "/all.zip"

for name in ("AlmaLinux", "Alpine", "Debian", "Go", "Hex", "Maven", "NuGet", "Packagist", "Pub", "PyPI",
             "Rocky Linux", "RubyGems", "SwiftURL", "Ubuntu", "cargo", "npm"):
    document = RUST if name == "cargo" else name + "/all.zip"
    rows_osv.compare("osv", document, f"osv/{name}/all.zip")
for name in ("GitHub Actions", "Julia", "Mageia", "SwiftURL"):
    rows_osv.compare("osv", name + "/all.zip", f"osv-slices/{name}/all.zip")
rows_osv.compare("osv", "Hackage/all.zip", "osv-slices/hackage/all.zip")
rows_osv.compare("osv", "Red Hat/all.zip", "redhat/osv/all.zip")
rows_osv.compare("osv", "osv/OESA-2021-1001.json", "openeuler/osv/OESA-2021-1001.json")
for name in ("RLSA-2021_3891.json", "RLSA-2024_3671.json"):
    rows_osv.compare("osv", "osv/" + name, "rocky/osv/" + name)

rows.done()
