#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "source/source.h"

static const struct source sources[] = {
    {"docker-archive", "a file written by 'docker save'", SHAPE_ARCHIVE, "manifest.json"},
    {"oci-archive", "an OCI image layout in one tar file", SHAPE_ARCHIVE, "index.json"},
    {"oci", "a folder with an OCI image layout", SHAPE_BLOBS, NULL},
    {"dir", "a folder with a root file system ('/' is this machine)", SHAPE_FILES, NULL},
    /* told by content; the report then names the kind that was found */
    {"archive", "a file: 'docker save' or OCI layout, by its content", SHAPE_ARCHIVE, NULL},
};

const struct source *source_at(size_t i)
{
    return i < ARRAY_COUNT(sources) ? &sources[i] : NULL;
}

static const struct source *by_name(str name)
{
    for (size_t i = 0; i < ARRAY_COUNT(sources); i++) {
        if (str_eq(str_from(sources[i].name), name)) {
            return &sources[i];
        }
    }
    return NULL;
}

/* Prefixes of DESIGN that belong to later parts of limpid: named, so that the message is clear. */
static const char *const later[] = {"registry", "docker", "sbom", "pid", "container"};

/* O_NONBLOCK: a pipe without a writer or a device must not make anybody wait. */
static int try_open(str path, struct arena *arena, struct stat *st, struct error *e)
{
    str text;
    if (!arena_str(arena, path, &text, e)) {
        return -1;
    }
    int fd = open(text.at, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        error_sys(e, errno, "cannot open '" STR_FMT "'", STR_ARG(path));
        e->kind = errno == ENOENT ? ERROR_ABSENT : ERROR_IO;
        return -1;
    }
    if (fstat(fd, st) != 0) {
        error_sys(e, errno, "cannot stat '" STR_FMT "'", STR_ARG(path));
        fd_close(&fd);
        return -1;
    }
    return fd;
}

static bool exists_in(int dir, const char *name)
{
    return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool accept_kind(struct source_opened *s, const struct stat *st, struct error *e)
{
    bool folder = S_ISDIR(st->st_mode);
    bool file = S_ISREG(st->st_mode);
    s->is_pipe = S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode);
    if (s->source == NULL) {
        bool layout = folder && exists_in(s->fd, "index.json") && exists_in(s->fd, "blobs");
        s->source = by_name(!folder ? STR("archive") : layout ? STR("oci") : STR("dir"));
    }
    if (s->source->shape != SHAPE_ARCHIVE) {
        if (!folder) {
            return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not a folder, as '%s' has to be",
                             STR_ARG(s->path), s->source->name);
        }
        return true;
    }
    if (folder) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is a folder, '%s' has to be a file",
                         STR_ARG(s->path), s->source->name);
    }
    if (!file && !s->is_pipe) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is a device, not an image",
                         STR_ARG(s->path));
    }
    if (file && st->st_size == 0) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is empty", STR_ARG(s->path));
    }
    return true;
}

/* "PATH:REFERENCE": the longest path that exists counts, since a path may have colons in it. */
static int open_with_reference(struct source_opened *s, str rest, struct arena *arena,
                               struct stat *st, struct error *e)
{
    s->path = rest;
    s->reference = STR_NONE;
    int fd = try_open(rest, arena, st, e);
    size_t cut = rest.len;
    while (fd < 0 && e->kind == ERROR_ABSENT && cut > 1) {
        size_t colon = str_find_last_char(str_slice(rest, 0, cut), ':');
        if (colon >= cut) { /* none is left */
            break;
        }
        cut = colon;
        struct error other;
        s->path = str_slice(rest, 0, cut);
        s->reference = str_slice(rest, cut + 1, rest.len);
        fd = s->path.len == 0 ? -1 : try_open(s->path, arena, st, &other);
    }
    return fd;
}

static bool refuse_later(str prefix, struct error *e)
{
    for (size_t i = 0; i < ARRAY_COUNT(later); i++) {
        if (str_eq(prefix, str_from(later[i]))) {
            return error_set(e, ERROR_USAGE,
                             "sources of kind '%s:' are not in this version of "
                             "limpid",
                             later[i]);
        }
    }
    return true;
}

bool source_open(str text, struct arena *arena, struct source_opened *out, struct error *e)
{
    struct source_opened s = {.fd = -1};
    struct stat st;
    str rest = text, prefix = STR_NONE;
    if (str_cut(&rest, ':', &prefix)) {
        s.source = by_name(prefix);
        if (!refuse_later(prefix, e)) {
            return false;
        }
    }
    if (s.source == NULL) {
        rest = text;
    }
    if (str_eq(rest, STR("-"))) {
        s.path = rest;
        s.fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        if (s.fd < 0 || fstat(s.fd, &st) != 0) {
            return error_sys(e, errno, "cannot read standard input");
        }
    } else {
        s.fd = open_with_reference(&s, rest, arena, &st, e);
    }
    if (s.fd < 0) {
        if (e->kind == ERROR_ABSENT && s.source == NULL) {
            error_set(e, ERROR_ABSENT, "'" STR_FMT "' is neither a file nor a folder",
                      STR_ARG(text));
            error_hint(e, "registries are not read by this version; use 'docker save' or "
                          "'skopeo copy' first");
        }
        return false;
    }
    /* O_NONBLOCK was for opening; a pipe is read with waiting */
    (void)fcntl(s.fd, F_SETFL, fcntl(s.fd, F_GETFL) & ~O_NONBLOCK);
    if (!accept_kind(&s, &st, e)) {
        fd_close(&s.fd);
        return false;
    }
    *out = s;
    return true;
}

void source_close(struct source_opened *s)
{
    fd_close(&s->fd);
}
