#!/usr/bin/env python3
"""rows_go_test.py: Go's vulndb.zip, whole."""
import rows
import rows_osv

got = rows_osv.compare("go", "vulndb.zip", "go-vulndb/vulndb.zip", only="Go")

rows_osv.known("rows that were read by hand", got, "GO-2020-0001 go github.com/gin-gonic/gin |1.6.0|",
               "GO-2021-0052 go github.com/gin-gonic/gin |1.7.7|", "GO-2022-0969 go stdlib |1.18.6|",
               "GO-2022-0969 go stdlib 1.19.0-0|1.19.1|",
               "GO-2022-0969 go golang.org/x/net |0.0.0-20220906165146-f3363e06e74c|")
rows.done()
