#include "feed/csaf_rows.h"

#include "base/sort.h"

bool csaf_rows_add(struct csaf_rows *rows, const struct csaf_row *row, struct error *e)
{
    struct csaf_row *copy = ARENA_NEW(rows->arena, struct csaf_row, e);
    void *items = rows->at;
    if (copy == NULL ||
        !arena_grow(rows->arena, &items, rows->count, &rows->room, sizeof(copy), e)) {
        return false;
    }
    *copy = *row;
    rows->at = items;
    rows->at[rows->count++] = copy;
    return true;
}

/* -- orders --------------------------------------------------------------------------------- */

static int number_cmp(int a, int b)
{
    return (a > b) - (a < b);
}

/* What a row is about, but for the architecture. */
static int place_cmp(const struct affected *a, const struct affected *b)
{
    int order = str_cmp(a->namespace_, b->namespace_);
    order = order != 0 ? order : str_cmp(a->package, b->package);
    order = order != 0 ? order : number_cmp((int)a->scope, (int)b->scope);
    order = order != 0 ? order : str_cmp(a->product, b->product);
    return order != 0 ? order : str_cmp(a->module, b->module);
}

/* What it says. */
static int content_cmp(const struct affected *a, const struct affected *b)
{
    int order = number_cmp((int)a->state, (int)b->state);
    order = order != 0 ? order : str_cmp(a->fixed, b->fixed);
    order = order != 0 ? order : str_cmp(a->word, b->word);
    return order != 0 ? order : number_cmp((int)a->severity, (int)b->severity);
}

static int by_stream(const void *left, const void *right)
{
    const struct csaf_row *a = left, *b = right;
    int order = place_cmp(&a->row, &b->row);
    order = order != 0 ? order : str_cmp(a->stream, b->stream);
    order = order != 0 ? order : content_cmp(&a->row, &b->row);
    return order != 0 ? order : str_cmp(a->row.arch, b->row.arch);
}

static int by_row(const void *left, const void *right)
{
    const struct csaf_row *a = left, *b = right;
    int order = place_cmp(&a->row, &b->row);
    order = order != 0 ? order : content_cmp(&a->row, &b->row);
    return order != 0 ? order : str_cmp(a->row.arch, b->row.arch);
}

/* By product and build, those that are fixed first. */
static int by_build(const void *left, const void *right)
{
    const struct csaf_row *a = left, *b = right;
    int order = str_cmp(a->row.product, b->row.product);
    order = order != 0 ? order : str_cmp(a->build, b->build);
    return order != 0 ? order : number_cmp((int)a->row.state, (int)b->row.state);
}

/* -- contradictions ------------------------------------------------------------------------- */

static bool sort(struct csaf_rows *rows, int (*order)(const void *, const void *), struct error *e)
{
    struct arena_mark mark = arena_mark(rows->arena);
    void **scratch = ARENA_ARRAY(rows->arena, rows->count, void *, e);
    if (scratch == NULL) {
        return false;
    }
    sort_pointers((void **)rows->at, scratch, rows->count, order);
    arena_rewind(rows->arena, mark);
    return true;
}

static void take_out(struct csaf_rows *rows, const bool *gone, uint64_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (gone[i]) {
            ++*count;
        } else {
            rows->at[kept++] = rows->at[i];
        }
    }
    rows->count = kept;
}

/* Red Hat lists a source rpm as "not affected" whose binaries are fixed (CVE-2021-25220, bind for
 * RHEL 6 ELS). As a row about the source it would overrule them. */
static bool sources_of_fixed(struct csaf_rows *rows, uint64_t *count, struct error *e)
{
    bool *gone = ARENA_ARRAY(rows->arena, rows->count, bool, e);
    if (gone == NULL || !sort(rows, by_build, e)) {
        return false;
    }
    size_t first = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct csaf_row *a = rows->at[first], *b = rows->at[i];
        if (!str_eq(a->row.product, b->row.product) || !str_eq(a->build, b->build)) {
            first = i;
            a = b;
        }
        gone[i] = b->build.len > 0 && a->row.state == FIX_AVAILABLE &&
                  b->row.state == FIX_NOT_AFFECTED && b->row.scope == SCOPE_SOURCE;
    }
    take_out(rows, gone, count);
    return true;
}

static bool is_affected(enum fix_state state)
{
    return state != FIX_NOT_AFFECTED && state != FIX_UNDETERMINED;
}

/* The architectures that are affected; more than there are in the world: all of them. */
struct arches {
    str at[32];
    size_t count;
    bool all;
};

static bool arches_have(const struct arches *list, str arch)
{
    if (list->all || (arch.len == 0 && list->count > 0)) {
        return true;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (str_eq(list->at[i], arch)) {
            return true;
        }
    }
    return false;
}

static void arches_add(struct arches *list, str arch)
{
    if (arch.len == 0 || list->count == ARRAY_COUNT(list->at)) {
        list->all = true;
    } else if (!arches_have(list, arch)) {
        list->at[list->count++] = arch;
    }
}

/* Rows [from, to) are about one place. */
static void mark_contradicted(struct csaf_row *const *at, size_t from, size_t to, bool *gone)
{
    struct arches affected = {.count = 0};
    for (size_t i = from; i < to; i++) {
        if (is_affected(at[i]->row.state)) {
            arches_add(&affected, at[i]->row.arch);
        }
    }
    for (size_t i = from; i < to; i++) {
        gone[i] = at[i]->row.state == FIX_NOT_AFFECTED && arches_have(&affected, at[i]->row.arch);
    }
}

static bool contradictions(struct csaf_rows *rows, uint64_t *count, struct error *e)
{
    bool *gone = ARENA_ARRAY(rows->arena, rows->count, bool, e);
    if (gone == NULL) {
        return false;
    }
    for (size_t from = 0, to; from < rows->count; from = to) {
        to = from + 1;
        while (to < rows->count && place_cmp(&rows->at[from]->row, &rows->at[to]->row) == 0) {
            to++;
        }
        mark_contradicted(rows->at, from, to, gone);
    }
    take_out(rows, gone, count);
    return true;
}

/* -- architectures -------------------------------------------------------------------------- */

static size_t content_end(struct csaf_row *const *at, size_t from, size_t to)
{
    size_t end = from + 1;
    while (end < to && content_cmp(&at[from]->row, &at[end]->row) == 0) {
        end++;
    }
    return end;
}

/* Do all contents in [from, to), one place and stream, have the same architectures? Then nothing
 * is lost without them. Rows of one content are sorted by architecture. */
static bool same_arches(struct csaf_row *const *at, size_t from, size_t to)
{
    size_t first_end = content_end(at, from, to);
    for (size_t next = first_end, end; next < to; next = end) {
        end = content_end(at, next, to);
        if (end - next != first_end - from) {
            return false;
        }
        for (size_t i = 0; i < end - next; i++) {
            if (!str_eq(at[from + i]->row.arch, at[next + i]->row.arch)) {
                return false;
            }
        }
    }
    return true;
}

/* One row for all architectures, where they agree. */
static void drop_arches(struct csaf_rows *rows)
{
    for (size_t from = 0, to; from < rows->count; from = to) {
        const struct csaf_row *first = rows->at[from];
        to = from + 1;
        while (to < rows->count && str_eq(first->stream, rows->at[to]->stream) &&
               place_cmp(&first->row, &rows->at[to]->row) == 0) {
            to++;
        }
        bool same = same_arches(rows->at, from, to);
        for (size_t i = from; same && i < to; i++) {
            rows->at[i]->row.arch = STR_NONE;
        }
    }
}

bool csaf_rows_finish(struct csaf_rows *rows, const struct affected **out, size_t *count,
                      uint64_t *contradicted, struct error *e)
{
    *count = 0;
    *out = NULL;
    if (!sources_of_fixed(rows, contradicted, e) || !sort(rows, by_stream, e) ||
        !contradictions(rows, contradicted, e)) {
        return false;
    }
    drop_arches(rows);
    struct affected *all = ARENA_ARRAY(rows->arena, rows->count, struct affected, e);
    if (all == NULL || !sort(rows, by_row, e)) {
        return false;
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (i == 0 || by_row(rows->at[i - 1], rows->at[i]) != 0) {
            all[(*count)++] = rows->at[i]->row;
        }
    }
    *out = all;
    return true;
}
