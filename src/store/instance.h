/* instance.h: what a limpid publishes for others, as files that any web server can serve. The
 * format is docs/formats/bundle.md, "A published folder"; in short:
 *
 *     limpid.manifest         each feed's part and its index; signed; replaced in one step
 *     objects/ab/ab….zst      an index, or a chunk of a part, named by the SHA-256 of its content
 *
 * An index lists the chunks of a part, so that whoever has the part of yesterday fetches only those
 * that are new. */
#ifndef LIMPID_STORE_INSTANCE_H
#define LIMPID_STORE_INSTANCE_H

#include "base/buf.h"
#include "store/install.h"
#include "stream/sign.h"

enum {
    INSTANCE_MANIFEST_BYTES_MAX = 4 * 1024 * 1024,
    INSTANCE_PARTS_MAX = 1000,
    INSTANCE_INDEX_BYTES_MAX = 8 * 1024 * 1024,
    INSTANCE_CHUNKS_MAX = 100000, /* of a part */
    INSTANCE_OBJECT_NAME_BYTES = 80,
};

struct instance_part {
    struct install_part part;
    digest index;
    uint64_t index_bytes;
};

struct instance_manifest {
    int64_t created_s;
    str generation;
    struct instance_part *parts; /* sorted by feed */
    size_t count, room;
};

bool instance_manifest_write(const struct instance_manifest *m, struct buf *to,
                             struct error *e) MUST_USE;

/* `*signed_bytes` is how much of it the signature is over, which follows (empty: not signed).
 * ERROR_FORMAT for anything that is not written here. */
bool instance_manifest_parse(str bytes, struct arena *arena, struct instance_manifest *out,
                             size_t *signed_bytes, str *signature, struct error *e) MUST_USE;

struct instance_chunk {
    digest name;
    uint32_t bytes;
};

bool instance_index_write(const struct instance_chunk *chunks, size_t count, struct buf *to,
                          struct error *e) MUST_USE;
bool instance_index_parse(str bytes, struct arena *arena, struct instance_chunk **out,
                          size_t *count, struct error *e) MUST_USE;

/* "objects/ab/ab….zst" and a NUL; returns `to`. */
const char *instance_object_name(digest name, char to[INSTANCE_OBJECT_NAME_BYTES]);

/* What an object holds: exactly `bytes`, with that digest. */
bool instance_object_unpack(str stored, digest name, size_t bytes, struct buf *to,
                            struct error *e) MUST_USE;

#endif
