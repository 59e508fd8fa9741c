/* aliases.c: one flaw has many names (CVE, GHSA, GO, PYSEC, RUSTSEC, a vendor's own). Publishers
 * name some of the others each, so the names are joined transitively, within what is said about
 * one package:
 *
 *   - a row that names one CVE says that its other names mean that CVE;
 *   - a row that names no CVE says that its own and its other names mean the same;
 *   - a row that names several CVEs (an update) says nothing about names.
 *
 * Two CVEs are never joined: a name that means two of them stands for each. */
#include "match/rules.h"

struct alias_node {
    struct alias_node *up; /* towards the one that stands for all; NULL: itself */
    str name;              /* the best name of those that it stands for */
    unsigned distance;     /* of that name's publisher */
    bool is_row;           /* some advisory has that name */
    str *cves;
    size_t count, room;
};

enum { SEVERAL = 2 };

struct joining {
    struct aliases *aliases;
    enum ecosystem ecosystem;
    struct error *e;
};

static struct alias_node *node_top(struct alias_node *n)
{
    while (n->up != NULL) {
        if (n->up->up != NULL) {
            n->up = n->up->up;
        }
        n = n->up;
    }
    return n;
}

/* Advisories' own names first, then the nearest publisher's, then by text. */
static bool is_better(const struct alias_node *a, const struct alias_node *b)
{
    if (a->is_row != b->is_row) {
        return a->is_row;
    }
    return a->distance != b->distance ? a->distance < b->distance : str_cmp(a->name, b->name) < 0;
}

/* The one that stands for `name`, made where there is none; NULL: no memory. */
static struct alias_node *node_of(struct joining *j, str name)
{
    struct alias_node *n = map_get(&j->aliases->nodes, name);
    if (n != NULL) {
        return node_top(n);
    }
    n = ARENA_NEW(j->aliases->arena, struct alias_node, j->e);
    if (n == NULL || !map_put(&j->aliases->nodes, name, n, j->e)) {
        return NULL;
    }
    n->name = name;
    n->distance = name_distance(j->ecosystem, name);
    return n;
}

static void node_join(struct alias_node *a, struct alias_node *b)
{
    if (a == b) {
        return;
    }
    struct alias_node *best = is_better(a, b) ? a : b;
    struct alias_node *other = best == a ? b : a;
    other->up = best;
}

static bool has(const str *list, size_t count, str text)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i], text)) {
            return true;
        }
    }
    return false;
}

static MUST_USE bool list_append(struct arena *arena, str **list, size_t *count, size_t *room,
                                 str text, struct error *e)
{
    void *items = *list;
    if (!arena_grow(arena, &items, *count, room, sizeof(**list), e)) {
        return false;
    }
    *list = items;
    (*list)[(*count)++] = text;
    return true;
}

static MUST_USE bool list_add(struct arena *arena, str **list, size_t *count, size_t *room,
                              str text, struct error *e)
{
    return has(*list, *count, text) || list_append(arena, list, count, room, text, e);
}

/* CVEs come in the order of their years and numbers: then none is in the list that is not behind
 * the last. Lists of updates name hundreds. */
static bool is_behind(str last, str cve)
{
    enum { YEAR_BYTES = sizeof("CVE-2014") - 1 };
    int order = str_cmp(str_slice(last, 0, YEAR_BYTES), str_slice(cve, 0, YEAR_BYTES));
    if (order == 0) {
        order =
            last.len == cve.len ? str_cmp(last, cve) : (last.len > cve.len) - (last.len < cve.len);
    }
    return order < 0;
}

/* The CVEs that the row itself names: the one in its own name, else all others, but no more than
 * `most`. */
static MUST_USE bool direct_cves(const struct advisory_row *row, size_t most, struct arena *arena,
                                 str **out, size_t *count, struct error *e)
{
    size_t room = 0;
    str own = name_cve_in(row->id);
    bool ordered = true;
    *out = NULL;
    *count = 0;
    if (own.len > 0) {
        return list_add(arena, out, count, &room, own, e);
    }
    for (size_t i = 0; i < row->ids_count && *count < most; i++) {
        str cve = name_cve_in(row->ids[i]);
        if (cve.len == 0) {
            continue;
        }
        ordered = ordered && (*count == 0 || is_behind((*out)[*count - 1], cve));
        if (!(ordered ? list_append(arena, out, count, &room, cve, e)
                      : list_add(arena, out, count, &room, cve, e))) {
            return false;
        }
    }
    return true;
}

/* Rows without a CVE: their names mean the same. */
static MUST_USE bool join_row(struct joining *j, const struct advisory_row *row)
{
    struct alias_node *own = node_of(j, row->id);
    if (own == NULL) {
        return false;
    }
    for (size_t i = 0; i < row->ids_count; i++) {
        struct alias_node *other = node_of(j, row->ids[i]);
        if (other == NULL) {
            return false;
        }
        node_join(node_top(own), other);
    }
    return true;
}

static MUST_USE bool mean(struct joining *j, str name, str cve)
{
    struct alias_node *n = name_cve_in(name).len > 0 ? NULL : node_of(j, name);
    if (n == NULL) {
        return name_cve_in(name).len > 0;
    }
    return list_add(j->aliases->arena, &n->cves, &n->count, &n->room, cve, j->e);
}

/* Rows with one CVE: all their other names mean it. */
static MUST_USE bool mean_row(struct joining *j, const struct advisory_row *row, str cve)
{
    bool ok = mean(j, row->id, cve);
    for (size_t i = 0; ok && i < row->ids_count; i++) {
        ok = mean(j, row->ids[i], cve);
    }
    return ok;
}

static MUST_USE bool mark_rows(struct joining *j, const struct advisory_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct alias_node *n = name_cve_in(rows[i].id).len > 0 ? NULL : node_of(j, rows[i].id);
        if (n != NULL) {
            n->is_row = true;
        } else if (name_cve_in(rows[i].id).len == 0) {
            return false;
        }
    }
    return true;
}

bool aliases_of(const struct advisory_row *rows, size_t count, enum ecosystem ecosystem,
                struct arena *arena, struct aliases *out, struct error *e)
{
    *out = (struct aliases){.arena = arena};
    map_init(&out->nodes, arena);
    struct joining j = {.aliases = out, .ecosystem = ecosystem, .e = e};
    str *cves;
    size_t cves_count;
    if (!mark_rows(&j, rows, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!direct_cves(&rows[i], SEVERAL, arena, &cves, &cves_count, e) ||
            (cves_count == 0 && !join_row(&j, &rows[i]))) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!direct_cves(&rows[i], SEVERAL, arena, &cves, &cves_count, e) ||
            (cves_count == 1 && !mean_row(&j, &rows[i], cves[0]))) {
            return false;
        }
    }
    return true;
}

bool aliases_find(const struct aliases *a, const struct advisory_row *row, struct arena *arena,
                  struct alias_set *out, struct error *e)
{
    str *cves;
    size_t count;
    if (!direct_cves(row, SIZE_MAX, arena, &cves, &count, e)) {
        return false;
    }
    if (count == 0) {
        const struct alias_node *n = node_top(map_get(&a->nodes, row->id));
        cves = n->cves;
        count = n->count;
        if (count == 0) {
            cves = ARENA_NEW(arena, str, e);
            if (cves == NULL) {
                return false;
            }
            cves[count++] = n->name;
        }
    }
    *out = (struct alias_set){.at = cves, .count = count};
    return true;
}
