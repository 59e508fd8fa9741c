#include "ops/job_plan.h"

#include "ops/documents.h"
#include "ops/jobs.h"
#include "ops/plan_answer.h"
#include "stream/codec.h"
#include "stream/file.h"

struct answers {
    struct plan_sink base;
    struct worker_child *child;
    size_t fetches_max, fetches; /* of the round: past it, all must be read */
    bool gave_up;
};

static bool send(struct answers *s, const struct plan_answer *a, struct error *e)
{
    struct buf payload;
    buf_init(&payload, 64 * 1024);
    bool ok = plan_answer_pack(a, &payload, e) &&
              wire_send(&s->child->wire, ANSWER_PLAN, buf_str(&payload), e);
    buf_done(&payload);
    return ok;
}

static bool full(struct plan_sink *self, struct error *e)
{
    struct answers *s = CONTAINER_OF(self, struct answers, base);
    if (s->gave_up) {
        return true;
    }
    s->gave_up = true;
    return send(s, &(struct plan_answer){.kind = PLAN_ANSWER_FULL}, e);
}

static bool fetch(struct plan_sink *self, const struct plan_document *document, struct error *e)
{
    struct answers *s = CONTAINER_OF(self, struct answers, base);
    if (s->fetches_max > 0 && ++s->fetches > s->fetches_max) {
        return full(self, e);
    }
    return s->gave_up ||
           send(s, &(struct plan_answer){.kind = PLAN_ANSWER_FETCH, .document = *document}, e);
}

static bool drop(struct plan_sink *self, str id, struct error *e)
{
    struct answers *s = CONTAINER_OF(self, struct answers, base);
    return s->gave_up || send(s, &(struct plan_answer){.kind = PLAN_ANSWER_DROP, .text = id}, e);
}

static bool cursor(struct plan_sink *self, str index, str value, struct error *e)
{
    struct answers *s = CONTAINER_OF(self, struct answers, base);
    return s->gave_up ||
           send(s, &(struct plan_answer){.kind = PLAN_ANSWER_CURSOR, .index = index, .text = value},
                e);
}

static bool read_index(const struct plan_request *request, const struct feed *feed,
                       struct documents *documents, struct answers *answers, struct error *e)
{
    struct worker_child *child = answers->child;
    struct plan_question question = {.url = documents->head.path, .mode = request->mode};
    struct reader *body = NULL;
    struct arena_mark mark = arena_mark(child->arena);
    for (size_t i = 0; i < request->cursors_count; i++) {
        if (str_eq(request->cursors[i].name, question.url)) {
            question.cursor = request->cursors[i].value;
        }
    }
    worker_at(child, question.url);
    bool ok = codec_open(&documents->base, &body, NULL, e) &&
              feed->plan->next(feed, &question, body, child->arena, &answers->base, e);
    codec_close(body, &documents->base);
    arena_rewind(child->arena, mark);
    return ok || error_wrap(e, "'" STR_FMT "'", STR_ARG(question.url));
}

bool job_plan(struct worker_child *child, str packed, struct error *e)
{
    struct plan_request request;
    struct file_reader pipe;
    struct documents documents;
    if (!plan_request_unpack(packed, child->arena, &request, e)) {
        return false;
    }
    const struct feed *feed = feed_find(request.feed);
    if (feed == NULL || feed->plan == NULL || child->fds_count != 1) {
        return error_set(e, ERROR_REMOTE, "no plan of a feed '" STR_FMT "'", STR_ARG(request.feed));
    }
    struct answers answers = {
        .base = {.fetch = fetch, .drop = drop, .cursor = cursor, .full = full},
        .child = child,
        .fetches_max = request.mode == PLAN_DELTA ? feed->plan->delta_max : 0,
    };
    if (!pipe_reader_open(&pipe, WORKER_FD_DATA, e)) {
        return false;
    }
    bool ok = documents_open(&documents, &pipe.base, child->arena, e);
    enum step got = STEP_FAILED;
    while (ok && (got = documents_next(&documents, e)) == STEP_GOT) {
        ok = read_index(&request, feed, &documents, &answers, e);
    }
    reader_close(&pipe.base);
    return ok && got == STEP_END;
}
