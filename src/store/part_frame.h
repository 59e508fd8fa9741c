/* part_frame.h: a feed's part (part.h) as one zstd frame in a file: what bundles carry, and what
 * instances share in a database. Read back by codec_open and part_decode. */
#ifndef LIMPID_STORE_PART_FRAME_H
#define LIMPID_STORE_PART_FRAME_H

#include <zstd.h>

#include "store/current.h"
#include "store/part_watch.h"

enum { PART_FRAME_WINDOW_LOG = 23 /* 8 MiB, whatever the level */ };

struct part_frame {
    uint64_t bytes; /* of the part */
    uint64_t stored_bytes;
    digest stored;
};

struct part_frame_options {
    int fd; /* of the file that the frame is added to */
    int level;
    const char *scratch;      /* directory of temporary files */
    struct part_watch *watch; /* asked about every 32 KiB; or NULL */
};

/* The part must have the content that `feed` says: what is damaged here does not travel. */
bool part_frame_write(struct store *s, const struct current_feed *feed,
                      const struct part_frame_options *options, struct arena *arena,
                      struct part_frame *out, struct error *e) MUST_USE;

/* Any bytes as such a frame. */
bool part_frame_bytes(str bytes, int level, int fd, uint64_t *stored_bytes,
                      struct error *e) MUST_USE;

/* A compressor with tables of 12 MiB beside its window, instead of the highest levels' 80. */
bool part_frame_context(int level, ZSTD_CCtx **out, struct error *e) MUST_USE;

#endif
