/* layer.h: one pass over the tar of one layer: paths made clean, whiteouts recognised (OCI
 * image-spec, layer.md, "Whiteouts"), odd entries counted rather than trusted.
 *
 * Left out without being counted as odd: the root itself ("./"), which every layer has, and the
 * names AUFS kept for itself (".wh..wh.plnk" and the like). */
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
    uint64_t entries;  /* of the archive, skipped ones included */
    uint64_t escaping; /* a name or hard-link target that leads out of the root, or a whiteout of
                          "", "." or "..": skipped */
    uint64_t too_long; /* a name or target over the limits of base/path.h: skipped */
    uint64_t with_nul; /* a name or target with a NUL: skipped */
    bool ended_early;  /* the end blocks are missing (set with STEP_END) */
};

struct layer {
    struct tar tar;
    struct layer_counts counts;
    char *path_room, *link_room; /* PATH_BYTES_MAX + 1 bytes each, in the arena */
    bool empty;                  /* the stream has no bytes */
};

/* `from` is the uncompressed tar, borrowed. An empty stream and an archive without entries are
 * layers without entries. Nothing in the arena is rewound. */
bool layer_open(struct layer *l, struct reader *from, struct arena *arena,
                struct error *e) MUST_USE;

/* More than LAYER_ENTRIES_MAX entries: ERROR_LIMIT. */
enum step layer_next(struct layer *l, struct entry *out, struct error *e) MUST_USE;

/* Content of the entry given last; see tar_body. */
struct reader *layer_body(struct layer *l);

#endif
