#!/usr/bin/env python3
"""rows_bitnami_test.py: Bitnami's database, whole."""
import rows
import rows_osv

rows_osv.compare("bitnami", "vulndb.tar", "bitnami/vulndb.tar.zst", only="Bitnami")

rows.done()
