#!/usr/bin/env python3
"""rows_debian_elts_test.py: Freexian's notices, whole."""
import rows
import rows_osv

rows_osv.compare("debian-elts", "advisories.tar", "debian-elts/advisories.tar.zst", only="Debian",
                 product="elts", related=True)

rows.done()
