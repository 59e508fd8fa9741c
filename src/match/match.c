#include "match/match.h"

#include <stdlib.h>

#include "match/rules.h"
#include "model/namespace.h"

/* One match_scan at work. */
struct work {
    struct advisories *advisories;
    struct arena *arena;
    struct inventory *inventory;
    struct place *distribution; /* NULL: its packages cannot be judged */
    struct place *languages[ECOSYSTEM_COUNT];
    str uncovered;                    /* the distribution's namespace, where nobody speaks of it */
    size_t unjudged[ECOSYSTEM_COUNT]; /* packages of languages */
    size_t own, foreign, judged; /* packages: the distribution's, of no known place, looked up */
    struct feed_stamp *feeds;
    size_t feeds_count, feeds_room;
    struct map strange; /* products that limpid does not know */
    struct group group;
    struct finding *findings;
    size_t findings_count, findings_room;
};

static bool is_language(enum ecosystem e)
{
    return namespace_of_ecosystem(e).len > 0;
}

/* -- places --------------------------------------------------------------------------------- */

static MUST_USE bool add_feeds(struct work *w, const struct place *place, struct error *e)
{
    for (size_t i = 0; i < place->feeds_count; i++) {
        size_t known = 0;
        while (known < w->feeds_count && !str_eq(w->feeds[known].feed, place->feeds[i].feed)) {
            known++;
        }
        void *items = w->feeds;
        if (known < w->feeds_count) {
            continue;
        }
        if (!arena_grow(w->arena, &items, w->feeds_count, &w->feeds_room, sizeof(*w->feeds), e)) {
            return false;
        }
        w->feeds = items;
        w->feeds[w->feeds_count++] = place->feeds[i];
    }
    return true;
}

/* CentOS Linux is Red Hat's, rebuilt; it publishes nothing itself. */
static MUST_USE bool advisory_namespace(struct work *w, str *out, bool *rebuilt, struct error *e)
{
    str release = w->inventory->namespace_, name;
    *out = release;
    *rebuilt = str_cut(&release, ':', &name) && str_eq(name, STR("centos"));
    return !*rebuilt || arena_printf(w->arena, out, e, "rhel:" STR_FMT, STR_ARG(release));
}

/* CentOS Stream, which is ahead of Red Hat's releases and publishes no errata. */
static bool is_stream(const struct inventory *inventory)
{
    str release = inventory->namespace_, name;
    str pretty = inventory->distribution.pretty_name;
    if (!str_cut(&release, ':', &name) || !str_eq(name, STR("centos"))) {
        return false;
    }
    return str_find(pretty, STR("Stream")) < pretty.len || release.len != 1 || release.at[0] > '8';
}

/* What keeps the distribution's packages from being judged becomes a note, and *go is false. */
static MUST_USE bool can_judge(struct work *w, bool *go, struct error *e)
{
    struct inventory *inventory = w->inventory;
    const struct distribution *d = &inventory->distribution;
    str ns = inventory->namespace_;
    *go = false;
    if (inventory->packages_count == 0) {
        return note_add(inventory, w->arena, DIAG_INCOMPLETE, e,
                        "no package database found: nothing could be judged");
    }
    if (w->own == 0) {
        return true;
    }
    if (ns.len == 0 && !inventory->has_distribution) {
        return note_add(inventory, w->arena, DIAG_INCOMPLETE, e,
                        "the image does not say which distribution it is: its packages (%zu) could "
                        "not be judged",
                        w->own);
    }
    if (ns.len == 0) {
        return note_add(inventory, w->arena, DIAG_INCOMPLETE, e,
                        "limpid has no advisories for the distribution '" STR_FMT
                        "' in version '" STR_FMT "': its packages (%zu) could not be judged",
                        STR_ARG(d->id), STR_ARG(d->version_id), w->own);
    }
    if (is_stream(inventory)) {
        return note_add(inventory, w->arena, DIAG_INCOMPLETE, e,
                        "CentOS Stream publishes no errata: its packages (%zu) could not be judged",
                        w->own);
    }
    if (scheme_find(namespace_scheme(ns)) == NULL) {
        return note_add(inventory, w->arena, DIAG_INCOMPLETE, e,
                        "limpid does not know how versions are ordered in '" STR_FMT
                        "': its packages (%zu) could not be judged",
                        STR_ARG(ns), w->own);
    }
    *go = true;
    return true;
}

/* A copy of a distribution's advisories may lack much of them: said, where only a copy is here. */
static MUST_USE bool note_missing_own(struct work *w, const struct place *place, struct error *e)
{
    str rest = w->inventory->namespace_, distribution = w->inventory->namespace_;
    (void)str_cut(&rest, ':', &distribution);
    for (size_t i = 0; i < place->feeds_count; i++) {
        if (!str_eq(place->feeds[i].feed, STR("osv"))) {
            return true;
        }
    }
    return note_add(w->inventory, w->arena, DIAG_NOTE, e,
                    "the own advisories of '" STR_FMT "' are not here, only those in '" STR_FMT
                    "': there may be more vulnerabilities",
                    STR_ARG(distribution), STR_ARG(place->feeds[0].feed));
}

static MUST_USE bool open_distribution(struct work *w, struct error *e)
{
    bool go, rebuilt;
    str namespace_;
    struct place *place = ARENA_NEW(w->arena, struct place, e);
    if (place == NULL || !can_judge(w, &go, e)) {
        return false;
    }
    if (!go) {
        return true;
    }
    if (!advisory_namespace(w, &namespace_, &rebuilt, e) ||
        !place_open(w->advisories, namespace_, ECOSYSTEM_NONE, w->arena, place, e)) {
        return false;
    }
    place->order.rebuilt = rebuilt;
    if (place->feeds_count == 0) {
        w->uncovered = namespace_;
        return true;
    }
    w->distribution = place;
    return add_feeds(w, place, e) && note_missing_own(w, place, e) &&
           parts_of(w->advisories, w->inventory, namespace_, w->arena, &place->parts, e);
}

static MUST_USE bool open_language(struct work *w, enum ecosystem language, struct error *e)
{
    struct place *place = ARENA_NEW(w->arena, struct place, e);
    if (place == NULL || !place_open(w->advisories, namespace_of_ecosystem(language), language,
                                     w->arena, place, e)) {
        return false;
    }
    w->languages[language] = place;
    return add_feeds(w, place, e);
}

/* The place where the package's advisories are, or NULL where there is none; counted. */
static MUST_USE bool place_for(struct work *w, const struct package *p, struct place **out,
                               struct error *e)
{
    *out = NULL;
    if (is_language(p->ecosystem)) {
        if (w->languages[p->ecosystem] == NULL && !open_language(w, p->ecosystem, e)) {
            return false;
        }
        struct place *place = w->languages[p->ecosystem];
        if (place->feeds_count > 0) {
            *out = place;
        } else {
            w->unjudged[p->ecosystem]++;
        }
        return true;
    }
    if (w->distribution == NULL) {
        return true;
    }
    if (str_eq(ecosystem_name(p->ecosystem), str_from(w->distribution->order.scheme->name))) {
        *out = w->distribution;
    } else {
        w->foreign++;
    }
    return true;
}

/* -- packages ------------------------------------------------------------------------------- */

/* A part of the distribution that limpid does not know: said once. */
static MUST_USE bool note_strange(struct work *w, str product, struct error *e)
{
    if (map_get(&w->strange, product) != NULL) {
        return true;
    }
    return map_put(&w->strange, product, w, e) &&
           note_add(w->inventory, w->arena, DIAG_NOTE, e,
                    "advisories for '" STR_FMT "', a part of the distribution that limpid does not "
                    "know, were left out",
                    STR_ARG(product));
}

/* Takes the statement's voice into the group, where it speaks of the package. */
static MUST_USE bool group_add(struct work *w, struct place *place, const struct package *p,
                               const struct statement *s, struct error *e)
{
    /* the package's own part of the distribution first, then all of it, then what others get */
    static const unsigned ranks[] = {[CLAIM_OWN] = 0, [CLAIM_PLAIN] = 4, [CLAIM_ELSEWHERE] = 8};
    const struct affected *row = &s->row->affected;
    if (row->state == FIX_UNDETERMINED || !concern_row(p, row)) {
        return true;
    }
    struct voice voice = {.statement = s,
                          .claim = claim_of(&place->parts, p, row),
                          .compared = concern_version(p, row->scope)};
    if (voice.claim == CLAIM_NONE) {
        return true;
    }
    if (voice.claim == CLAIM_STRANGE) {
        return note_strange(w, row->product, e);
    }
    voice.verdict = range_of(&place->order, row, voice.compared);
    voice.rank = s->rank + ranks[voice.claim];
    void *items = w->group.at;
    if (!arena_grow(w->arena, &items, w->group.count, &w->group.room, sizeof(voice), e)) {
        return false;
    }
    w->group.at = items;
    /* by rank, then as they came; groups have one to five members */
    size_t at = w->group.count++;
    for (; at > 0 && w->group.at[at - 1].rank > voice.rank; at--) {
        w->group.at[at] = w->group.at[at - 1];
    }
    w->group.at[at] = voice;
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

struct judging {
    struct place *place;
    const struct found_package *package;
    struct package origin;
};

/* Takes the next statements of `from` into the group where they are about `vulnerability`. */
static MUST_USE bool take(struct work *w, const struct judging *j, const struct statements *from,
                          size_t *at, str vulnerability, struct error *e)
{
    for (; *at < from->count && str_eq(from->at[*at].vulnerability, vulnerability); ++*at) {
        if (!group_add(w, j->place, &j->origin, &from->at[*at], e)) {
            return false;
        }
    }
    return true;
}

static MUST_USE bool judge(struct work *w, const struct judging *j, struct error *e)
{
    struct finding finding;
    bool applies;
    if (!judge_group(j->place, &w->group, w->arena, &applies, &finding, e)) {
        return false;
    }
    finding.package = j->package;
    return !applies || add_finding(w, &finding, e);
}

/* Walks two sorted lists, of the source's and of the package's own name, one vulnerability at a
 * time. */
static MUST_USE bool judge_all(struct work *w, const struct judging *j,
                               const struct statements *source, const struct statements *own,
                               struct error *e)
{
    size_t i = 0, k = 0;
    while (i < source->count || k < own->count) {
        bool first =
            k == own->count || (i < source->count &&
                                str_cmp(source->at[i].vulnerability, own->at[k].vulnerability) < 0);
        str vulnerability = first ? source->at[i].vulnerability : own->at[k].vulnerability;
        w->group.count = 0;
        if (!take(w, j, source, &i, vulnerability, e) || !take(w, j, own, &k, vulnerability, e) ||
            !judge(w, j, e)) {
            return false;
        }
    }
    return true;
}

static MUST_USE bool match_package(struct work *w, struct place *place,
                                   const struct found_package *package, struct error *e)
{
    const struct package *p = &package->package;
    struct known *source, *own;
    struct judging j = {.place = place, .package = package};
    if (!origin_of(p, place->namespace_, w->arena, &j.origin, e) ||
        !place_look_up(place, w->advisories, SCOPE_SOURCE, j.origin.source, w->arena, &source, e) ||
        !place_look_up(place, w->advisories, SCOPE_BINARY, p->name, w->arena, &own, e)) {
        return false;
    }
    bool alone = own->statements.count == 0;
    if (alone && source->judged != NULL && is_same_build(&source->judged->package, p)) {
        return copy_findings(w, source, package, e);
    }
    size_t from = w->findings_count;
    if (!judge_all(w, &j, &source->statements, &own->statements, e)) {
        return false;
    }
    if (alone) {
        source->judged = package;
        source->from = from;
        source->end = w->findings_count;
    }
    return true;
}

static MUST_USE bool match_packages(struct work *w, struct error *e)
{
    for (size_t i = 0; i < w->inventory->packages_count; i++) {
        const struct found_package *package = &w->inventory->packages[i];
        const struct package *p = &package->package;
        struct place *place;
        if (!place_for(w, p, &place, e)) {
            return false;
        }
        if (place == NULL) {
            continue;
        }
        w->judged++;
        if (p->version.len == 0) {
            if (!note_add(w->inventory, w->arena, DIAG_INCOMPLETE, e,
                          "'" STR_FMT "' has no version: it could not be judged",
                          STR_ARG(p->name))) {
                return false;
            }
        } else if (!match_package(w, place, package, e)) {
            return error_wrap(e, "package '" STR_FMT "'", STR_ARG(p->name));
        }
    }
    return true;
}

/* -- what was not judged -------------------------------------------------------------------- */

static MUST_USE bool note_language(struct work *w, enum ecosystem language, struct error *e)
{
    str name = namespace_of_ecosystem(language);
    if (order_scheme(language) == NULL) {
        return note_add(w->inventory, w->arena, DIAG_INCOMPLETE, e,
                        "limpid does not know how versions are ordered in '" STR_FMT
                        "': its packages (%zu) could not be judged",
                        STR_ARG(name), w->unjudged[language]);
    }
    return note_add(w->inventory, w->arena, DIAG_INCOMPLETE, e,
                    "there are no advisories for '" STR_FMT
                    "': its packages (%zu) could not be judged",
                    STR_ARG(name), w->unjudged[language]);
}

/* Nothing at all could be looked up, because the advisories for it are not here. */
static bool is_absent(const struct work *w, str *namespace_)
{
    *namespace_ = w->uncovered;
    for (int i = 0; i < ECOSYSTEM_COUNT && namespace_->len == 0 && w->own == 0; i++) {
        if (w->unjudged[i] > 0 && order_scheme((enum ecosystem)i) != NULL) {
            *namespace_ = namespace_of_ecosystem((enum ecosystem)i);
        }
    }
    return namespace_->len > 0 && w->judged == 0;
}

static MUST_USE bool note_unjudged(struct work *w, struct error *e)
{
    str absent;
    if (is_absent(w, &absent)) {
        error_set(e, ERROR_ABSENT, "no advisories for '" STR_FMT "'", STR_ARG(absent));
        return error_hint(e, "run 'limpid update' to fetch them");
    }
    for (int i = 0; i < ECOSYSTEM_COUNT; i++) {
        if (w->unjudged[i] > 0 && !note_language(w, (enum ecosystem)i, e)) {
            return false;
        }
    }
    if (w->uncovered.len > 0) {
        return note_add(w->inventory, w->arena, DIAG_INCOMPLETE, e,
                        "there are no advisories for '" STR_FMT
                        "': its packages (%zu) could not be judged",
                        STR_ARG(w->uncovered), w->own);
    }
    return w->foreign == 0 ||
           note_add(w->inventory, w->arena, DIAG_INCOMPLETE, e,
                    "packages that are not of the distribution's %s database could not be judged: "
                    "%zu",
                    w->distribution->order.scheme->name, w->foreign);
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

static MUST_USE bool finish(struct work *w, struct scan *out, struct error *e)
{
    bool rebuilt = w->distribution != NULL && w->distribution->order.rebuilt;
    if (!note_unjudged(w, e) ||
        !severity_fill(w->advisories, w->arena, w->findings, w->findings_count, e) ||
        !upgrades_of(w->findings, w->findings_count, rebuilt, w->arena, &out->upgrades,
                     &out->upgrades_count, e)) {
        return false;
    }
    if (w->findings_count > 1) {
        qsort(w->findings, w->findings_count, sizeof(*w->findings), worst_first);
    }
    out->findings = w->findings;
    out->findings_count = w->findings_count;
    out->feeds = w->feeds;
    out->feeds_count = w->feeds_count;
    out->judged = w->own > 0 ? w->distribution != NULL : w->judged > 0;
    return true;
}

bool match_scan(struct advisories *advisories, struct arena *arena, struct scan *out,
                struct error *e)
{
    struct work w = {.advisories = advisories, .arena = arena, .inventory = &out->inventory};
    map_init(&w.strange, arena);
    for (size_t i = 0; i < out->inventory.packages_count; i++) {
        w.own += !is_language(out->inventory.packages[i].package.ecosystem);
    }
    return arena_str(arena, advisories_generation(advisories), &out->generation, e) &&
           open_distribution(&w, e) && match_packages(&w, e) && finish(&w, out, e) &&
           support_fill(advisories, arena, out, e);
}
