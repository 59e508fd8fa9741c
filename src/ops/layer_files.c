#include "ops/layer_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "ops/reading.h"
#include "stream/hash.h"

enum { COPY_BYTES = 256 * 1024 };

struct copying {
    struct reading reading;
    const char *folder;
    char *window; /* COPY_BYTES */
};

/* Copies [offset, offset + size) of `from`, or with UINT64_MAX all to the end. */
static bool copy_bytes(struct copying *c, int from, uint64_t offset, uint64_t size, int to,
                       struct hash *hash, struct error *e)
{
    bool whole = size == UINT64_MAX;
    for (uint64_t left = size; left > 0;) {
        size_t want = left < COPY_BYTES ? (size_t)left : COPY_BYTES, got = 0;
        bool ok = whole ? fd_read_full(from, c->window, want, &got, e)
                        : fd_pread_full(from, c->window, want, offset, &got, e);
        if (!ok || !fd_write_all(to, c->window, got, e)) {
            return false;
        }
        if (hash != NULL) {
            hash_update(hash, c->window, got);
        }
        if (got < want) {
            return whole ||
                   error_set(e, ERROR_FORMAT, "ends after %llu of %llu bytes",
                             (unsigned long long)(size - left + got), (unsigned long long)size);
        }
        offset += got;
        left -= whole ? 0 : got;
    }
    return true;
}

static bool make_file(const char *path, int *fd, struct error *e)
{
    *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return *fd >= 0 || error_sys(e, errno, "cannot make '%s'", path);
}

/* What can be read once only is kept in the folder first. */
static bool spool(struct copying *c, struct error *e)
{
    char path[PATH_MAX];
    int fd;
    struct source_opened *s = &c->reading.source;
    snprintf(path, sizeof(path), "%s/piped.tar", c->folder);
    if (!make_file(path, &fd, e)) {
        return false;
    }
    if (!copy_bytes(c, s->fd, 0, UINT64_MAX, fd, NULL, e)) {
        close(fd);
        return false;
    }
    close(s->fd);
    s->fd = fd;
    s->is_pipe = false;
    return true;
}

/* -- names of layers ------------------------------------------------------------------------ */

static bool fits_path(str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.at[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (i == 0 || (c != '_' && c != '.' && c != '-'))) {
            return false;
        }
    }
    return id.len > 0 && id.len <= LAYER_ID_BYTES_MAX;
}

static bool are_usable(const struct layer_files *known, size_t layers)
{
    for (size_t i = 0; i < known->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (str_eq(known->ids[i], known->ids[k])) {
                return false;
            }
        }
        if (!fits_path(known->ids[i])) {
            return false;
        }
    }
    return known->count == layers;
}

static bool chain_id(digest bytes, str below, struct arena *arena, str *out, struct error *e)
{
    char text[DIGEST_TEXT_BYTES];
    static const size_t prefix = sizeof("sha256:") - 1;
    if (below.len > 0) {
        struct hash hash;
        hash_init(&hash, DIGEST_SHA256);
        hash_update(&hash, "sha256:", prefix);
        hash_update(&hash, below.at, below.len);
        hash_update(&hash, " ", 1);
        str top = str_from(digest_text(bytes, text));
        hash_update(&hash, top.at, top.len);
        bytes = hash_done(&hash);
    }
    return arena_str(arena, str_from(digest_text(bytes, text) + prefix), out, e);
}

/* -- layers --------------------------------------------------------------------------------- */

static bool write_layer(struct copying *c, size_t i, const struct layer_files *known,
                        struct layer_files *out, struct error *e)
{
    char path[PATH_MAX], folder[PATH_MAX], last[PATH_MAX];
    const struct layer_work *w = &c->reading.works[c->reading.work_of[i]];
    struct hash hash;
    int fd;
    snprintf(path, sizeof(path), "%s/layer.tar", c->folder);
    hash_init(&hash, DIGEST_SHA256);
    if (!make_file(path, &fd, e)) {
        return false;
    }
    bool ok = copy_bytes(c, w->fd, w->offset, w->size_bytes, fd, &hash, e);
    digest bytes = hash_done(&hash);
    if (close(fd) != 0 && ok) {
        return error_sys(e, errno, "cannot write '%s'", path);
    }
    if (!ok) {
        return false;
    }
    out->ids[i] = known->count > 0 ? known->ids[i] : STR_NONE;
    if (known->count == 0 &&
        !chain_id(bytes, i > 0 ? out->ids[i - 1] : STR_NONE, c->reading.arena, &out->ids[i], e)) {
        return false;
    }
    snprintf(folder, sizeof(folder), "%s/%.*s", c->folder, (int)out->ids[i].len, out->ids[i].at);
    int made = snprintf(last, sizeof(last), "%s/layer.tar", folder);
    if (made < 0 || made >= PATH_MAX) {
        return error_set(e, ERROR_LIMIT, "the path is longer than %d bytes", PATH_MAX);
    }
    return (mkdir(folder, 0700) == 0 && rename(path, last) == 0) ||
           error_sys(e, errno, "cannot make '%s'", last);
}

/* Of an archive that is compressed as a whole nothing lies anywhere: it was read as it passed. */
static bool check_places(const struct copying *c, struct error *e)
{
    for (size_t i = 0; i < c->reading.works_count; i++) {
        if (c->reading.works[i].fd < 0) {
            error_set(e, ERROR_ABSENT, "the archive is compressed: its layers are no files in it");
            return error_hint(e, "unpack it first (gunzip), or leave -endpoint out");
        }
    }
    return true;
}

static bool write_layers(struct copying *c, const struct layer_files *known,
                         struct layer_files *out, struct error *e)
{
    static const struct layer_files none = {0};
    size_t count = c->reading.image.layers_count;
    out->ids = ARENA_ARRAY(c->reading.arena, count, str, e);
    if (out->ids == NULL) {
        return false;
    }
    const struct layer_files *names = are_usable(known, count) ? known : &none;
    for (size_t i = 0; i < count; i++) {
        if (!write_layer(c, i, names, out, e)) {
            return error_wrap(e, "layer %zu of %zu", i + 1, count);
        }
    }
    out->count = count;
    return true;
}

static bool describe(struct copying *c, struct error *e)
{
    struct reading *r = &c->reading;
    switch (r->source.source->shape) {
    case SHAPE_ARCHIVE:
        return (!r->source.is_pipe || spool(c, e)) && read_archive(r, true, e);
    case SHAPE_BLOBS:
        return read_layout(r, true, e);
    case SHAPE_FILES:
        error_set(e, ERROR_ABSENT, "a folder with a root file system has no layers");
        return error_hint(e, "without -endpoint it can be analyzed");
    }
    return false;
}

bool layer_files_write(const struct ops_context *context, const struct image_options *options,
                       const char *folder, const struct layer_files *known, struct arena *arena,
                       struct layer_files *out, struct error *e)
{
    struct copying c = {
        .reading = {.context = context, .options = options, .arena = arena, .describe_only = true},
        .folder = folder,
        .window = ARENA_ARRAY(arena, COPY_BYTES, char, e),
    };
    if (c.window == NULL || !source_open(options->source, arena, &c.reading.source, e)) {
        return false;
    }
    diag_init(&c.reading.notes, arena);
    bool ok = describe(&c, e);
    worker_stop(&c.reading.worker);
    ok = ok && check_places(&c, e) && write_layers(&c, known, out, e);
    works_free(&c.reading);
    source_close(&c.reading.source);
    return ok;
}
