/* fake_store.h: the reading half of store/advisories.h over a table, for this folder's tests. */
#ifndef LIMPID_MATCH_FAKE_STORE_H
#define LIMPID_MATCH_FAKE_STORE_H

#include "store/advisories.h"

struct fake_row {
    const char *feed, *id, *ids; /* ids: separated by blanks */
    const char *namespace_, *package, *arch, *module;
    enum package_scope scope;
    enum fix_state state;
    const char *introduced, *fixed, *last_affected, *word;
    enum severity severity;
    const char *severity_source;
    const char *product, *cvss;
    enum severity own_severity; /* of the row itself */
    int64_t date_s;             /* of the feed */
};

enum { FAKE_IDS_MAX = 8 };

struct advisories {
    const struct fake_row *rows;
    size_t count;
    size_t look_ups;
    const struct vulnerability *vulnerabilities;
    size_t vulnerabilities_count, questions;
    bool breaks; /* find fails with ERROR_IO */
};

static inline str fake_or(const char *text, const char *otherwise)
{
    return str_from(text != NULL ? text : otherwise);
}

str advisories_generation(const struct advisories *a)
{
    (void)a;
    return STR("test-1");
}

bool advisories_covering(struct advisories *a, str namespace_, struct arena *arena,
                         const struct feed_stamp **out, size_t *count, struct error *e)
{
    struct feed_stamp *stamps = ARENA_ARRAY(arena, a->count, struct feed_stamp, e);
    if (stamps == NULL) {
        return false;
    }
    *count = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (str_eq(fake_or(a->rows[i].namespace_, "debian:12"), namespace_)) {
            stamps[*count].date_s = a->rows[i].date_s;
            stamps[(*count)++].feed = fake_or(a->rows[i].feed, "debian");
        }
    }
    *out = stamps;
    return true;
}

static bool fake_fill(const struct fake_row *from, struct arena *arena, struct advisory_row *to,
                      struct error *e)
{
    str *ids = ARENA_ARRAY(arena, FAKE_IDS_MAX, str, e);
    if (ids == NULL) {
        return false;
    }
    str rest = str_from(from->ids);
    *to = (struct advisory_row){
        .feed = fake_or(from->feed, "debian"),
        .id = str_from(from->id),
        .ids = ids,
        .severity = from->severity,
        .severity_source = str_from(from->severity_source),
        .cvss = str_from(from->cvss),
        .affected =
            {
                .product = str_from(from->product),
                .severity = from->own_severity,
                .namespace_ = fake_or(from->namespace_, "debian:12"),
                .package = fake_or(from->package, "src"),
                .scope = from->scope,
                .arch = str_from(from->arch),
                .module = str_from(from->module),
                .state = from->state,
                .introduced = str_from(from->introduced),
                .fixed = str_from(from->fixed),
                .last_affected = str_from(from->last_affected),
                .word = str_from(from->word),
            },
    };
    while (to->ids_count < FAKE_IDS_MAX && str_word(&rest, &ids[to->ids_count])) {
        to->ids_count++;
    }
    return true;
}

bool advisories_find(struct advisories *a, str namespace_, enum package_scope scope, str package,
                     struct arena *arena, const struct advisory_row **out, size_t *count,
                     struct error *e)
{
    a->look_ups++;
    if (a->breaks) {
        return error_set(e, ERROR_IO, "the disk is gone");
    }
    struct advisory_row *rows = ARENA_ARRAY(arena, a->count, struct advisory_row, e);
    if (rows == NULL) {
        return false;
    }
    *count = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct fake_row *row = &a->rows[i];
        if (row->id != NULL && row->scope == scope &&
            str_eq(fake_or(row->namespace_, "debian:12"), namespace_) &&
            str_eq(fake_or(row->package, "src"), package) &&
            !fake_fill(row, arena, &rows[(*count)++], e)) {
            return false;
        }
    }
    *out = rows;
    return true;
}

bool advisories_vulnerabilities(struct advisories *a, const str *ids, size_t count,
                                struct arena *arena, struct vulnerability *out, struct error *e)
{
    (void)arena, (void)e;
    for (size_t n = 0; n < count; n++) {
        a->questions++;
        out[n] = (struct vulnerability){.id = ids[n]};
        for (size_t i = 0; i < a->vulnerabilities_count; i++) {
            if (str_eq(a->vulnerabilities[i].id, ids[n])) {
                out[n] = a->vulnerabilities[i];
            }
        }
    }
    return true;
}

#endif
