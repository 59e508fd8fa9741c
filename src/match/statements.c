#include <stdlib.h>

#include "match/rules.h"
#include "version/digits.h"

static bool is_cve(str id)
{
    return str_starts(id, STR("CVE-")) && id.len > 4 && is_digit(id.at[4]);
}

/* "CVE-2024-1" of "DEBIAN-CVE-2024-1" and "ALPINE-CVE-2024-1", or STR_NONE. */
static str cve_in(str id)
{
    size_t at = str_find(id, STR("CVE-"));
    str tail = str_slice(id, at, id.len);
    bool separate = at == 0 || (at < id.len && id.at[at - 1] == '-');
    return separate && is_cve(tail) ? tail : STR_NONE;
}

/* Lists of updates (Debian's DSA, Ubuntu's USN): each entry names several vulnerabilities and is
 * not revised when more becomes known about one of them. */
static bool is_list(str id)
{
    return str_starts(id, STR("DSA-")) || str_starts(id, STR("DLA-")) ||
           str_starts(id, STR("ELA-")) || str_starts(id, STR("DTSA-")) ||
           str_starts(id, STR("USN-"));
}

/* A distribution's own feed before OSV's copy; a statement about one vulnerability before a list
 * of updates. */
static unsigned rank_of(const struct advisory_row *row)
{
    unsigned copy = str_eq(row->feed, STR("osv")) ? 2 : 0;
    return copy + (is_list(row->id) ? 1 : 0);
}

struct list {
    struct arena *arena;
    struct statement *at;
    size_t count, room;
};

static MUST_USE bool add(struct list *list, const struct advisory_row *row, str vulnerability,
                         struct error *e)
{
    void *items = list->at;
    if (!arena_grow(list->arena, &items, list->count, &list->room, sizeof(*list->at), e)) {
        return false;
    }
    list->at = items;
    list->at[list->count++] = (struct statement){
        .vulnerability = vulnerability,
        .row = row,
        .rank = rank_of(row),
    };
    return true;
}

static bool has(const struct list *list, size_t from, str vulnerability)
{
    for (size_t i = from; i < list->count; i++) {
        if (str_eq(list->at[i].vulnerability, vulnerability)) {
            return true;
        }
    }
    return false;
}

/* The row's own CVE; else each CVE that it is about; else its own id. */
static MUST_USE bool add_row(struct list *list, const struct advisory_row *row, struct error *e)
{
    size_t from = list->count;
    str own = cve_in(row->id);
    for (size_t i = 0; own.len == 0 && i < row->ids_count; i++) {
        str cve = cve_in(row->ids[i]);
        if (cve.len > 0 && !has(list, from, cve) && !add(list, row, cve, e)) {
            return false;
        }
    }
    if (list->count == from && !add(list, row, own.len > 0 ? own : row->id, e)) {
        return false;
    }
    for (size_t i = from; i < list->count; i++) {
        list->at[i].single = list->count == from + 1;
    }
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

bool statements_of(const struct advisory_row *rows, size_t count, struct arena *arena,
                   struct statements *out, struct error *e)
{
    struct list list = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        if (!add_row(&list, &rows[i], e)) {
            return false;
        }
    }
    if (list.count > 1) {
        qsort(list.at, list.count, sizeof(*list.at), by_vulnerability);
    }
    *out = (struct statements){.at = list.at, .count = list.count};
    return true;
}
