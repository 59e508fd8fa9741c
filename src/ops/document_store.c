#include "ops/document_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "stream/hash.h"

#define MAGIC_PENDING "limpid-pending 1 "
#define MAGIC_PARTIAL "limpid-partial 1"

enum { HEX_BYTES = 65, TEXT_BYTES_MAX = 1024 * 1024 };

/* "0123…" without the algorithm. */
static const char *hex(digest d, char room[DIGEST_TEXT_BYTES])
{
    const char *text = digest_text(d, room);
    const char *colon = strchr(text, ':');
    return colon != NULL ? colon + 1 : text;
}

static digest hash_of(str a, str b)
{
    struct hash h;
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, a.at, a.len);
    hash_update(&h, b.at, b.len);
    return hash_done(&h);
}

/* -- folders -------------------------------------------------------------------------------- */

static int folder(int at, const char *name, struct error *e)
{
    if (mkdirat(at, name, 0755) != 0 && errno != EEXIST) {
        error_sys(e, errno, "cannot make the folder '%s'", name);
        return -1;
    }
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        error_sys(e, errno, "cannot open the folder '%s'", name);
    }
    return fd;
}

static bool lock(struct document_store *d, struct error *e)
{
    d->lock = openat(d->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (d->lock < 0) {
        return error_sys(e, errno, "cannot open the lock of its documents");
    }
    if (flock(d->lock, LOCK_EX | LOCK_NB) == 0) {
        return true;
    }
    if (errno != EWOULDBLOCK) {
        return error_sys(e, errno, "cannot lock its documents");
    }
    error_set(e, ERROR_IO, "another update of it is running");
    e->sys = EBUSY;
    return error_hint(e, "try again when it is done");
}

bool document_store_open(struct document_store *d, str data_dir, str feed, struct arena *arena,
                         struct error *e)
{
    *d = (struct document_store){.dir = -1, .partial = -1, .lock = -1, .arena = arena};
    str name;
    if (!arena_str(arena, data_dir, &name, e) || !arena_str(arena, feed, &d->feed, e)) {
        return false;
    }
    CLEANUP(fd_close) int root = open(name.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        return error_sys(e, errno, "cannot open '%s'", name.at);
    }
    CLEANUP(fd_close) int all = folder(root, "documents", e);
    if (all < 0 || (d->dir = folder(all, d->feed.at, e)) < 0 ||
        (d->partial = folder(root, "partial", e)) < 0 || !lock(d, e)) {
        document_store_close(d);
        return false;
    }
    return true;
}

void document_store_close(struct document_store *d)
{
    if (d->arena != NULL) {
        fd_close(&d->dir);
        fd_close(&d->partial);
        fd_close(&d->lock);
        d->arena = NULL;
    }
}

/* -- documents ------------------------------------------------------------------------------ */

bool document_store_find(struct document_store *d, digest content, int *fd, struct error *e)
{
    char room[DIGEST_TEXT_BYTES];
    digest found;
    *fd = -1;
    if (content.algorithm == DIGEST_NONE) {
        return true;
    }
    CLEANUP(fd_close)
    int file = openat(d->dir, hex(content, room), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        return errno == ENOENT || error_sys(e, errno, "cannot open a document that was kept");
    }
    if (!hash_file(file, 0, UINT64_MAX, DIGEST_SHA256, &found, NULL, e)) {
        return false;
    }
    if (!digest_eq(found, content)) {
        unlinkat(d->dir, hex(content, room), 0);
        return true;
    }
    *fd = fd_take(&file);
    return true;
}

void document_store_sweep(struct document_store *d, const digest *keep, size_t count)
{
    char room[DIGEST_TEXT_BYTES];
    int fd = openat(d->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (list == NULL) {
        fd_close(&fd);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(list)) != NULL) {
        bool wanted = strlen(entry->d_name) != HEX_BYTES - 1; /* the others are not documents */
        for (size_t i = 0; !wanted && i < count; i++) {
            wanted = strcmp(entry->d_name, hex(keep[i], room)) == 0;
        }
        if (!wanted) {
            unlinkat(d->dir, entry->d_name, 0);
        }
    }
    closedir(list);
}

/* -- small texts ---------------------------------------------------------------------------- */

/* The whole of a small file, in the arena; STR_NONE where there is none. */
static bool text_read(int dir, const char *name, struct arena *arena, str *out, struct error *e)
{
    struct stat st;
    size_t got = 0;
    *out = STR_NONE;
    CLEANUP(fd_close) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > TEXT_BYTES_MAX) {
        return true;
    }
    char *at = ARENA_ARRAY(arena, (size_t)st.st_size + 1, char, e);
    if (at == NULL || !fd_read_full(fd, at, (size_t)st.st_size, &got, e)) {
        return false;
    }
    *out = (str){.at = at, .len = got};
    return true;
}

static bool text_write(int dir, const char *name, str text, struct error *e)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot write '%s'", name);
    }
    bool ok = fd_write_all(fd, text.at, text.len, e);
    if (close(fd) != 0 && ok) {
        ok = error_sys(e, errno, "cannot write '%s'", name);
    }
    return ok;
}

bool document_store_pending(struct document_store *d, str origin, str validator, str *out,
                            struct error *e)
{
    str text, line, id;
    char room[DIGEST_TEXT_BYTES];
    *out = STR_NONE;
    if (!text_read(d->dir, "pending", d->arena, &text, e) ||
        !arena_printf(d->arena, &id, e, "%s%s", MAGIC_PENDING,
                      hex(hash_of(origin, validator), room))) {
        return false;
    }
    if (str_line(&text, &line) && str_eq(line, id)) {
        *out = text;
    }
    return true;
}

bool document_store_pend(struct document_store *d, str origin, str validator, str text,
                         struct error *e)
{
    struct buf b;
    char room[DIGEST_TEXT_BYTES];
    buf_init(&b, TEXT_BYTES_MAX);
    bool ok = buf_printf(&b, e, "%s%s\n", MAGIC_PENDING, hex(hash_of(origin, validator), room)) &&
              buf_add_str(&b, text, e) && text_write(d->dir, "pending.new", buf_str(&b), e) &&
              (renameat(d->dir, "pending.new", d->dir, "pending") == 0 ||
               error_sys(e, errno, "cannot write 'pending'"));
    buf_done(&b);
    return ok;
}

void document_store_settle(struct document_store *d)
{
    unlinkat(d->dir, "pending", 0);
}

/* -- partial files -------------------------------------------------------------------------- */

static bool from_name(const struct partial *p, struct arena *arena, str *out, struct error *e)
{
    return arena_printf(arena, out, e, "%s.from", p->name.at);
}

/* What the file beside it says; another URL's, or none: it is begun anew. */
static bool from_read(struct document_store *d, str url, struct partial *p, struct error *e)
{
    str name, text, line, own;
    if (!from_name(p, d->arena, &name, e) || !text_read(d->partial, name.at, d->arena, &text, e)) {
        return false;
    }
    if (str_line(&text, &line) && str_eq(line, STR(MAGIC_PARTIAL)) && str_line(&text, &own) &&
        str_eq(own, url) && str_line(&text, &line)) {
        p->packed = str_eq(line, STR("packed"));
        p->if_range = str_line(&text, &line) ? line : STR_NONE;
    }
    return true;
}

bool partial_open(struct document_store *d, str url, struct partial *out, struct error *e)
{
    struct stat st;
    char room[DIGEST_TEXT_BYTES];
    *out = (struct partial){.fd = -1};
    if (!arena_printf(d->arena, &out->name, e, "%s-%.16s", d->feed.at,
                      hex(hash_of(url, STR_NONE), room)) ||
        !from_read(d, url, out, e)) {
        return false;
    }
    out->fd = openat(d->partial, out->name.at, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                     0644);
    if (out->fd < 0 || fstat(out->fd, &st) != 0) {
        return error_sys(e, errno, "cannot open 'partial/%s'", out->name.at);
    }
    out->size_bytes = out->if_range.len > 0 ? (uint64_t)st.st_size : 0;
    return true;
}

bool partial_begin(struct document_store *d, struct partial *p, str url, str if_range, bool packed,
                   struct error *e)
{
    str name, text;
    p->size_bytes = 0;
    p->packed = packed;
    if (ftruncate(p->fd, 0) != 0) {
        return error_sys(e, errno, "cannot empty 'partial/%s'", p->name.at);
    }
    if (!arena_str(d->arena, if_range, &p->if_range, e) || !from_name(p, d->arena, &name, e)) {
        return false;
    }
    if (if_range.len == 0) {
        unlinkat(d->partial, name.at, 0);
        return true;
    }
    return arena_printf(d->arena, &text, e, "%s\n%.*s\n%s\n%.*s\n", MAGIC_PARTIAL, (int)url.len,
                        url.at, packed ? "packed" : "plain", (int)if_range.len, if_range.at) &&
           text_write(d->partial, name.at, text, e);
}

bool partial_add(struct partial *p, str bytes, struct error *e)
{
    if (!fd_write_all(p->fd, bytes.at, bytes.len, e)) {
        return error_wrap(e, "cannot write 'partial/%s'", p->name.at);
    }
    p->size_bytes += bytes.len;
    return true;
}

bool partial_end(struct document_store *d, struct partial *p, digest want, digest *out,
                 struct error *e)
{
    char room[DIGEST_TEXT_BYTES], other[DIGEST_TEXT_BYTES];
    digest got;
    if (!hash_file(p->fd, 0, UINT64_MAX, DIGEST_SHA256, &got, NULL, e)) {
        return false;
    }
    if (want.algorithm != DIGEST_NONE && !digest_eq(got, want)) {
        partial_close(d, p, true);
        return error_set(e, ERROR_DIGEST, "its checksum is %s, not %s as the index says",
                         digest_text(got, room), digest_text(want, other));
    }
    if (renameat(d->partial, p->name.at, d->dir, hex(got, room)) != 0) {
        return error_sys(e, errno, "cannot keep the document '%s'", p->name.at);
    }
    *out = got;
    partial_close(d, p, true);
    return true;
}

void partial_close(struct document_store *d, struct partial *p, bool drop)
{
    struct error unread;
    str name;
    if (p->fd < 0) {
        return;
    }
    fd_close(&p->fd);
    if (drop || p->if_range.len == 0 || p->size_bytes == 0) {
        unlinkat(d->partial, p->name.at, 0);
        if (from_name(p, d->arena, &name, &unread)) {
            unlinkat(d->partial, name.at, 0);
        }
    }
}

/* Removes what is older than `before_s`; returns the bytes that stay, and the oldest date. */
static uint64_t sweep_before(DIR *list, int64_t before_s, int64_t *oldest_s)
{
    struct dirent *entry;
    uint64_t bytes = 0;
    *oldest_s = INT64_MAX;
    rewinddir(list);
    while ((entry = readdir(list)) != NULL) {
        struct stat st;
        if (entry->d_name[0] == '.' ||
            fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        if (st.st_mtim.tv_sec < before_s) {
            unlinkat(dirfd(list), entry->d_name, 0);
            continue;
        }
        bytes += (uint64_t)st.st_size;
        *oldest_s = st.st_mtim.tv_sec < *oldest_s ? st.st_mtim.tv_sec : *oldest_s;
    }
    return bytes;
}

void partial_sweep(str data_dir, struct arena *arena)
{
    struct error unread;
    str path;
    if (!arena_printf(arena, &path, &unread, "%.*s/partial", (int)data_dir.len, data_dir.at)) {
        return;
    }
    int fd = open(path.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (list == NULL) {
        fd_close(&fd);
        return;
    }
    int64_t oldest_s = 0;
    int64_t before_s = clock_now_s() - (int64_t)PARTIAL_DAYS_MAX * 24 * 3600;
    while (sweep_before(list, before_s, &oldest_s) > PARTIAL_BYTES_MAX) {
        before_s = oldest_s + 1;
    }
    closedir(list);
}
