#include "inventory/collect.h"

#include "detect/detector.h"
#include "layer/layer.h"

struct collector {
    const struct collect_options *options;
    struct arena *arena;
    struct fact_sink *out;
};

static bool put(struct collector *c, enum fact_kind kind, str path, str text, struct error *e)
{
    struct fact fact = {.kind = kind, .path = path, .text = text};
    return c->out->put(c->out, &fact, e);
}

/* Does a wanted file lie at or below `path`? */
static enum reach wanted_reach(const struct collect_options *o, str path,
                               const struct wanted_file **which)
{
    enum reach reach = REACH_NONE;
    for (size_t i = 0; i < o->wanted_count; i++) {
        str want = o->wanted[i].path;
        bool folder = str_ends(want, STR("/"));
        if (folder) {
            want.len--;
        }
        if (folder ? str_eq(path_dir(path), want) && path.len > want.len : str_eq(path, want)) {
            *which = &o->wanted[i];
            return REACH_CLAIMED;
        }
        if (path_within(want, path)) {
            reach = REACH_ABOVE;
        }
    }
    return reach;
}

/* A file that a detector claims. What the detector cannot read of it is a fact too. */
static bool read_file(struct collector *c, const struct detector *detector, str role,
                      const struct entry *entry, struct reader *body, struct error *e)
{
    if (!put(c, FACT_REPLACED, entry->path, STR_NONE, e)) {
        return false;
    }
    if (c->options->at_file != NULL) {
        c->options->at_file(c->options->arg, entry->path);
    }
    struct arena_mark mark = arena_mark(c->arena);
    bool ok;
    if (entry->size_bytes > detector->file_bytes_max) {
        str text;
        uint64_t mib = entry->size_bytes / (1024 * 1024) + (entry->size_bytes % (1024 * 1024) != 0);
        struct fact database = {.kind = FACT_DATABASE,
                                .path = entry->path,
                                .text = str_from(detector->name),
                                .rank = mib < UINT32_MAX ? (uint32_t)mib : UINT32_MAX};
        ok = arena_printf(c->arena, &text, e,
                          "not read: %llu bytes are over the limit of %llu for %s",
                          (unsigned long long)entry->size_bytes,
                          (unsigned long long)detector->file_bytes_max, detector->name) &&
             c->out->put(c->out, &database, e) && put(c, FACT_INCOMPLETE, entry->path, text, e);
    } else {
        ok = detector->read(detector, role, entry, body, c->arena, c->out, e);
    }
    arena_rewind(c->arena, mark);
    return ok;
}

static const char *kind_words(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_DIRECTORY:
        return "not read: it is a folder, not a file";
    case ENTRY_OTHER:
        return "not read: it is a device or a pipe, not a file";
    case ENTRY_FILE:
    case ENTRY_SYMLINK:
    case ENTRY_HARDLINK:
    case ENTRY_WHITEOUT:
    case ENTRY_OPAQUE:
        break;
    }
    return "not read: it is not a file";
}

static bool take_entry(struct collector *c, struct layer *layer, const struct entry *entry,
                       struct error *e)
{
    const struct detector *detector = NULL;
    const struct wanted_file *wanted = NULL;
    enum reach reach = detectors_reach(entry->path, &detector);
    str role = entry->path;
    if (c->options->wanted_count > 0) {
        enum reach extra = wanted_reach(c->options, entry->path, &wanted);
        if (extra > reach) {
            reach = extra;
            role = wanted != NULL ? wanted->role : role;
            if (wanted != NULL) {
                (void)detectors_reach(wanted->role, &detector);
            }
        }
    }
    switch (entry->kind) {
    case ENTRY_FILE:
        if (reach == REACH_CLAIMED && detector != NULL) {
            return read_file(c, detector, role, entry, layer_body(layer), e);
        }
        return reach == REACH_NONE || put(c, FACT_REPLACED, entry->path, STR_NONE, e);
    case ENTRY_DIRECTORY:
        if (reach != REACH_CLAIMED) {
            return reach == REACH_NONE || put(c, FACT_DIRECTORY, entry->path, STR_NONE, e);
        }
        return put(c, FACT_REPLACED, entry->path, STR_NONE, e) &&
               put(c, FACT_INCOMPLETE, entry->path, str_from(kind_words(entry->kind)), e);
    case ENTRY_OTHER:
        if (reach == REACH_NONE) {
            return true;
        }
        return put(c, FACT_REPLACED, entry->path, STR_NONE, e) &&
               (reach != REACH_CLAIMED ||
                put(c, FACT_INCOMPLETE, entry->path, str_from(kind_words(entry->kind)), e));
    case ENTRY_SYMLINK:
        return reach == REACH_NONE || put(c, FACT_SYMLINK, entry->path, entry->link, e);
    case ENTRY_HARDLINK:
        return reach == REACH_NONE || put(c, FACT_HARDLINK, entry->path, entry->link, e);
    case ENTRY_WHITEOUT:
        return reach == REACH_NONE || put(c, FACT_REMOVED, entry->path, STR_NONE, e);
    case ENTRY_OPAQUE:
        return reach == REACH_NONE || put(c, FACT_OPAQUE, entry->path, STR_NONE, e);
    }
    return true;
}

static bool put_counts(struct collector *c, const struct layer_counts *counts, struct error *e)
{
    const struct {
        uint64_t count;
        const char *what;
    } odd[] = {
        {counts->escaping, "names lead out of the image and were skipped"},
        {counts->too_long, "names are over the limits of a path and were skipped"},
        {counts->with_nul, "names have a NUL byte and were skipped"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
        str text;
        if (odd[i].count > 0 && (!arena_printf(c->arena, &text, e, "%llu %s",
                                               (unsigned long long)odd[i].count, odd[i].what) ||
                                 !put(c, FACT_NOTE, STR_NONE, text, e))) {
            return false;
        }
    }
    if (counts->ended_early) {
        return put(c, FACT_NOTE, STR_NONE, STR("the layer's tar has no end blocks"), e);
    }
    return true;
}

/* Is it below `root`? Then its names become those below it. */
static bool below_root(str root, struct entry *entry)
{
    if (!str_starts(entry->path, root)) {
        return false;
    }
    entry->path = str_slice(entry->path, root.len, entry->path.len);
    if (entry->kind == ENTRY_HARDLINK) {
        if (!str_starts(entry->link, root)) {
            return false;
        }
        entry->link = str_slice(entry->link, root.len, entry->link.len);
    }
    return true;
}

bool collect_layer(struct reader *tar, const struct collect_options *options, struct arena *arena,
                   struct fact_sink *out, struct error *e)
{
    struct collector c = {.options = options, .arena = arena, .out = out};
    struct layer layer;
    if (!layer_open(&layer, tar, arena, e)) {
        return false;
    }
    struct entry entry;
    enum step got;
    while ((got = layer_next(&layer, &entry, e)) == STEP_GOT) {
        if (!below_root(options->root, &entry)) {
            continue;
        }
        if (!take_entry(&c, &layer, &entry, e)) {
            return error_wrap(e, "'" STR_FMT "'", STR_ARG(entry.path));
        }
    }
    if (got == STEP_FAILED) {
        return error_wrap(e, "after %llu entries", (unsigned long long)layer.counts.entries);
    }
    return put_counts(&c, &layer.counts, e);
}
