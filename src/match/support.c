/* support.c: what is known of the release as a whole. Past its end of life nobody writes
 * advisories for it any more, and some packages have no security support while it lives. */
#include "base/attr.h"
#include "base/buf.h"
#include "match/rules.h"
#include "model/end_of_life.h"

enum { FEED_DAYS_MAX = 7, DAY_S = 86400, NAMES_BYTES_MAX = 32 * 1024 };

static MUST_USE bool end_of_life(struct arena *arena, struct scan *out, struct error *e)
{
    struct end_of_life found;
    if (out->date_s == 0 || out->inventory.namespace_.len == 0) {
        return true;
    }
    if (!end_of_life_of(out->inventory.namespace_, out->date_s, arena, &found, e)) {
        return false;
    }
    out->support = found.support;
    out->end_of_life_s = found.end_s;
    out->support_note = found.note;
    return found.support != SUPPORT_ENDED ||
           note_add(&out->inventory, arena, DIAG_INCOMPLETE, e,
                    "'" STR_FMT "' is past its end of life: what was found since then is not "
                    "recorded for it",
                    STR_ARG(out->inventory.namespace_));
}

/* -- debian-security-support ----------------------------------------------------------------- */

/* The names of those that are supported no more, or in part only. */
struct unsupported {
    struct buf ended, limited;
};

static MUST_USE bool name_one(struct unsupported *u, const struct advisory_row *row, str source,
                              struct error *e)
{
    struct buf *to = row->affected.state == FIX_END_OF_LIFE ? &u->ended : &u->limited;
    if (to->len + source.len + 2 > NAMES_BYTES_MAX) {
        return true;
    }
    return (to->len == 0 || buf_add_str(to, STR(", "), e)) && buf_add_str(to, source, e);
}

static MUST_USE bool name_all(struct advisories *advisories, str namespace_,
                              const struct inventory *inventory, struct arena *arena,
                              struct unsupported *u, struct error *e)
{
    struct map seen;
    map_init(&seen, arena);
    for (size_t i = 0; i < inventory->packages_count; i++) {
        const struct package *p = &inventory->packages[i].package;
        str source = p->source.len > 0 ? p->source : p->name;
        const struct advisory_row *rows;
        size_t count;
        if (p->ecosystem != ECOSYSTEM_DEB || map_get(&seen, source) != NULL) {
            continue;
        }
        if (!map_put(&seen, source, &seen, e) ||
            !advisories_find(advisories, namespace_, SCOPE_SOURCE, source, arena, &rows, &count,
                             e) ||
            (count > 0 && !name_one(u, &rows[0], source, e))) {
            return false;
        }
    }
    return true;
}

static MUST_USE bool say_names(struct inventory *inventory, struct arena *arena, const char *what,
                               const struct buf *names, struct error *e)
{
    str text;
    if (names->len == 0) {
        return true;
    }
    if (inventory->notes.arena == NULL) {
        diag_init(&inventory->notes, arena);
    }
    return arena_printf(arena, &text, e, "%s: %.*s", what, (int)names->len, names->at) &&
           diag_add(&inventory->notes, DIAG_NOTE, STR_NONE, text, e);
}

static MUST_USE bool packages_support(struct advisories *advisories, struct arena *arena,
                                      struct scan *out, struct error *e)
{
    struct inventory *inventory = &out->inventory;
    const struct feed_stamp *stamps;
    str release = inventory->namespace_, name, namespace_;
    size_t count;
    if (!str_cut(&release, ':', &name) || !str_eq(name, STR("debian"))) {
        return true;
    }
    if (!arena_printf(arena, &namespace_, e, "debian-support:" STR_FMT, STR_ARG(release)) ||
        !advisories_covering(advisories, namespace_, arena, &stamps, &count, e)) {
        return false;
    }
    struct unsupported u;
    buf_init(&u.ended, NAMES_BYTES_MAX + 1);
    buf_init(&u.limited, NAMES_BYTES_MAX + 1);
    bool ok = count == 0 ||
              (name_all(advisories, namespace_, inventory, arena, &u, e) &&
               say_names(inventory, arena, "source packages that Debian does not support any more",
                         &u.ended, e) &&
               say_names(inventory, arena, "source packages that Debian supports in part only",
                         &u.limited, e));
    buf_done(&u.ended);
    buf_done(&u.limited);
    return ok;
}

/* -- age of the data ------------------------------------------------------------------------ */

static MUST_USE bool feed_ages(struct arena *arena, struct scan *out, struct error *e)
{
    for (size_t i = 0; out->date_s != 0 && i < out->feeds_count; i++) {
        const struct feed_stamp *feed = &out->feeds[i];
        int64_t days = (out->date_s - feed->date_s) / DAY_S;
        if (feed->date_s != 0 && days > FEED_DAYS_MAX &&
            !note_add(&out->inventory, arena, DIAG_NOTE, e,
                      "the advisories of '" STR_FMT "' are %lld days old", STR_ARG(feed->feed),
                      (long long)days)) {
            return false;
        }
    }
    return true;
}

bool support_fill(struct advisories *advisories, struct arena *arena, struct scan *out,
                  struct error *e)
{
    return end_of_life(arena, out, e) && packages_support(advisories, arena, out, e) &&
           feed_ages(arena, out, e);
}
