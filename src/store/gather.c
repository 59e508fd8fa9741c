#include "store/gather.h"

#include <assert.h>
#include <string.h>

#include "store/key.h"
#include "store/varint.h"

/* Records: the id's key, one byte for the kind, what is said (of a head varints and texts, of an id
 * one byte more, since CVE ids sort first, and its text, of a row its key), and the edition: when a
 * `whole` advisory was changed, or 0. Heads come first, and what is of an older edition than the
 * newest of its id is passed over. */

enum { KIND_BASE = 1, EDITION_BYTES = 5, SCRATCH_BYTES_MAX = 4 * 1024 * 1024 };

static enum step gather_next(struct items *self, struct item *out, struct error *e);
static bool gather_rewind(struct items *self, struct error *e);

void gather_init(struct gather *g, const char *dir, size_t budget_bytes)
{
    *g = (struct gather){.items = {.next = gather_next, .rewind = gather_rewind}};
    spill_init(&g->spill, dir, budget_bytes);
    buf_init(&g->record, SPILL_RECORD_BYTES_MAX);
    buf_init(&g->key, SPILL_RECORD_BYTES_MAX);
    arena_init(&g->head_arena, SCRATCH_BYTES_MAX, "an advisory");
    arena_init(&g->row_arena, SCRATCH_BYTES_MAX, "a row");
}

void gather_done(struct gather *g)
{
    spill_done(&g->spill);
    buf_done(&g->record);
    buf_done(&g->key);
    arena_done(&g->head_arena);
    arena_done(&g->row_arena);
}

/* -- adding ---------------------------------------------------------------------------------- */

/* Seconds since 1970, the highest byte first. */
static bool record_end(struct gather *g, struct error *e)
{
    char bytes[EDITION_BYTES];
    for (size_t i = 0; i < EDITION_BYTES; i++) {
        bytes[i] = (char)(g->edition_s >> (8 * (EDITION_BYTES - 1 - i)) & 0xff);
    }
    return buf_add(&g->record, bytes, sizeof(bytes), e) &&
           spill_add(&g->spill, buf_str(&g->record), e);
}

static bool record_begin(struct gather *g, enum item_kind kind, struct error *e)
{
    g->record.len = 0;
    return buf_add_str(&g->record, buf_str(&g->key), e) &&
           buf_add_char(&g->record, (char)(KIND_BASE + kind), e);
}

static bool text_check(str text, struct error *e)
{
    return text.len <= GATHER_TEXT_BYTES_MAX ||
           error_set(e, ERROR_LIMIT, "a text of %zu bytes, over the limit of %d", text.len,
                     GATHER_TEXT_BYTES_MAX);
}

static bool text_add(struct buf *to, str text, struct error *e)
{
    return text_check(text, e) && varint_add(to, text.len, e) && buf_add_str(to, text, e);
}

#define EDITION_S_MAX ((UINT64_C(1) << (8 * EDITION_BYTES)) - 1)

static uint64_t date(int64_t seconds)
{
    return seconds < 0 ? 0 : (uint64_t)seconds;
}

static bool head_add(struct gather *g, const struct advisory *a, struct error *e)
{
    struct buf *to = &g->record;
    const struct exploitation *x = &a->exploitation;
    return record_begin(g, ITEM_HEAD, e) && varint_add(to, a->severity, e) &&
           text_add(to, a->severity_source, e) && text_add(to, a->cvss, e) &&
           text_add(to, a->description, e) && text_add(to, a->url, e) &&
           varint_add(to, date(a->published_s), e) && varint_add(to, date(a->modified_s), e) &&
           varint_add(to, date(a->withdrawn_s), e) && varint_add(to, x->epss, e) &&
           varint_add(to, x->epss_percentile, e) && varint_add(to, date(x->kev_added_s), e) &&
           varint_add(to, date(x->kev_due_s), e) && varint_add(to, x->kev_ransomware, e) &&
           record_end(g, e);
}

static bool id_add(struct gather *g, str id, struct error *e)
{
    bool cve = str_starts(id, STR("CVE-"));
    return text_check(id, e) && record_begin(g, ITEM_ID, e) &&
           buf_add_char(&g->record, cve ? 0 : 1, e) && key_add_id(&g->record, id, e) &&
           record_end(g, e);
}

static bool row_add(struct gather *g, const struct affected *a, struct error *e)
{
    assert((unsigned)a->state < FIX_STATE_COUNT && (unsigned)a->severity < SEVERITY_COUNT);
    const str texts[] = {a->namespace_, a->package,    a->product,       a->module, a->arch,
                         a->fixed,      a->introduced, a->last_affected, a->word};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (!text_check(texts[i], e)) {
            return false;
        }
    }
    return record_begin(g, ITEM_ROW, e) && key_add_row(&g->record, a, e) && record_end(g, e);
}

static bool key_begin(struct gather *g, str id, struct error *e)
{
    g->key.len = 0;
    g->count++;
    if (id.len == 0) {
        return error_set(e, ERROR_FORMAT, "an advisory without an id");
    }
    return text_check(id, e) && key_add_id(&g->key, id, e);
}

bool gather_drop(struct gather *g, str id, struct error *e)
{
    g->edition_s = 0;
    return key_begin(g, id, e) && record_begin(g, ITEM_DROP, e) && record_end(g, e);
}

bool gather_add(struct gather *g, const struct advisory *a, struct error *e)
{
    assert((unsigned)a->severity < SEVERITY_COUNT);
    if (a->ids_count > ADVISORY_IDS_MAX || a->affected_count > ADVISORY_AFFECTED_MAX) {
        return error_set(e, ERROR_LIMIT,
                         "'" STR_FMT "' has %zu ids and %zu rows, over the limit of %d and %d",
                         STR_ARG(a->id), a->ids_count, a->affected_count, ADVISORY_IDS_MAX,
                         ADVISORY_AFFECTED_MAX);
    }
    g->edition_s = a->whole ? date(a->modified_s) & EDITION_S_MAX : 0;
    if (!key_begin(g, a->id, e) || !head_add(g, a, e)) {
        return false;
    }
    for (size_t i = 0; i < a->ids_count; i++) {
        bool other = a->ids[i].len > 0 && !str_eq(a->ids[i], a->id);
        if (other && !id_add(g, a->ids[i], e)) {
            return false;
        }
    }
    for (size_t i = 0; i < a->affected_count; i++) {
        if (!row_add(g, &a->affected[i], e)) {
            return error_wrap(e, "'" STR_FMT "'", STR_ARG(a->id));
        }
    }
    return true;
}

/* -- the stream ------------------------------------------------------------------------------- */

static bool gather_rewind(struct items *self, struct error *e)
{
    struct gather *g = CONTAINER_OF(self, struct gather, items);
    g->ready = STR_NONE;
    return spill_rewind(&g->spill, e);
}

bool gather_sort(struct gather *g, struct error *e)
{
    /* the first block stays */
    if (arena_alloc(&g->head_arena, 1, 1, 1, e) == NULL ||
        arena_alloc(&g->row_arena, 1, 1, 1, e) == NULL) {
        return false;
    }
    g->head_mark = arena_mark(&g->head_arena);
    g->row_mark = arena_mark(&g->row_arena);
    return spill_sort(&g->spill, e);
}

static bool broken(struct error *e)
{
    return error_set(e, ERROR_IO, "a temporary file is not as it was written");
}

/* Takes id, kind and edition off a record: what is left is the content. */
static bool key_take_off(str *record, str *key, enum item_kind *kind, uint64_t *edition_s,
                         struct error *e)
{
    if (record->len < EDITION_BYTES) {
        return broken(e);
    }
    *edition_s = 0;
    for (size_t i = record->len - EDITION_BYTES; i < record->len; i++) {
        *edition_s = *edition_s << 8 | (uint8_t)record->at[i];
    }
    *record = str_slice(*record, 0, record->len - EDITION_BYTES);
    size_t first = str_find_char(*record, '\0') + 1;
    size_t end = first + str_find_char(str_slice(*record, first, record->len), '\0') + 1;
    if (end >= record->len || record->at[end] < KIND_BASE ||
        record->at[end] > KIND_BASE + ITEM_ROW) {
        return broken(e);
    }
    *key = str_slice(*record, 0, end);
    *kind = (enum item_kind)(record->at[end] - KIND_BASE);
    *record = str_slice(*record, end + 1, record->len);
    return true;
}

static bool text_take(str *rest, str *out, struct error *e)
{
    uint64_t len = 0;
    if (!varint_take(rest, &len) || len > rest->len) {
        return broken(e);
    }
    *out = str_slice(*rest, 0, (size_t)len); /* ≤ its length */
    *rest = str_slice(*rest, (size_t)len, rest->len);
    return true;
}

/* What head_add wrote, borrowed. */
static bool head_take(str rest, struct advisory *out, struct error *e)
{
    uint64_t severity = 0, numbers[8] = {0};
    if (!varint_take(&rest, &severity) || severity >= SEVERITY_COUNT ||
        !text_take(&rest, &out->severity_source, e) || !text_take(&rest, &out->cvss, e) ||
        !text_take(&rest, &out->description, e) || !text_take(&rest, &out->url, e)) {
        return broken(e);
    }
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        if (!varint_take(&rest, &numbers[i])) {
            return broken(e);
        }
    }
    out->severity = (enum severity)severity; /* below the count */
    out->published_s = (int64_t)numbers[0];
    out->modified_s = (int64_t)numbers[1];
    out->withdrawn_s = (int64_t)numbers[2];
    out->exploitation = (struct exploitation){.epss = (uint32_t)numbers[3],
                                              .epss_percentile = (uint32_t)numbers[4],
                                              .kev_added_s = (int64_t)numbers[5],
                                              .kev_due_s = (int64_t)numbers[6],
                                              .kev_ransomware = numbers[7] != 0};
    return true;
}

/* The longer one, or else the one that sorts first. */
static bool text_merge(struct arena *arena, str *to, str more, struct error *e)
{
    bool better = more.len > to->len || (more.len == to->len && str_cmp(more, *to) < 0);
    return !better || arena_str(arena, more, to, e);
}

static bool rating_merge(struct arena *arena, struct advisory *to, const struct advisory *more,
                         struct error *e)
{
    bool stands =
        more->severity < to->severity || (more->severity == to->severity &&
                                          str_cmp(more->severity_source, to->severity_source) <= 0);
    if (!stands && !arena_str(arena, more->severity_source, &to->severity_source, e)) {
        return false;
    }
    to->severity = stands ? to->severity : more->severity;
    return str_cmp(more->cvss, to->cvss) <= 0 || arena_str(arena, more->cvss, &to->cvss, e);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void exploitation_merge(struct exploitation *to, const struct exploitation *more)
{
    if (more->epss > to->epss ||
        (more->epss == to->epss && more->epss_percentile > to->epss_percentile)) {
        to->epss = more->epss;
        to->epss_percentile = more->epss_percentile;
    }
    to->kev_added_s = larger(to->kev_added_s, more->kev_added_s);
    to->kev_due_s = larger(to->kev_due_s, more->kev_due_s);
    to->kev_ransomware = to->kev_ransomware || more->kev_ransomware;
}

static bool head_merge(struct arena *arena, struct advisory *to, const struct advisory *more,
                       bool first, struct error *e)
{
    bool earlier =
        more->published_s != 0 && (to->published_s == 0 || more->published_s < to->published_s);
    to->published_s = first || earlier ? more->published_s : to->published_s;
    to->modified_s = larger(to->modified_s, more->modified_s);
    bool all = first || (to->withdrawn_s != 0 && more->withdrawn_s != 0);
    to->withdrawn_s = all ? larger(to->withdrawn_s, more->withdrawn_s) : 0;
    exploitation_merge(&to->exploitation, &more->exploitation);
    return rating_merge(arena, to, more, e) &&
           text_merge(arena, &to->description, more->description, e) &&
           text_merge(arena, &to->url, more->url, e);
}

static enum step record_next(struct gather *g, str *record, struct error *e)
{
    if (g->ready.at != NULL) {
        *record = g->ready;
        g->ready = STR_NONE;
        return STEP_GOT;
    }
    return spill_next(&g->spill, record, e);
}

/* All heads of one id, of which `record` is the first. */
static bool heads_read(struct gather *g, str record, struct error *e)
{
    str key, rest = record, id_key;
    enum item_kind kind;
    uint64_t edition_s = 0;
    arena_rewind(&g->head_arena, g->head_mark);
    g->head = (struct advisory){.severity = (enum severity)0};
    g->key.len = 0;
    if (!key_take_off(&rest, &key, &kind, &edition_s, e) || !buf_add_str(&g->key, key, e)) {
        return false;
    }
    id_key = buf_str(&g->key);
    if (!key_take_id(&id_key, &g->head_arena, &g->head.id, e)) {
        return false;
    }
    g->edition_s = edition_s;
    str id = g->head.id;
    for (bool first = true;; first = false) {
        struct advisory more = {0};
        if (edition_s > g->edition_s) { /* what there was is of an older one */
            g->edition_s = edition_s;
            g->head = (struct advisory){.id = id};
            first = true;
        }
        if (edition_s == g->edition_s && (!head_take(rest, &more, e) ||
                                          !head_merge(&g->head_arena, &g->head, &more, first, e))) {
            return false;
        }
        enum step got = spill_next(&g->spill, &record, e);
        if (got != STEP_GOT) {
            return got == STEP_END;
        }
        rest = record;
        if (!key_take_off(&rest, &key, &kind, &edition_s, e)) {
            return false;
        }
        if (kind != ITEM_HEAD || !str_eq(key, buf_str(&g->key))) {
            g->ready = record;
            return true;
        }
    }
}

/* What is not a head. */
static bool other_read(struct gather *g, enum item_kind kind, str rest, struct item *out,
                       struct error *e)
{
    unsigned other = 0;
    switch (kind) {
    case ITEM_ID:
        return key_take8(&rest, 2, &other, e) && key_take_id(&rest, &g->row_arena, &out->id, e);
    case ITEM_ROW:
        return key_take_row(&rest, &g->row_arena, &out->row, e);
    case ITEM_DROP:
        rest = out->key;
        return key_take_id(&rest, &g->row_arena, &out->head.id, e);
    case ITEM_HEAD:
        break;
    }
    return broken(e);
}

static enum step gather_next(struct items *self, struct item *out, struct error *e)
{
    struct gather *g = CONTAINER_OF(self, struct gather, items);
    str record = STR_NONE, rest;
    uint64_t edition_s = 0;
    *out = (struct item){0};
    arena_rewind(&g->row_arena, g->row_mark);
    do {
        enum step got = record_next(g, &record, e);
        if (got != STEP_GOT) {
            return got;
        }
        rest = record;
        if (!key_take_off(&rest, &out->key, &out->kind, &edition_s, e)) {
            return STEP_FAILED;
        }
    } while ((out->kind == ITEM_ID || out->kind == ITEM_ROW) && edition_s < g->edition_s);
    if (out->kind != ITEM_HEAD) {
        return other_read(g, out->kind, rest, out, e) ? STEP_GOT : STEP_FAILED;
    }
    if (!heads_read(g, record, e)) {
        return STEP_FAILED;
    }
    out->key = buf_str(&g->key);
    out->head = g->head;
    return STEP_GOT;
}

/* -- one stream over another ------------------------------------------------------------------ */

static enum step overlay_next(struct items *self, struct item *out, struct error *e);
static bool overlay_rewind(struct items *self, struct error *e);

enum { OLDER, NEWER };

void overlay_init(struct overlay *o, struct items *older, struct items *newer)
{
    *o = (struct overlay){
        .items = {.next = overlay_next, .rewind = overlay_rewind}, .older = older, .newer = newer};
    buf_init(&o->skipped, SPILL_RECORD_BYTES_MAX);
}

void overlay_done(struct overlay *o)
{
    buf_done(&o->skipped);
}

static bool overlay_rewind(struct items *self, struct error *e)
{
    struct overlay *o = CONTAINER_OF(self, struct overlay, items);
    o->read[OLDER] = o->read[NEWER] = false;
    o->skipped.len = 0;
    return items_rewind(o->older, e) && items_rewind(o->newer, e);
}

/* Makes sure that item[which] is the next of its stream, if there[which]. */
static bool overlay_read(struct overlay *o, int which, struct error *e)
{
    if (o->read[which]) {
        return true;
    }
    enum step got = items_next(which == OLDER ? o->older : o->newer, &o->item[which], e);
    o->there[which] = got == STEP_GOT;
    o->read[which] = true;
    return got != STEP_FAILED;
}

static enum step overlay_next(struct items *self, struct item *out, struct error *e)
{
    struct overlay *o = CONTAINER_OF(self, struct overlay, items);
    for (;;) {
        if (!overlay_read(o, OLDER, e) || !overlay_read(o, NEWER, e)) {
            return STEP_FAILED;
        }
        int order = !o->there[NEWER]   ? -1
                    : !o->there[OLDER] ? 1
                                       : str_cmp(o->item[OLDER].key, o->item[NEWER].key);
        if (!o->there[OLDER] && !o->there[NEWER]) {
            return STEP_END;
        }
        /* the newer one goes first; then what the older says of that id is passed over */
        int which = order < 0 ? OLDER : NEWER;
        struct item *item = &o->item[which];
        o->read[which] = false;
        if (which == OLDER) {
            if (str_eq(item->key, buf_str(&o->skipped))) {
                continue;
            }
        } else if (item->kind == ITEM_HEAD || item->kind == ITEM_DROP) {
            o->skipped.len = 0;
            if (!buf_add_str(&o->skipped, item->key, e)) {
                return STEP_FAILED;
            }
        }
        if (item->kind != ITEM_DROP) {
            *out = *item;
            return STEP_GOT;
        }
    }
}
