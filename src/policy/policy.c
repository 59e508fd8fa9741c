/* policy.c: applies a policy to what a scan found. What fails a build is decided on all findings
 * that are not ignored, also those that are not shown: the two rules are separate. */
#include "policy/policy.h"

#include <stdlib.h>
#include <strings.h>

#include "base/map.h"
#include "model/risk.h"
#include "policy/order.h"

struct ignore {
    str id;
    bool used;
};

struct ignores { /* sorted by id, in any letter case */
    struct ignore *at;
    size_t count;
};

static int nocase_compare(str a, str b)
{
    size_t both = a.len < b.len ? a.len : b.len;
    int order = both == 0 ? 0 : strncasecmp(a.at, b.at, both);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_id(const void *left, const void *right)
{
    const struct ignore *a = left, *b = right;
    return nocase_compare(a->id, b->id);
}

static MUST_USE bool ignores_of(const struct policy *p, struct arena *arena, struct ignores *out,
                                struct error *e)
{
    out->count = 0;
    out->at = ARENA_ARRAY(arena, p->ignored_count, struct ignore, e);
    if (out->at == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->ignored_count; i++) {
        out->at[i] = (struct ignore){.id = str_trim(p->ignored[i])};
    }
    if (p->ignored_count > 1) {
        qsort(out->at, p->ignored_count, sizeof(*out->at), by_id);
    }
    for (size_t i = 0; i < p->ignored_count; i++) {
        if (i == 0 || by_id(&out->at[i - 1], &out->at[i]) != 0) {
            out->at[out->count++] = out->at[i];
        }
    }
    return true;
}

static void ignore_by(struct ignores *ignores, str id, struct finding *f)
{
    struct ignore key = {.id = id};
    struct ignore *found =
        ignores->count == 0 ? NULL : bsearch(&key, ignores->at, ignores->count, sizeof(key), by_id);
    if (found == NULL) {
        return;
    }
    found->used = true;
    if (!f->ignored) {
        f->ignored = true;
        f->ignored_by = found->id;
    }
}

/* By the vulnerability, another name of it, or an advisory that is about it. */
static void mark_ignored(struct ignores *ignores, struct finding *f)
{
    ignore_by(ignores, f->id, f);
    for (size_t i = 0; i < f->aliases_count; i++) {
        ignore_by(ignores, f->aliases[i], f);
    }
    for (size_t i = 0; i < f->advisories_count; i++) {
        ignore_by(ignores, f->advisories[i].id, f);
    }
}

static MUST_USE bool note_unused(const struct ignores *ignores, struct arena *arena,
                                 struct scan *scan, struct error *e)
{
    struct diag *notes = &scan->inventory.notes;
    if (notes->arena == NULL) {
        diag_init(notes, arena);
    }
    for (size_t i = 0; i < ignores->count; i++) {
        str text;
        if (!ignores->at[i].used &&
            (!arena_printf(arena, &text, e, "'" STR_FMT "' is ignored but was not found",
                           STR_ARG(ignores->at[i].id)) ||
             !diag_add(notes, DIAG_NOTE, STR_NONE, text, e))) {
            return false;
        }
    }
    return true;
}

static bool epss_fails(const struct policy *p, const struct exploitation *x)
{
    return p->fail_on_epss && risk_has_epss(x) &&
           (x->epss > p->fail_epss || (!p->fail_epss_above && x->epss == p->fail_epss));
}

static bool finding_fails(const struct policy *p, const struct finding *f)
{
    if (f->ignored || (p->fail_fixed_only && f->fixed.len == 0)) {
        return false;
    }
    return (p->fail_on_severity && f->severity >= p->fail_severity) ||
           (p->fail_on_kev && f->exploitation.kev_added_s != 0) || epss_fails(p, &f->exploitation);
}

static bool scan_fails(const struct policy *p, const struct scan *scan, bool by_finding)
{
    return by_finding || (p->fail_on_incomplete && scan->inventory.notes.incomplete) ||
           (p->fail_on_nothing_found && scan->inventory.packages_count == 0);
}

static int by_use(const void *left, const void *right)
{
    const struct upgrade *a = left, *b = right;
    if (a->removes != b->removes) {
        return a->removes > b->removes ? -1 : 1;
    }
    if (a->worst != b->worst) {
        return a->worst > b->worst ? -1 : 1;
    }
    return str_cmp(a->package, b->package);
}

/* An upgrade's counts again, and the installed packages that were counted. */
struct tally {
    struct tally *next;
    struct upgrade upgrade;
    struct map packages; /* name, then version and architecture: by address of the package */
};

static str source_of(const struct package *p)
{
    return p->source.len > 0 ? p->source : p->name;
}

static MUST_USE bool count_in(struct tally *t, const struct finding *f, struct error *e)
{
    t->upgrade.removes++;
    t->upgrade.worst = f->severity > t->upgrade.worst ? f->severity : t->upgrade.worst;
    /* the pointer's own bytes are the key: they live in the finding */
    str key = {.at = (const char *)&f->package, .len = sizeof(f->package)};
    if (map_get(&t->packages, key) == NULL) {
        t->upgrade.packages++;
        return map_put(&t->packages, key, t, e);
    }
    return true;
}

/* The version to upgrade to stays what it was: it removes all that is left, too. */
static MUST_USE bool recount_upgrades(struct arena *arena, struct scan *scan, struct error *e)
{
    struct map tallies;
    map_init(&tallies, arena);
    struct tally *all = ARENA_ARRAY(arena, scan->upgrades_count, struct tally, e);
    struct upgrade *kept = ARENA_ARRAY(arena, scan->upgrades_count, struct upgrade, e);
    if (all == NULL || kept == NULL) {
        return false;
    }
    for (size_t i = 0; i < scan->upgrades_count; i++) {
        const struct upgrade *u = &scan->upgrades[i];
        all[i].upgrade =
            (struct upgrade){.package = u->package, .ecosystem = u->ecosystem, .to = u->to};
        map_init(&all[i].packages, arena);
        /* of two ecosystems' packages of one name, the other hangs behind */
        all[i].next = map_get(&tallies, u->package);
        if (!map_put(&tallies, u->package, &all[i], e)) {
            return false;
        }
    }
    for (size_t i = 0; i < scan->findings_count; i++) {
        const struct finding *f = &scan->findings[i];
        struct tally *t = map_get(&tallies, source_of(&f->package->package));
        while (t != NULL && t->upgrade.ecosystem != f->package->package.ecosystem) {
            t = t->next;
        }
        if (t != NULL && !f->ignored && f->fixed.len > 0 && !count_in(t, f, e)) {
            return false;
        }
    }
    size_t count = 0;
    for (size_t i = 0; i < scan->upgrades_count; i++) {
        if (all[i].upgrade.removes > 0) {
            kept[count++] = all[i].upgrade;
        }
    }
    if (count > 1) {
        qsort(kept, count, sizeof(*kept), by_use);
    }
    scan->upgrades = kept;
    scan->upgrades_count = count;
    return true;
}

bool policy_apply(const struct policy *p, struct arena *arena, struct scan *scan, struct error *e)
{
    struct ignores ignores;
    struct finding *shown = ARENA_ARRAY(arena, scan->findings_count, struct finding, e);
    if (shown == NULL || !ignores_of(p, arena, &ignores, e)) {
        return false;
    }
    bool fails = false;
    size_t count = 0;
    for (size_t i = 0; i < scan->findings_count; i++) {
        struct finding f = scan->findings[i];
        mark_ignored(&ignores, &f);
        fails = fails || finding_fails(p, &f);
        if (p->severities[f.severity] && p->states[f.state]) {
            shown[count++] = f;
        }
    }
    order_findings(p->order, shown, count);
    scan->findings = shown;
    scan->findings_count = count;
    if (!note_unused(&ignores, arena, scan, e) || !recount_upgrades(arena, scan, e)) {
        return false;
    }
    scan->fails = scan_fails(p, scan, fails);
    return true;
}
