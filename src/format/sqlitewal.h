/* sqlitewal.h: SQLite's write-ahead log (https://sqlite.org/fileformat2.html, "The Write-Ahead
 * Log"): whether it holds anything that the database beside it may lack. */
#ifndef LIMPID_FORMAT_SQLITEWAL_H
#define LIMPID_FORMAT_SQLITEWAL_H

#include "stream/reader.h"

/* True where `at` begins such a log. */
bool sqlitewal_matches(const uint8_t *at, size_t len);

/* Reads a log in order up to the first transaction that was committed: `*committed` is false where
 * there is none, so that SQLite takes the database as it is. False: `from` failed. */
bool sqlitewal_committed(struct reader *from, bool *committed, struct error *e) MUST_USE;

#endif
