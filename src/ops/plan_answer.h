/* plan_answer.h: what the worker that reads an index document says to the parent, which checks it
 * as it checks any input: the worker may have been taken over by what it read, and the index itself
 * is only as good as the server it came from. */
#ifndef LIMPID_OPS_PLAN_ANSWER_H
#define LIMPID_OPS_PLAN_ANSWER_H

#include "base/buf.h"
#include "feed/feed.h"

struct plan_request {
    str feed;
    enum plan_mode mode;
    const struct plan_cursor { /* by the index document's name */
        str name, value;
    } * cursors;
    size_t cursors_count;
};

enum plan_answer_kind { PLAN_ANSWER_FETCH, PLAN_ANSWER_DROP, PLAN_ANSWER_CURSOR, PLAN_ANSWER_FULL };

struct plan_answer {
    enum plan_answer_kind kind;
    str index;                     /* CURSOR: of which index document */
    struct plan_document document; /* FETCH */
    str text;                      /* DROP: the id; CURSOR: its value */
};

bool plan_request_pack(const struct plan_request *r, struct buf *to, struct error *e) MUST_USE;
bool plan_request_unpack(str from, struct arena *arena, struct plan_request *out,
                         struct error *e) MUST_USE;
bool plan_answer_pack(const struct plan_answer *a, struct buf *to, struct error *e) MUST_USE;
bool plan_answer_unpack(str from, struct plan_answer *out, struct error *e) MUST_USE;

/* May a document of this URL (plan.h) be fetched for the feed? Below the site: a relative path, no
 * "..", nothing that could lead to another host. Whole: https (http where the row says so), a host
 * that the plan names or the site's own, no user, no port. ERROR_REMOTE tells what is wrong. */
bool plan_url_check(const struct feed *feed, str url, struct error *e) MUST_USE;

/* An id or a cursor: at most `bytes_max`, no control bytes. */
bool plan_text_check(const char *what, str text, size_t bytes_max, struct error *e) MUST_USE;

/* The whole answer. */
bool plan_answer_check(const struct feed *feed, const struct plan_answer *a,
                       struct error *e) MUST_USE;

/* Of "https://host/a/b?c" the path "a/b"; of a relative URL itself without its query. */
str plan_url_path(str url);
bool plan_url_is_whole(str url);
bool plan_url_is_http(str url);

#endif
