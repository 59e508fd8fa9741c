#include "ops/advisory.h"

#include <stdlib.h>

#include "model/cvss.h"
#include "ops/open_store.h"
#include "store/advisories.h"

enum { ID_BYTES_MAX = 256 };

struct asking {
    struct advisories *advisories;
    struct arena *arena;
    struct advisory_report *out;
    struct publication *publications;
    size_t count, room;
    str *aliases;
    size_t aliases_room;
};

static bool is_cve(str id)
{
    return id.len > 4 && str_eq_nocase(str_slice(id, 0, 4), STR("CVE-"));
}

static MUST_USE bool upper_case(str text, struct arena *arena, str *out, struct error *e)
{
    char *at = ARENA_ARRAY(arena, text.len, char, e);
    if (at == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        at[i] = (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
    }
    *out = (str){.at = at, .len = text.len};
    return true;
}

/* -- publications --------------------------------------------------------------------------- */

static int by_place(const void *left, const void *right)
{
    const struct affected *a = left, *b = right;
    int order = str_cmp(a->namespace_, b->namespace_);
    order = order != 0 ? order : str_cmp(a->package, b->package);
    order = order != 0 ? order : str_cmp(a->product, b->product);
    order = order != 0 ? order : str_cmp(a->introduced, b->introduced);
    order = order != 0 ? order : str_cmp(a->fixed, b->fixed);
    return order != 0 ? order : str_cmp(a->arch, b->arch);
}

static MUST_USE bool sort_rows(struct advisory *a, struct arena *arena, struct error *e)
{
    struct affected *rows = ARENA_ARRAY(arena, a->affected_count, struct affected, e);
    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < a->affected_count; i++) {
        rows[i] = a->affected[i];
    }
    if (a->affected_count > 1) {
        qsort(rows, a->affected_count, sizeof(*rows), by_place);
    }
    a->affected = rows;
    return true;
}

static bool is_there(const struct asking *a, const struct known_advisory *k)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct publication *p = &a->publications[i];
        if (str_eq(p->feed, k->feed) && str_eq(p->advisory.id, k->advisory.id)) {
            return true;
        }
    }
    return false;
}

/* All that is published under the name and is not there yet. */
static MUST_USE bool ask(struct asking *a, str id, struct error *e)
{
    const struct known_advisory *known;
    size_t count;
    if (!advisories_by_id(a->advisories, id, a->arena, &known, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_there(a, &known[i])) {
            continue;
        }
        void *items = a->publications;
        if (!arena_grow(a->arena, &items, a->count, &a->room, sizeof(*a->publications), e)) {
            return false;
        }
        a->publications = items;
        struct publication *p = &a->publications[a->count++];
        *p = (struct publication){.feed = known[i].feed, .advisory = known[i].advisory};
        if (!sort_rows(&p->advisory, a->arena, e)) {
            return false;
        }
    }
    return true;
}

static int by_feed(const void *left, const void *right)
{
    const struct publication *a = left, *b = right;
    int order = str_cmp(a->feed, b->feed);
    return order != 0 ? order : str_cmp(a->advisory.id, b->advisory.id);
}

/* -- names ---------------------------------------------------------------------------------- */

/* How many CVEs the advisory is about, its own name's included; *one is one of them. */
static size_t cves_of(const struct advisory *a, str *one)
{
    size_t count = 0;
    if (is_cve(a->id)) {
        *one = a->id;
        return 1;
    }
    for (size_t i = 0; i < a->ids_count; i++) {
        if (is_cve(a->ids[i])) {
            *one = a->ids[i];
            count++;
        }
    }
    return count;
}

/* The spelling of the publishers. */
static str spelling(const struct asking *a, str id)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct advisory *p = &a->publications[i].advisory;
        if (str_eq_nocase(p->id, id)) {
            return p->id;
        }
        for (size_t k = 0; k < p->ids_count; k++) {
            if (str_eq_nocase(p->ids[k], id)) {
                return p->ids[k];
            }
        }
    }
    return id;
}

/* The one CVE that the name means; empty where it is none or several. An update is what it is
 * about, and not every update that is about it. */
static str meaning(struct asking *a, str id)
{
    str found = STR_NONE, one;
    for (size_t i = 0; i < a->count; i++) {
        const struct advisory *p = &a->publications[i].advisory;
        size_t count = cves_of(p, &one);
        bool own = str_eq(p->id, id);
        if (own && count > 1) {
            a->out->is_update = true;
            return STR_NONE;
        }
        if (count != 1) {
            continue;
        }
        if (found.len > 0 && !str_eq(found, one)) {
            return STR_NONE;
        }
        found = one;
    }
    return found;
}

static MUST_USE bool add_alias(struct asking *a, str name, struct error *e)
{
    struct advisory_report *out = a->out;
    if (str_eq(name, out->id)) {
        return true;
    }
    for (size_t i = 0; i < out->aliases_count; i++) {
        if (str_eq(a->aliases[i], name)) {
            return true;
        }
    }
    void *items = a->aliases;
    if (!arena_grow(a->arena, &items, out->aliases_count, &a->aliases_room, sizeof(str), e)) {
        return false;
    }
    a->aliases = items;
    a->aliases[out->aliases_count++] = name;
    out->aliases = a->aliases;
    return true;
}

/* Of those that are about this alone, all names; of an update that was asked for, what it is
 * about. */
static MUST_USE bool gather_names(struct asking *a, struct error *e)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct advisory *p = &a->publications[i].advisory;
        str one;
        bool wanted = a->out->is_update ? str_eq(p->id, a->out->id) : cves_of(p, &one) <= 1;
        if (!wanted) {
            continue;
        }
        if (!add_alias(a, p->id, e)) {
            return false;
        }
        for (size_t k = 0; k < p->ids_count; k++) {
            if (!add_alias(a, p->ids[k], e)) {
                return false;
            }
        }
    }
    return true;
}

/* -- the whole ------------------------------------------------------------------------------ */

static MUST_USE bool gather(struct asking *a, str id, struct error *e)
{
    struct advisory_report *out = a->out;
    if (is_cve(id) && !upper_case(id, a->arena, &id, e)) {
        return false;
    }
    if (!ask(a, id, e)) {
        return false;
    }
    out->id = is_cve(id) ? id : spelling(a, id);
    str cve = is_cve(id) ? id : meaning(a, out->id);
    if (cve.len > 0 && !str_eq(cve, out->id)) {
        out->id = cve;
        if (!ask(a, cve, e)) {
            return false;
        }
    }
    if (!advisories_vulnerability(a->advisories, out->id, a->arena, &out->vulnerability,
                                  &out->has_vulnerability, e)) {
        return false;
    }
    if (a->count == 0 && !out->has_vulnerability) {
        error_set(e, ERROR_ABSENT, "nothing is known of '" STR_FMT "'", STR_ARG(id));
        return error_hint(e, "'limpid status' tells which advisories are here");
    }
    if (a->count > 1) {
        qsort(a->publications, a->count, sizeof(*a->publications), by_feed);
    }
    if (!cvss_base_score(out->vulnerability.cvss, &out->cvss_tenths)) {
        out->cvss_tenths = 0;
    }
    out->publications = a->publications;
    out->publications_count = a->count;
    return gather_names(a, e) &&
           arena_str(a->arena, advisories_generation(a->advisories), &out->generation, e);
}

bool ops_advisory(const struct ops_context *context, str id, struct arena *arena,
                  struct advisory_report *out, struct error *e)
{
    struct store *store = NULL;
    struct asking a = {.arena = arena, .out = out};
    *out = (struct advisory_report){.id = id};
    if (str_trim(id).len == 0 || id.len > ID_BYTES_MAX) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' is no identifier", STR_ARG(id));
    }
    if (!ops_open_store(context, arena, &store, e)) {
        return false;
    }
    bool ok = advisories_open(store, &a.advisories, e) && gather(&a, str_trim(id), e);
    advisories_close(a.advisories);
    store_close(store);
    return ok;
}
