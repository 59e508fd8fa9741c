#include "ops/job_feed.h"

#include "base/pack.h"
#include "feed/feed.h"
#include "ops/advisory_pack.h"
#include "ops/documents.h"
#include "ops/jobs.h"
#include "stream/codec.h"
#include "stream/file.h"

enum { ADVISORIES_BYTES_PENDING = 64 * 1024 };

struct wire_sink {
    struct advisory_sink base;
    struct worker_child *child;
    struct buf pending;
};

static bool flush(struct wire_sink *s, struct error *e)
{
    bool ok =
        s->pending.len == 0 || wire_send(&s->child->wire, ANSWER_ADVISORY, buf_str(&s->pending), e);
    s->pending.len = 0;
    return ok;
}

static bool put(struct advisory_sink *self, const struct advisory *advisory, struct error *e)
{
    struct wire_sink *s = CONTAINER_OF(self, struct wire_sink, base);
    return advisory_pack(advisory, &s->pending, e) &&
           (s->pending.len < ADVISORIES_BYTES_PENDING || flush(s, e));
}

static bool note(struct advisory_sink *self, str document, str text, struct error *e)
{
    struct wire_sink *s = CONTAINER_OF(self, struct wire_sink, base);
    struct buf payload;
    buf_init(&payload, 256 * 1024);
    bool ok = pack_str(&payload, document, e) && pack_str(&payload, text, e) &&
              wire_send(&s->child->wire, ANSWER_ADVISORY_NOTE, buf_str(&payload), e);
    buf_done(&payload);
    return ok;
}

static bool read_document(struct worker_child *child, const struct feed *feed,
                          struct documents *documents, struct wire_sink *sink, struct error *e)
{
    struct feed_document document = {.path = document_name(documents->path),
                                     .date_s = documents->date_s};
    struct reader *body = NULL;
    struct arena_mark mark = arena_mark(child->arena);
    worker_at(child, documents->path);
    bool ok = codec_open(&documents->base, &body, NULL, e) &&
              feed->read(feed, &document, body, child->arena, &sink->base, e) &&
              reader_drain(body, NULL, e) && flush(sink, e);
    codec_close(body, &documents->base);
    arena_rewind(child->arena, mark);
    return ok || error_wrap(e, "'" STR_FMT "'", STR_ARG(documents->path));
}

bool job_feed(struct worker_child *child, str request, struct error *e)
{
    struct file_reader pipe;
    struct documents documents;
    struct wire_sink sink = {.base = {.put = put, .note = note}, .child = child};
    const struct feed *feed = feed_find(request);
    if (feed == NULL || child->fds_count != 1) {
        return error_set(e, ERROR_REMOTE, "no feed '" STR_FMT "'", STR_ARG(request));
    }
    if (!pipe_reader_open(&pipe, WORKER_FD_DATA, e)) {
        return false;
    }
    buf_init(&sink.pending, 16 * 1024 * 1024);
    bool ok = documents_open(&documents, &pipe.base, child->arena, e);
    enum step got = STEP_FAILED;
    while (ok && (got = documents_next(&documents, e)) == STEP_GOT) {
        ok = read_document(child, feed, &documents, &sink, e);
    }
    buf_done(&sink.pending);
    reader_close(&pipe.base);
    return ok && got == STEP_END;
}
