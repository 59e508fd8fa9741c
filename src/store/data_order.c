#include <stdlib.h>
#include <string.h>

#include "store/data.h"

/* data_finish: from the order in which things came to one that depends on the content alone. Each
 * step sorts one kind and tells the next its new numbers. */

enum { NOT_CVE = 1 << 30 }; /* sorts an id behind the CVE ids; numbers are below DATA_ITEMS_MAX */

struct sorted_text {
    str text;
    uint32_t old;
};

struct sorted_extent {
    struct data_extent extent;
    uint32_t old;
};

struct sorted_advisory {
    struct data_advisory advisory;
    uint32_t old;
};

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int text_order(const void *a, const void *b)
{
    return str_cmp(((const struct sorted_text *)a)->text, ((const struct sorted_text *)b)->text);
}

static int extent_order(const void *a, const void *b)
{
    const struct data_extent *x = &((const struct sorted_extent *)a)->extent;
    const struct data_extent *y = &((const struct sorted_extent *)b)->extent;
    const uint32_t left[] = {x->fixed, x->state,  x->introduced, x->last_affected, x->word,
                             x->arch,  x->module, x->severity,   x->product};
    const uint32_t right[] = {y->fixed, y->state,  y->introduced, y->last_affected, y->word,
                              y->arch,  y->module, y->severity,   y->product};
    int order = 0;
    for (size_t i = 0; order == 0 && i < ARRAY_COUNT(left); i++) {
        order = by_number(left[i], right[i]);
    }
    return order;
}

static int advisory_order(const void *a, const void *b)
{
    return by_number(((const struct sorted_advisory *)a)->advisory.id,
                     ((const struct sorted_advisory *)b)->advisory.id);
}

static int rating_order(const void *a, const void *b)
{
    const struct data_rating *x = a, *y = b;
    int order = by_number(x->severity, y->severity);
    order = order != 0 ? order : by_number(x->source, y->source);
    return order != 0 ? order : by_number(x->cvss, y->cvss);
}

static int id_order(const void *a, const void *b)
{
    const struct data_id *x = a, *y = b;
    int order = by_number(x->advisory, y->advisory);
    return order != 0 ? order : by_number(x->text, y->text);
}

static int row_order(const void *a, const void *b)
{
    const struct data_row *x = a, *y = b;
    int order = by_number(x->place, y->place);
    return order != 0 ? order : by_number(x->what, y->what);
}

/* Room for `count` items that `b` then has; zeroed. */
static void *numbered(struct buf *b, size_t count, size_t bytes, struct error *e)
{
    buf_init(b, SIZE_MAX / 2);
    if (!buf_reserve(b, count * bytes + 1, e)) { /* < 2^26 items of less than 100 bytes */
        return NULL;
    }
    b->len = count * bytes;
    memset(b->at, 0, b->len);
    return b->at;
}

/* Keeps equal neighbours once. */
static void unique(struct buf *b, size_t bytes)
{
    size_t kept = b->len == 0 ? 0 : bytes;
    for (size_t at = bytes; at < b->len; at += bytes) {
        if (memcmp(b->at + at, b->at + kept - bytes, bytes) != 0) {
            memmove(b->at + kept, b->at + at, bytes);
            kept += bytes;
        }
    }
    b->len = kept;
}

static void texts_mark(const struct data *d, uint8_t *used)
{
    used[0] = 1;
    for (size_t i = 0; i < data_extents_count(d); i++) {
        const struct data_extent *x = &data_extents(d)[i];
        used[x->introduced] = used[x->fixed] = used[x->last_affected] = 1;
        used[x->arch] = used[x->module] = used[x->word] = used[x->product] = 1;
    }
    for (size_t i = 0; i < data_advisories_count(d); i++) {
        const struct data_advisory *a = &data_advisories(d)[i];
        used[a->id] = used[a->said.source] = used[a->said.cvss] = 1;
        used[a->description] = used[a->url] = 1;
    }
    for (size_t i = 0; i < data_ids_count(d); i++) {
        used[data_ids(d)[i].text] = 1;
    }
    for (size_t i = 0; i < data_rows_count(d); i++) {
        used[row_namespace(&data_rows(d)[i])] = used[row_package(&data_rows(d)[i])] = 1;
    }
}

/* Sorts the texts and drops those that nothing refers to (a rating that was outdone). */
static bool texts_sort(struct data *d, uint32_t *rank, struct error *e)
{
    CLEANUP(buf_done) struct buf marks = {0}, pairs = {0};
    size_t count = data_texts_count(d), kept = 0;
    uint8_t *used = numbered(&marks, count, 1, e);
    struct sorted_text *sorted = used == NULL ? NULL : numbered(&pairs, count, sizeof(*sorted), e);
    if (sorted == NULL) {
        return false;
    }
    texts_mark(d, used);
    for (size_t i = 0; i < count; i++) {
        if (used[i] != 0) {
            sorted[kept].text = data_text(d, (uint32_t)i);
            sorted[kept++].old = (uint32_t)i;
        }
    }
    qsort(sorted, kept, sizeof(*sorted), text_order);
    str *texts = (str *)(void *)d->texts.at;
    for (size_t i = 0; i < kept; i++) {
        rank[sorted[i].old] = (uint32_t)i;
    }
    for (size_t i = 0; i < kept; i++) {
        texts[i] = sorted[i].text;
    }
    d->texts.len = kept * sizeof(str);
    return true;
}

static bool extents_sort(struct data *d, const uint32_t *text_rank, uint32_t *rank, struct error *e)
{
    CLEANUP(buf_done) struct buf pairs = {0};
    size_t count = data_extents_count(d);
    struct sorted_extent *sorted = numbered(&pairs, count, sizeof(*sorted), e);
    if (sorted == NULL) {
        return false;
    }
    struct data_extent *extents = (struct data_extent *)(void *)d->extents.at;
    for (size_t i = 0; i < count; i++) {
        struct data_extent x = extents[i];
        sorted[i].extent = (struct data_extent){.state = x.state,
                                                .severity = x.severity,
                                                .introduced = text_rank[x.introduced],
                                                .fixed = text_rank[x.fixed],
                                                .last_affected = text_rank[x.last_affected],
                                                .arch = text_rank[x.arch],
                                                .module = text_rank[x.module],
                                                .word = text_rank[x.word],
                                                .product = text_rank[x.product]};
        sorted[i].old = (uint32_t)i;
    }
    qsort(sorted, count, sizeof(*sorted), extent_order);
    for (size_t i = 0; i < count; i++) {
        extents[i] = sorted[i].extent;
        rank[sorted[i].old] = (uint32_t)i;
    }
    return true;
}

static bool advisories_sort(struct data *d, const uint32_t *text_rank, uint32_t *rank,
                            struct error *e)
{
    CLEANUP(buf_done) struct buf pairs = {0};
    size_t count = data_advisories_count(d);
    struct sorted_advisory *sorted = numbered(&pairs, count, sizeof(*sorted), e);
    if (sorted == NULL) {
        return false;
    }
    struct data_advisory *advisories = (struct data_advisory *)(void *)d->advisories.at;
    for (size_t i = 0; i < count; i++) {
        struct data_advisory *a = &sorted[i].advisory;
        *a = advisories[i];
        a->id = text_rank[a->id];
        a->said.source = text_rank[a->said.source];
        a->said.cvss = text_rank[a->said.cvss];
        a->description = text_rank[a->description];
        a->url = text_rank[a->url];
        sorted[i].old = (uint32_t)i;
    }
    qsort(sorted, count, sizeof(*sorted), advisory_order);
    for (size_t i = 0; i < count; i++) {
        advisories[i] = sorted[i].advisory;
        rank[sorted[i].old] = (uint32_t)i;
    }
    return true;
}

static bool ratings_sort(struct data *d, struct error *e)
{
    struct data_advisory *advisories = (struct data_advisory *)(void *)d->advisories.at;
    size_t count = data_advisories_count(d);
    for (size_t i = 0; i < count; i++) {
        if (!buf_add(&d->ratings, &advisories[i].said, sizeof(struct data_rating), e)) {
            return false;
        }
    }
    if (count == 0) {
        return true;
    }
    qsort(d->ratings.at, count, sizeof(struct data_rating), rating_order);
    unique(&d->ratings, sizeof(struct data_rating));
    const struct data_rating *ratings = data_ratings(d);
    for (size_t i = 0; i < count; i++) {
        const struct data_rating *r = bsearch(&advisories[i].said, ratings, data_ratings_count(d),
                                              sizeof(*ratings), rating_order);
        advisories[i].rating = (uint32_t)(r - ratings);
    }
    return true;
}

static void ids_sort(struct data *d, const uint32_t *text_rank, const uint32_t *advisory_rank)
{
    struct data_id *ids = (struct data_id *)(void *)d->ids.at;
    for (size_t i = 0; i < data_ids_count(d); i++) {
        ids[i].advisory = advisory_rank[ids[i].advisory];
        ids[i].text = text_rank[ids[i].text];
        if (!str_starts(data_text(d, ids[i].text), STR("CVE-"))) {
            ids[i].text |= NOT_CVE;
        }
    }
    if (data_ids_count(d) > 0) {
        qsort(ids, data_ids_count(d), sizeof(*ids), id_order);
        unique(&d->ids, sizeof(*ids));
    }
    for (size_t i = 0; i < data_ids_count(d); i++) {
        ids[i].text &= ~(uint32_t)NOT_CVE;
    }
}

static void rows_sort(struct data *d, const uint32_t *text_rank, const uint32_t *advisory_rank,
                      const uint32_t *extent_rank)
{
    struct data_row *rows = (struct data_row *)(void *)d->rows.at;
    for (size_t i = 0; i < data_rows_count(d); i++) {
        struct data_row r = rows[i];
        rows[i].place = (uint64_t)text_rank[row_namespace(&r)] << 33 |
                        (uint64_t)(row_scope(&r) == SCOPE_BINARY) << 32 |
                        text_rank[row_package(&r)];
        rows[i].what =
            (uint64_t)advisory_rank[row_advisory(&r)] << 32 | extent_rank[row_extent(&r)];
    }
    if (data_rows_count(d) > 0) {
        qsort(rows, data_rows_count(d), sizeof(*rows), row_order);
        unique(&d->rows, sizeof(*rows));
    }
}

bool data_finish(struct data *d, struct error *e)
{
    CLEANUP(buf_done) struct buf text_ranks = {0}, extent_ranks = {0}, advisory_ranks = {0};
    if (d->finished || data_texts_count(d) == 0) { /* nothing was ever added */
        d->finished = true;
        return true;
    }
    uint32_t *texts = numbered(&text_ranks, data_texts_count(d), sizeof(*texts), e);
    uint32_t *extents =
        texts == NULL ? NULL : numbered(&extent_ranks, data_extents_count(d), sizeof(*texts), e);
    uint32_t *advisories =
        extents == NULL ? NULL
                        : numbered(&advisory_ranks, data_advisories_count(d), sizeof(*texts), e);
    if (advisories == NULL || !texts_sort(d, texts, e) || !extents_sort(d, texts, extents, e) ||
        !advisories_sort(d, texts, advisories, e) || !ratings_sort(d, e)) {
        return false;
    }
    ids_sort(d, texts, advisories);
    rows_sort(d, texts, advisories, extents);
    d->finished = true;
    return true;
}
