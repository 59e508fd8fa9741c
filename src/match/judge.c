/* judge.c: of all that is said about one vulnerability in one package, what holds.
 *
 * The statements of the lowest rank that speaks decide, and those of a higher rank only join.
 * Among those that decide: "not affected" overrules; else the package is affected where any row's
 * range has it, and what it needs is a version that satisfies all of them. */
#include "match/rules.h"

enum { RANK_NONE = 99 };

static bool speaks(const struct scheme *scheme, const struct package *p, const struct statement *s,
                   enum range_verdict *verdict)
{
    const struct affected *row = &s->row->affected;
    if (!concern_row(p, row)) {
        return false;
    }
    *verdict = range_of(scheme, row, concern_version(p, row->scope));
    return *verdict != RANGE_UNDETERMINED && row->state != FIX_UNDETERMINED;
}

/* The row that takes more to satisfy: one without a fix, else the one with the newer fix. */
static bool needs_more(const struct scheme *scheme, const struct affected *a,
                       const struct affected *b)
{
    bool fix_a = range_has_fix(a), fix_b = range_has_fix(b);
    if (fix_a != fix_b) {
        return !fix_a;
    }
    return fix_a && scheme->compare(a->fixed, b->fixed) > 0;
}

struct decision {
    unsigned rank;
    const struct statement *by; /* NULL: no finding */
    size_t applying;            /* statements of any rank that are in range */
};

static struct decision decide(const struct scheme *scheme, const struct package *p,
                              const struct group *group)
{
    struct decision d = {.rank = RANK_NONE};
    enum range_verdict verdict;
    for (size_t i = 0; i < group->count; i++) {
        if (speaks(scheme, p, group->at[i], &verdict) && group->at[i]->rank < d.rank) {
            d.rank = group->at[i]->rank;
        }
    }
    for (size_t i = 0; i < group->count; i++) {
        const struct statement *s = group->at[i];
        if (!speaks(scheme, p, s, &verdict)) {
            continue;
        }
        if (s->rank == d.rank && verdict == RANGE_NOT_AFFECTED) {
            return (struct decision){.rank = d.rank};
        }
        if (verdict != RANGE_IN) {
            continue;
        }
        d.applying++;
        if (s->rank == d.rank &&
            (d.by == NULL || needs_more(scheme, &s->row->affected, &d.by->row->affected))) {
            d.by = s;
        }
    }
    return d;
}

static struct finding_advisory advisory_of(const struct package *p, const struct advisory_row *row)
{
    struct finding_advisory a = {
        .id = row->id,
        .feed = row->feed,
        .cvss = row->cvss,
        .severity = row->severity,
        .severity_source = row->severity_source,
        .published_s = row->published_s,
        .modified_s = row->modified_s,
        .affected = row->affected,
        .compared = concern_version(p, row->affected.scope),
    };
    if (a.severity == SEVERITY_UNKNOWN) {
        a.severity = row->affected.severity;
    }
    /* Debian's word for "a bug, but not a security problem here" */
    if (a.severity == SEVERITY_UNKNOWN && str_starts(row->affected.word, STR("unimportant"))) {
        a.severity = SEVERITY_NEGLIGIBLE;
    }
    if (a.severity == SEVERITY_UNKNOWN) {
        a.severity_source = STR_NONE;
    } else if (a.severity_source.len == 0) {
        a.severity_source = row->feed;
    }
    return a;
}

/* The deciding rank's word, the highest of it; only where it has none, the others'. */
static void take_severity(struct finding *f, const struct finding_advisory *list, size_t first,
                          size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (list[i].severity > f->severity) {
            f->severity = list[i].severity;
            f->severity_source = list[i].severity_source;
        }
    }
}

static bool is_listed(const str *list, size_t count, str id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i], id)) {
            return true;
        }
    }
    return false;
}

static MUST_USE bool add_alias(struct finding *f, str **list, size_t *room, struct arena *arena,
                               str id, struct error *e)
{
    if (str_eq(id, f->id) || is_listed(*list, f->aliases_count, id)) {
        return true;
    }
    void *items = *list;
    if (!arena_grow(arena, &items, f->aliases_count, room, sizeof(**list), e)) {
        return false;
    }
    *list = items;
    (*list)[f->aliases_count++] = id;
    f->aliases = *list;
    return true;
}

/* Other names of this vulnerability. What an update is about besides is no alias; nor is the
 * update itself, unless its name says that it stands for the CVE ("DEBIAN-CVE-2024-1"). */
static MUST_USE bool take_aliases(struct finding *f, const struct group *group, struct arena *arena,
                                  struct error *e)
{
    str *list = NULL;
    size_t room = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct statement *s = group->at[i];
        if (!s->single) {
            continue;
        }
        if (str_ends(s->row->id, f->id) && !add_alias(f, &list, &room, arena, s->row->id, e)) {
            return false;
        }
        for (size_t k = 0; k < s->row->ids_count; k++) {
            if (!add_alias(f, &list, &room, arena, s->row->ids[k], e)) {
                return false;
            }
        }
    }
    return true;
}

/* A publisher can know the last affected version and not the one that fixes it. */
static enum fix_state state_of(const struct affected *row)
{
    return row->state == FIX_AVAILABLE && !range_has_fix(row) ? FIX_NONE_YET : row->state;
}

bool judge_group(const struct scheme *scheme, const struct package *p, const struct group *group,
                 struct arena *arena, bool *applies, struct finding *out, struct error *e)
{
    struct decision d = decide(scheme, p, group);
    if (d.by == NULL) {
        *applies = false;
        return true;
    }
    struct finding_advisory *list = ARENA_ARRAY(arena, d.applying, struct finding_advisory, e);
    if (list == NULL) {
        return false;
    }
    /* the one that decided, then its rank, then the others: the group is sorted by rank */
    size_t count = 0, deciding = 1;
    list[count++] = advisory_of(p, d.by->row);
    for (size_t i = 0; i < group->count; i++) {
        const struct statement *s = group->at[i];
        enum range_verdict verdict;
        if (s != d.by && speaks(scheme, p, s, &verdict) && verdict == RANGE_IN) {
            list[count++] = advisory_of(p, s->row);
            deciding += s->rank == d.rank ? 1 : 0;
        }
    }
    const struct affected *row = &d.by->row->affected;
    struct finding f = {
        .id = d.by->vulnerability,
        .state = state_of(row),
        .fixed = range_has_fix(row) ? row->fixed : STR_NONE,
        .word = row->word,
        .advisories = list,
        .advisories_count = count,
    };
    take_severity(&f, list, 0, deciding);
    if (f.severity == SEVERITY_UNKNOWN) {
        take_severity(&f, list, deciding, count);
    }
    if (!take_aliases(&f, group, arena, e)) {
        return false;
    }
    *out = f;
    *applies = true;
    return true;
}
