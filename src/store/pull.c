#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/chunks.h"
#include "store/feedfile.h"
#include "store/instance.h"
#include "store/part.h"
#include "stream/file.h"

/* Taking over what another limpid publishes: the part that is here is cut as that one cut its own;
 * chunks that both have are copied, the others fetched; each has its digest, and the whole has the
 * part's. All feeds are switched to in one step. */

enum { PULL_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

struct old_chunk {
    digest name;
    uint64_t at; /* in the file of the old part */
    uint32_t bytes;
};

struct pulling {
    struct arena arena;
    struct store *store;
    const struct pull_options *options;
    struct install install;
    struct instance_manifest m;
    struct buf stored, plain; /* of one object */
    struct pull_feed *feeds;
    struct pull_result result;
};

/* -- the part that is here ----------------------------------------------------------------------
 */

struct old_part {
    struct chunk_sink base;
    struct arena *arena;
    int fd;
    struct old_chunk *chunks; /* sorted by name */
    size_t count, room;
    uint64_t bytes;
};

static bool old_put(struct chunk_sink *self, digest name, str bytes, struct error *e)
{
    struct old_part *old = CONTAINER_OF(self, struct old_part, base);
    void *items = old->chunks;
    if (!fd_write_all(old->fd, bytes.at, bytes.len, e) ||
        !arena_grow(old->arena, &items, old->count, &old->room, sizeof(*old->chunks), e)) {
        return false;
    }
    old->chunks = items;
    old->chunks[old->count++] = (struct old_chunk){
        .name = name, .at = old->bytes, .bytes = (uint32_t)bytes.len}; /* ≤ its maximum */
    old->bytes += bytes.len;
    return true;
}

static int old_order(const void *a, const void *b)
{
    const struct old_chunk *x = a, *y = b;
    return memcmp(x->name.bytes, y->name.bytes, sizeof(x->name.bytes));
}

static const struct old_chunk *old_find(const struct old_part *old, digest name)
{
    const struct old_chunk wanted = {.name = name};
    return old->count == 0 ? NULL
                           : bsearch(&wanted, old->chunks, old->count, sizeof(wanted), old_order);
}

static bool old_cut(struct pulling *x, const struct current_feed *feed, struct old_part *old,
                    struct error *e)
{
    struct feedfile_items items = {0};
    struct feedfile *file = NULL;
    struct chunker chunker;
    uint64_t bytes = 0;
    str path;
    if (!store_advisories_path(x->store, &x->arena, feed->file, &path, e)) {
        return false;
    }
    if (!feedfile_open(path.at, feed->state.size_bytes, &file, NULL)) {
        return true; /* of another schema, or damaged: then all is fetched */
    }
    chunker_init(&chunker, &old->base);
    bool done = feedfile_items_init(&items, file, store_scratch_dir(), x->store->budget_bytes, e) &&
                part_encode(&items.items, &chunker.base, &bytes, e) && chunker_end(&chunker, e);
    chunker_done(&chunker);
    feedfile_items_done(&items);
    feedfile_close(file);
    if (!done && e != NULL && e->kind == ERROR_FORMAT) {
        old->count = 0;
        done = true;
    }
    if (done && old->count > 1) {
        qsort(old->chunks, old->count, sizeof(*old->chunks), old_order);
    }
    return done;
}

/* -- the part that is wanted --------------------------------------------------------------------
 */

static bool object_get(struct pulling *x, digest name, size_t bytes, struct error *e)
{
    char path[INSTANCE_OBJECT_NAME_BYTES];
    instance_object_name(name, path);
    x->stored.len = 0;
    if (!x->options->from->get(x->options->from, path, &x->stored, e)) {
        return false;
    }
    x->result.objects++;
    x->result.bytes += x->stored.len;
    return instance_object_unpack(buf_str(&x->stored), name, bytes, &x->plain, e) ||
           error_wrap(e, "'%s'", path);
}

static bool chunk_get(struct pulling *x, const struct old_part *old,
                      const struct instance_chunk *chunk, struct error *e)
{
    const struct old_chunk *there = old_find(old, chunk->name);
    size_t got = 0;
    if (there == NULL || there->bytes != chunk->bytes) {
        return object_get(x, chunk->name, chunk->bytes, e);
    }
    x->plain.len = 0;
    x->result.reused++;
    if (!buf_reserve(&x->plain, chunk->bytes, e) ||
        !fd_pread_full(old->fd, x->plain.at, chunk->bytes, there->at, &got, e)) {
        return false;
    }
    x->plain.len = got; /* what it is, the part's own digest tells */
    return true;
}

static bool part_gather(struct pulling *x, const struct instance_part *p,
                        const struct old_part *old, int to, struct error *e)
{
    struct instance_chunk *chunks = NULL;
    size_t count = 0;
    if (!object_get(x, p->index, (size_t)p->index_bytes, e) ||
        !instance_index_parse(buf_str(&x->plain), &x->arena, &chunks, &count, e)) {
        return error_wrap(e, "index");
    }
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += chunks[i].bytes;
    }
    if (bytes != p->part.bytes) {
        return error_set(e, ERROR_FORMAT, "chunks of %llu bytes for a part of %llu",
                         (unsigned long long)bytes, (unsigned long long)p->part.bytes);
    }
    for (size_t i = 0; i < count; i++) {
        if (!chunk_get(x, old, &chunks[i], e) || !fd_write_all(to, x->plain.at, x->plain.len, e)) {
            return false;
        }
    }
    return true;
}

static bool part_install(struct pulling *x, const struct instance_part *p, struct error *e)
{
    CLEANUP(fd_close) int old_fd = -1;
    CLEANUP(fd_close) int new_fd = -1;
    const struct current_feed *feed = current_find(&x->install.before, p->part.feed);
    struct arena_mark mark = arena_mark(&x->arena);
    if (!store_scratch_open(store_scratch_dir(), &old_fd, e) ||
        !store_scratch_open(store_scratch_dir(), &new_fd, e)) {
        return false;
    }
    struct old_part old = {.base.put = old_put, .arena = &x->arena, .fd = old_fd};
    struct file_reader reader = {0};
    if (feed != NULL && feed->file.len > 0 && !old_cut(x, feed, &old, e)) {
        return false;
    }
    bool done = part_gather(x, p, &old, new_fd, e) &&
                file_reader_open(&reader, new_fd, 0, p->part.bytes, e) &&
                install_put(&x->install, &p->part, &reader.base, e);
    reader_close(&reader.base);
    arena_rewind(&x->arena, mark);
    return done;
}

static bool is_wanted(const struct pulling *x, str feed)
{
    for (size_t i = 0; i < x->options->feeds_count; i++) {
        if (str_eq(x->options->feeds[i], feed)) {
            return true;
        }
    }
    return x->options->feeds_count == 0;
}

static bool part_take(struct pulling *x, const struct instance_part *p, struct error *e)
{
    struct pull_feed *f = &x->feeds[x->result.feeds_count];
    int64_t installed_s;
    const struct current_feed *old = current_find(&x->install.before, p->part.feed);
    *f = (struct pull_feed){
        .feed = p->part.feed, .advisories = p->part.advisories, .rows = p->part.rows};
    f->advisories_before = old == NULL ? 0 : old->state.advisories;
    x->result.feeds_count++;
    if (install_has(&x->install, &p->part)) {
        f->unchanged = true;
        return install_is_newer(&x->install, p->part.feed, p->part.date_s, &installed_s) ||
               install_keep(&x->install, &p->part, e);
    }
    if (!x->options->allow_older &&
        install_is_newer(&x->install, p->part.feed, p->part.date_s, &installed_s)) {
        f->is_older = true;
        f->advisories = f->advisories_before;
        f->rows = old->state.rows;
        return true;
    }
    return part_install(x, p, e) || error_wrap(e, "feed '" STR_FMT "'", STR_ARG(p->part.feed));
}

static bool parts_take(struct pulling *x, struct error *e)
{
    x->feeds = ARENA_ARRAY(x->options->arena, x->m.count, struct pull_feed, e);
    if (x->feeds == NULL) {
        return false;
    }
    for (size_t i = 0; i < x->m.count; i++) {
        if (is_wanted(x, x->m.parts[i].part.feed) && !part_take(x, &x->m.parts[i], e)) {
            return false;
        }
    }
    return true;
}

/* -- all of it ----------------------------------------------------------------------------------
 */

static bool manifest_check(struct pulling *x, struct error *e)
{
    uint8_t hash[SIGN_HASH_BYTES];
    size_t signed_bytes = 0;
    str signature = STR_NONE;
    const struct pull_options *o = x->options;
    bool asked = o->keys != NULL && o->keys->count > 0;
    if (!instance_manifest_parse(o->manifest, &x->arena, &x->m, &signed_bytes, &signature, e)) {
        return false;
    }
    x->result.is_signed = signature.len > 0;
    x->result.is_verified = asked;
    if (!asked) {
        return true;
    }
    if (signature.len == 0) {
        error_set(e, ERROR_DIGEST, "is not signed, and only signed ones are trusted here");
        return error_hint(e, "'limpid bundle publish --sign' signs it");
    }
    sign_hash_bytes(str_slice(o->manifest, 0, signed_bytes), hash);
    return sign_keys_check(o->keys, signature, hash, &x->result.by, e);
}

static bool pull(struct pulling *x, struct error *e)
{
    if (!manifest_check(x, e)) {
        return error_wrap(e, "the manifest");
    }
    bool done =
        install_begin(&x->install, x->store, x->options->origin, x->options->validator, e) &&
        parts_take(x, e);
    return install_end(&x->install, done, e) && done;
}

bool store_pull(struct store *s, const struct pull_options *options, struct pull_result *out,
                struct error *e)
{
    struct pulling x = {.store = s, .options = options};
    arena_init(&x.arena, PULL_ARENA_BYTES_MAX, "taking over advisories");
    buf_init(&x.stored, PULL_OBJECT_BYTES_MAX);
    buf_init(&x.plain, INSTANCE_INDEX_BYTES_MAX + 1);
    bool done = pull(&x, e);
    for (size_t i = 0; done && i < x.result.feeds_count; i++) {
        done = arena_str(options->arena, x.feeds[i].feed, &x.feeds[i].feed, e);
    }
    if (done) {
        x.result.feeds = x.feeds;
        *out = x.result;
    }
    buf_done(&x.stored);
    buf_done(&x.plain);
    arena_done(&x.arena);
    return done;
}
