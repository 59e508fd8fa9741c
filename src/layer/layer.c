#include "layer/layer.h"

#include <string.h>

/* OCI image-spec, layer.md, "Whiteouts"; the longer prefix is AUFS's own bookkeeping. */
#define WHITEOUT STR(".wh.")
#define AUFS STR(".wh..wh.")
#define OPAQUE STR(".wh..wh..opq")

/* What becomes of one entry of the archive. */
enum verdict { KEEP, SKIP };

bool layer_open(struct layer *l, struct reader *from, struct arena *arena, struct error *e)
{
    *l = (struct layer){0};
    enum step got = reader_need(from, 1, e);
    if (got == STEP_FAILED) {
        return false;
    }
    l->empty = got == STEP_END;
    l->path_room = ARENA_ARRAY(arena, PATH_BYTES_MAX + 1, char, e);
    if (l->path_room == NULL) {
        return false;
    }
    l->link_room = ARENA_ARRAY(arena, PATH_BYTES_MAX + 1, char, e);
    return l->link_room != NULL && tar_open(&l->tar, from, arena, e);
}

static enum verdict count(enum path_verdict verdict, struct layer_counts *counts)
{
    switch (verdict) {
    case PATH_OK:
        return KEEP;
    case PATH_ESCAPES:
        counts->escaping++;
        return SKIP;
    case PATH_TOO_LONG:
        counts->too_long++;
        return SKIP;
    case PATH_NUL:
        counts->with_nul++;
        return SKIP;
    }
    return SKIP;
}

static enum entry_kind kind_of(enum tar_type type)
{
    switch (type) {
    case TAR_FILE:
        return ENTRY_FILE;
    case TAR_DIRECTORY:
        return ENTRY_DIRECTORY;
    case TAR_SYMLINK:
        return ENTRY_SYMLINK;
    case TAR_HARDLINK:
        return ENTRY_HARDLINK;
    case TAR_CHAR_DEVICE:
    case TAR_BLOCK_DEVICE:
    case TAR_FIFO:
    case TAR_OTHER:
        return ENTRY_OTHER;
    }
    return ENTRY_OTHER;
}

/* `out->path` is in a folder, or at the root, and its name starts with ".wh.". Any type of entry
 * can be a whiteout: runtimes look at the name alone. */
static enum verdict whiteout(struct layer *l, str name, struct entry *out)
{
    str dir = path_dir(out->path);
    if (str_eq(name, OPAQUE)) {
        out->kind = ENTRY_OPAQUE;
        out->path = dir;
    } else if (str_starts(name, AUFS)) {
        return SKIP;
    } else {
        str removed = str_slice(name, WHITEOUT.len, name.len);
        if (removed.len == 0 || str_eq(removed, STR(".")) || str_eq(removed, STR(".."))) {
            return count(PATH_ESCAPES, &l->counts); /* would remove the folder, or the one above */
        }
        size_t at = dir.len == 0 ? 0 : dir.len + 1;
        if (at > 0) {
            memmove(l->path_room, dir.at, dir.len);
            l->path_room[dir.len] = '/';
        }
        memmove(l->path_room + at, removed.at, removed.len);
        out->kind = ENTRY_WHITEOUT;
        out->path = (str){.at = l->path_room, .len = at + removed.len};
    }
    out->link = STR_NONE;
    out->size_bytes = 0;
    return KEEP;
}

static enum verdict judge(struct layer *l, const struct tar_entry *entry, struct entry *out)
{
    if (entry->name_too_long) {
        return count(PATH_TOO_LONG, &l->counts);
    }
    *out = (struct entry){
        .kind = kind_of(entry->type),
        .link = entry->link,
        .size_bytes = entry->size_bytes,
        .mode = entry->mode,
    };
    if (count(path_clean(entry->path, l->path_room, &out->path), &l->counts) == SKIP ||
        out->path.len == 0) { /* the root itself is always there */
        return SKIP;
    }
    str name = path_base(out->path);
    if (str_starts(name, WHITEOUT)) {
        return whiteout(l, name, out);
    }
    if (out->kind == ENTRY_HARDLINK) {
        if (count(path_clean(entry->link, l->link_room, &out->link), &l->counts) == SKIP) {
            return SKIP;
        }
        if (out->link.len == 0) {
            return count(PATH_ESCAPES, &l->counts); /* a hard link to the root */
        }
    }
    return KEEP;
}

enum step layer_next(struct layer *l, struct entry *out, struct error *e)
{
    if (l->empty) {
        return STEP_END;
    }
    for (;;) {
        struct tar_entry entry;
        struct entry judged;
        enum step got = tar_next(&l->tar, &entry, e);
        if (got != STEP_GOT) {
            l->counts.ended_early = l->tar.ended_early;
            return got;
        }
        if (l->counts.entries == LAYER_ENTRIES_MAX) {
            error_set(e, ERROR_LIMIT, "more than the limit of %d entries", LAYER_ENTRIES_MAX);
            return STEP_FAILED;
        }
        l->counts.entries++;
        if (judge(l, &entry, &judged) == KEEP) {
            *out = judged;
            return STEP_GOT;
        }
    }
}

struct reader *layer_body(struct layer *l)
{
    return tar_body(&l->tar);
}
