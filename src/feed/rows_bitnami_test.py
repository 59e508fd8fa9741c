#!/usr/bin/env python3
"""rows_bitnami_test.py: Bitnami's database, whole."""
import rows
import rows_osv

got = rows_osv.compare("bitnami", "vulndb.tar", "bitnami/vulndb.tar.zst", only="Bitnami")

rows_osv.known("rows that were read by hand", got,
               "BIT-activemq-2020-11998 bitnami activemq 5.15.12||5.15.12")
rows.done()
