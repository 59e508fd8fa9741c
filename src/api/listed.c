/* listed.c: the vulnerabilities of a namespace, one page after the other: first those of the feeds,
 * by name, then those that clients wrote, as they came: so what a client overrules while a list is
 * read is not lost, but comes at its end. */
#include "api/inner.h"
#include "api/os_name.h"
#include "base/sort.h"
#include "match/names.h"
#include "store/names.h"

enum {
    AT_ONCE = 128,                     /* names, or rows of the database */
    BATCH_BYTES_MAX = 64 * 1024 * 1024 /* of what is said of them */
};

struct listing {
    struct service *service;
    struct seat *seat;
    str os;
    size_t limit;
    struct arena *arena; /* of the answer */
    struct vulnerability_list *out;
    struct service_vulnerability *at;
    size_t room, bytes;
};

static bool is_full(const struct listing *l)
{
    return l->out->count == l->limit || l->bytes > LIST_BYTES_MAX;
}

/* Adds one, with copies of its texts; what is one too many is `next`. */
static MUST_USE bool take(struct listing *l, const struct service_vulnerability *v,
                          const struct list_position *here, struct error *e)
{
    void *items = l->at;
    if (is_full(l)) {
        l->out->more = true;
        l->out->next = *here;
        return true;
    }
    if (!arena_grow(l->arena, &items, l->out->count, &l->room, sizeof(*v), e)) {
        return false;
    }
    l->at = items;
    struct service_vulnerability *to = &l->at[l->out->count++];
    *to = (struct service_vulnerability){.os = l->os, .of_feed = v->of_feed};
    l->bytes += v->name.len + v->link.len + v->description.len + v->metadata.len;
    return arena_str(l->arena, v->name, &to->name, e) &&
           arena_str(l->arena, v->link, &to->link, e) &&
           arena_str(l->arena, v->description, &to->description, e) &&
           arena_str(l->arena, v->severity, &to->severity, e) &&
           arena_str(l->arena, v->metadata, &to->metadata, e);
}

/* -- of the feeds --------------------------------------------------------------------------- */

/* Is this what findings of the advisory are called? The CVE in its own name, else those that it is
 * about, else its own name (match/aliases.c). */
static bool is_called(const struct advisory *a, str name)
{
    str own = name_cve_in(a->id);
    bool cves = false;
    if (own.len > 0) {
        return str_eq_nocase(own, name);
    }
    for (size_t i = 0; i < a->ids_count; i++) {
        str cve = name_cve_in(a->ids[i]);
        if (cve.len > 0 && str_eq_nocase(cve, name)) {
            return true;
        }
        cves = cves || cve.len > 0;
    }
    return !cves && str_eq_nocase(a->id, name);
}

static bool is_listed(const struct named *n)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->advisories[i].here && is_called(&n->advisories[i].said, n->name)) {
            return true;
        }
    }
    return false;
}

static MUST_USE bool take_named(struct listing *l, struct advisories *advisories,
                                const struct named *n, const struct list_position *before,
                                struct arena *scratch, struct error *e)
{
    struct graph_vulnerability written;
    struct service_vulnerability v = {.name = n->name};
    struct told told = {.severity = SEVERITY_UNKNOWN};
    struct vulnerability general;
    bool overruled = false, has_general;
    if (!is_listed(n)) {
        return true;
    }
    if (!graph_vulnerability_find(l->seat->graph, GRAPH_API_2016, l->os, n->name, scratch, &written,
                                  &overruled, e)) {
        return false;
    }
    if (overruled) {
        return true;
    }
    for (size_t i = 0; i < n->count; i++) {
        told_take(&told, &n->advisories[i].said, n->advisories[i].here, n->advisories[i].severity);
    }
    return advisories_vulnerability(advisories, n->name, scratch, &general, &has_general, e) &&
           told_settle(&told, has_general ? &general : NULL, n->name, scratch, &v, e) &&
           take(l, &v, before, e);
}

static MUST_USE bool list_named(struct listing *l, struct advisories *advisories,
                                struct names_question *q, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    struct list_position before = {.after = q->after};
    bool more = true;
    arena_init(&scratch, BATCH_BYTES_MAX, "a list of vulnerabilities");
    /* one more than fits tells where the next page begins */
    for (q->limit = l->limit < AT_ONCE ? l->limit + 1 : AT_ONCE; more && !l->out->more;) {
        const struct named *names;
        size_t count;
        arena_done(&scratch);
        if (!names_list(advisories, q, &scratch, &names, &count, &more, e)) {
            return false;
        }
        for (size_t i = 0; i < count && !l->out->more; i++) {
            if (!take_named(l, advisories, &names[i], &before, &scratch, e) ||
                !arena_str(l->arena, names[i].name, &before.after, e)) {
                return false;
            }
        }
        q->after = before.after;
    }
    return true;
}

static MUST_USE bool has_namespace(const struct names_question *q, struct advisories *advisories,
                                   struct arena *arena, bool *has, struct error *e)
{
    for (size_t i = 0; i < q->namespaces_count && !*has; i++) {
        const struct feed_stamp *stamps;
        size_t count;
        if (!advisories_covering(advisories, q->namespaces[i], arena, &stamps, &count, e)) {
            return false;
        }
        *has = count > 0;
    }
    return true;
}

/* -- of clients ----------------------------------------------------------------------------- */

static MUST_USE bool knows_namespace(struct listing *l, bool *knows, struct error *e)
{
    const struct graph_namespace *list;
    size_t count;
    if (!graph_namespaces(l->seat->graph, l->arena, &list, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count && !*knows; i++) {
        *knows = str_eq(list[i].os, l->os);
    }
    return true;
}

static MUST_USE bool list_written(struct listing *l, int64_t from, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    size_t count = AT_ONCE;
    arena_init(&scratch, SIZE_MAX / 2, "a list of vulnerabilities");
    while (count == AT_ONCE && !l->out->more) {
        const struct graph_vulnerability *list;
        arena_done(&scratch);
        if (!graph_vulnerability_list(l->seat->graph, l->os, from, AT_ONCE, &scratch, &list, &count,
                                      e)) {
            return false;
        }
        for (size_t i = 0; i < count && !l->out->more; i++) {
            const struct list_position here = {.written = true, .number = list[i].number};
            const struct service_vulnerability v = {.name = list[i].name,
                                                    .link = list[i].link,
                                                    .description = list[i].description,
                                                    .severity = list[i].severity,
                                                    .metadata = list[i].metadata};
            if (!take(l, &v, &here, e)) {
                return false;
            }
            from = list[i].number + 1;
        }
    }
    return true;
}

/* The namespaces of the feeds that the name stands for. */
static MUST_USE bool places_of(str os, struct arena *arena, str namespaces[OS_NAMESPACES_MAX],
                               struct names_question *q, struct error *e)
{
    size_t all, kept = 0;
    if (!os_namespaces(os, arena, namespaces, &all, e)) {
        return false;
    }
    for (size_t i = 0; i < all; i++) {
        if (os_is_distribution(namespaces[i])) {
            namespaces[kept++] = namespaces[i];
        }
    }
    q->namespaces = namespaces;
    q->namespaces_count = kept;
    return true;
}

/* -- together ------------------------------------------------------------------------------- */

bool service_vulnerabilities(struct service *s, unsigned worker, str os,
                             const struct list_position *from, size_t limit, struct arena *arena,
                             struct vulnerability_list *out, struct error *e)
{
    struct listing l = {.service = s, .os = os, .limit = limit, .arena = arena, .out = out};
    str namespaces[OS_NAMESPACES_MAX];
    struct names_question q = {.after = from->after};
    struct advisories *advisories;
    *out = (struct vulnerability_list){.known = false};
    if (!service_seat(s, worker, &l.seat, e) || !service_advisories(s, l.seat, &advisories, e) ||
        !knows_namespace(&l, &out->known, e) || !places_of(os, arena, namespaces, &q, e) ||
        (advisories != NULL && !has_namespace(&q, advisories, arena, &out->known, e))) {
        return false;
    }
    if (out->known && advisories != NULL && !from->written && !list_named(&l, advisories, &q, e)) {
        return false;
    }
    if (out->known && !out->more && !list_written(&l, from->written ? from->number : 0, e)) {
        return false;
    }
    out->at = l.at;
    return true;
}

static int by_name(const void *va, const void *vb)
{
    const struct graph_namespace *a = va, *b = vb;
    int order = str_cmp(a->os, b->os);
    return order != 0 ? order : str_cmp(b->format, a->format); /* one with a format first */
}

bool service_namespaces(struct service *s, unsigned worker, struct arena *arena,
                        const struct graph_namespace **out, size_t *count, struct error *e)
{
    struct seat *seat;
    struct advisories *advisories;
    const struct graph_namespace *own;
    const str *fed = NULL;
    size_t own_count, fed_count = 0, n = 0, kept = 0;
    if (!service_seat(s, worker, &seat, e) || !service_advisories(s, seat, &advisories, e) ||
        !graph_namespaces(seat->graph, arena, &own, &own_count, e) ||
        (advisories != NULL && !names_namespaces(advisories, arena, &fed, &fed_count, e))) {
        return false;
    }
    struct graph_namespace *list =
        ARENA_ARRAY(arena, own_count + fed_count, struct graph_namespace, e);
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; i < own_count; i++) {
        list[n++] = own[i];
    }
    for (size_t i = 0; i < fed_count; i++) {
        if (!os_is_distribution(fed[i])) {
            continue;
        }
        if (!os_of_namespace(fed[i], arena, &list[n].os, e)) {
            return false;
        }
        list[n++].format = os_version_format(fed[i]);
    }
    sort_items(list, n, sizeof(*list), by_name);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !str_eq(list[kept - 1].os, list[i].os)) {
            list[kept++] = list[i];
        }
    }
    *out = list;
    *count = kept;
    return true;
}
