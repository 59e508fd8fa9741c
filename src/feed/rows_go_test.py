#!/usr/bin/env python3
"""rows_go_test.py: Go's vulndb.zip, whole."""
import rows
import rows_osv

got = rows_osv.compare("go", "vulndb.zip", "go-vulndb/vulndb.zip", only="Go")

rows.done()
