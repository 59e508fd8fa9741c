#include "store/spill.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/varint.h"

enum {
    WINDOW_BYTES = 64 * 1024,
    OUT_BYTES = 64 * 1024,
    PATH_BYTES_MAX = 4096 + 32,
};

struct spill_entry {
    uint32_t at, len;
};

struct spill_run {
    uint64_t start, end; /* in the file */
};

struct spill_cursor {
    struct buf window, record;
    size_t used; /* of the window */
    uint64_t next, end;
};

void spill_init(struct spill *s, const char *dir, size_t budget_bytes)
{
    *s = (struct spill){.dir = dir, .budget_bytes = budget_bytes, .fd = -1};
    buf_init(&s->bytes, budget_bytes + SPILL_RECORD_BYTES_MAX);
    buf_init(&s->index, budget_bytes + sizeof(struct spill_entry));
    buf_init(&s->runs, 2 * SPILL_RUNS_MAX * sizeof(struct spill_run));
    buf_init(&s->out, OUT_BYTES + SPILL_RECORD_BYTES_MAX + 2 * (size_t)VARINT_BYTES_MAX);
    buf_init(&s->before, SPILL_RECORD_BYTES_MAX);
    buf_init(&s->cursors, 2 * SPILL_RUNS_MAX * sizeof(struct spill_cursor));
    buf_init(&s->heap, 2 * SPILL_RUNS_MAX * sizeof(uint32_t));
}

static struct spill_cursor *cursors_of(const struct spill *s)
{
    return (struct spill_cursor *)(void *)s->cursors.at;
}

static struct spill_entry *entries_of(const struct spill *s)
{
    return (struct spill_entry *)(void *)s->index.at;
}

static void cursors_done(struct spill *s)
{
    for (size_t i = 0; i < s->cursors.len / sizeof(struct spill_cursor); i++) {
        buf_done(&cursors_of(s)[i].window);
        buf_done(&cursors_of(s)[i].record);
    }
    s->cursors.len = 0;
    s->heap.len = 0;
}

void spill_done(struct spill *s)
{
    if (s->dir == NULL) {
        return;
    }
    cursors_done(s);
    struct buf *bufs[] = {&s->bytes,  &s->index,   &s->runs, &s->out,
                          &s->before, &s->cursors, &s->heap};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_done(bufs[i]);
    }
    fd_close(&s->fd);
    s->dir = NULL;
}

static str entry_str(const struct spill *s, size_t i)
{
    const struct spill_entry *entry = &entries_of(s)[i];
    return (str){.at = s->bytes.at + entry->at, .len = entry->len};
}

static int entry_order(const void *a, const void *b, void *bytes)
{
    const struct spill_entry *x = a, *y = b;
    return str_cmp((str){.at = (const char *)bytes + x->at, .len = x->len},
                   (str){.at = (const char *)bytes + y->at, .len = y->len});
}

static void memory_sort(struct spill *s)
{
    size_t count = s->index.len / sizeof(struct spill_entry);
    if (count > 1) {
        qsort_r(entries_of(s), count, sizeof(struct spill_entry), entry_order, s->bytes.at);
    }
}

/* -- writing a run --------------------------------------------------------------------------- */

/* The file loses its name at once. */
static bool file_open(struct spill *s, struct error *e)
{
    char path[PATH_BYTES_MAX];
    int len = snprintf(path, sizeof(path), "%s/tmp-sort-XXXXXX", s->dir);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return error_sys(e, ENAMETOOLONG, "cannot make a temporary file in '%s'", s->dir);
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make a temporary file in '%s'", s->dir);
    }
    unlink(path);
    fd_close(&s->fd);
    s->fd = fd;
    s->file_bytes = 0;
    return true;
}

static bool out_flush(int fd, struct spill *s, uint64_t *bytes, struct error *e)
{
    if (!fd_write_all(fd, s->out.at, s->out.len, e)) {
        return error_wrap(e, "a temporary file in '%s'", s->dir);
    }
    *bytes += s->out.len;
    s->out.len = 0;
    return true;
}

/* Adds a record to the run that is being written, unless it is the one before again. */
static bool out_add(int fd, struct spill *s, str record, uint64_t *bytes, struct error *e)
{
    size_t same = 0;
    str before = s->given ? buf_str(&s->before) : STR_NONE;
    while (same < before.len && same < record.len && before.at[same] == record.at[same]) {
        same++;
    }
    if (s->given && same == record.len && same == before.len) {
        return true;
    }
    s->before.len = same;
    s->given = true;
    return varint_add(&s->out, same, e) && varint_add(&s->out, record.len - same, e) &&
           buf_add(&s->out, record.at + same, record.len - same, e) &&
           buf_add(&s->before, record.at + same, record.len - same, e) &&
           (s->out.len < OUT_BYTES || out_flush(fd, s, bytes, e));
}

static bool run_add(struct spill *s, uint64_t start, struct error *e)
{
    struct spill_run run = {.start = start, .end = s->file_bytes};
    s->given = false;
    return buf_add(&s->runs, &run, sizeof(run), e);
}

/* What is in memory becomes a run. */
static bool memory_write(struct spill *s, struct error *e)
{
    uint64_t start = s->file_bytes;
    memory_sort(s);
    s->given = false;
    s->out.len = 0;
    for (size_t i = 0; i < s->index.len / sizeof(struct spill_entry); i++) {
        if (!out_add(s->fd, s, entry_str(s, i), &s->file_bytes, e)) {
            return false;
        }
    }
    s->bytes.len = 0;
    s->index.len = 0;
    return out_flush(s->fd, s, &s->file_bytes, e) && run_add(s, start, e);
}

/* -- reading runs side by side ---------------------------------------------------------------- */

/* More bytes into the window, behind those not yet used. */
static bool window_fill(struct spill *s, struct spill_cursor *c, size_t want, struct error *e)
{
    buf_drop(&c->window, c->used);
    c->used = 0;
    size_t more = want > WINDOW_BYTES ? want : WINDOW_BYTES, got = 0;
    if (more > c->end - c->next) {
        more = (size_t)(c->end - c->next);
    }
    if (!buf_reserve(&c->window, more, e) ||
        !fd_pread_full(s->fd, c->window.at + c->window.len, more, c->next, &got, e)) {
        return false;
    }
    c->window.len += got;
    c->next += got;
    return got == more || error_set(e, ERROR_IO, "a temporary file in '%s' is cut", s->dir);
}

static enum step cursor_next(struct spill *s, struct spill_cursor *c, struct error *e)
{
    uint64_t same = 0, more = 0;
    if (c->window.len - c->used < 2 * (size_t)VARINT_BYTES_MAX && c->next < c->end &&
        !window_fill(s, c, 0, e)) {
        return STEP_FAILED;
    }
    str rest = str_slice(buf_str(&c->window), c->used, c->window.len);
    if (rest.len == 0) {
        return STEP_END;
    }
    if (!varint_take(&rest, &same) || !varint_take(&rest, &more) || same > c->record.len ||
        more > SPILL_RECORD_BYTES_MAX) {
        error_set(e, ERROR_IO, "a temporary file in '%s' is not as it was written", s->dir);
        return STEP_FAILED;
    }
    c->used = c->window.len - rest.len;
    if (rest.len < more && !window_fill(s, c, (size_t)more, e)) {
        return STEP_FAILED;
    }
    if (c->window.len - c->used < more) {
        error_set(e, ERROR_IO, "a temporary file in '%s' is cut", s->dir);
        return STEP_FAILED;
    }
    c->record.len = (size_t)same; /* ≤ its length */
    if (!buf_add(&c->record, c->window.at + c->used, (size_t)more, e)) {
        return STEP_FAILED;
    }
    c->used += (size_t)more;
    return STEP_GOT;
}

static bool heap_before(const struct spill *s, uint32_t a, uint32_t b)
{
    int order = str_cmp(buf_str(&cursors_of(s)[a].record), buf_str(&cursors_of(s)[b].record));
    return order < 0;
}

/* The heap's first may have grown: down to its place. */
static void heap_sink(struct spill *s)
{
    uint32_t *heap = (uint32_t *)(void *)s->heap.at;
    size_t count = s->heap.len / sizeof(*heap), at = 0;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child < count && child <= 2 * at + 2; child++) {
            least = heap_before(s, heap[child], heap[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        uint32_t kept = heap[at];
        heap[at] = heap[least];
        heap[least] = kept;
        at = least;
    }
}

static bool heap_add(struct spill *s, uint32_t cursor, struct error *e)
{
    if (!buf_add(&s->heap, &cursor, sizeof(cursor), e)) {
        return false;
    }
    uint32_t *heap = (uint32_t *)(void *)s->heap.at;
    for (size_t at = s->heap.len / sizeof(*heap) - 1; at > 0; at = (at - 1) / 2) {
        size_t above = (at - 1) / 2;
        if (!heap_before(s, heap[at], heap[above])) {
            break;
        }
        uint32_t kept = heap[at];
        heap[at] = heap[above];
        heap[above] = kept;
    }
    return true;
}

static bool cursors_start(struct spill *s, struct error *e)
{
    const struct spill_run *runs = (const struct spill_run *)(const void *)s->runs.at;
    size_t count = s->runs.len / sizeof(*runs);
    cursors_done(s);
    s->top_is_old = false;
    for (size_t i = 0; i < count; i++) {
        struct spill_cursor cursor = {.next = runs[i].start, .end = runs[i].end};
        buf_init(&cursor.window, SPILL_RECORD_BYTES_MAX + 2 * WINDOW_BYTES);
        buf_init(&cursor.record, SPILL_RECORD_BYTES_MAX);
        if (!buf_add(&s->cursors, &cursor, sizeof(cursor), e)) {
            return false;
        }
        enum step got = cursor_next(s, &cursors_of(s)[i], e);
        if (got == STEP_FAILED || (got == STEP_GOT && !heap_add(s, (uint32_t)i, e))) {
            return false; /* i < 2 · SPILL_RUNS_MAX */
        }
    }
    return true;
}

/* The least record of all runs, equal ones again. */
static enum step merged_next(struct spill *s, str *record, struct error *e)
{
    uint32_t *heap = (uint32_t *)(void *)s->heap.at;
    if (s->top_is_old && s->heap.len > 0) {
        enum step got = cursor_next(s, &cursors_of(s)[heap[0]], e);
        if (got == STEP_FAILED) {
            return STEP_FAILED;
        }
        if (got == STEP_END) {
            heap[0] = heap[s->heap.len / sizeof(*heap) - 1];
            s->heap.len -= sizeof(*heap);
        }
        heap_sink(s);
    }
    s->top_is_old = true;
    if (s->heap.len == 0) {
        return STEP_END;
    }
    *record = buf_str(&cursors_of(s)[heap[0]].record);
    return STEP_GOT;
}

/* All runs become one, in a new file. */
static bool runs_join(struct spill *s, struct error *e)
{
    struct spill joined = {.dir = s->dir, .fd = -1};
    uint64_t bytes = 0;
    enum step got = STEP_FAILED;
    str record;
    if (!file_open(&joined, e)) {
        return false;
    }
    s->given = false;
    s->out.len = 0;
    if (cursors_start(s, e)) {
        while ((got = merged_next(s, &record, e)) == STEP_GOT) {
            if (!out_add(joined.fd, s, record, &bytes, e)) {
                got = STEP_FAILED;
                break;
            }
        }
    }
    cursors_done(s);
    if (got == STEP_FAILED || !out_flush(joined.fd, s, &bytes, e)) {
        fd_close(&joined.fd);
        return false;
    }
    fd_close(&s->fd);
    s->fd = joined.fd;
    s->file_bytes = bytes;
    s->runs.len = 0;
    return run_add(s, 0, e);
}

static bool memory_spill(struct spill *s, struct error *e)
{
    if (s->fd < 0 && !file_open(s, e)) {
        return false;
    }
    return memory_write(s, e) &&
           (s->runs.len / sizeof(struct spill_run) < SPILL_RUNS_MAX || runs_join(s, e));
}

/* -- what others call ------------------------------------------------------------------------ */

bool spill_add(struct spill *s, str record, struct error *e)
{
    assert(!s->sorted);
    if (record.len > SPILL_RECORD_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a record of %zu bytes, over the limit of %d", record.len,
                         SPILL_RECORD_BYTES_MAX);
    }
    /* sorting takes the index once more */
    size_t now = s->bytes.len + record.len + 2 * (s->index.len + sizeof(struct spill_entry));
    if (s->index.len > 0 && now > s->budget_bytes && !memory_spill(s, e)) {
        return false;
    }
    struct spill_entry entry = {.at = (uint32_t)s->bytes.len, .len = (uint32_t)record.len};
    return buf_add_str(&s->bytes, record, e) && buf_add(&s->index, &entry, sizeof(entry), e);
}

bool spill_sort(struct spill *s, struct error *e)
{
    s->sorted = true;
    if (s->fd < 0) {
        memory_sort(s);
        return spill_rewind(s, e);
    }
    if (s->index.len > 0 && !memory_spill(s, e)) {
        return false;
    }
    buf_done(&s->bytes); /* from here on, the memory is others' */
    buf_done(&s->index);
    return spill_rewind(s, e);
}

bool spill_rewind(struct spill *s, struct error *e)
{
    assert(s->sorted);
    s->given = false;
    s->next = 0;
    return s->fd < 0 || cursors_start(s, e);
}

enum step spill_next(struct spill *s, str *record, struct error *e)
{
    if (s->fd < 0) {
        size_t count = s->index.len / sizeof(struct spill_entry);
        while (s->next < count && s->next > 0 &&
               str_eq(entry_str(s, s->next), entry_str(s, s->next - 1))) {
            s->next++;
        }
        if (s->next >= count) {
            return STEP_END;
        }
        *record = entry_str(s, s->next++);
        return STEP_GOT;
    }
    enum step got;
    while ((got = merged_next(s, record, e)) == STEP_GOT && s->given &&
           str_eq(*record, buf_str(&s->before))) {
    }
    if (got != STEP_GOT) {
        return got;
    }
    s->given = true;
    s->before.len = 0;
    return buf_add_str(&s->before, *record, e) ? STEP_GOT : STEP_FAILED;
}
