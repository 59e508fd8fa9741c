#include "match/match.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "match/rules.h"
#include "model/namespace.h"

/* What the store says of one name, and what became of it for the last package judged. */
struct known {
    struct statements statements;
    const struct found_package *judged; /* by these statements alone; NULL: none yet */
    size_t from, end;                   /* its findings */
};

/* One match_scan at work. */
struct work {
    struct advisories *advisories;
    struct arena *arena;
    const struct scheme *scheme;
    str namespace_;
    struct map by_source, by_name; /* a name to its struct known: one look-up each */
    struct group group;
    struct finding *findings;
    size_t findings_count, findings_room;
};

static MUST_USE bool note(struct inventory *inventory, struct arena *arena, struct error *e,
                          const char *fmt, ...) PRINTF(4, 5);

static bool note(struct inventory *inventory, struct arena *arena, struct error *e, const char *fmt,
                 ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0) {
        text[0] = '\0';
    }
    if (inventory->notes.arena == NULL) {
        diag_init(&inventory->notes, arena);
    }
    return diag_add(&inventory->notes, DIAG_INCOMPLETE, STR_NONE, str_from(text), e);
}

/* What keeps the whole image from being judged becomes a note, and *go is false. */
static MUST_USE bool can_judge(struct inventory *inventory, struct arena *arena, bool *go,
                               struct error *e)
{
    size_t count = inventory->packages_count;
    const struct distribution *d = &inventory->distribution;
    str ns = inventory->namespace_;
    *go = false;
    if (count == 0) {
        return note(inventory, arena, e, "no package database found: nothing could be judged");
    }
    if (ns.len == 0 && !inventory->has_distribution) {
        return note(inventory, arena, e,
                    "the image does not say which distribution it is: its packages (%zu) could not "
                    "be judged",
                    count);
    }
    if (ns.len == 0) {
        return note(inventory, arena, e,
                    "limpid has no advisories for the distribution '" STR_FMT
                    "' in version '" STR_FMT "': its packages (%zu) could not be judged",
                    STR_ARG(d->id), STR_ARG(d->version_id), count);
    }
    if (scheme_find(namespace_scheme(ns)) == NULL) {
        return note(inventory, arena, e,
                    "limpid does not know how versions are ordered in '" STR_FMT
                    "': its packages (%zu) could not be judged",
                    STR_ARG(ns), count);
    }
    *go = true;
    return true;
}

static MUST_USE bool look_up(struct work *w, enum package_scope scope, str name, struct known **out,
                             struct error *e)
{
    struct map *map = scope == SCOPE_SOURCE ? &w->by_source : &w->by_name;
    struct known *k = map_get(map, name);
    if (k == NULL) {
        const struct advisory_row *rows;
        size_t count;
        k = ARENA_NEW(w->arena, struct known, e);
        if (k == NULL ||
            !advisories_find(w->advisories, w->namespace_, scope, name, w->arena, &rows, &count,
                             e) ||
            !statements_of(rows, count, w->arena, &k->statements, e) || !map_put(map, name, k, e)) {
            return false;
        }
    }
    *out = k;
    return true;
}

static MUST_USE bool group_add(struct work *w, const struct statement *s, struct error *e)
{
    void *items = w->group.at;
    if (!arena_grow(w->arena, &items, w->group.count, &w->group.room, sizeof(s), e)) {
        return false;
    }
    w->group.at = items;
    /* by rank, then as they came; groups have one to five members */
    size_t at = w->group.count++;
    for (; at > 0 && w->group.at[at - 1]->rank > s->rank; at--) {
        w->group.at[at] = w->group.at[at - 1];
    }
    w->group.at[at] = s;
    return true;
}

static MUST_USE bool add_finding(struct work *w, const struct finding *f, struct error *e)
{
    void *items = w->findings;
    if (!arena_grow(w->arena, &items, w->findings_count, &w->findings_room, sizeof(*f), e)) {
        return false;
    }
    w->findings = items;
    w->findings[w->findings_count++] = *f;
    return true;
}

static MUST_USE bool judge(struct work *w, const struct found_package *package,
                           const struct package *origin, struct error *e)
{
    struct finding finding;
    bool applies;
    if (!judge_group(w->scheme, origin, &w->group, w->arena, &applies, &finding, e)) {
        return false;
    }
    if (!applies) {
        return true;
    }
    finding.package = package;
    return add_finding(w, &finding, e);
}

/* All that the rules look at in a package, but its name. */
static bool is_same_build(const struct package *a, const struct package *b)
{
    return str_eq(a->source_version, b->source_version) && str_eq(a->version, b->version) &&
           str_eq(a->arch, b->arch) && str_eq(a->module, b->module);
}

/* Packages of one source and version share their findings: they are judged once. */
static MUST_USE bool copy_findings(struct work *w, const struct known *k,
                                   const struct found_package *package, struct error *e)
{
    for (size_t i = k->from; i < k->end; i++) {
        struct finding f = w->findings[i];
        f.package = package;
        if (!add_finding(w, &f, e)) {
            return false;
        }
    }
    return true;
}

/* Takes the next statement of `from` into the group where it is about `vulnerability`. */
static MUST_USE bool take(struct work *w, const struct statements *from, size_t *at,
                          str vulnerability, struct error *e)
{
    for (; *at < from->count && str_eq(from->at[*at].vulnerability, vulnerability); ++*at) {
        if (!group_add(w, &from->at[*at], e)) {
            return false;
        }
    }
    return true;
}

/* Walks two sorted lists, of the source's and of the package's own name, one vulnerability at a
 * time. */
static MUST_USE bool judge_all(struct work *w, const struct statements *source,
                               const struct statements *own, const struct found_package *package,
                               const struct package *origin, struct error *e)
{
    size_t i = 0, k = 0;
    while (i < source->count || k < own->count) {
        bool first =
            k == own->count || (i < source->count &&
                                str_cmp(source->at[i].vulnerability, own->at[k].vulnerability) < 0);
        str vulnerability = first ? source->at[i].vulnerability : own->at[k].vulnerability;
        w->group.count = 0;
        if (!take(w, source, &i, vulnerability, e) || !take(w, own, &k, vulnerability, e) ||
            !judge(w, package, origin, e)) {
            return false;
        }
    }
    return true;
}

static MUST_USE bool match_package(struct work *w, const struct found_package *package,
                                   struct error *e)
{
    const struct package *p = &package->package;
    struct known *source, *own;
    struct package origin;
    if (!origin_of(p, w->namespace_, w->arena, &origin, e) ||
        !look_up(w, SCOPE_SOURCE, origin.source, &source, e) ||
        !look_up(w, SCOPE_BINARY, p->name, &own, e)) {
        return false;
    }
    bool alone = own->statements.count == 0;
    if (alone && source->judged != NULL && is_same_build(&source->judged->package, p)) {
        return copy_findings(w, source, package, e);
    }
    size_t from = w->findings_count;
    if (!judge_all(w, &source->statements, &own->statements, package, &origin, e)) {
        return false;
    }
    if (alone) {
        source->judged = package;
        source->from = from;
        source->end = w->findings_count;
    }
    return true;
}

static MUST_USE bool match_packages(struct work *w, struct inventory *inventory, struct error *e)
{
    size_t foreign = 0;
    for (size_t i = 0; i < inventory->packages_count; i++) {
        const struct found_package *package = &inventory->packages[i];
        const struct package *p = &package->package;
        if (!str_eq(ecosystem_name(p->ecosystem), str_from(w->scheme->name))) {
            foreign++;
        } else if (p->version.len == 0) {
            if (!note(inventory, w->arena, e,
                      "'" STR_FMT "' has no version: it could not be judged", STR_ARG(p->name))) {
                return false;
            }
        } else if (!match_package(w, package, e)) {
            return error_wrap(e, "package '" STR_FMT "'", STR_ARG(p->name));
        }
    }
    if (foreign == 0) {
        return true;
    }
    return note(inventory, w->arena, e,
                "packages that are not of the distribution's %s database could not be judged: %zu",
                w->scheme->name, foreign);
}

static int worst_first(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->severity != b->severity) {
        return a->severity > b->severity ? -1 : 1;
    }
    int order = str_cmp(a->package->package.name, b->package->package.name);
    if (order == 0) {
        order = (a->package > b->package) - (a->package < b->package);
    }
    return order != 0 ? order : str_cmp(a->id, b->id);
}

/* A copy of a distribution's advisories may lack much of them: said, where only a copy is here. */
static MUST_USE bool note_missing_own(const struct scan *scan, struct inventory *inventory,
                                      struct arena *arena, struct error *e)
{
    str rest = inventory->namespace_, distribution = inventory->namespace_, text;
    (void)str_cut(&rest, ':', &distribution);
    for (size_t i = 0; i < scan->feeds_count; i++) {
        if (str_eq(scan->feeds[i].feed, distribution)) {
            return true;
        }
    }
    if (inventory->notes.arena == NULL) {
        diag_init(&inventory->notes, arena);
    }
    return arena_printf(arena, &text, e,
                        "the own advisories of '" STR_FMT "' are not here, only those in '" STR_FMT
                        "': there may be more vulnerabilities",
                        STR_ARG(distribution), STR_ARG(scan->feeds[0].feed)) &&
           diag_add(&inventory->notes, DIAG_NOTE, STR_NONE, text, e);
}

static MUST_USE bool match_all(struct advisories *advisories, struct arena *arena, struct scan *out,
                               struct error *e)
{
    struct inventory *inventory = &out->inventory;
    if (!advisories_covering(advisories, inventory->namespace_, arena, &out->feeds,
                             &out->feeds_count, e)) {
        return false;
    }
    if (out->feeds_count == 0) {
        error_set(e, ERROR_ABSENT, "no advisories for '" STR_FMT "'",
                  STR_ARG(inventory->namespace_));
        return error_hint(e, "run 'limpid update' to fetch them");
    }
    if (!note_missing_own(out, inventory, arena, e)) {
        return false;
    }
    struct work w = {
        .advisories = advisories,
        .arena = arena,
        .scheme = scheme_find(namespace_scheme(inventory->namespace_)),
        .namespace_ = inventory->namespace_,
    };
    map_init(&w.by_source, arena);
    map_init(&w.by_name, arena);
    if (!match_packages(&w, inventory, e) ||
        !upgrades_of(w.scheme, w.findings, w.findings_count, arena, &out->upgrades,
                     &out->upgrades_count, e)) {
        return false;
    }
    if (w.findings_count > 1) {
        qsort(w.findings, w.findings_count, sizeof(*w.findings), worst_first);
    }
    out->findings = w.findings;
    out->findings_count = w.findings_count;
    return true;
}

bool match_scan(struct advisories *advisories, struct arena *arena, struct scan *out,
                struct error *e)
{
    out->findings = NULL;
    out->findings_count = 0;
    out->upgrades = NULL;
    out->upgrades_count = 0;
    out->feeds = NULL;
    out->feeds_count = 0;
    bool go;
    if (!arena_str(arena, advisories_generation(advisories), &out->generation, e) ||
        !can_judge(&out->inventory, arena, &go, e)) {
        return false;
    }
    out->judged = go;
    return !go || match_all(advisories, arena, out, e);
}
