#!/usr/bin/env python3
"""rows_debian_elts_test.py: Freexian's notices, whole."""
import rows
import rows_osv

got = rows_osv.compare("debian-elts", "advisories.tar", "debian-elts/advisories.tar.zst", only="Debian",
                 product="elts", related=True)

rows_osv.known("rows that were read by hand", got, "ELA-1000-1 debian:8+elts ceph |0.80.7-2+deb8u6|",
               "ELA-1000-1 debian:9+elts ceph |10.2.11-2+deb9u2|",
               "ELA-669-1 debian:8+elts http-parser |2.1-2+deb8u1|",
               "ELA-669-1 debian:9+elts http-parser |2.1-2+deb9u1|")
rows.done()
