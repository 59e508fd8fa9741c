/* plan_suse.c: the folder of SUSE's OVAL documents. Each is there plain and compressed: one of the
 * compressed ones is enough. */
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"

struct folder {
    const struct feed *feed;
    const struct plan_question *question;
    struct arena *arena;
    struct plan_sink *out;
};

static bool each(void *arg, str name, struct error *e)
{
    static const str suffixes[] = {STR_INIT(".gz"), STR_INIT(".bz2"), STR_INIT(".xz")};
    struct folder *f = arg;
    for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
        if (!str_ends(name, suffixes[i])) {
            continue;
        }
        struct plan_document d = {.data = true, .optional = true};
        d.id = str_slice(name, 0, name.len - suffixes[i].len);
        return plan_beside(f->question->url, name, f->arena, &d.url, e) &&
               (!f->feed->claims(str_slice(d.url, 0, d.url.len - suffixes[i].len)) ||
                f->out->fetch(f->out, &d, e));
    }
    return true;
}

static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    struct folder f = {.feed = self, .question = q, .arena = arena, .out = out};
    return plan_links(body, arena, each, &f, e);
}

static const char *const indexes[] = {"oval/", NULL};

const struct feed_plan plan_suse_oval = {.full = indexes, .next = next};
