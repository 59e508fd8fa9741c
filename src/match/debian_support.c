/* debian_support.c: what Debian's package debian-security-support says. The feed keeps the lists as
 * rows of namespaces of their own, so that nothing makes a finding of them: "debian-support:12" for
 * sources whose support ended with that release, "debian-support" for those with limited support
 * in any. A row's name may be a pattern, "golang.*". */
#include "base/attr.h"
#include "base/buf.h"
#include "match/rules.h"

enum { NAMES_BYTES_MAX = 32 * 1024, PATTERN_BYTES_MAX = 256 };

/* The names of those that are supported no more, or in part only. */
struct unsupported {
    struct advisories *advisories;
    struct arena *arena;
    str namespaces[2]; /* empty: nobody speaks of it */
    struct order order;
    int64_t now_s;
    struct buf ended, limited;
    struct map empty[2]; /* patterns without a row, of each namespace */
};

static MUST_USE bool name_one(struct unsupported *u, bool ended, str source, struct error *e)
{
    struct buf *to = ended ? &u->ended : &u->limited;
    if (to->len + source.len + 2 > NAMES_BYTES_MAX) {
        return true;
    }
    return (to->len == 0 || buf_add_str(to, STR(", "), e)) && buf_add_str(to, source, e);
}

/* Does a row of that name hold for the source? Support may end at a version, or on a day to come.
 */
static MUST_USE bool ask(struct unsupported *u, size_t list, str name, const struct package *p,
                         const struct advisory_row **out, struct error *e)
{
    const struct advisory_row *rows;
    size_t count;
    *out = NULL;
    if (!advisories_find(u->advisories, u->namespaces[list], SCOPE_SOURCE, name, u->arena, &rows,
                         &count, e) ||
        (count == 0 && !map_put(&u->empty[list], name, u, e))) {
        return false;
    }
    for (size_t i = 0; i < count && *out == NULL; i++) {
        bool later = u->now_s != 0 && rows[i].published_s > u->now_s;
        if (!later && range_of(&u->order, &rows[i].affected, p->source_version) == RANGE_IN) {
            *out = &rows[i];
        }
    }
    return true;
}

/* Patterns end in ".*" behind a whole word of the name: "golang.*" for golang-1.19. */
static MUST_USE bool ask_patterns(struct unsupported *u, size_t list, const struct package *p,
                                  const struct advisory_row **out, struct error *e)
{
    for (size_t len = 1; len <= p->source.len && *out == NULL; len++) {
        bool word =
            len == p->source.len || p->source.at[len] == '-' || p->source.at[len - 1] == '-';
        str pattern;
        if (!word || len > PATTERN_BYTES_MAX) {
            continue;
        }
        if (!arena_printf(u->arena, &pattern, e, STR_FMT ".*",
                          STR_ARG(str_slice(p->source, 0, len)))) {
            return false;
        }
        if (map_get(&u->empty[list], pattern) == NULL && !ask(u, list, pattern, p, out, e)) {
            return false;
        }
    }
    return true;
}

static MUST_USE bool look_at(struct unsupported *u, const struct package *p, struct error *e)
{
    const struct advisory_row *row = NULL;
    for (size_t i = 0; i < 2 && row == NULL; i++) {
        if (u->namespaces[i].len > 0 && (!ask(u, i, p->source, p, &row, e) ||
                                         (row == NULL && !ask_patterns(u, i, p, &row, e)))) {
            return false;
        }
    }
    return row == NULL || name_one(u, row->affected.state == FIX_END_OF_LIFE, p->source, e);
}

static MUST_USE bool look_at_all(struct unsupported *u, const struct inventory *inventory,
                                 struct error *e)
{
    struct map seen;
    map_init(&seen, u->arena);
    for (size_t i = 0; i < inventory->packages_count; i++) {
        struct package p;
        if (inventory->packages[i].package.ecosystem != ECOSYSTEM_DEB) {
            continue;
        }
        if (!origin_of(&inventory->packages[i].package, inventory->namespace_, u->arena, &p, e)) {
            return false;
        }
        if (map_get(&seen, p.source) == NULL &&
            (!map_put(&seen, p.source, u, e) || !look_at(u, &p, e))) {
            return false;
        }
    }
    return true;
}

static MUST_USE bool say_names(struct scan *out, struct arena *arena, const char *what,
                               const struct buf *names, struct error *e)
{
    struct diag *notes = &out->inventory.notes;
    str text;
    if (names->len == 0) {
        return true;
    }
    if (notes->arena == NULL) {
        diag_init(notes, arena);
    }
    return arena_printf(arena, &text, e, "%s: %.*s", what, (int)names->len, names->at) &&
           diag_add(notes, DIAG_NOTE, STR_NONE, text, e);
}

/* Which of the two lists are here; *any where one is. */
static MUST_USE bool open_lists(struct unsupported *u, str release, bool *any, struct error *e)
{
    str names[] = {STR_NONE, STR("debian-support")};
    *any = false;
    if (!arena_printf(u->arena, &names[0], e, "debian-support:" STR_FMT, STR_ARG(release))) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        const struct feed_stamp *stamps;
        size_t count;
        if (!advisories_covering(u->advisories, names[i], u->arena, &stamps, &count, e)) {
            return false;
        }
        map_init(&u->empty[i], u->arena);
        u->namespaces[i] = count > 0 ? names[i] : STR_NONE;
        *any = *any || count > 0;
    }
    return true;
}

bool debian_support_fill(struct advisories *advisories, struct arena *arena, struct scan *out,
                         struct error *e)
{
    struct unsupported u = {.advisories = advisories,
                            .arena = arena,
                            .order = {.scheme = order_scheme(ECOSYSTEM_DEB)},
                            .now_s = out->date_s};
    str release = out->inventory.namespace_, name;
    bool any;
    if (!str_cut(&release, ':', &name) || !str_eq(name, STR("debian"))) {
        return true;
    }
    if (!open_lists(&u, release, &any, e)) {
        return false;
    }
    if (!any) {
        return true;
    }
    buf_init(&u.ended, NAMES_BYTES_MAX + 1);
    buf_init(&u.limited, NAMES_BYTES_MAX + 1);
    bool ok =
        look_at_all(&u, &out->inventory, e) &&
        say_names(out, arena, "source packages that Debian does not support any more", &u.ended,
                  e) &&
        say_names(out, arena, "source packages that Debian supports in part only", &u.limited, e);
    buf_done(&u.ended);
    buf_done(&u.limited);
    return ok;
}
