#!/usr/bin/env python3
"""rows_ghsa_test.py: GitHub's database: what is reviewed."""
import rows
import rows_osv

rows_osv.compare("ghsa", "repository-archive/main.tar", "ghsa/repository-archive/main.tar.gz",
                 wants=lambda name: "github-reviewed/" in name)

rows.done()
