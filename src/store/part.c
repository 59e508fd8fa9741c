#include "store/part.h"

#include <assert.h>
#include <string.h>

#include "store/varint.h"

static const char magic[] = "limpid-part 2\n";

enum { PIECE_ROWS = 256, PIECE_IDS = 256 };

/* -- encoding -------------------------------------------------------------------------------- */

/* Each as what it shares with the one before, and the rest. */
static bool texts_encode(const struct data *d, struct buf *to, struct error *e)
{
    str before = STR_NONE;
    bool done = true;
    for (size_t i = 1; done && i < data_texts_count(d); i++) {
        str text = data_text(d, (uint32_t)i);
        size_t same = 0;
        while (same < before.len && same < text.len && before.at[same] == text.at[same]) {
            same++;
        }
        done = varint_add(to, same, e) && varint_add(to, text.len - same, e) &&
               buf_add(to, text.at + same, text.len - same, e);
        before = text;
    }
    return done;
}

static bool numbers_encode(struct buf *to, const uint32_t *numbers, size_t count, struct error *e)
{
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        done = varint_add(to, numbers[i], e);
    }
    return done;
}

static bool tables_encode(const struct data *d, struct buf *to, struct error *e)
{
    bool done = true;
    uint32_t fixed = 0;
    for (size_t i = 0; done && i < data_extents_count(d); i++) {
        const struct data_extent *x = &data_extents(d)[i];
        const uint32_t numbers[] = {x->fixed - fixed, x->state,    x->introduced,
                                    x->last_affected, x->word,     x->arch,
                                    x->module,        x->severity, x->product};
        done = numbers_encode(to, numbers, ARRAY_COUNT(numbers), e);
        fixed = x->fixed; /* extents are sorted by it */
    }
    for (size_t i = 0; done && i < data_ratings_count(d); i++) {
        const struct data_rating *r = &data_ratings(d)[i];
        const uint32_t numbers[] = {r->severity, r->source, r->cvss};
        done = numbers_encode(to, numbers, ARRAY_COUNT(numbers), e);
    }
    return done;
}

/* Rows lie by package; here they are wanted by advisory: `order` becomes their numbers so, and
 * `starts` where each advisory's begin. A counting sort keeps the order of packages. */
static bool rows_by_advisory(const struct data *d, struct buf *starts_in, struct buf *order_in,
                             struct error *e)
{
    size_t advisories = data_advisories_count(d), rows = data_rows_count(d);
    if (!buf_reserve(starts_in, (advisories + 2) * sizeof(uint32_t), e) ||
        !buf_reserve(order_in, (rows + 1) * sizeof(uint32_t), e)) {
        return false;
    }
    uint32_t *starts = (uint32_t *)(void *)starts_in->at;
    uint32_t *order = (uint32_t *)(void *)order_in->at;
    memset(starts, 0, (advisories + 2) * sizeof(uint32_t));
    for (size_t i = 0; i < rows; i++) {
        starts[row_advisory(&data_rows(d)[i]) + 2]++;
    }
    for (size_t i = 2; i < advisories + 2; i++) {
        starts[i] += starts[i - 1];
    }
    for (size_t i = 0; i < rows; i++) {
        order[starts[row_advisory(&data_rows(d)[i]) + 1]++] = (uint32_t)i;
    }
    return true;
}

static bool row_encode(const struct data_row *row, const struct data_row *before, struct buf *to,
                       struct error *e)
{
    int64_t place = (int64_t)row_namespace(row) - (int64_t)row_namespace(before);
    int64_t package = (int64_t)row_package(row) - (int64_t)row_package(before);
    int64_t extent = (int64_t)row_extent(row) - (int64_t)row_extent(before);
    return varint_add(to, zigzag(place) << 1 | (row_scope(row) == SCOPE_BINARY), e) &&
           varint_add(to, zigzag(package), e) && varint_add(to, zigzag(extent), e);
}

/* What the next numbers are, as bits: most advisories have none of them. */
static bool exploitation_encode(const struct exploitation *x, struct buf *to, struct error *e)
{
    bool epss = x->epss != 0 || x->epss_percentile != 0;
    bool kev = x->kev_added_s != 0 || x->kev_due_s != 0;
    return varint_add(to, (uint64_t)epss | (uint64_t)kev << 1 | (uint64_t)x->kev_ransomware << 2,
                      e) &&
           (!epss || (varint_add(to, x->epss, e) && varint_add(to, x->epss_percentile, e))) &&
           (!kev || (varint_add(to, (uint64_t)x->kev_added_s, e) &&
                     varint_add(to, (uint64_t)x->kev_due_s, e)));
}

static bool advisory_encode(const struct data_advisory *a, uint32_t id_before, struct buf *to,
                            struct error *e)
{
    return varint_add(to, a->id - id_before, e) && varint_add(to, a->rating, e) &&
           varint_add(to, (uint64_t)a->published_s, e) &&
           varint_add(to, zigzag(a->modified_s - a->published_s), e) &&
           varint_add(to, (uint64_t)a->withdrawn_s, e) && varint_add(to, a->description, e) &&
           varint_add(to, a->url, e) && exploitation_encode(&a->exploitation, to, e);
}

static bool advisories_encode(const struct data *d, const uint32_t *starts, const uint32_t *order,
                              struct buf *to, struct error *e)
{
    const struct data_row none = {0};
    const struct data_row *before = &none;
    uint32_t id_before = 0;
    size_t id = 0;
    bool done = true;
    for (size_t i = 0; done && i < data_advisories_count(d); i++) {
        const struct data_advisory *a = &data_advisories(d)[i];
        size_t ids = 0;
        while (id + ids < data_ids_count(d) && data_ids(d)[id + ids].advisory == i) {
            ids++;
        }
        done = advisory_encode(a, id_before, to, e) && varint_add(to, ids, e);
        for (; done && ids > 0; ids--, id++) {
            done = varint_add(to, data_ids(d)[id].text, e);
        }
        done = done && varint_add(to, starts[i + 1] - starts[i], e);
        for (uint32_t n = starts[i]; done && n < starts[i + 1]; n++) {
            const struct data_row *row = &data_rows(d)[order[n]];
            done = row_encode(row, before, to, e);
            before = row;
        }
        id_before = a->id;
    }
    return done;
}

bool part_encode(const struct data *d, struct buf *to, struct error *e)
{
    assert(d->finished);
    CLEANUP(buf_done) struct buf starts, order;
    buf_init(&starts, SIZE_MAX / 2);
    buf_init(&order, SIZE_MAX / 2);
    size_t texts = data_texts_count(d);
    return rows_by_advisory(d, &starts, &order, e) && buf_add_str(to, str_from(magic), e) &&
           varint_add(to, texts > 0 ? texts - 1 : 0, e) &&
           varint_add(to, data_extents_count(d), e) && varint_add(to, data_ratings_count(d), e) &&
           varint_add(to, data_advisories_count(d), e) && texts_encode(d, to, e) &&
           tables_encode(d, to, e) &&
           advisories_encode(d, (const uint32_t *)(const void *)starts.at,
                             (const uint32_t *)(const void *)order.at, to, e);
}

/* -- decoding -------------------------------------------------------------------------------- */

struct decoder {
    str rest;
    str *texts; /* 0 is the empty one */
    struct data_extent *extents;
    struct data_rating *ratings;
    uint64_t texts_count, extents_count, ratings_count, advisories_count;
    /* the row before */
    uint32_t namespace_, package, extent;
    struct advisory advisory;
    str ids[PIECE_IDS];
    struct affected affected[PIECE_ROWS];
};

/* A number below `bound`. */
static bool number_take(struct decoder *d, uint64_t bound, uint64_t *out, struct error *e)
{
    uint64_t value;
    if (!varint_take(&d->rest, &value)) {
        return error_set(e, ERROR_FORMAT, "ends in a number");
    }
    if (value >= bound) {
        return error_set(e, ERROR_FORMAT, "a number is %llu, below %llu was expected",
                         (unsigned long long)value, (unsigned long long)bound);
    }
    *out = value;
    return true;
}

static bool number32_take(struct decoder *d, uint64_t bound, uint32_t *out, struct error *e)
{
    uint64_t value = 0;
    if (!number_take(d, bound < UINT32_MAX ? bound : UINT32_MAX, &value, e)) {
        return false;
    }
    *out = (uint32_t)value; /* below the bound */
    return true;
}

/* A number near `*value`, which it replaces. */
static bool near_take(struct decoder *d, uint64_t bound, uint32_t *value, struct error *e)
{
    uint64_t coded = 0;
    if (!number_take(d, (uint64_t)1 << 33, &coded, e)) {
        return false;
    }
    int64_t now = (int64_t)*value + unzigzag(coded);
    if (now < 0 || (uint64_t)now >= bound) {
        return error_set(e, ERROR_FORMAT, "a difference leads to %lld of %llu", (long long)now,
                         (unsigned long long)bound);
    }
    *value = (uint32_t)now;
    return true;
}

/* How many of something follow: each takes a byte at least. */
static bool count_take(struct decoder *d, uint64_t *out, struct error *e)
{
    uint64_t bound = d->rest.len < DATA_ITEMS_MAX ? d->rest.len + 1 : DATA_ITEMS_MAX;
    return number_take(d, bound, out, e);
}

static bool texts_decode(struct decoder *d, struct arena *scratch, struct error *e)
{
    d->texts = ARENA_ARRAY(scratch, d->texts_count, str, e);
    if (d->texts == NULL) {
        return false;
    }
    d->texts[0] = STR("");
    for (uint64_t i = 1; i < d->texts_count; i++) {
        str before = d->texts[i - 1];
        uint64_t same = 0, more = 0;
        if (!number_take(d, before.len + 1, &same, e) ||
            !number_take(d, d->rest.len + 1, &more, e)) {
            return false;
        }
        if (more > d->rest.len || same + more > DATA_TEXT_BYTES_MAX) {
            return error_set(e, ERROR_FORMAT, "a text of %llu bytes",
                             (unsigned long long)(same + more));
        }
        char *text = arena_alloc(scratch, same + more + 1, 1, 1, e);
        if (text == NULL) {
            return false;
        }
        memcpy(text, before.at, same);
        if (more > 0) {
            memcpy(text + same, d->rest.at, more);
        }
        d->texts[i] = (str){.at = text, .len = same + more};
        d->rest = str_slice(d->rest, more, d->rest.len);
        if (str_cmp(before, d->texts[i]) >= 0) {
            return error_set(e, ERROR_FORMAT, "texts are not in order");
        }
    }
    return true;
}

static bool tables_decode(struct decoder *d, struct arena *scratch, struct error *e)
{
    uint64_t texts = d->texts_count;
    uint32_t fixed = 0;
    d->extents = ARENA_ARRAY(scratch, d->extents_count, struct data_extent, e);
    d->ratings =
        d->extents == NULL ? NULL : ARENA_ARRAY(scratch, d->ratings_count, struct data_rating, e);
    if (d->ratings == NULL) {
        return false;
    }
    for (uint64_t i = 0; i < d->extents_count; i++) {
        struct data_extent *x = &d->extents[i];
        uint32_t further = 0;
        if (!number32_take(d, texts - fixed, &further, e) ||
            !number32_take(d, FIX_STATE_COUNT, &x->state, e) ||
            !number32_take(d, texts, &x->introduced, e) ||
            !number32_take(d, texts, &x->last_affected, e) ||
            !number32_take(d, texts, &x->word, e) || !number32_take(d, texts, &x->arch, e) ||
            !number32_take(d, texts, &x->module, e) ||
            !number32_take(d, SEVERITY_COUNT, &x->severity, e) ||
            !number32_take(d, texts, &x->product, e)) {
            return error_wrap(e, "range %llu", (unsigned long long)i);
        }
        x->fixed = fixed += further;
    }
    for (uint64_t i = 0; i < d->ratings_count; i++) {
        struct data_rating *r = &d->ratings[i];
        if (!number32_take(d, SEVERITY_COUNT, &r->severity, e) ||
            !number32_take(d, texts, &r->source, e) || !number32_take(d, texts, &r->cvss, e)) {
            return error_wrap(e, "rating %llu", (unsigned long long)i);
        }
    }
    return true;
}

static bool row_decode(struct decoder *d, struct affected *out, struct error *e)
{
    uint64_t coded = 0;
    if (!number_take(d, (uint64_t)1 << 34, &coded, e)) {
        return false;
    }
    int64_t place = (int64_t)d->namespace_ + unzigzag(coded >> 1);
    if (place < 0 || (uint64_t)place >= d->texts_count) {
        return error_set(e, ERROR_FORMAT, "no such namespace");
    }
    d->namespace_ = (uint32_t)place;
    if (!near_take(d, d->texts_count, &d->package, e) ||
        !near_take(d, d->extents_count, &d->extent, e)) {
        return false;
    }
    const struct data_extent *x = &d->extents[d->extent];
    *out = (struct affected){
        .namespace_ = d->texts[d->namespace_],
        .package = d->texts[d->package],
        .scope = (coded & 1) != 0 ? SCOPE_BINARY : SCOPE_SOURCE,
        .product = d->texts[x->product],
        .arch = d->texts[x->arch],
        .module = d->texts[x->module],
        .state = (enum fix_state)x->state, /* below its count */
        .introduced = d->texts[x->introduced],
        .fixed = d->texts[x->fixed],
        .last_affected = d->texts[x->last_affected],
        .word = d->texts[x->word],
        .severity = (enum severity)x->severity, /* below its count */
    };
    return true;
}

/* Hands on what has been gathered of the advisory. */
static bool piece_put(struct decoder *d, struct advisory_sink *to, struct error *e)
{
    bool done = to->put(to, &d->advisory, e);
    d->advisory.ids_count = 0;
    d->advisory.affected_count = 0;
    return done;
}

static bool exploitation_decode(struct decoder *d, struct exploitation *out, struct error *e)
{
    uint32_t said = 0;
    uint64_t added = 0, due = 0;
    if (!number32_take(d, 8, &said, e) ||
        ((said & 1) != 0 && (!number32_take(d, EPSS_WHOLE + 1, &out->epss, e) ||
                             !number32_take(d, EPSS_WHOLE + 1, &out->epss_percentile, e))) ||
        ((said & 2) != 0 && (!number_take(d, (uint64_t)1 << 62, &added, e) ||
                             !number_take(d, (uint64_t)1 << 62, &due, e)))) {
        return false;
    }
    out->kev_added_s = (int64_t)added; /* the two are below 2^62 */
    out->kev_due_s = (int64_t)due;
    out->kev_ransomware = (said & 4) != 0;
    return true;
}

static bool head_decode(struct decoder *d, uint32_t *id, struct error *e)
{
    uint64_t published = 0, changed = 0, withdrawn = 0;
    uint32_t further = 0, rating = 0, description = 0, url = 0;
    struct exploitation exploitation = {0};
    if (!number32_take(d, d->texts_count - *id, &further, e) ||
        !number32_take(d, d->ratings_count, &rating, e) ||
        !number_take(d, (uint64_t)1 << 62, &published, e) ||
        !number_take(d, (uint64_t)1 << 62, &changed, e) ||
        !number_take(d, (uint64_t)1 << 62, &withdrawn, e) ||
        !number32_take(d, d->texts_count, &description, e) ||
        !number32_take(d, d->texts_count, &url, e) || !exploitation_decode(d, &exploitation, e)) {
        return false;
    }
    if (further == 0) {
        return error_set(e, ERROR_FORMAT, "advisories are not in order");
    }
    const struct data_rating *r = &d->ratings[rating];
    *id += further;
    d->advisory = (struct advisory){
        .id = d->texts[*id],
        .ids = d->ids,
        .severity = (enum severity)r->severity, /* below its count */
        .severity_source = d->texts[r->source],
        .cvss = d->texts[r->cvss],
        .published_s = (int64_t)published, /* the three are below 2^62 */
        .modified_s = (int64_t)published + unzigzag(changed),
        .withdrawn_s = (int64_t)withdrawn,
        .description = d->texts[description],
        .url = d->texts[url],
        .exploitation = exploitation,
        .affected = d->affected,
    };
    return true;
}

static bool advisory_decode(struct decoder *d, uint32_t *id, struct advisory_sink *to,
                            struct error *e)
{
    uint64_t ids = 0, rows = 0;
    if (!head_decode(d, id, e) || !count_take(d, &ids, e)) {
        return false;
    }
    for (uint64_t i = 0; i < ids; i++) {
        uint32_t text = 0;
        if (!number32_take(d, d->texts_count, &text, e) ||
            (d->advisory.ids_count == PIECE_IDS && !piece_put(d, to, e))) {
            return false;
        }
        d->ids[d->advisory.ids_count++] = d->texts[text];
    }
    if (!count_take(d, &rows, e)) {
        return false;
    }
    for (uint64_t i = 0; i < rows; i++) {
        if ((d->advisory.affected_count == PIECE_ROWS && !piece_put(d, to, e)) ||
            !row_decode(d, &d->affected[d->advisory.affected_count], e)) {
            return false;
        }
        d->advisory.affected_count++;
    }
    return piece_put(d, to, e);
}

bool part_decode(str bytes, struct arena *scratch, struct advisory_sink *to, struct error *e)
{
    struct decoder *d = ARENA_NEW(scratch, struct decoder, e);
    if (d == NULL) {
        return false;
    }
    if (!str_starts(bytes, str_from(magic))) {
        return error_set(e, ERROR_FORMAT, "does not begin as a part of a bundle");
    }
    d->rest = str_slice(bytes, sizeof(magic) - 1, bytes.len);
    uint64_t texts = 0;
    if (!count_take(d, &texts, e) || !count_take(d, &d->extents_count, e) ||
        !count_take(d, &d->ratings_count, e) || !count_take(d, &d->advisories_count, e)) {
        return false;
    }
    d->texts_count = texts + 1;
    if (!texts_decode(d, scratch, e) || !tables_decode(d, scratch, e)) {
        return false;
    }
    uint32_t id = 0;
    for (uint64_t i = 0; i < d->advisories_count; i++) {
        if (!advisory_decode(d, &id, to, e)) {
            return error_wrap(e, "advisory %llu of %llu", (unsigned long long)i + 1,
                              (unsigned long long)d->advisories_count);
        }
    }
    return d->rest.len == 0 || error_set(e, ERROR_FORMAT, "%zu bytes behind its end", d->rest.len);
}
