/* feedfile.h: one feed's advisories as a database file of their own (schema/…_advisories.sql). */
#ifndef LIMPID_STORE_FEEDFILE_H
#define LIMPID_STORE_FEEDFILE_H

#include "store/data.h"
#include "store/engine.h"

/* Writes a new file; `d` must be finished. The same data gives the same bytes. The file is not
 * yet synced. */
bool feedfile_write(const char *path, const struct data *d, struct error *e) MUST_USE;

/* Opens one that nobody changes any more. ERROR_IO with ENOENT where it is gone, ERROR_FORMAT where
 * it does not have `size_bytes` or is not of our schema. */
bool feedfile_open(const char *path, uint64_t size_bytes, struct db **out,
                   struct error *e) MUST_USE;

/* Reads all of it into `out`, which is initialised and empty. */
bool feedfile_read(struct db *db, struct data *out, struct error *e) MUST_USE;

#endif
