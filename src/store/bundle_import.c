#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/clock.h"
#include "base/fd.h"
#include "store/bundle.h"
#include "store/part.h"
#include "store/writer.h"
#include "stream/codec.h"
#include "stream/file.h"
#include "stream/hash.h"

/* Import: everything is checked before anything is made; then the feeds' files are made; then
 * `current` names them all at once.
 *
 *   bundle_open     the file's last line is the SHA-256 of all before it
 *   manifest_read   the first frame; its sizes must add up to the file
 *   ages_check      no feed older than the installed one
 *   parts_check     each frame has its digest, and what is in it has its own
 *   parts_make      each part through a writer, which must arrive at the same digest */

enum { IMPORT_ARENA_BYTES_MAX = 64 * 1024 * 1024, DECODE_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

struct bundle {
    struct arena arena;
    str path;
    int fd;
    uint64_t bytes; /* without the sum at the end */
    uint64_t parts_start;
    struct bundle_manifest m;
};

static void bundle_close(struct bundle *b)
{
    fd_close(&b->fd);
    arena_done(&b->arena);
}

static bool bytes_read(const struct bundle *b, uint64_t offset, size_t len, struct buf *to,
                       struct error *e)
{
    size_t got = 0;
    if (!buf_reserve(to, len, e) || !fd_pread_full(b->fd, to->at, len, offset, &got, e)) {
        return false;
    }
    to->len = got;
    return got == len || error_set(e, ERROR_FORMAT, "ends after %zu of %zu bytes", got, len);
}

static bool bundle_open(struct bundle *b, str file, struct error *e)
{
    struct stat st;
    CLEANUP(buf_done) struct buf end;
    digest said = {0}, is = {0};
    buf_init(&end, 4096);
    if (!arena_str(&b->arena, file, &b->path, e)) {
        return false;
    }
    b->fd = open(b->path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (b->fd < 0 || fstat(b->fd, &st) != 0) {
        return error_sys(e, errno, "cannot open it");
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(e, ERROR_FORMAT, "is not a regular file");
    }
    if ((uint64_t)st.st_size > BUNDLE_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "has %lld bytes, over the limit of %llu",
                         (long long)st.st_size, (unsigned long long)BUNDLE_BYTES_MAX);
    }
    if (st.st_size <= BUNDLE_SUM_BYTES) {
        return error_set(e, ERROR_FORMAT, "is no bundle: it has %lld bytes only",
                         (long long)st.st_size);
    }
    b->bytes = (uint64_t)st.st_size - BUNDLE_SUM_BYTES;
    if (!bytes_read(b, b->bytes, BUNDLE_SUM_BYTES, &end, e) ||
        !bundle_sum_parse(buf_str(&end), &said, e) ||
        !hash_file(b->fd, 0, b->bytes, DIGEST_SHA256, &is, NULL, e)) {
        return false;
    }
    return digest_eq(said, is) ||
           error_set(e, ERROR_DIGEST, "its bytes are not those it was made with");
}

static bool inflate(str frame, size_t bytes, struct buf *to, struct error *e)
{
    if (!buf_reserve(to, bytes + 1, e)) {
        return false;
    }
    size_t code = ZSTD_decompress(to->at, bytes, frame.at, frame.len);
    if (ZSTD_isError(code)) {
        bool memory = ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation;
        return error_set(e, memory ? ERROR_MEMORY : ERROR_FORMAT, "%s", ZSTD_getErrorName(code));
    }
    to->len = code;
    return code == bytes || error_set(e, ERROR_FORMAT, "%zu bytes instead of %zu", code, bytes);
}

static bool sizes_check(const struct bundle *b, struct error *e)
{
    uint64_t end = b->parts_start; /* each term is below 2^31, and there are few */
    for (size_t i = 0; i < b->m.count; i++) {
        end += b->m.parts[i].stored_bytes;
    }
    if (end > b->bytes || b->bytes - end > 4096) {
        return error_set(e, ERROR_FORMAT, "its parts end at byte %llu of %llu",
                         (unsigned long long)end, (unsigned long long)b->bytes);
    }
    CLEANUP(buf_done) struct buf trailer;
    buf_init(&trailer, 4096);
    return bytes_read(b, end, (size_t)(b->bytes - end), &trailer, e) &&
           bundle_trailer_check(buf_str(&trailer), e);
}

static bool manifest_read(struct bundle *b, struct error *e)
{
    CLEANUP(buf_done) struct buf head, text;
    buf_init(&head, BUNDLE_MANIFEST_BYTES_MAX);
    buf_init(&text, BUNDLE_MANIFEST_BYTES_MAX);
    uint64_t room = b->bytes < BUNDLE_MANIFEST_BYTES_MAX ? b->bytes : BUNDLE_MANIFEST_BYTES_MAX;
    if (!bytes_read(b, 0, (size_t)room, &head, e)) {
        return false;
    }
    size_t frame = ZSTD_findFrameCompressedSize(head.at, head.len);
    unsigned long long bytes = ZSTD_getFrameContentSize(head.at, head.len);
    if (ZSTD_isError(frame) || bytes >= BUNDLE_MANIFEST_BYTES_MAX) {
        return error_set(e, ERROR_FORMAT, "does not begin as a bundle");
    }
    b->parts_start = frame;
    return inflate(str_slice(buf_str(&head), 0, frame), (size_t)bytes, &text, e) &&
           bundle_manifest_parse(buf_str(&text), &b->arena, &b->m, e) && sizes_check(b, e);
}

static bool ages_check(const struct bundle *b, const struct current *current, struct error *e)
{
    for (size_t i = 0; i < b->m.count; i++) {
        const struct bundle_part *part = &b->m.parts[i];
        const struct current_feed *old = current_find(current, part->feed);
        char now[CLOCK_TEXT_BYTES], before[CLOCK_TEXT_BYTES];
        if (old != NULL && old->file.len > 0 && part->date_s < current_date(old)) {
            error_set(e, ERROR_FORMAT, "its '" STR_FMT "' is of %s, older than the installed of %s",
                      STR_ARG(part->feed), clock_text(part->date_s, now),
                      clock_text(current_date(old), before));
            return error_hint(e, "if this is meant: --allow-older");
        }
    }
    return true;
}

/* Calls for each part in turn; what is not read of it is passed over. */
struct each_part {
    bool (*take)(struct each_part *self, const struct bundle *b, size_t i, struct reader *part,
                 struct error *e);
};

/* The part's own bytes go by: its frame is checked before, its size and digest behind. */
static bool part_pass(const struct bundle *b, size_t i, uint64_t offset, struct each_part *each,
                      struct error *e)
{
    const struct bundle_part *part = &b->m.parts[i];
    struct file_reader file = {0};
    struct reader *unpacked = NULL;
    struct limit_reader limited = {0};
    struct hash_reader hashed = {0};
    digest is = {0};
    if (!hash_file(b->fd, offset, part->stored_bytes, DIGEST_SHA256, &is, NULL, e)) {
        return false;
    }
    if (!digest_eq(is, part->stored)) {
        return error_set(e, ERROR_DIGEST, "its frame does not have its digest");
    }
    if (!file_reader_open(&file, b->fd, offset, part->stored_bytes, e)) {
        return false;
    }
    bool done = codec_open(&file.base, &unpacked, NULL, e);
    if (done) {
        limit_reader_init(&limited, unpacked, part->bytes);
        hash_reader_init(&hashed, &limited.base, DIGEST_SHA256, NULL);
        done = each->take(each, b, i, &hashed.base, e) && hash_reader_digest(&hashed, &is, e);
        if (done && reader_offset(&hashed.base) != part->bytes) {
            done = error_set(e, ERROR_FORMAT, "%llu bytes instead of %llu",
                             (unsigned long long)reader_offset(&hashed.base),
                             (unsigned long long)part->bytes);
        }
        if (done && !digest_eq(is, part->content)) {
            done = error_set(e, ERROR_DIGEST, "its content does not have its digest");
        }
        reader_close(&hashed.base);
    }
    codec_close(unpacked, &file.base);
    reader_close(&file.base);
    return done;
}

static bool parts_each(const struct bundle *b, struct each_part *each, struct error *e)
{
    uint64_t offset = b->parts_start;
    for (size_t i = 0; i < b->m.count; i++) {
        if (!part_pass(b, i, offset, each, e)) {
            return error_wrap(e, "part '" STR_FMT "'", STR_ARG(b->m.parts[i].feed));
        }
        offset += b->m.parts[i].stored_bytes;
    }
    return true;
}

static bool nothing_put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    (void)self;
    (void)a;
    (void)e;
    return true;
}

static bool part_check(struct each_part *self, const struct bundle *b, size_t i,
                       struct reader *part, struct error *e)
{
    (void)self;
    (void)b;
    (void)i;
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, DECODE_ARENA_BYTES_MAX, "a part of a bundle");
    struct advisory_sink sink = {.put = nothing_put};
    return part_decode(part, &scratch, &sink, e);
}

struct making {
    struct each_part base;
    struct store *store;
    struct arena *arena; /* what outlives the writers */
    struct current *current;
    const struct current *before; /* as it is named now */
    str origin;
};

struct writer_sink {
    struct advisory_sink base;
    struct advisories_writer *writer;
};

static bool writer_put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct writer_sink *sink = CONTAINER_OF(self, struct writer_sink, base);
    return advisories_write(sink->writer, a, e);
}

/* Into `current`, with texts that outlive the writer. */
static bool entry_put(struct making *m, const struct writer_made *made, struct error *e)
{
    struct current_feed feed = made->feed;
    str *names = ARENA_ARRAY(m->arena, feed.namespaces_count, str, e);
    if (names == NULL || !arena_str(m->arena, feed.file, &feed.file, e) ||
        !arena_str(m->arena, feed.state.feed, &feed.state.feed, e)) {
        return false;
    }
    for (size_t i = 0; i < feed.namespaces_count; i++) {
        if (!arena_str(m->arena, feed.namespaces[i], &names[i], e)) {
            return false;
        }
    }
    feed.namespaces = names;
    feed.state.origin = m->origin;
    feed.state.validator = STR_NONE; /* of another copy */
    return current_put(m->current, m->arena, &feed, e);
}

static bool part_write(struct making *m, struct advisories_writer *w, const struct bundle_part *p,
                       struct reader *part, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, DECODE_ARENA_BYTES_MAX, "a part of a bundle");
    struct writer_sink sink = {.base.put = writer_put, .writer = w};
    struct advisories_commit_options options = {.date_s = p->date_s, .allow_shrink = true};
    struct writer_made made;
    if (!part_decode(part, &scratch, &sink.base, e) ||
        !writer_make(w, current_find(m->before, w->feed), &options, &made, e)) {
        return false;
    }
    if (!entry_put(m, &made, e)) {
        return false;
    }
    if (made.feed.state.advisories != p->advisories || made.feed.state.rows != p->rows) {
        return error_set(e, ERROR_FORMAT, "%llu advisories and %llu rows instead of %llu and %llu",
                         (unsigned long long)made.feed.state.advisories,
                         (unsigned long long)made.feed.state.rows,
                         (unsigned long long)p->advisories, (unsigned long long)p->rows);
    }
    return digest_eq(made.feed.hash, p->content) ||
           error_set(e, ERROR_FORMAT, "is not in the order that limpid writes");
}

static bool part_make(struct each_part *self, const struct bundle *b, size_t i, struct reader *part,
                      struct error *e)
{
    struct making *m = CONTAINER_OF(self, struct making, base);
    struct advisories_writer *w;
    if (!advisories_write_begin(m->store, b->m.parts[i].feed, &w, e)) {
        return false;
    }
    bool done = part_write(m, w, &b->m.parts[i], part, e);
    advisories_write_abandon(w);
    return done;
}

/* What was made for an import that then failed. */
static void made_remove(const struct making *m)
{
    for (size_t i = 0; i < m->current->count; i++) {
        const struct current_feed *feed = &m->current->feeds[i];
        const struct current_feed *old = current_find(m->before, feed->state.feed);
        str path;
        if (feed->file.len > 0 && (old == NULL || !str_eq(old->file, feed->file)) &&
            store_advisories_path(m->store, m->arena, feed->file, &path, NULL)) {
            unlink(path.at);
        }
    }
}

static bool import(struct store *s, struct bundle *b, const struct bundle_import_options *options,
                   struct error *e)
{
    struct current before, after;
    struct each_part check = {.take = part_check};
    if (!current_read(s, &b->arena, &before, e) || !current_read(s, &b->arena, &after, e) ||
        (!options->allow_older && !ages_check(b, &before, e)) || !parts_each(b, &check, e)) {
        return false;
    }
    struct making making = {.base.take = part_make,
                            .store = s,
                            .arena = &b->arena,
                            .current = &after,
                            .before = &before};
    if (!arena_printf(&b->arena, &making.origin, e, "bundle '%s'", b->path.at)) {
        return false;
    }
    current_sweep(s, &before);
    if (!parts_each(b, &making.base, e)) {
        made_remove(&making);
        return false;
    }
    /* a failure here may come after the switch: then what was made is in use */
    return current_write(s, &after, e);
}

bool store_bundle_import(struct store *s, const struct bundle_import_options *options,
                         size_t *feeds, struct error *e)
{
    CLEANUP(bundle_close) struct bundle b = {.fd = -1};
    arena_init(&b.arena, IMPORT_ARENA_BYTES_MAX, "a bundle");
    if (!bundle_open(&b, options->file, e) || !manifest_read(&b, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(options->file));
    }
    if (!store_lock(s, e)) {
        return false;
    }
    store_change_begin(s); /* what other threads commit comes before or behind it */
    bool done = import(s, &b, options, e);
    store_change_end(s);
    store_unlock(s);
    if (!done) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(options->file));
    }
    *feeds = b.m.count;
    return true;
}
