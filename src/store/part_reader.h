/* part_reader.h: the packed bytes of a part in the database, as a reader that holds a chunk of them
 * (1 MiB) at a time. */
#ifndef LIMPID_STORE_PART_READER_H
#define LIMPID_STORE_PART_READER_H

#include "store/graph.h"
#include "store/part_frame.h"
#include "stream/reader.h"

struct graph_part_reader {
    struct reader base;
    struct graph *graph; /* borrowed; nothing is open between two chunks */
    struct graph_part_place part;
    struct part_watch *watch; /* asked at each chunk; or NULL */
    struct buf window;
    uint64_t chunks; /* read so far */
};

/* ERROR_ABSENT: there is no such part; so of a read where a newer one has taken its place. */
bool graph_part_reader_open(struct graph_part_reader *r, struct graph *g, str feed, digest content,
                            struct part_watch *watch, struct error *e) MUST_USE;

#endif
