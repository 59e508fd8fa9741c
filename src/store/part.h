/* part.h: one feed's advisories as bytes: compact, and the same bytes for the same advisories in
 * whatever order they came. They are what a bundle carries (docs/formats/bundle.md), and their
 * SHA-256 is what names a feed's content. */
#ifndef LIMPID_STORE_PART_H
#define LIMPID_STORE_PART_H

#include "base/buf.h"
#include "model/advisory.h"
#include "store/data.h"

enum { PART_BYTES_MAX = 1024 * 1024 * 1024 };

/* `d` must be finished. Adds to `to`. */
bool part_encode(const struct data *d, struct buf *to, struct error *e) MUST_USE;

/* Gives the advisories of `bytes` to `to`; one with very many rows comes in several pieces. Text
 * is borrowed from `bytes` or `scratch`. ERROR_FORMAT for anything that part_encode does not
 * write, as far as it can be told before the end; who needs certainty encodes again and compares
 * the hash. */
bool part_decode(str bytes, struct arena *scratch, struct advisory_sink *to,
                 struct error *e) MUST_USE;

#endif
