/* oval_rows.c: from a definition's facts and cases to an advisory with rows. */
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "feed/oval.h"

/* -- facts ---------------------------------------------------------------------------------- */

bool oval_fact_next(const struct oval *o, const struct oval_definition *d, size_t *at,
                    enum oval_fact *kind, str *value)
{
    if (*at == d->facts_count) {
        return false;
    }
    const uint32_t *fact = oval_list_at(&o->facts, d->facts_at + (*at)++);
    *kind = (enum oval_fact)(*fact & ((1 << OVAL_FACT_BITS) - 1));
    *value = oval_text(o, *fact >> OVAL_FACT_BITS);
    return true;
}

str oval_fact(const struct oval *o, const struct oval_definition *d, enum oval_fact kind)
{
    size_t at = 0;
    enum oval_fact is;
    str value;
    while (oval_fact_next(o, d, &at, &is, &value)) {
        if (is == kind) {
            return value;
        }
    }
    return STR_NONE;
}

bool oval_url(struct oval *o, const struct oval_definition *d, str *out, struct error *e)
{
    str url = oval_fact(o, d, OVAL_URL), id = oval_fact(o, d, OVAL_URL_ID);
    size_t at = str_find_char(url, OVAL_URL_MARK);
    if (id.len == 0 || at == url.len) {
        *out = url;
        return true;
    }
    str before = str_slice(url, 0, at), after = str_slice(url, at + 1, url.len);
    return arena_printf(&o->scratch, out, e, "%.*s%.*s%.*s", (int)before.len, before.at,
                        (int)id.len, id.at, (int)after.len, after.len > 0 ? after.at : "");
}

str oval_leaf_name(const struct oval *o, const struct oval_leaf *leaf, size_t i)
{
    if (leaf->names == NULL) {
        return i == 0 ? leaf->name : STR_NONE;
    }
    if (i >= leaf->names->values_count) {
        return STR_NONE;
    }
    return oval_text(o, *(const uint32_t *)oval_list_at(&o->values, leaf->names->values_at + i));
}

/* -- advisories ----------------------------------------------------------------------------- */

/* "2007-06-26", "2024-04-17T22:02:46Z", "2023-12-18 15:00:00 UTC", "20231218". */
bool oval_date(str text, int64_t *seconds)
{
    char date[11];
    if (clock_parse(text, seconds) || clock_parse(str_slice(text, 0, 10), seconds)) {
        return true;
    }
    if (text.len != 8) {
        return false;
    }
    memcpy(date, text.at, 4);
    memcpy(date + 5, text.at + 4, 2);
    memcpy(date + 8, text.at + 6, 2);
    date[4] = date[7] = '-';
    return clock_parse((str){.at = date, .len = 10}, seconds);
}

static bool is_in(const str *list, size_t count, str text)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i], text)) {
            return true;
        }
    }
    return false;
}

static bool gather_ids(struct oval *o, const struct oval_definition *d, struct advisory *a,
                       struct error *e)
{
    str *ids = ARENA_ARRAY(&o->scratch, d->facts_count, str, e);
    if (ids == NULL) {
        return false;
    }
    size_t at = 0;
    enum oval_fact kind;
    str value;
    a->ids = ids;
    a->ids_count = 0;
    while (oval_fact_next(o, d, &at, &kind, &value)) {
        if (kind != OVAL_CVE || str_eq(value, a->id) ||
            (o->publisher->each_cve && is_in(ids, a->ids_count, value))) {
            continue;
        }
        if (a->ids_count == ADVISORY_IDS_MAX) {
            tally_add(&o->strange, STR("one vulnerability too many of a definition"));
            continue;
        }
        ids[a->ids_count++] = value;
    }
    return true;
}

bool oval_advisory(struct oval *o, const struct oval_definition *d, struct advisory *a,
                   struct error *e)
{
    if (!severity_parse(oval_fact(o, d, OVAL_SEVERITY), &a->severity)) {
        a->severity = SEVERITY_UNKNOWN;
    }
    a->severity_source = a->severity == SEVERITY_UNKNOWN ? STR_NONE : o->publisher->feed;
    a->cvss = oval_fact(o, d, OVAL_CVSS);
    a->description = d->description;
    if (a->description.len == 0) {
        a->description = oval_fact(o, d, OVAL_TITLE);
    }
    if (str_eq(a->description, a->id)) {
        a->description = STR_NONE;
    }
    (void)!oval_date(oval_fact(o, d, OVAL_ISSUED), &a->published_s);
    (void)!oval_date(oval_fact(o, d, OVAL_UPDATED), &a->modified_s);
    return oval_url(o, d, &a->url, e) && gather_ids(o, d, a, e);
}

/* -- rows ----------------------------------------------------------------------------------- */

static bool rows_equal(const struct affected *a, const struct affected *b)
{
    return a->scope == b->scope && a->state == b->state && a->severity == b->severity &&
           str_eq(a->package, b->package) && str_eq(a->fixed, b->fixed) &&
           str_eq(a->namespace_, b->namespace_) && str_eq(a->product, b->product) &&
           str_eq(a->arch, b->arch) && str_eq(a->module, b->module) &&
           str_eq(a->introduced, b->introduced) && str_eq(a->last_affected, b->last_affected) &&
           str_eq(a->word, b->word);
}

static size_t row_slot(const struct oval_rows *rows, const struct affected *row)
{
    uint64_t hash =
        map_hash(rows->secret, row->package) + 3 * map_hash(rows->secret, row->namespace_) +
        5 * map_hash(rows->secret, row->fixed) + 7 * map_hash(rows->secret, row->product) +
        11 * map_hash(rows->secret, row->arch);
    size_t at = (size_t)hash & (rows->slots_room - 1);
    while (rows->slots[at] != 0 && !rows_equal(&rows->at[rows->slots[at] - 1], row)) {
        at = (at + 1) & (rows->slots_room - 1);
    }
    return at;
}

static bool slots_grow(struct oval *o, struct error *e)
{
    enum { SLOTS_FIRST = 64 };
    struct oval_rows *rows = &o->rows;
    size_t room = rows->slots_room == 0 ? SLOTS_FIRST : 4 * rows->slots_room;
    uint32_t *slots = ARENA_ARRAY(&o->scratch, room, uint32_t, e);
    if (slots == NULL) {
        return false;
    }
    if (rows->slots_room == 0) {
        map_secret(rows->secret, slots);
    }
    rows->slots = slots;
    rows->slots_room = room;
    for (size_t i = 0; i < rows->count; i++) {
        rows->slots[row_slot(rows, &rows->at[i])] = (uint32_t)(i + 1);
    }
    return true;
}

bool oval_row(struct oval *o, const struct affected *row, struct error *e)
{
    struct oval_rows *rows = &o->rows;
    if (rows->count >= rows->slots_room / 2 && !slots_grow(o, e)) {
        return false;
    }
    size_t at = row_slot(rows, row);
    if (rows->slots[at] != 0) {
        return true;
    }
    void *items = rows->at;
    if (!arena_grow(&o->scratch, &items, rows->count, &rows->room, sizeof(*row), e)) {
        return false;
    }
    rows->at = items;
    rows->at[rows->count++] = *row;
    rows->slots[at] = (uint32_t)rows->count;
    return true;
}

static bool put_rows(struct oval *o, struct advisory *a, struct error *e)
{
    size_t left = o->rows.count;
    a->affected = o->rows.at;
    while (left > 0) {
        a->affected_count = left < ADVISORY_AFFECTED_MAX ? left : ADVISORY_AFFECTED_MAX;
        if (!o->out->put(o->out, a, e)) {
            return false;
        }
        a->affected += a->affected_count;
        left -= a->affected_count;
    }
    return true;
}

bool oval_flush(struct oval *o, struct advisory *a, struct error *e)
{
    bool done = put_rows(o, a, e);
    if (o->rows.slots_room > 0) {
        memset(o->rows.slots, 0, o->rows.slots_room * sizeof(*o->rows.slots));
    }
    o->rows.flushed = o->rows.flushed || o->rows.count > 0;
    o->rows.count = 0;
    return done;
}

bool oval_put(struct oval *o, const struct oval_definition *d, struct advisory *a,
              const struct oval_cases *cases, struct error *e)
{
    struct oval_branches branches;
    struct oval_leaf leaves[OVAL_LEAVES_MAX];
    o->rows = (struct oval_rows){.count = 0};
    enum step step = oval_tree_cases(o, d, &branches, e);
    if (step != STEP_GOT) {
        o->too_many += step == STEP_END;
        return step == STEP_END;
    }
    for (size_t i = 0; i < branches.count; i++) {
        struct oval_case one = oval_tree_case(o, &branches.at[i], leaves);
        if (!cases->each(o, d, &one, cases->arg, e)) {
            return false;
        }
    }
    o->without_rows += o->rows.count == 0 && !o->rows.flushed;
    return put_rows(o, a, e);
}

/* -- what a case is about ------------------------------------------------------------------- */

static bool is_comparison(enum oval_says says)
{
    return says >= OVAL_LESS && says <= OVAL_INSTALLED;
}

static void limit(const struct oval_leaf *leaf, struct affected *row)
{
    static const enum oval_says opposite[] = {
        [OVAL_LESS] = OVAL_GREATER_EQUAL, [OVAL_LESS_EQUAL] = OVAL_GREATER,
        [OVAL_GREATER] = OVAL_LESS_EQUAL, [OVAL_GREATER_EQUAL] = OVAL_LESS,
        [OVAL_EQUAL] = OVAL_CONDITION,    [OVAL_INSTALLED] = OVAL_CONDITION,
    };
    enum oval_says says = leaf->negated ? opposite[leaf->says] : leaf->says;
    if (says == OVAL_LESS) {
        row->fixed = leaf->version;
    } else if (says == OVAL_LESS_EQUAL || says == OVAL_EQUAL) {
        row->last_affected = leaf->version;
    }
    if (says == OVAL_GREATER || says == OVAL_GREATER_EQUAL || says == OVAL_EQUAL) {
        row->introduced = leaf->version; /* from that version on: ranges have no "after" */
    }
}

str oval_arch(str arch)
{
    arch = str_trim(arch);
    if (arch.len > 1 && arch.at[0] == '(' && arch.at[arch.len - 1] == ')') {
        arch = str_slice(arch, 1, arch.len - 1);
    }
    if (arch.len > 0 && arch.at[0] == '^') {
        arch = str_slice(arch, 1, arch.len);
    }
    if (arch.len > 0 && arch.at[arch.len - 1] == '$') {
        arch.len--;
    }
    return str_find_char(arch, '|') < arch.len ? STR_NONE : arch;
}

bool oval_case_package(const struct oval_case *c, struct affected *row)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct oval_leaf *leaf = &c->leaves[i];
        if (leaf->says == OVAL_ARCH_IS && !leaf->negated && row->arch.len == 0) {
            row->arch = oval_arch(leaf->arch);
        }
        if (!is_comparison(leaf->says) || leaf->name.len == 0 ||
            (leaf->negated && leaf->says >= OVAL_EQUAL)) {
            continue;
        }
        if (row->package.len == 0) {
            row->package = leaf->name;
        }
        if (!str_eq(row->package, leaf->name)) {
            continue; /* that another package is there too is a condition like others */
        }
        limit(leaf, row);
        if (row->arch.len == 0) {
            row->arch = oval_arch(leaf->arch);
        }
    }
    row->state = row->fixed.len > 0 ? FIX_AVAILABLE : FIX_NONE_YET;
    return row->package.len > 0;
}
