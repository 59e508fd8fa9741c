/* support.c: what is known of the release as a whole. Past its end of life nobody writes
 * advisories for it any more. */
#include "match/rules.h"
#include "model/end_of_life.h"

enum { FEED_DAYS_MAX = 7, DAY_S = 86400 };

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
    return end_of_life(arena, out, e) && debian_support_fill(advisories, arena, out, e) &&
           feed_ages(arena, out, e);
}
