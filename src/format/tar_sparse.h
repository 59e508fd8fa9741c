/* tar_sparse.h: sparse files in tar archives: the map in its four forms (GNU tar manual, "Storing
 * Sparse Files": old GNU; pax 0.0, 0.1, 1.0), and a reader that gives the content with its holes
 * (for tar.c; others include tar.h).
 *
 * The map is kept in the arena and its room used again for the next file. Time and memory follow
 * the map and what is read, never the size that is claimed. */
#ifndef LIMPID_FORMAT_TAR_SPARSE_H
#define LIMPID_FORMAT_TAR_SPARSE_H

#include "base/arena.h"
#include "stream/reader.h"

struct tar_sparse_part {
    uint64_t offset, bytes; /* in the content; the data of the parts follow one another */
};

struct tar_sparse {
    struct reader base; /* the content, after tar_sparse_start */
    struct reader *from;
    struct arena *arena;
    struct tar_sparse_part *parts;
    size_t count, room;
    uint64_t map_end;    /* where the last pair ends */
    uint64_t data_bytes; /* of all parts */
    uint64_t size_bytes; /* of the content */
    size_t next;         /* the first part that ends behind the window */
    uint8_t *buffer;     /* READER_NEED_MAX bytes, made at the first fill */
};

void tar_sparse_init(struct tar_sparse *s, struct reader *from, struct arena *arena);

/* An empty map. */
void tar_sparse_clear(struct tar_sparse *s);

/* Adds a pair. ERROR_FORMAT where it starts before the last one's end, or ends past INT64_MAX. */
bool tar_sparse_add(struct tar_sparse *s, uint64_t offset, uint64_t bytes,
                    struct error *e) MUST_USE;

/* Adds the pairs of "GNU.sparse.map" (pax 0.1): "offset,bytes,offset,bytes". */
bool tar_sparse_add_text(struct tar_sparse *s, str map, struct error *e) MUST_USE;

/* Adds the pairs in an old GNU header, and in the blocks that follow it, which are consumed:
 * `from` stands behind the header, of which `header` is a copy. */
bool tar_sparse_read_old(struct tar_sparse *s, const uint8_t *header, struct error *e) MUST_USE;

/* Adds the pairs that stand before the data (pax 1.0) and consumes them, with their padding:
 * `*map_bytes` of the `stored_bytes` of the entry. */
bool tar_sparse_read_ahead(struct tar_sparse *s, uint64_t stored_bytes, uint64_t *map_bytes,
                           struct error *e) MUST_USE;

/* Makes `base` the content of `size_bytes` whose data, `stored_bytes`, `from` gives next.
 * ERROR_FORMAT where the map does not fit one or the other. */
bool tar_sparse_start(struct tar_sparse *s, uint64_t size_bytes, uint64_t stored_bytes,
                      struct error *e) MUST_USE;

#endif
