/* update_memory.h: what an update of a feed leaves for the next one: of each document the
 * validators and the checksum, of each index document of a plan its cursor, and when everything was
 * read last. It is the `validator` of the feed's state in the store, as text:
 *
 *   limpid-update 1 <tab> VERSION        of limpid: another one reads everything anew
 *   full <tab> SECONDS                   when the last full read began
 *   cursor <tab> NAME <tab> VALUE
 *   data|index|none <tab> NAME <tab> PATH <tab> SHA-256 <tab> BYTES <tab> ETAG <tab> LAST-MODIFIED
 *
 * NAME is a document as the feed's row or plan names it; PATH is where it was found below a mirror;
 * `none` was missing. Lines in order of the documents. Any other text is an empty memory. */
#ifndef LIMPID_OPS_UPDATE_MEMORY_H
#define LIMPID_OPS_UPDATE_MEMORY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"

enum { MEMORY_BYTES_MAX = 512 * 1024, MEMORY_DOCUMENTS_MAX = 1500, MEMORY_FIELD_BYTES_MAX = 300 };

struct known_document {
    str name, path;
    str etag, modified; /* empty: the server sent none, or one that is no plain text */
    digest packed;      /* SHA-256 of its bytes as they were served */
    uint64_t size_bytes;
    bool index, missing;
};

struct known_cursor {
    str name, value;
};

struct update_memory {
    bool own_version; /* written by this version of limpid */
    int64_t full_s;   /* 0: never */
    const struct known_document *documents;
    size_t documents_count;
    const struct known_cursor *cursors;
    size_t cursors_count;
};

/* `text` is borrowed. What is no memory, or a damaged one, is an empty one. */
bool memory_parse(str text, struct arena *arena, struct update_memory *out,
                  struct error *e) MUST_USE;

/* Documents past MEMORY_DOCUMENTS_MAX are left out: they will be fetched again. */
bool memory_text(const struct update_memory *memory, struct buf *to, struct error *e) MUST_USE;

/* NULL where there is none. */
const struct known_document *memory_find(const struct update_memory *m, str name);
str memory_cursor(const struct update_memory *m, str name); /* or STR_NONE */

/* A header's value where it can be kept, else STR_NONE: too long, or with control bytes. */
str memory_field(str value);

#endif
