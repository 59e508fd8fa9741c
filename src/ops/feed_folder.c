/* feed_folder.c: documents of a feed in a folder: a mirror, or files that somebody carried here.
 * The publisher's own paths may lie at any depth in it, compressed or not. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "ops/documents.h"
#include "ops/feed_input.h"

enum { FILES_MAX = 200000, DEPTH_MAX = 16 };

struct walk {
    struct feed_input *in;
    str *files;
    size_t count, room;
    str *folders; /* still to be looked at; used as a stack */
    size_t folders_count, folders_room;
};

static bool push(struct arena *arena, str **list, size_t *count, size_t *room, str path,
                 struct error *e)
{
    void *items = *list;
    if (*count >= FILES_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d files", FILES_MAX);
    }
    if (!arena_grow(arena, &items, *count, room, sizeof(str), e)) {
        return false;
    }
    *list = items;
    (*list)[(*count)++] = path;
    return true;
}

static size_t depth_of(str path)
{
    size_t depth = 0;
    for (size_t i = 0; i < path.len; i++) {
        depth += path.at[i] == '/';
    }
    return depth;
}

static bool take_name(struct walk *w, int dir, str folder, const char *name, struct error *e)
{
    struct arena *arena = w->in->arena;
    struct stat st;
    str path;
    if (name[0] == '.' || fstatat(dir, name, &st, 0) != 0) {
        return true;
    }
    if (!arena_printf(arena, &path, e, "%.*s%s%s", (int)folder.len, folder.len > 0 ? folder.at : "",
                      folder.len > 0 ? "/" : "", name)) {
        return false;
    }
    if (S_ISDIR(st.st_mode)) {
        return depth_of(path) >= DEPTH_MAX ||
               push(arena, &w->folders, &w->folders_count, &w->folders_room, path, e);
    }
    return !S_ISREG(st.st_mode) || !w->in->feed->claims(document_name(path)) ||
           push(arena, &w->files, &w->count, &w->room, path, e);
}

static bool walk_folder(struct walk *w, int root, str folder, struct error *e)
{
    const char *name = folder.len == 0 ? "." : folder.at;
    int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (list == NULL) {
        error_sys(e, errno, "cannot list '%s'", name);
        fd_close(&fd);
        return false;
    }
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(list)) != NULL) {
        ok = take_name(w, dirfd(list), folder, entry->d_name, e);
    }
    closedir(list);
    return ok;
}

static int by_path(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static int open_root(const struct feed_input *in, struct error *e)
{
    int root = open(in->options->from.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        error_sys(e, errno, "cannot open '" STR_FMT "'", STR_ARG(in->options->from));
        e->kind = errno == ENOENT ? ERROR_ABSENT : e->kind;
    }
    return root;
}

bool feed_folder_find(struct feed_input *in, struct error *e)
{
    struct walk w = {.in = in};
    CLEANUP(fd_close) int root = open_root(in, e);
    /* a folder of feeds has each in a folder of its name: what lies elsewhere is another's */
    struct stat st;
    bool own = root >= 0 && fstatat(root, in->feed->name, &st, 0) == 0 && S_ISDIR(st.st_mode);
    if (root < 0 || !walk_folder(&w, root, own ? str_from(in->feed->name) : STR_NONE, e)) {
        return false;
    }
    while (w.folders_count > 0) {
        str folder = w.folders[--w.folders_count];
        if (!walk_folder(&w, root, folder, e)) {
            return false;
        }
    }
    if (w.count > 1) {
        qsort(w.files, w.count, sizeof(*w.files), by_path);
    }
    in->files = w.files;
    in->files_count = w.count;
    in->absent = w.count == 0;
    in->origin = in->options->from;
    return true;
}

static bool send_file(struct feed_input *in, int root, str path, int out, struct error *e)
{
    struct stat st;
    CLEANUP(fd_close) int fd = openat(root, path.at, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        return error_sys(e, errno, "cannot open '" STR_FMT "'", STR_ARG(path));
    }
    in->date_s = st.st_mtim.tv_sec > in->date_s ? st.st_mtim.tv_sec : in->date_s;
    const struct document_head head = {.path = path, .date_s = st.st_mtim.tv_sec};
    return document_file(out, &head, fd, e) || error_wrap(e, "'" STR_FMT "'", STR_ARG(path));
}

bool feed_folder_send(struct feed_input *in, int fd, struct error *e)
{
    CLEANUP(fd_close) int root = open_root(in, e);
    bool ok = root >= 0;
    for (size_t i = 0; ok && i < in->files_count; i++) {
        ok = send_file(in, root, in->files[i], fd, e);
        if (ok && in->reading != NULL) {
            in->reading(in->watcher, in->files[i], i + 1, in->files_count);
        }
    }
    ok = ok && documents_end(fd, e);
    return ok || e->sys == EPIPE;
}
