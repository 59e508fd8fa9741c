/* encode.h: facts as bytes: what a worker writes into its pipe and what the cache keeps.
 *
 * A record: kind (1 byte), rank (u32 LE), then the strings of that kind, each as length (u32 LE)
 * and bytes. Strings are at most 1 MiB; a record at most 4 MiB. Reading trusts nothing. */
#ifndef LIMPID_INVENTORY_ENCODE_H
#define LIMPID_INVENTORY_ENCODE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/fact.h"
#include "stream/reader.h"

/* Raised when the form of the records changes: part of the cache's key. */
enum { FACT_FORMAT_REVISION = 2, FACT_STRING_BYTES_MAX = 1024 * 1024 };

bool fact_encode(const struct fact *fact, struct buf *to, struct error *e) MUST_USE;

/* The next record of `rest`, which moves past it; text is borrowed from `rest`. STEP_END where it
 * is empty, ERROR_FORMAT for anything that fact_encode would not have written. */
enum step fact_decode(str *rest, struct fact *out, struct error *e) MUST_USE;

#endif
