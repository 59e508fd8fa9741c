/* judge.c: of all that is said about one vulnerability in one package, what holds.
 *
 * The voices of the lowest rank decide, and those of a higher rank only join. Among those that
 * decide: "not affected" overrules; else the package is affected where any row's range has it, and
 * what it needs is a version that satisfies all of them. */
#include "match/rules.h"

/* The row that takes more to satisfy: one without a fix, else the one with the newer fix. */
static bool needs_more(const struct order *order, const struct affected *a,
                       const struct affected *b)
{
    bool fix_a = range_has_fix(a), fix_b = range_has_fix(b);
    if (fix_a != fix_b) {
        return !fix_a;
    }
    return fix_a && order_compare(order, a->fixed, b->fixed) > 0;
}

static const struct affected *row_of(const struct voice *v)
{
    return &v->statement->row->affected;
}

/* A language's databases judge the same flaw each by themselves. The one that its own people keep
 * is believed about the fix; another's serves where it names none. */
static bool is_nearer(const struct place *place, const struct voice *a, const struct voice *b)
{
    bool fix_a = range_has_fix(row_of(a)), fix_b = range_has_fix(row_of(b));
    unsigned far_a = name_distance(place->language, a->statement->row->id);
    unsigned far_b = name_distance(place->language, b->statement->row->id);
    if (far_a == far_b) {
        return needs_more(&place->order, row_of(a), row_of(b));
    }
    return fix_a != fix_b ? fix_a : far_a < far_b;
}

static bool is_preferred(const struct place *place, const struct voice *a, const struct voice *b)
{
    if (b == NULL) {
        return true;
    }
    return place->language != ECOSYSTEM_NONE ? is_nearer(place, a, b)
                                             : needs_more(&place->order, row_of(a), row_of(b));
}

struct decision {
    unsigned rank;
    const struct voice *by;        /* NULL: no finding */
    const struct voice *elsewhere; /* in range, with a fix that others get; or NULL */
    size_t applying;               /* voices of any rank that are in range */
};

static struct decision decide(const struct place *place, const struct group *group)
{
    struct decision d = {.rank = group->count > 0 ? group->at[0].rank : 0};
    bool has_their_fix = false;
    for (size_t i = 0; i < group->count; i++) {
        const struct voice *v = &group->at[i];
        if (v->rank == d.rank && v->verdict == RANGE_NOT_AFFECTED) {
            return (struct decision){.rank = d.rank};
        }
        if (v->claim == CLAIM_ELSEWHERE && v->verdict == RANGE_FIXED) {
            has_their_fix = true;
        }
        if (v->verdict != RANGE_IN) {
            continue;
        }
        d.applying++;
        if (v->rank == d.rank && is_preferred(place, v, d.by)) {
            d.by = v;
        }
        if (v->claim == CLAIM_ELSEWHERE && range_has_fix(row_of(v)) &&
            (d.elsewhere == NULL || needs_more(&place->order, row_of(v), row_of(d.elsewhere)))) {
            d.elsewhere = v;
        }
    }
    /* as new as the fix that others get: then it is in there */
    if (d.by != NULL && has_their_fix && !range_has_fix(row_of(d.by))) {
        return (struct decision){.rank = d.rank};
    }
    return d;
}

static struct finding_advisory advisory_of(const struct voice *v)
{
    const struct advisory_row *row = v->statement->row;
    struct finding_advisory a = {
        .id = row->id,
        .feed = row->feed,
        .cvss = row->cvss,
        .published_s = row->published_s,
        .modified_s = row->modified_s,
        .affected = row->affected,
        .compared = v->compared,
        .url = row->url,
    };
    bool by_score;
    a.severity = severity_of_row(row, &a.severity_source, &by_score);
    if (by_score) {
        a.severity_source = row->severity_source; /* "cvss3": which one the report shows */
    }
    return a;
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
 * update itself, which stands among the advisories. */
static MUST_USE bool take_aliases(struct finding *f, const struct group *group, struct arena *arena,
                                  struct error *e)
{
    str *list = NULL;
    size_t room = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct statement *s = group->at[i].statement;
        if (!s->single) {
            continue;
        }
        if (!name_is_list(s->row->id) && !add_alias(f, &list, &room, arena, s->row->id, e)) {
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

static MUST_USE bool say_elsewhere(struct finding *f, const struct voice *v, struct arena *arena,
                                   struct error *e)
{
    const struct affected *row = row_of(v);
    str own = f->word;
    return arena_printf(arena, &f->word, e, STR_FMT "%sfixed in %s: " STR_FMT, STR_ARG(own),
                        own.len > 0 ? "; " : "", claim_place(row->product), STR_ARG(row->fixed));
}

/* State, fix and word, by the row that decided, or by the one that has a fix for others. */
static MUST_USE bool take_state(struct finding *f, const struct decision *d, struct arena *arena,
                                struct error *e)
{
    const struct affected *row = row_of(d->by);
    f->state = state_of(row);
    f->fixed = range_has_fix(row) ? row->fixed : STR_NONE;
    f->word = row->word;
    bool theirs = d->by->claim == CLAIM_ELSEWHERE;
    if (d->elsewhere == NULL || (!theirs && f->fixed.len > 0)) {
        return true;
    }
    f->fixed = STR_NONE;
    if (f->state == FIX_AVAILABLE || f->state == FIX_NONE_YET) {
        f->state = FIX_WILL_NOT;
    }
    return say_elsewhere(f, d->elsewhere, arena, e);
}

/* The one that decided, then its rank, then the others: the group is sorted by rank. */
static size_t order_voices(const struct group *group, const struct decision *d,
                           const struct voice **voices)
{
    size_t count = 0, deciding = 1;
    voices[count++] = d->by;
    for (size_t i = 0; i < group->count; i++) {
        const struct voice *v = &group->at[i];
        if (v != d->by && v->verdict == RANGE_IN) {
            voices[count++] = v;
            deciding += v->rank == d->rank ? 1 : 0;
        }
    }
    return deciding;
}

bool judge_group(const struct place *place, const struct group *group, struct arena *arena,
                 bool *applies, struct finding *out, struct error *e)
{
    struct decision d = decide(place, group);
    *applies = false;
    if (d.by == NULL) {
        return true;
    }
    struct finding_advisory *list = ARENA_ARRAY(arena, d.applying, struct finding_advisory, e);
    const struct voice **voices = ARENA_ARRAY(arena, d.applying, const struct voice *, e);
    if (list == NULL || voices == NULL) {
        return false;
    }
    size_t deciding = order_voices(group, &d, voices);
    for (size_t i = 0; i < d.applying; i++) {
        list[i] = advisory_of(voices[i]);
    }
    struct finding f = {
        .id = d.by->statement->vulnerability,
        .advisories = list,
        .advisories_count = d.applying,
    };
    severity_choose(&f, voices, deciding, d.applying);
    if (!take_state(&f, &d, arena, e) || !take_aliases(&f, group, arena, e)) {
        return false;
    }
    *out = f;
    *applies = true;
    return true;
}
