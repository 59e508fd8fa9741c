#include "store/data.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    size_t offset, bytes;
} arrays[] = {
    {offsetof(struct data, texts), sizeof(str)},
    {offsetof(struct data, extents), sizeof(struct data_extent)},
    {offsetof(struct data, ratings), sizeof(struct data_rating)},
    {offsetof(struct data, advisories), sizeof(struct data_advisory)},
    {offsetof(struct data, ids), sizeof(struct data_id)},
    {offsetof(struct data, rows), sizeof(struct data_row)},
    {offsetof(struct data, texts_index.slots), sizeof(uint64_t)},
    {offsetof(struct data, extents_index.slots), sizeof(uint64_t)},
    {offsetof(struct data, advisories_index.slots), sizeof(uint64_t)},
};

static struct buf *array(struct data *d, size_t i)
{
    return (struct buf *)(void *)((char *)d + arrays[i].offset);
}

void data_init(struct data *d)
{
    *d = (struct data){0};
    arena_init(&d->texts_arena, DATA_TEXTS_BYTES_MAX, "the texts of a feed");
    for (size_t i = 0; i < ARRAY_COUNT(arrays); i++) {
        buf_init(array(d, i), (size_t)DATA_ITEMS_MAX * arrays[i].bytes);
    }
    d->extent_last = UINT32_MAX;
}

void data_done(struct data *d)
{
    for (size_t i = 0; i < ARRAY_COUNT(arrays); i++) {
        buf_done(array(d, i));
    }
    arena_done(&d->texts_arena);
}

/* -- the arrays, typed; what malloc gives suits all of them ---------------------------------- */

static str *texts_of(const struct data *d)
{
    return (str *)(void *)d->texts.at;
}

static struct data_extent *extents_of(const struct data *d)
{
    return (struct data_extent *)(void *)d->extents.at;
}

static struct data_advisory *advisories_of(const struct data *d)
{
    return (struct data_advisory *)(void *)d->advisories.at;
}

static struct data_id *ids_of(const struct data *d)
{
    return (struct data_id *)(void *)d->ids.at;
}

static struct data_row *rows_of(const struct data *d)
{
    return (struct data_row *)(void *)d->rows.at;
}

size_t data_texts_count(const struct data *d)
{
    return d->texts.len / sizeof(str);
}

size_t data_extents_count(const struct data *d)
{
    return d->extents.len / sizeof(struct data_extent);
}

size_t data_ratings_count(const struct data *d)
{
    return d->ratings.len / sizeof(struct data_rating);
}

size_t data_advisories_count(const struct data *d)
{
    return d->advisories.len / sizeof(struct data_advisory);
}

size_t data_ids_count(const struct data *d)
{
    return d->ids.len / sizeof(struct data_id);
}

size_t data_rows_count(const struct data *d)
{
    return d->rows.len / sizeof(struct data_row);
}

str data_text(const struct data *d, uint32_t number)
{
    return texts_of(d)[number];
}

const struct data_extent *data_extents(const struct data *d)
{
    return extents_of(d);
}

const struct data_rating *data_ratings(const struct data *d)
{
    return (const struct data_rating *)(const void *)d->ratings.at;
}

const struct data_advisory *data_advisories(const struct data *d)
{
    return advisories_of(d);
}

const struct data_id *data_ids(const struct data *d)
{
    return ids_of(d);
}

const struct data_row *data_rows(const struct data *d)
{
    return rows_of(d);
}

/* -- numbers by content ---------------------------------------------------------------------- */

static uint64_t *slots_of(const struct data_index *index)
{
    return (uint64_t *)(void *)index->slots.at;
}

/* Half of a slot is the hash: other texts are told apart without looking at them. */
static uint64_t hash_of(str key)
{
    return str_hash(key) >> 32 << 32;
}

static size_t slot_first(const struct data_index *index, uint64_t hash)
{
    return (hash >> 32) & (index->room - 1);
}

static uint32_t slot_number(uint64_t slot)
{
    return (uint32_t)slot - 1;
}

/* What an item is found by. */
typedef str data_key(const struct data *d, uint32_t number);

static str text_key(const struct data *d, uint32_t number)
{
    return texts_of(d)[number];
}

static str extent_key(const struct data *d, uint32_t number)
{
    return (str){.at = (const char *)&extents_of(d)[number], .len = sizeof(struct data_extent)};
}

static str advisory_key(const struct data *d, uint32_t number)
{
    return (str){.at = (const char *)&advisories_of(d)[number].id, .len = sizeof(uint32_t)};
}

static bool index_grow(struct data_index *index, struct error *e)
{
    struct data_index grown = {.room = index->room == 0 ? 1024 : index->room * 2,
                               .count = index->count};
    buf_init(&grown.slots, (size_t)DATA_ITEMS_MAX * 4 * sizeof(uint64_t));
    if (!buf_reserve(&grown.slots, grown.room * sizeof(uint64_t), e)) {
        return false;
    }
    uint64_t *slots = slots_of(&grown), *old = slots_of(index);
    memset(slots, 0, grown.room * sizeof(uint64_t));
    for (size_t i = 0; i < index->room; i++) {
        if (old[i] == 0) {
            continue;
        }
        size_t at = slot_first(&grown, old[i]);
        while (slots[at] != 0) {
            at = (at + 1) & (grown.room - 1);
        }
        slots[at] = old[i];
    }
    buf_done(&index->slots);
    *index = grown;
    return true;
}

/* The slot of `wanted`: taken, or where it would go. */
static bool index_slot(struct data *d, struct data_index *index, data_key *key, str wanted,
                       uint64_t **slot, struct error *e)
{
    if ((index->count + 1) * 4 > index->room * 3 && !index_grow(index, e)) {
        return false;
    }
    uint64_t *slots = slots_of(index), hash = hash_of(wanted);
    size_t at = slot_first(index, hash);
    while (slots[at] != 0 &&
           (slots[at] >> 32 << 32 != hash || !str_eq(key(d, slot_number(slots[at])), wanted))) {
        at = (at + 1) & (index->room - 1);
    }
    *slot = &slots[at];
    return true;
}

static void slot_set(struct data_index *index, uint64_t *slot, str key, uint32_t number)
{
    *slot = hash_of(key) | (number + 1);
    index->count++;
}

/* Puts an item behind the others and tells its number. */
static bool item_add(struct buf *b, const void *item, size_t bytes, uint32_t *number,
                     struct error *e)
{
    size_t count = b->len / bytes;
    if (!buf_add(b, item, bytes, e)) {
        return false;
    }
    *number = (uint32_t)count; /* < DATA_ITEMS_MAX */
    return true;
}

static bool text_add(struct data *d, str text, uint32_t *number, struct error *e)
{
    uint64_t *slot;
    if (text.len > DATA_TEXT_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a text of %zu bytes, over the limit of %d", text.len,
                         DATA_TEXT_BYTES_MAX);
    }
    if (!index_slot(d, &d->texts_index, text_key, text, &slot, e)) {
        return false;
    }
    if (*slot == 0) {
        str copy;
        uint32_t added;
        if (!arena_str(&d->texts_arena, text, &copy, e) ||
            !item_add(&d->texts, &copy, sizeof(copy), &added, e)) {
            return false;
        }
        slot_set(&d->texts_index, slot, text, added);
    }
    *number = slot_number(*slot);
    return true;
}

static bool extent_add(struct data *d, const struct data_extent *extent, uint32_t *number,
                       struct error *e)
{
    if (d->extent_last != UINT32_MAX &&
        memcmp(&extents_of(d)[d->extent_last], extent, sizeof(*extent)) == 0) {
        *number = d->extent_last;
        return true;
    }
    uint64_t *slot;
    str key = {.at = (const char *)extent, .len = sizeof(*extent)};
    if (!index_slot(d, &d->extents_index, extent_key, key, &slot, e)) {
        return false;
    }
    if (*slot == 0) {
        uint32_t added;
        if (!item_add(&d->extents, extent, sizeof(*extent), &added, e)) {
            return false;
        }
        slot_set(&d->extents_index, slot, key, added);
    }
    *number = d->extent_last = slot_number(*slot);
    return true;
}

/* -- adding ---------------------------------------------------------------------------------- */

/* Of two ratings the same one whichever comes first. */
static void rating_merge(const struct data *d, struct data_rating *to, struct data_rating more)
{
    int by_source = str_cmp(data_text(d, more.source), data_text(d, to->source));
    int by_cvss = str_cmp(data_text(d, more.cvss), data_text(d, to->cvss));
    if (more.severity > to->severity || (more.severity == to->severity && by_source > 0)) {
        to->severity = more.severity;
        to->source = more.source;
    }
    if (by_cvss > 0) {
        to->cvss = more.cvss;
    }
}

/* The longer one, or else the one that sorts first. */
static void text_merge(const struct data *d, uint32_t *to, uint32_t more)
{
    str now = data_text(d, *to), other = data_text(d, more);
    if (other.len > now.len || (other.len == now.len && str_cmp(other, now) < 0)) {
        *to = more;
    }
}

static void exploitation_merge(struct exploitation *to, const struct exploitation *more)
{
    if (more->epss > to->epss ||
        (more->epss == to->epss && more->epss_percentile > to->epss_percentile)) {
        to->epss = more->epss;
        to->epss_percentile = more->epss_percentile;
    }
    to->kev_added_s = more->kev_added_s > to->kev_added_s ? more->kev_added_s : to->kev_added_s;
    to->kev_due_s = more->kev_due_s > to->kev_due_s ? more->kev_due_s : to->kev_due_s;
    to->kev_ransomware = to->kev_ransomware || more->kev_ransomware;
}

static int64_t least_said(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static void advisory_merge(const struct data *d, struct data_advisory *to,
                           const struct data_advisory *more)
{
    rating_merge(d, &to->said, more->said);
    text_merge(d, &to->description, more->description);
    text_merge(d, &to->url, more->url);
    exploitation_merge(&to->exploitation, &more->exploitation);
    to->published_s = least_said(to->published_s, more->published_s);
    to->modified_s = more->modified_s > to->modified_s ? more->modified_s : to->modified_s;
    if (to->withdrawn_s == 0 || more->withdrawn_s == 0) {
        to->withdrawn_s = 0;
    } else if (more->withdrawn_s > to->withdrawn_s) {
        to->withdrawn_s = more->withdrawn_s;
    }
}

static int64_t date(int64_t seconds)
{
    return seconds < 0 ? 0 : seconds;
}

static bool advisory_head_add(struct data *d, const struct advisory *a, uint32_t *number,
                              struct error *e)
{
    struct data_advisory head = {.said.severity = a->severity,
                                 .exploitation = a->exploitation,
                                 .published_s = date(a->published_s),
                                 .modified_s = date(a->modified_s),
                                 .withdrawn_s = date(a->withdrawn_s)};
    head.exploitation.kev_added_s = date(a->exploitation.kev_added_s);
    head.exploitation.kev_due_s = date(a->exploitation.kev_due_s);
    str key = {.at = (const char *)&head.id, .len = sizeof(head.id)};
    uint64_t *slot;
    if (!text_add(d, a->id, &head.id, e) ||
        !text_add(d, a->severity_source, &head.said.source, e) ||
        !text_add(d, a->cvss, &head.said.cvss, e) ||
        !text_add(d, a->description, &head.description, e) || !text_add(d, a->url, &head.url, e) ||
        !index_slot(d, &d->advisories_index, advisory_key, key, &slot, e)) {
        return false;
    }
    if (*slot == 0) {
        uint32_t added;
        if (!item_add(&d->advisories, &head, sizeof(head), &added, e)) {
            return false;
        }
        slot_set(&d->advisories_index, slot, key, added);
    } else {
        advisory_merge(d, &advisories_of(d)[slot_number(*slot)], &head);
    }
    *number = slot_number(*slot);
    return true;
}

bool data_add_row(struct data *d, uint32_t advisory, const struct affected *a, struct error *e)
{
    assert(advisory < data_advisories_count(d));
    assert((unsigned)a->state < FIX_STATE_COUNT && (unsigned)a->severity < SEVERITY_COUNT);
    struct data_extent extent = {.state = a->state, .severity = a->severity};
    uint32_t namespace_ = 0, package = 0, number = 0, at;
    if (!text_add(d, a->namespace_, &namespace_, e) || !text_add(d, a->package, &package, e) ||
        !text_add(d, a->introduced, &extent.introduced, e) ||
        !text_add(d, a->fixed, &extent.fixed, e) ||
        !text_add(d, a->last_affected, &extent.last_affected, e) ||
        !text_add(d, a->arch, &extent.arch, e) || !text_add(d, a->module, &extent.module, e) ||
        !text_add(d, a->word, &extent.word, e) || !text_add(d, a->product, &extent.product, e) ||
        !extent_add(d, &extent, &number, e)) {
        return false;
    }
    struct data_row row = {
        .place = (uint64_t)namespace_ << 33 | (uint64_t)(a->scope == SCOPE_BINARY) << 32 | package,
        .what = (uint64_t)advisory << 32 | number,
    };
    return item_add(&d->rows, &row, sizeof(row), &at, e);
}

bool data_add_head(struct data *d, const struct advisory *a, uint32_t *number, struct error *e)
{
    assert(!d->finished && (unsigned)a->severity < SEVERITY_COUNT);
    uint32_t head = 0, empty, at;
    if (a->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "an advisory without an id");
    }
    if (a->ids_count > ADVISORY_IDS_MAX || a->affected_count > ADVISORY_AFFECTED_MAX) {
        return error_set(e, ERROR_LIMIT,
                         "'" STR_FMT "' has %zu ids and %zu rows, over the limit of %d and %d",
                         STR_ARG(a->id), a->ids_count, a->affected_count, ADVISORY_IDS_MAX,
                         ADVISORY_AFFECTED_MAX);
    }
    if (!text_add(d, STR_NONE, &empty, e) || !advisory_head_add(d, a, &head, e)) {
        return false;
    }
    for (size_t i = 0; i < a->ids_count; i++) {
        struct data_id id = {.advisory = head};
        if (a->ids[i].len == 0 || str_eq(a->ids[i], a->id)) {
            continue;
        }
        if (!text_add(d, a->ids[i], &id.text, e) || !item_add(&d->ids, &id, sizeof(id), &at, e)) {
            return false;
        }
    }
    *number = head;
    return true;
}

bool data_add(struct data *d, const struct advisory *a, struct error *e)
{
    uint32_t number = 0;
    if (!data_add_head(d, a, &number, e)) {
        return false;
    }
    for (size_t i = 0; i < a->affected_count; i++) {
        if (!data_add_row(d, number, &a->affected[i], e)) {
            return error_wrap(e, "'" STR_FMT "'", STR_ARG(a->id));
        }
    }
    return true;
}

int64_t data_newest_s(const struct data *d)
{
    int64_t newest_s = 0;
    for (size_t i = 0; i < data_advisories_count(d); i++) {
        const struct data_advisory *a = &advisories_of(d)[i];
        newest_s = a->published_s > newest_s ? a->published_s : newest_s;
        newest_s = a->modified_s > newest_s ? a->modified_s : newest_s;
    }
    return newest_s;
}
