/* plan_alpine.c: the index of Alpine's secdb lists a folder a branch. */
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"

struct branches {
    const struct feed *feed;
    struct arena *arena;
    struct plan_sink *out;
};

static bool each(void *arg, str name, struct error *e)
{
    static const char *const repositories[] = {"main.json", "community.json"};
    struct branches *b = arg;
    if (!str_ends(name, STR("/"))) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(repositories); i++) {
        struct plan_document d = {.data = true, .optional = true};
        if (!arena_printf(b->arena, &d.url, e, "%.*s%s", (int)name.len, name.at, repositories[i]) ||
            (b->feed->claims(d.url) && !b->out->fetch(b->out, &d, e))) {
            return false;
        }
    }
    return true;
}

static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    struct branches b = {.feed = self, .arena = arena, .out = out};
    (void)q;
    return plan_links(body, arena, each, &b, e);
}

static const char *const indexes[] = {"?./", NULL};

const struct feed_plan plan_alpine = {.full = indexes, .and_documents = true, .next = next};
