/* open_blob.h: files of an OCI layout in a folder, opened by the parent: never through a link that
 * leads out of the folder, regular files only, without waiting. */
#ifndef LIMPID_OPS_OPEN_BLOB_H
#define LIMPID_OPS_OPEN_BLOB_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

/* The blob `name`; its size has to be `size_bytes`. */
bool blob_open(int layout, digest name, uint64_t size_bytes, int *out, struct stat *st,
               struct error *e) MUST_USE;

/* Whole content of a small blob, checked against its name. */
bool blob_read_small(int layout, digest name, uint64_t size_bytes, struct arena *arena, str *out,
                     struct error *e) MUST_USE;

/* Whole content of a file with that name, at most IMAGE_JSON_BYTES_MAX. */
bool file_read_small(int layout, const char *name, struct arena *arena, str *out,
                     struct error *e) MUST_USE;

#endif
