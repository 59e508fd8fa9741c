#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "store/chunks.h"
#include "store/feedfile.h"
#include "store/instance.h"
#include "store/part.h"
#include "stream/hash.h"

/* Publishing: objects first, then the manifest that names them, in one step. Whatever ends it
 * before leaves the old manifest with all that it names; objects that nobody names are swept after
 * a grace, for readers that have the manifest before. */

enum { LEVEL = 15, PUBLISH_ARENA_BYTES_MAX = 256 * 1024 * 1024, NAME_BYTES = 80 };

static const char manifest_name[] = "limpid.manifest";

struct publishing {
    struct arena arena;
    struct store *store;
    const struct publish_options *options;
    int dir; /* the folder's lock too */
    ZSTD_CCtx *context;
    struct instance_manifest before, now;
    str before_bytes;
    struct current exported;
    struct publish_result result;
};

/* -- files ------------------------------------------------------------------------------------- */

/* In one step, without fsync: all objects are synced at once before a manifest names them. */
static bool file_put(struct publishing *x, const char *name, str bytes, bool sync, struct error *e)
{
    char temporary[NAME_BYTES + 8];
    snprintf(temporary, sizeof(temporary), "%s.tmp", name);
    int fd = openat(x->dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make '%s'", temporary);
    }
    bool done = fd_write_all(fd, bytes.at, bytes.len, e);
    if (done && sync && fsync(fd) != 0) {
        done = error_sys(e, errno, "cannot write '%s'", temporary);
    }
    if (close(fd) != 0 && done) {
        done = error_sys(e, errno, "cannot write '%s'", temporary);
    }
    if (done && renameat(x->dir, temporary, x->dir, name) != 0) {
        done = error_sys(e, errno, "cannot make '%s'", name);
    }
    return done;
}

static bool file_get(struct publishing *x, const char *name, size_t bytes_max, str *out,
                     struct error *e)
{
    struct stat st;
    size_t got = 0;
    CLEANUP(fd_close) int fd = openat(x->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0 || (uint64_t)st.st_size > bytes_max) {
        return error_sys(e, errno, "cannot read '%s'", name);
    }
    char *bytes = arena_alloc(&x->arena, (size_t)st.st_size + 1, 1, 1, e);
    if (bytes == NULL || !fd_read_full(fd, bytes, (size_t)st.st_size, &got, e)) {
        return false;
    }
    *out = (str){.at = bytes, .len = got};
    return true;
}

/* -- objects ----------------------------------------------------------------------------------- */

/* One that is there has the right content: it got its name when it was whole. After a crash of the
 * machine it may be empty, so its size is looked at. */
static bool object_is_there(struct publishing *x, const char *name)
{
    struct stat st;
    return fstatat(x->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0;
}

static bool object_put(struct publishing *x, digest d, str bytes, struct error *e)
{
    CLEANUP(buf_done) struct buf packed;
    char name[INSTANCE_OBJECT_NAME_BYTES], folder[INSTANCE_OBJECT_NAME_BYTES];
    size_t room = ZSTD_compressBound(bytes.len);
    buf_init(&packed, room);
    instance_object_name(d, name);
    x->result.objects++;
    if (object_is_there(x, name)) {
        return true;
    }
    if (!buf_reserve(&packed, room, e)) {
        return false;
    }
    size_t code = ZSTD_compressCCtx(x->context, packed.at, room, bytes.at, bytes.len, LEVEL);
    if (ZSTD_isError(code)) {
        return error_set(e, ERROR_MEMORY, "cannot compress: %s", ZSTD_getErrorName(code));
    }
    packed.len = code;
    memcpy(folder, name, sizeof("objects/ab") - 1);
    folder[sizeof("objects/ab") - 1] = '\0';
    if (mkdirat(x->dir, folder, 0755) != 0 && errno != EEXIST) {
        return error_sys(e, errno, "cannot make '%s'", folder);
    }
    x->result.objects_new++;
    x->result.bytes_new += code;
    return file_put(x, name, buf_str(&packed), false, e);
}

struct chunks_out {
    struct chunk_sink base;
    struct publishing *publishing;
    struct instance_chunk *chunks;
    size_t count, room;
    struct hash whole;
};

static bool chunk_put(struct chunk_sink *self, digest name, str bytes, struct error *e)
{
    struct chunks_out *out = CONTAINER_OF(self, struct chunks_out, base);
    struct arena *arena = &out->publishing->arena;
    void *items = out->chunks;
    if (out->count == INSTANCE_CHUNKS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than %d chunks", INSTANCE_CHUNKS_MAX);
    }
    if (!arena_grow(arena, &items, out->count, &out->room, sizeof(*out->chunks), e)) {
        return false;
    }
    out->chunks = items;
    out->chunks[out->count++] =
        (struct instance_chunk){.name = name, .bytes = (uint32_t)bytes.len}; /* ≤ its maximum */
    hash_update(&out->whole, bytes.at, bytes.len);
    return object_put(out->publishing, name, bytes, e);
}

/* -- parts ------------------------------------------------------------------------------------- */

/* The feed's part in chunks, from its file; it must have the content that `current` says. */
static bool part_cut(struct publishing *x, const struct current_feed *feed, struct chunks_out *out,
                     uint64_t *bytes, struct error *e)
{
    struct feedfile_items items = {0};
    struct feedfile *file = NULL;
    struct chunker chunker;
    str path;
    if (!store_advisories_path(x->store, &x->arena, feed->file, &path, e) ||
        !feedfile_open(path.at, feed->state.size_bytes, &file, e)) {
        return false;
    }
    chunker_init(&chunker, &out->base);
    bool done = feedfile_items_init(&items, file, store_scratch_dir(), x->store->budget_bytes, e) &&
                part_encode(&items.items, &chunker.base, bytes, e) && chunker_end(&chunker, e);
    chunker_done(&chunker);
    feedfile_items_done(&items);
    feedfile_close(file);
    if (done && !digest_eq(hash_done(&out->whole), feed->hash)) {
        error_set(e, ERROR_FORMAT, "'%s' does not have the content it was written with", path.at);
        done = error_hint(e, "run 'limpid update'");
    }
    return done;
}

static bool index_put(struct publishing *x, const struct chunks_out *chunks,
                      struct instance_part *out, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    struct hash h;
    buf_init(&text, INSTANCE_INDEX_BYTES_MAX);
    if (!instance_index_write(chunks->chunks, chunks->count, &text, e)) {
        return false;
    }
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, text.at, text.len);
    out->index = hash_done(&h);
    out->index_bytes = text.len;
    return object_put(x, out->index, buf_str(&text), e);
}

/* What the manifest before says of the same content, if all of its objects are there. */
static bool part_known(struct publishing *x, struct instance_part *p, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    char name[INSTANCE_OBJECT_NAME_BYTES];
    struct instance_chunk *chunks = NULL;
    size_t count = 0;
    str stored;
    const struct instance_part *old = NULL;
    (void)e;
    for (size_t i = 0; i < x->before.count; i++) {
        if (digest_eq(x->before.parts[i].part.content, p->part.content)) {
            old = &x->before.parts[i];
        }
    }
    buf_init(&text, INSTANCE_INDEX_BYTES_MAX + 1);
    if (old == NULL ||
        !file_get(x, instance_object_name(old->index, name), INSTANCE_INDEX_BYTES_MAX, &stored,
                  NULL) ||
        !instance_object_unpack(stored, old->index, (size_t)old->index_bytes, &text, NULL) ||
        !instance_index_parse(buf_str(&text), &x->arena, &chunks, &count, NULL)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!object_is_there(x, instance_object_name(chunks[i].name, name))) {
            return false;
        }
    }
    p->index = old->index;
    p->index_bytes = old->index_bytes;
    p->part.bytes = old->part.bytes;
    x->result.objects += count + 1;
    return true;
}

static bool part_put(struct publishing *x, const struct current_feed *feed, struct error *e)
{
    struct chunks_out chunks = {.base.put = chunk_put, .publishing = x};
    struct instance_part *p = &x->now.parts[x->now.count];
    *p = (struct instance_part){.part = {.feed = feed->state.feed,
                                         .content = feed->hash,
                                         .date_s = feed->state.date_s,
                                         .advisories = feed->state.advisories,
                                         .rows = feed->state.rows}};
    hash_init(&chunks.whole, DIGEST_SHA256);
    if (!part_known(x, p, e) &&
        (!part_cut(x, feed, &chunks, &p->part.bytes, e) || !index_put(x, &chunks, p, e))) {
        return error_wrap(e, "feed '" STR_FMT "'", STR_ARG(feed->state.feed));
    }
    x->now.count++;
    x->now.created_s = p->part.date_s > x->now.created_s ? p->part.date_s : x->now.created_s;
    return current_put(&x->exported, &x->arena, feed, e);
}

static bool is_left_out(const struct publishing *x, str feed)
{
    for (size_t i = 0; i < x->options->leave_out_count; i++) {
        if (str_eq(x->options->leave_out[i], feed)) {
            return true;
        }
    }
    return false;
}

static bool parts_put(struct publishing *x, struct error *e)
{
    struct current current;
    if (!current_read(x->store, &x->arena, &current, e)) {
        return false;
    }
    x->now.parts = ARENA_ARRAY(&x->arena, current.count, struct instance_part, e);
    if (x->now.parts == NULL) {
        return false;
    }
    for (size_t i = 0; i < current.count; i++) {
        if (current.feeds[i].file.len > 0 && !is_left_out(x, current.feeds[i].state.feed) &&
            !part_put(x, &current.feeds[i], e)) {
            return false;
        }
    }
    x->result.feeds = x->now.count;
    if (x->now.count == 0) {
        error_set(e, ERROR_ABSENT, "there are no advisories to publish");
        return error_hint(e, "run 'limpid update'");
    }
    return current_generation(&x->exported, &x->arena, &x->now.generation, e);
}

/* -- what is named ------------------------------------------------------------------------------
 */

struct names { /* of objects, sorted */
    digest *at;
    size_t count, room;
};

static int names_order(const void *a, const void *b)
{
    const digest *x = a, *y = b;
    return memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

static bool names_has(const struct names *n, digest d)
{
    return n->count > 0 && bsearch(&d, n->at, n->count, sizeof(d), names_order) != NULL;
}

static bool name_add(struct publishing *x, struct names *n, digest d, struct error *e)
{
    void *items = n->at;
    if (!arena_grow(&x->arena, &items, n->count, &n->room, sizeof(d), e)) {
        return false;
    }
    n->at = items;
    n->at[n->count++] = d;
    return true;
}

/* All objects of a manifest. With `lenient`, an index that is gone names nothing. */
static bool names_of(struct publishing *x, const struct instance_manifest *m, bool lenient,
                     struct names *out, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, INSTANCE_INDEX_BYTES_MAX + 1);
    for (size_t i = 0; i < m->count; i++) {
        char name[INSTANCE_OBJECT_NAME_BYTES];
        struct instance_chunk *chunks = NULL;
        size_t count = 0;
        str stored;
        bool there = file_get(x, instance_object_name(m->parts[i].index, name),
                              INSTANCE_INDEX_BYTES_MAX, &stored, e) &&
                     instance_object_unpack(stored, m->parts[i].index,
                                            (size_t)m->parts[i].index_bytes, &text, e) &&
                     instance_index_parse(buf_str(&text), &x->arena, &chunks, &count, e);
        if (!there && !lenient) {
            return false;
        }
        if (!name_add(x, out, m->parts[i].index, e)) {
            return false;
        }
        for (size_t k = 0; there && k < count; k++) {
            if (!name_add(x, out, chunks[k].name, e)) {
                return false;
            }
        }
    }
    if (out->count > 1) {
        qsort(out->at, out->count, sizeof(*out->at), names_order);
    }
    return true;
}

/* From now on the grace of what only the manifest before names. */
static bool outgoing_touch(struct publishing *x, const struct names *now, struct error *e)
{
    struct names before = {0};
    if (!names_of(x, &x->before, true, &before, e)) {
        return false;
    }
    for (size_t i = 0; i < before.count; i++) {
        char name[INSTANCE_OBJECT_NAME_BYTES];
        if (!names_has(now, before.at[i])) {
            utimensat(x->dir, instance_object_name(before.at[i], name), NULL, 0);
        }
    }
    return true;
}

static void folder_sweep(struct publishing *x, const char *folder, const struct names *now)
{
    int fd = openat(x->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    if (list == NULL) {
        fd_close(&fd);
        return;
    }
    while ((entry = readdir(list)) != NULL) {
        struct stat st;
        char text[DIGEST_TEXT_BYTES];
        digest d = {0};
        str name = str_from(entry->d_name);
        bool object = str_ends(name, STR(".zst")) && name.len == 64 + 4;
        snprintf(text, sizeof(text), "sha256:%.64s", entry->d_name);
        if ((object && digest_parse(str_from(text), &d, NULL) && names_has(now, d)) ||
            (!object && !str_ends(name, STR(".tmp"))) ||
            fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            clock_now_s() - (int64_t)st.st_mtime < (int64_t)x->options->grace_s) {
            continue;
        }
        if (unlinkat(fd, entry->d_name, 0) == 0) {
            x->result.objects_removed += object;
        }
    }
    closedir(list);
}

static void objects_sweep(struct publishing *x, const struct names *now)
{
    for (unsigned i = 0; i < 256; i++) {
        char folder[sizeof("objects/ab")];
        snprintf(folder, sizeof(folder), "objects/%02x", i & 0xff);
        folder_sweep(x, folder, now);
    }
}

/* -- the manifest -------------------------------------------------------------------------------
 */

static bool before_read(struct publishing *x, struct error *e)
{
    size_t signed_bytes;
    str signature;
    if (faccessat(x->dir, manifest_name, F_OK, 0) != 0) {
        return true;
    }
    if (!file_get(x, manifest_name, INSTANCE_MANIFEST_BYTES_MAX, &x->before_bytes, e)) {
        return false;
    }
    if (!instance_manifest_parse(x->before_bytes, &x->arena, &x->before, &signed_bytes, &signature,
                                 NULL)) {
        x->before = (struct instance_manifest){0}; /* nothing to go on from */
    }
    return true;
}

static bool manifest_make(struct publishing *x, struct buf *to, struct error *e)
{
    uint8_t hash[SIGN_HASH_BYTES];
    str comment;
    if (!instance_manifest_write(&x->now, to, e)) {
        return false;
    }
    if (x->options->sign == NULL) {
        return true;
    }
    sign_hash_bytes(buf_str(to), hash);
    return arena_printf(&x->arena, &comment, e, "limpid instance " STR_FMT,
                        STR_ARG(x->now.generation)) &&
           sign_make(x->options->sign, hash, comment, to, e);
}

static bool publish(struct publishing *x, struct error *e)
{
    CLEANUP(buf_done) struct buf manifest;
    struct names now = {0};
    buf_init(&manifest, INSTANCE_MANIFEST_BYTES_MAX);
    if (!before_read(x, e) || !parts_put(x, e) || !manifest_make(x, &manifest, e) ||
        !names_of(x, &x->now, false, &now, e)) {
        return false;
    }
    x->result.changed = !str_eq(buf_str(&manifest), x->before_bytes);
    if (x->result.changed) {
        /* what it names is on the disk before it is */
        if (!outgoing_touch(x, &now, e)) {
            return false;
        }
        if (syncfs(x->dir) != 0) {
            return error_sys(e, errno, "cannot write the objects");
        }
        if (!file_put(x, manifest_name, buf_str(&manifest), true, e)) {
            return false;
        }
        if (fsync(x->dir) != 0) {
            return error_sys(e, errno, "cannot put '%s' in place", manifest_name);
        }
    }
    objects_sweep(x, &now);
    return true;
}

static bool folder_open(struct publishing *x, struct error *e)
{
    str path, objects;
    if (!arena_str(&x->arena, x->options->dir, &path, e) ||
        !arena_printf(&x->arena, &objects, e, "%s/objects", path.at) ||
        !store_make_dir(objects.at, e)) {
        return false;
    }
    x->dir = open(path.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (x->dir < 0) {
        return error_sys(e, errno, "cannot open '%s'", path.at);
    }
    if (flock(x->dir, LOCK_EX | LOCK_NB) != 0) {
        return error_sys(e, errno, "another limpid is publishing there");
    }
    x->context = ZSTD_createCCtx();
    return x->context != NULL || error_set(e, ERROR_MEMORY, "no memory for zstd");
}

bool store_publish(struct store *s, const struct publish_options *options,
                   struct publish_result *out, struct error *e)
{
    struct publishing x = {.store = s, .options = options, .dir = -1};
    arena_init(&x.arena, PUBLISH_ARENA_BYTES_MAX, "publishing");
    bool done = folder_open(&x, e) && publish(&x, e);
    ZSTD_freeCCtx(x.context);
    fd_close(&x.dir);
    arena_done(&x.arena);
    if (done) {
        *out = x.result;
        out->feeds = x.result.feeds;
    }
    return done;
}
