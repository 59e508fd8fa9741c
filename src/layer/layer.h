/* layer.h: one pass over the tar of one layer: paths made clean, whiteouts recognised (OCI
 * image-spec, layer.md, "Whiteouts"), odd entries counted rather than trusted. */
#ifndef LIMPID_LAYER_LAYER_H
#define LIMPID_LAYER_LAYER_H

#include "base/arena.h"
#include "base/path.h"
#include "format/tar.h"
#include "stream/reader.h"

enum entry_kind {
    ENTRY_FILE,
    ENTRY_DIRECTORY,
    ENTRY_SYMLINK,  /* `link` as written: relative to the entry's folder, or absolute */
    ENTRY_HARDLINK, /* `link` cleaned: a path in the layer */
    ENTRY_OTHER,    /* device, pipe, unknown */
    ENTRY_WHITEOUT, /* `path` is the path that is removed */
    ENTRY_OPAQUE,   /* `path` is the folder whose lower content is removed */
};

struct entry {
    enum entry_kind kind;
    str path; /* clean (base/path.h); valid until the next layer_next */
    str link;
    uint64_t size_bytes;
    uint32_t mode;
};

enum { LAYER_ENTRIES_MAX = 20000000 };

struct layer_counts {
    uint64_t entries;
    uint64_t escaping;  /* names that lead out of the root: skipped */
    uint64_t too_long;  /* names over the limits of base/path.h: skipped */
    uint64_t with_nul;  /* names with a NUL: skipped */
    bool ended_early;   /* the end blocks are missing */
};

struct layer {
    struct tar tar;
    struct layer_counts counts;
    char *path_room, *link_room; /* PATH_BYTES_MAX + 1 bytes each, in the arena */
};

/* `from` is the uncompressed tar, borrowed. An empty stream and an archive without entries are
 * layers without entries. */
bool layer_open(struct layer *l, struct reader *from, struct arena *arena, struct error *e)
    MUST_USE;

/* More than LAYER_ENTRIES_MAX entries: ERROR_LIMIT. */
enum step layer_next(struct layer *l, struct entry *out, struct error *e) MUST_USE;

/* Content of the entry given last; see tar_body. */
struct reader *layer_body(struct layer *l);

#endif
