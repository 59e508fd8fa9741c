#include <stdlib.h>

#include "base/attr.h"
#include "match/rules.h"

/* What is needed to join the names of one package's advisories, and is gone afterwards. */
enum { NAMES_BYTES_MAX = 256 * 1024 * 1024 };

/* They speak of vulnerabilities, never of a package: a row of theirs would be a guess. */
static const str others[] = {STR_INIT("nvd"), STR_INIT("cve"), STR_INIT("kev"), STR_INIT("epss")};

static bool speaks_of_packages(const struct advisory_row *row)
{
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        if (str_eq(row->feed, others[i])) {
            return false;
        }
    }
    return true;
}

/* A distribution's own feed before OSV's copy; a statement about one vulnerability before a list
 * of updates. Of a language's databases none is more than another. */
static unsigned rank_of(const struct advisory_row *row, enum ecosystem language)
{
    if (language != ECOSYSTEM_NONE) {
        return 0;
    }
    unsigned copy = str_eq(row->feed, STR("osv")) ? 2 : 0;
    return copy + (name_is_list(row->id) ? 1 : 0);
}

struct list {
    struct arena *arena;
    struct statement *at;
    size_t count, room;
};

static MUST_USE bool add(struct list *list, const struct statement *s, struct error *e)
{
    void *items = list->at;
    if (!arena_grow(list->arena, &items, list->count, &list->room, sizeof(*list->at), e)) {
        return false;
    }
    list->at = items;
    list->at[list->count++] = *s;
    return true;
}

static int by_vulnerability(const void *left, const void *right)
{
    const struct statement *a = left, *b = right;
    int order = str_cmp(a->vulnerability, b->vulnerability);
    if (order == 0) {
        order = (a->rank > b->rank) - (a->rank < b->rank);
    }
    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

bool statements_of(const struct advisory_row *rows, size_t count, enum ecosystem language,
                   struct arena *arena, struct statements *out, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    struct list list = {.arena = arena};
    struct aliases aliases;
    arena_init(&scratch, NAMES_BYTES_MAX, "the names of advisories");
    *out = (struct statements){.count = 0};
    if (count == 0) {
        return true;
    }
    if (!aliases_of(rows, count, language, &scratch, &aliases, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct alias_set about;
        if (!speaks_of_packages(&rows[i])) {
            continue;
        }
        if (!aliases_find(&aliases, &rows[i], &scratch, &about, e)) {
            return false;
        }
        for (size_t k = 0; k < about.count; k++) {
            const struct statement s = {.vulnerability = about.at[k],
                                        .row = &rows[i],
                                        .rank = rank_of(&rows[i], language),
                                        .single = about.count == 1};
            if (!add(&list, &s, e)) {
                return false;
            }
        }
    }
    if (list.count > 1) {
        qsort(list.at, list.count, sizeof(*list.at), by_vulnerability);
    }
    *out = (struct statements){.at = list.at, .count = list.count};
    return true;
}
