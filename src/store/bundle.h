/* bundle.h: one file with the advisories of many feeds, for machines without internet. The format
 * is docs/formats/bundle.md; in short: zstd frames one behind the other, first the manifest, then
 * one a part, and at the end a skippable frame with signatures and the SHA-256 of all before. */
#ifndef LIMPID_STORE_BUNDLE_H
#define LIMPID_STORE_BUNDLE_H

#include "base/buf.h"
#include "base/digest.h"
#include "store/inner.h"

enum {
    BUNDLE_MANIFEST_BYTES_MAX = 4 * 1024 * 1024,
    BUNDLE_PARTS_MAX = 1000,
    BUNDLE_SUM_BYTES = 72, /* "sha256 ", 64 hex digits, LF: the end of every bundle */
    BUNDLE_TRAILER_BYTES_MAX = 4096,
};

#define BUNDLE_BYTES_MAX ((uint64_t)2 * 1024 * 1024 * 1024)

struct bundle_part {
    str feed;
    uint64_t stored_bytes; /* of its frame */
    digest stored;
    uint64_t bytes; /* of the part itself (part.h) */
    digest content;
    int64_t date_s; /* of the data */
    uint64_t advisories, rows;
};

struct bundle_manifest {
    int64_t created_s;
    str generation; /* of these parts */
    struct bundle_part *parts;
    size_t count, room;
};

bool bundle_manifest_write(const struct bundle_manifest *m, struct buf *to,
                           struct error *e) MUST_USE;

/* ERROR_FORMAT for anything that bundle_manifest_write does not write. */
bool bundle_manifest_parse(str bytes, struct arena *arena, struct bundle_manifest *out,
                           struct error *e) MUST_USE;

/* The skippable frame without its last BUNDLE_SUM_BYTES: format and signature (sign.h) of all bytes
 * before it; empty: it is not signed. */
bool bundle_trailer_write(str signature, struct buf *to, struct error *e) MUST_USE;

/* Finds it at the end of `bytes`, which end where the sum begins: where it starts, and the
 * signature (borrowed). ERROR_FORMAT for anything that bundle_trailer_write does not write. */
bool bundle_trailer_find(str bytes, size_t *start, str *signature, struct error *e) MUST_USE;

/* The line with the digest of all bytes up to it. */
bool bundle_sum_write(digest sum, struct buf *to, struct error *e) MUST_USE;
bool bundle_sum_parse(str bytes, digest *out, struct error *e) MUST_USE;

#endif
