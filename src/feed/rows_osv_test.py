#!/usr/bin/env python3
"""rows_osv_test.py: the feed osv: every ecosystem's zip, and single records."""
import os

import rows
import rows_osv

FOLDER = os.path.join(rows.FEEDS, "osv")
RUST = rows_osv.RUST + "/all.zip"

KNOWN = {
    "PyPI": ["PYSEC-2018-104 pypi oslo-middleware 3.9.0|3.19.1|", "PYSEC-2018-104 pypi oslo-middleware |3.8.1|",
             "PYSEC-2018-44 pypi ansible 2.6|2.6.7|", "PYSEC-2018-44 pypi ansible 2.7|2.7.1|"],
    "npm": ["GHSA-82jv-9wjw-pqh6 npm derby |2.3.2|",
            "GHSA-82jv-9wjw-pqh6 npm derby 4.0.0-beta1|4.0.0-beta.11|"],
    "cargo": ["RUSTSEC-2020-0071 cargo time 0.2.7-0|0.2.23|",
              "RUSTSEC-2016-0005 cargo rust-crypto 0.0.0-0|0.2.37-0|"],
    "Packagist": ["GHSA-p746-qw73-qmmx composer magento/project-community-edition ||2.0.2",
                  "GHSA-p746-qw73-qmmx composer magento/community-edition 2.3.7||2.3.7"],
    "Pub": ["GHSA-3hpf-ff72-j67p pub shared_preferences_android 2.3.3|2.3.4|",
            "GHSA-4rgh-jx4f-qfcq pub http |0.13.3|"],
    "Debian": ["DEBIAN-CVE-2023-28322 debian:11 curl |7.74.0-1.3+deb11u9|",
               "DEBIAN-CVE-2020-19909 debian:13 curl |7.66.0-1|"],
}

for name in ("AlmaLinux", "Alpine", "Debian", "Go", "Hex", "Maven", "NuGet", "Packagist", "Pub", "PyPI",
             "Rocky Linux", "RubyGems", "SwiftURL", "Ubuntu", "cargo", "npm"):
    document = RUST if name == "cargo" else name + "/all.zip"
    got = rows_osv.compare("osv", document, f"osv/{name}/all.zip")
    if name in KNOWN:
        rows_osv.known(name + ": rows that were read by hand", got, *KNOWN[name])
for name in ("GitHub Actions", "Julia", "Mageia", "SwiftURL"):
    rows_osv.compare("osv", name + "/all.zip", f"osv-slices/{name}/all.zip")
rows_osv.compare("osv", "Hackage/all.zip", "osv-slices/hackage/all.zip")
rows_osv.compare("osv", "Red Hat/all.zip", "redhat/osv/all.zip")
rows_osv.compare("osv", "osv/OESA-2021-1001.json", "openeuler/osv/OESA-2021-1001.json")
for name in ("RLSA-2021_3891.json", "RLSA-2024_3671.json"):
    rows_osv.compare("osv", "osv/" + name, "rocky/osv/" + name)

rows.done()
