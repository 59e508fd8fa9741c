/* osv_range.c: from a range's events to rows ("Evaluation" in the schema's documentation): events
 * are sorted, `introduced` opens, `fixed`, `last_affected` and the last `limit` close. */
#include "feed/osv.h"
#include "model/namespace.h"
#include "version/scheme.h"

/* Comparisons that one list of versions may cost: 50,000 versions and 40 ranges. */
enum { COVER_STEPS_MAX = 2 * 1000 * 1000 };

bool osv_row_add(struct osv *o, const struct affected *row, struct osv_rows *rows, struct error *e)
{
    if (!arena_grow(o->arena, (void **)&rows->at, rows->count, &rows->room, sizeof(*row), e)) {
        return false;
    }
    rows->at[rows->count++] = *row;
    return true;
}

static bool is_zero(str version)
{
    return str_eq(version, STR("0"));
}

/* -- order ---------------------------------------------------------------------------------- */

/* Events at the same version keep their order, but a version that is introduced and last affected
 * is one version, whichever stands first. */
static int event_compare(const struct scheme *scheme, const struct osv_event *a,
                         const struct osv_event *b)
{
    bool zero_a = a->kind == OSV_INTRODUCED && is_zero(a->version);
    bool zero_b = b->kind == OSV_INTRODUCED && is_zero(b->version);
    if (zero_a || zero_b) {
        return (int)zero_b - (int)zero_a;
    }
    int order = scheme->compare(a->version, b->version);
    if (order == 0 && a->kind != b->kind) {
        return (a->kind == OSV_LAST_AFFECTED && b->kind == OSV_INTRODUCED) -
               (b->kind == OSV_LAST_AFFECTED && a->kind == OSV_INTRODUCED);
    }
    return order;
}

static bool is_sorted(const struct scheme *scheme, const struct osv_event *events, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (event_compare(scheme, &events[i - 1], &events[i]) > 0) {
            return false;
        }
    }
    return true;
}

/* Merges the neighbours [from, middle) and [middle, end) of `in`. */
static void merge(const struct scheme *scheme, const struct osv_event *in, size_t from,
                  size_t middle, size_t end, struct osv_event *out)
{
    size_t a = from, b = middle;
    for (size_t i = from; i < end; i++) {
        bool first = b == end || (a < middle && event_compare(scheme, &in[a], &in[b]) <= 0);
        out[i] = first ? in[a++] : in[b++];
    }
}

/* Stable: runs of 1, 2, 4 … are merged. */
static bool sort(const struct scheme *scheme, struct osv_event *events, size_t count,
                 struct arena *arena, struct error *e)
{
    if (is_sorted(scheme, events, count)) {
        return true;
    }
    struct osv_event *other = ARENA_ARRAY(arena, count, struct osv_event, e);
    if (other == NULL) {
        return false;
    }
    struct osv_event *in = events, *out = other;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t from = 0; from < count; from += 2 * run) {
            size_t middle = from + run < count ? from + run : count;
            size_t end = middle + run < count ? middle + run : count;
            merge(scheme, in, from, middle, end, out);
        }
        struct osv_event *done = out;
        out = in;
        in = done;
    }
    for (size_t i = 0; in != events && i < count; i++) {
        events[i] = in[i];
    }
    return true;
}

/* A pair is a range whichever of the two stands first, and whatever their order: GitHub has ranges
 * that end before they begin (4.0.0-beta1 … 4.0.0-beta.11) and mean that nothing is affected after
 * the fix. */
static bool is_pair(const struct osv_event *events, size_t count)
{
    return count == 2 && (events[0].kind == OSV_INTRODUCED) != (events[1].kind == OSV_INTRODUCED);
}

/* -- rows ----------------------------------------------------------------------------------- */

static bool close_range(struct osv *o, struct affected row, const struct osv_event *end,
                        struct osv_rows *rows, struct error *e)
{
    if (end == NULL) {
        return osv_row_add(o, &row, rows, e);
    }
    if (end->kind == OSV_LAST_AFFECTED) {
        row.last_affected = end->version;
    } else if (is_zero(end->version)) {
        row.state = FIX_NOT_AFFECTED;
    } else {
        if (row.state == FIX_END_OF_LIFE) {
            row.word = STR_NONE; /* the release ended, but this was fixed before */
        }
        row.state = FIX_AVAILABLE;
        row.fixed = end->version;
    }
    return osv_row_add(o, &row, rows, e);
}

static size_t limits_count(const struct osv_event *events, size_t count)
{
    size_t limits = 0;
    for (size_t i = 0; i < count; i++) {
        limits += events[i].kind == OSV_LIMIT;
    }
    return limits;
}

bool osv_range_rows(struct osv *o, const struct affected *row, str scheme, struct osv_event *events,
                    size_t count, struct osv_rows *rows, struct error *e)
{
    const struct scheme *order = scheme_find(scheme);
    if (is_pair(events, count)) {
        if (events[0].kind != OSV_INTRODUCED) {
            struct osv_event end = events[0];
            events[0] = events[1];
            events[1] = end;
        }
    } else if (order != NULL && !sort(order, events, count, o->arena, e)) {
        return false;
    }
    struct affected open = *row;
    bool is_open = false;
    size_t limits = limits_count(events, count);
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == OSV_INTRODUCED) {
            if (!is_open) { /* a second beginning of what has not ended says nothing new */
                open.introduced = is_zero(events[i].version) ? STR_NONE : events[i].version;
            }
            is_open = true;
            continue;
        }
        bool limit = events[i].kind == OSV_LIMIT;
        if (limit && --limits > 0) {
            continue; /* the highest one counts */
        }
        if (is_open && !close_range(o, open, &events[i], rows, e)) {
            return false;
        }
        if (!is_open && !limit) {
            tally_add(&o->strange, STR("the end of a range that has not begun"));
        }
        is_open = false;
        if (limit) {
            return true;
        }
    }
    return !is_open || close_range(o, open, NULL, rows, e);
}

/* -- lists of versions ---------------------------------------------------------------------- */

static bool covers(const struct scheme *scheme, const struct affected *row, str version)
{
    return row->state != FIX_NOT_AFFECTED &&
           (row->introduced.len == 0 || scheme->compare(row->introduced, version) <= 0) &&
           (row->fixed.len == 0 || scheme->compare(version, row->fixed) < 0) &&
           (row->last_affected.len == 0 || scheme->compare(version, row->last_affected) <= 0);
}

/* Lists are sorted more often than not: the row that covered the last version is asked first. */
static bool is_covered(const struct scheme *scheme, const struct osv_rows *rows, size_t first,
                       size_t ranges, size_t *guess, str version)
{
    for (size_t i = 0; i < ranges; i++) {
        size_t at = (*guess + i) % ranges;
        if (covers(scheme, &rows->at[first + at], version)) {
            *guess = at;
            return true;
        }
    }
    return false;
}

bool osv_version_rows(struct osv *o, const struct affected *row, const str *versions, size_t count,
                      struct osv_rows *rows, size_t first, struct error *e)
{
    const struct scheme *scheme = scheme_find(namespace_scheme(row->namespace_));
    size_t ranges = rows->count - first, guess = 0;
    if (ranges > 0 && scheme == NULL) {
        return true; /* lists say in full what ranges say in short */
    }
    if (ranges > 0 && count > COVER_STEPS_MAX / ranges) {
        return error_set(e, ERROR_LIMIT,
                         "%zu versions and %zu ranges of '" STR_FMT
                         "', more than the limit of %d comparisons",
                         count, ranges, STR_ARG(row->package), COVER_STEPS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (versions[i].len == 0 ||
            (ranges > 0 && is_covered(scheme, rows, first, ranges, &guess, versions[i]))) {
            continue;
        }
        struct affected one = *row;
        one.introduced = one.last_affected = versions[i];
        if (!osv_row_add(o, &one, rows, e)) {
            return false;
        }
    }
    return true;
}
