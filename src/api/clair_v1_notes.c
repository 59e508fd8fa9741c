/* clair_v1_notes.c: notifications, in the API of 2016–2019. */
#include <stdio.h>

#include "api/clair_v1.h"
#include "base/num.h"

enum { LAYERS_MAX = 100000 }; /* of one page, whatever the limit */

/* Where each side's list of layers goes on: a layer's number, or PAGE_END. */
struct page {
    int64_t old, after;
};
enum { PAGE_END = -1 };

static bool page_text(struct api_call *call, const struct page *p, str *out, struct error *e)
{
    str text;
    return arena_printf(call->arena, &text, e,
                        "{\"OldVulnerability\":%lld,\"NewVulnerability\":%lld}", (long long)p->old,
                        (long long)p->after) &&
           v1_token(call, text, out, e);
}

static bool read_number(const struct json_node *page, const char *key, int64_t *out)
{
    const struct json_node *n = json_member(page, key);
    uint64_t value;
    if (n == NULL || n->kind != JSON_NUMBER) {
        return false;
    }
    if (str_eq(n->text, STR("-1"))) {
        *out = PAGE_END;
        return true;
    }
    if (!num_parse(n->text, 10, INT64_MAX, &value)) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

static bool read_page(struct api_call *call, const struct v1_page *from, struct page *out)
{
    const struct json_node *node;
    struct error unread;
    *out = (struct page){.old = 0};
    return !from->has_page || (json_tree(from->text, call->arena, &node, &unread) &&
                               read_number(node, "OldVulnerability", &out->old) &&
                               read_number(node, "NewVulnerability", &out->after));
}

/* One side: its vulnerability, and a page of the layers that bring what it affects. */
struct side {
    bool there;
    struct service_vulnerability v;
    const struct layer_name *layers;
    size_t count;
    int64_t next;
};

static bool fill_side(struct api_call *call, bool there, const struct graph_vulnerability *v,
                      int64_t start, int64_t limit, struct side *out, struct error *e)
{
    *out = (struct side){.there = there, .next = PAGE_END};
    if (!there) {
        return true;
    }
    out->v = (struct service_vulnerability){
        .name = v->name,
        .os = v->os,
        .link = v->link,
        .description = v->description,
        .severity = v->severity,
        .metadata = v->metadata,
        .of_feed = v->api != GRAPH_API_2015 && v->api != GRAPH_API_2016,
        .fixes = v->fixes,
        .fixes_count = v->fixes_count,
    };
    if (start == PAGE_END || limit < 0) {
        return true;
    }
    size_t most = limit < LAYERS_MAX ? (size_t)limit : LAYERS_MAX;
    if (!service_introducing(call->service, call->worker, &out->v, start - 1, most + 1, call->arena,
                             &out->layers, &out->count, e)) {
        return false;
    }
    if (out->count > most) {
        out->next = out->layers[most].number;
        out->count = most;
    }
    return true;
}

static void say_side(struct say *s, const char *key, const struct side *side)
{
    if (!side->there) {
        return;
    }
    say_object(s, key);
    v1_say_vulnerability(s, "Vulnerability", &side->v, true);
    if (side->count > 0) {
        say_array(s, "OrderedLayersIntroducingVulnerability");
        for (size_t i = 0; i < side->count; i++) {
            say_object(s, NULL);
            say_int(s, "Index", side->layers[i].number);
            say_str(s, "LayerName", side->layers[i].name);
            say_close(s);
        }
        say_close(s);
        say_array(s, "LayersIntroducingVulnerability");
        for (size_t i = 0; i < side->count; i++) {
            say_str(s, NULL, side->layers[i].name);
        }
        say_close(s);
    }
    say_close(s);
}

static void say_time(struct say *s, const char *key, int64_t seconds)
{
    char text[32];
    if (seconds != 0) {
        snprintf(text, sizeof(text), "%lld", (long long)seconds);
        say_str(s, key, str_from(text));
    }
}

struct shown {
    const struct graph_notification *n;
    int64_t limit;
    str page, next;
    struct side old, after;
};

static bool say_notification(struct api_call *call, const struct shown *shown)
{
    struct error e;
    struct say s;
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    say_object(&s, "Notification");
    say_str(&s, "Name", shown->n->name);
    /* Notified is in the document, but in no answer of the old servers after a webhook was sent */
    say_time(&s, "Created", shown->n->created_s);
    say_time(&s, "Deleted", shown->n->deleted_s);
    if (shown->limit != 0) {
        say_int(&s, "Limit", shown->limit);
    }
    say_str(&s, "Page", shown->page);
    say_str_if(&s, "NextPage", shown->next);
    say_side(&s, "Old", &shown->old);
    say_side(&s, "New", &shown->after);
    say_close(&s);
    say_close(&s);
    return v1_end(call, &s, 200);
}

bool v1_notification_get(struct api_call *call)
{
    struct graph *graph = service_graph(call->service, call->worker);
    struct graph_notification n;
    struct v1_page asked;
    struct page page, next;
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    bool found = false;
    if (!v1_page(call, true, &asked)) {
        return true;
    }
    if (!read_page(call, &asked, &page)) {
        return v1_message(call, 400,
                          STR("invalid page format: invalid or expired pagination token"));
    }
    if (graph == NULL ||
        !graph_notification_find(graph, call->arguments[0], call->arena, &n, &found, &e)) {
        return v1_error(call, &e);
    }
    if (!found) {
        return v1_message(call, 404, STR("the resource cannot be found"));
    }
    struct shown shown = {.n = &n, .limit = asked.limit};
    if (!fill_side(call, n.has_old, &n.old, page.old, asked.limit, &shown.old, &e) ||
        !fill_side(call, n.has_new, &n.after, page.after, asked.limit, &shown.after, &e) ||
        !page_text(call, &page, &shown.page, &e)) {
        return v1_error(call, &e);
    }
    next = (struct page){.old = shown.old.next, .after = shown.after.next};
    if ((next.old != PAGE_END || next.after != PAGE_END) &&
        !page_text(call, &next, &shown.next, &e)) {
        return v1_error(call, &e);
    }
    return say_notification(call, &shown);
}

bool v1_notification_delete(struct api_call *call)
{
    struct graph *graph = service_graph(call->service, call->worker);
    struct error e = {.kind = ERROR_IO, .text = "the store cannot be opened"};
    return graph != NULL && graph_notification_delete(graph, call->arguments[0], &e)
               ? v1_empty(call, 200)
               : v1_error(call, &e);
}

bool api_webhook_2016(const struct graph_notification *n, struct buf *to, struct error *e)
{
    struct say s;
    say_init(&s, to, e);
    say_object(&s, NULL);
    say_object(&s, "Notification");
    say_str(&s, "Name", n->name);
    say_close(&s);
    say_close(&s);
    return say_done(&s);
}
