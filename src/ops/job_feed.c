#include "ops/job_feed.h"

#include <stdio.h>

#include "base/pack.h"
#include "feed/feed.h"
#include "ops/advisory_pack.h"
#include "ops/documents.h"
#include "ops/jobs.h"
#include "stream/codec.h"
#include "stream/file.h"

enum {
    ADVISORIES_BYTES_PENDING = 64 * 1024,
    /* texts of the rows that go together: with the advisory's own they have to fit a frame */
    ROWS_BYTES_TOGETHER = 256 * 1024,
    PEEK_BYTES = 512,
};

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

static size_t row_bytes(const struct affected *row)
{
    return row->namespace_.len + row->product.len + row->package.len + row->arch.len +
           row->module.len + row->introduced.len + row->fixed.len + row->last_affected.len +
           row->word.len + sizeof(*row);
}

/* One with many rows goes in several pieces of the same id: rows add up. */
static bool put(struct advisory_sink *self, const struct advisory *advisory, struct error *e)
{
    struct wire_sink *s = CONTAINER_OF(self, struct wire_sink, base);
    struct advisory piece = *advisory;
    size_t from = 0;
    do {
        size_t bytes = 0;
        piece.affected = advisory->affected + from;
        piece.affected_count = 0;
        while (from < advisory->affected_count && bytes < ROWS_BYTES_TOGETHER) {
            bytes += row_bytes(&advisory->affected[from++]);
            piece.affected_count++;
        }
        if (!advisory_pack(&piece, &s->pending, e) ||
            (s->pending.len >= ADVISORIES_BYTES_PENDING && !flush(s, e))) {
            return false;
        }
    } while (from < advisory->affected_count);
    return true;
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

/* Servers say 200 to what they have not, and to whom they do not know, with a page for people. */
static bool is_no_page(struct reader *body, struct error *e)
{
    static const str starts[] = {STR_INIT("<!doctype html"), STR_INIT("<html")};
    enum step got = reader_need(body, PEEK_BYTES, e);
    str text = {.at = (const char *)body->at, .len = reader_ready(body)};
    text = str_trim(str_slice(text, 0, PEEK_BYTES));
    for (size_t i = 0; got != STEP_FAILED && i < ARRAY_COUNT(starts); i++) {
        if (str_eq_nocase(str_slice(text, 0, starts[i].len), starts[i])) {
            return error_set(e, ERROR_FORMAT, "is a page of HTML, not the document");
        }
    }
    return got != STEP_FAILED;
}

/* Reads the body; where the publisher gives a digest of it, that is compared. */
static bool read_body(struct wire_sink *sink, const struct feed *feed,
                      const struct document_head *head, struct reader *body, struct error *e)
{
    struct worker_child *child = sink->child;
    const struct feed_document document = {.path = document_name(head->path),
                                           .date_s = head->date_s};
    if (head->content.algorithm == DIGEST_NONE) {
        return feed->read(feed, &document, body, child->arena, &sink->base, e) &&
               reader_drain(body, NULL, e);
    }
    struct hash_reader hashed;
    digest got;
    char text[DIGEST_TEXT_BYTES], want[DIGEST_TEXT_BYTES];
    hash_reader_init(&hashed, body, head->content.algorithm, child->hasher);
    bool ok = feed->read(feed, &document, &hashed.base, child->arena, &sink->base, e) &&
              hash_reader_digest(&hashed, &got, e);
    reader_close(&hashed.base);
    return ok && (digest_eq(got, head->content) ||
                  error_set(e, ERROR_DIGEST,
                            "what it unpacks to has the checksum %s, not %s as "
                            "the index says",
                            digest_text(got, text), digest_text(head->content, want)));
}

static bool read_document(struct worker_child *child, const struct feed *feed,
                          struct documents *documents, struct wire_sink *sink, struct error *e)
{
    struct reader *body = NULL;
    struct arena_mark mark = arena_mark(child->arena);
    worker_at(child, documents->head.path);
    bool ok = codec_open(&documents->base, &body, NULL, e) && is_no_page(body, e) &&
              read_body(sink, feed, &documents->head, body, e) && flush(sink, e);
    codec_close(body, &documents->base);
    arena_rewind(child->arena, mark);
    return ok || error_wrap(e, "'" STR_FMT "'", STR_ARG(documents->head.path));
}

/* Of a delta's thousand records one may be damaged: what the store has of it stays. */
static bool spare_document(struct documents *documents, struct wire_sink *sink, struct error *e)
{
    struct error own = *e;
    char text[400];
    if (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT) {
        return false;
    }
    snprintf(text, sizeof(text), "not read: %.380s", own.text);
    error_clear(e);
    sink->pending.len = 0;
    return note(&sink->base, documents->head.path, str_from(text), e);
}

bool feed_request_pack(const struct feed_request *r, struct buf *to, struct error *e)
{
    return pack_str(to, r->feed, e) && pack_u8(to, r->records, e);
}

bool feed_request_unpack(str from, struct feed_request *out, struct error *e)
{
    uint8_t records;
    if (!unpack_str(&from, 100, &out->feed, e) || !unpack_u8(&from, &records, e)) {
        return false;
    }
    out->records = records != 0;
    return true;
}

bool job_feed(struct worker_child *child, str packed, struct error *e)
{
    struct feed_request request;
    struct file_reader pipe;
    struct documents documents;
    struct wire_sink sink = {.base = {.put = put, .note = note}, .child = child};
    if (!feed_request_unpack(packed, &request, e)) {
        return false;
    }
    const struct feed *feed = feed_find(request.feed);
    if (feed == NULL || child->fds_count != 1) {
        return error_set(e, ERROR_REMOTE, "no feed '" STR_FMT "'", STR_ARG(request.feed));
    }
    if (!pipe_reader_open(&pipe, WORKER_FD_DATA, e)) {
        return false;
    }
    buf_init(&sink.pending, 16 * 1024 * 1024);
    bool ok = documents_open(&documents, &pipe.base, child->arena, e);
    enum step got = STEP_FAILED;
    while (ok && (got = documents_next(&documents, e)) == STEP_GOT) {
        ok = read_document(child, feed, &documents, &sink, e) ||
             (request.records && spare_document(&documents, &sink, e));
    }
    buf_done(&sink.pending);
    reader_close(&pipe.base);
    return ok && got == STEP_END;
}
