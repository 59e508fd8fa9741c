/* tar.h: tar archives as a stream of entries: ustar and v7 (POSIX.1-1988), pax (POSIX.1-2001
 * pax(1), "pax Interchange Format"), GNU long names, base-256 numbers and sparse files (GNU tar
 * manual, "Basic Tar Format"; old GNU, pax 0.0, 0.1, 1.0).
 *
 * One pass, no seeking back. Memory: the names of one entry. Where the reader below can skip, the
 * data of entries nobody reads is never touched.
 *
 * What unpackers differ in is decided as Go's archive/tar does it, with which container runtimes
 * unpack: global pax headers ('g') change nothing; of several 'x' headers before one entry the
 * last one counts; GNU long names go before pax ones; links, directories and devices have no
 * data, whatever their size field says; a file is a directory by its trailing slash only where
 * its type flag is NUL (v7); a sparse file whose map is damaged ends the archive.
 *
 * The end: two zero blocks, or the end of the input after at least one entry or one zero block
 * (`ended_early` tells). A single zero block before another header, and a block that is no header,
 * are ERROR_FORMAT. What stands behind the end blocks is left in the reader. */
#ifndef LIMPID_FORMAT_TAR_H
#define LIMPID_FORMAT_TAR_H

#include "base/arena.h"
#include "stream/reader.h"

enum {
    TAR_BLOCK_BYTES = 512,
    TAR_PATH_BYTES_MAX = 64 * 1024,  /* longer names are cut and marked `name_too_long` */
    TAR_PAX_BYTES_MAX = 1024 * 1024, /* one pax or GNU long-name header */
    TAR_SPARSE_MAP_BYTES_MAX = 1024 * 1024,
};

enum tar_type {
    TAR_FILE, /* regular, contiguous, sparse */
    TAR_HARDLINK,
    TAR_SYMLINK,
    TAR_CHAR_DEVICE,
    TAR_BLOCK_DEVICE,
    TAR_DIRECTORY,
    TAR_FIFO,
    TAR_OTHER, /* a type flag nobody knows; has data like a file */
};

struct tar_entry {
    str path; /* as written, prefix joined; valid until the next tar_next */
    str link; /* target of a hard or symbolic link, as written */
    enum tar_type type;
    uint64_t size_bytes;    /* of the content; for a sparse file with its holes */
    uint32_t mode;          /* 07777 */
    int64_t mtime_s;        /* mode and time are 0 where they are no numbers */
    uint64_t header_offset; /* where its first header is in `from` */
    bool name_too_long;     /* `path` or `link` was cut */
};

struct tar {
    struct reader *from; /* borrowed */
    struct arena *arena; /* borrowed; a few buffers, used again and never rewound: up to 8 MiB
                            where headers and sparse maps are at their limits, else 4 KiB */
    bool ended_early;    /* after STEP_END: the end blocks were missing */
    uint64_t entries;
    struct tar_state *state; /* in the arena */
};

/* True where `block` (TAR_BLOCK_BYTES bytes) is a header: its checksum is right (unsigned or, as
 * old Sun tars wrote it, signed), or it is a zero block. */
bool tar_looks_like(const uint8_t *block, size_t len);

bool tar_open(struct tar *t, struct reader *from, struct arena *arena, struct error *e) MUST_USE;

/* The next entry; what was not read of the last one's body is skipped. Path and link may hold any
 * bytes, NUL included (pax). STEP_END again after STEP_END. */
enum step tar_next(struct tar *t, struct tar_entry *out, struct error *e) MUST_USE;

/* The content of the entry that tar_next gave last, holes included; ends at its size. Valid until
 * the next tar_next. read_at works where `from` can do it and the file is not sparse.
 * tar_body_offset: where the content starts in `from` (meaningless for a sparse file). */
struct reader *tar_body(struct tar *t);
uint64_t tar_body_offset(const struct tar *t);
bool tar_body_is_sparse(const struct tar *t);

#endif
