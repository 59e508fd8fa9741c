/* plan_rocky.c: pages of Rocky's API: each is data, and names the next one in links.next, as a path
 * from the host's root ("/api/v3/osv/?page=2"). */
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"
#include "format/json.h"

enum { PAGE_DEPTH_MAX = 32 };

struct page {
    struct json_handler base;
    struct arena *arena;
    str next;
    bool has_links;
};

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct page *p = CONTAINER_OF(self, struct page, base);
    if (event->depth == 1 && str_eq(event->path[0].key, STR("links"))) {
        p->has_links = true;
    }
    if (event->depth == 2 && event->kind == JSON_STRING &&
        str_eq(event->path[0].key, STR("links")) && str_eq(event->path[1].key, STR("next"))) {
        return arena_str(p->arena, event->text, &p->next, e);
    }
    return true;
}

static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    struct page p = {.base = {.event = on_event}, .arena = arena};
    struct plan_document own = {.url = q->url, .index = true, .data = true};
    (void)self;
    if (!json_read(body, PAGE_DEPTH_MAX, &p.base, e)) {
        return false;
    }
    if (!p.has_links) {
        return error_set(e, ERROR_FORMAT, "is no page of the API: it has no links");
    }
    struct plan_document further = {.index = true, .data = true};
    further.url = str_starts(p.next, STR("/")) ? str_slice(p.next, 1, p.next.len) : p.next;
    return out->fetch(out, &own, e) && (p.next.len == 0 || out->fetch(out, &further, e));
}

static const char *const first[] = {"api/v3/osv/", NULL};

const struct feed_plan plan_rocky_pages = {.full = first, .next = next};
