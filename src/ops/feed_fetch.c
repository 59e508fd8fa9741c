/* feed_fetch.c: documents of a feed from its publisher's site, or from a mirror that the user
 * named, through the fetch program.
 *
 * A conditional HEAD for each document first: an update with nothing new moves almost no bytes.
 * If one of them has changed, all are fetched, since a feed is replaced as a whole. */
#include <errno.h>

#include "fetch/client.h"
#include "ops/documents.h"
#include "ops/feed_input.h"

enum { DOCUMENTS_MAX = 1000 };

struct remote_document {
    str url;
    str path;      /* below the site, for the feed's reader */
    bool optional; /* may be missing: the list of branches is longer than a mirror's */
    bool missing;
};

struct fetch_state {
    struct fetch_client client;
    bool started;
    bool mirror; /* of the user's, who may name a host of a private network, and http: */
    struct remote_document *documents;
    size_t count;
};

static struct fetch_request request_for(const struct feed_input *in, const struct fetch_state *s,
                                        str url, const char *method)
{
    return (struct fetch_request){
        .url = url,
        .method = str_from(method),
        .allow_private = s->mirror,
        .allow_http = s->mirror && str_starts(url, STR("http:")),
        .timeout_s = in->options->timeout_s,
    };
}

/* The line of the last good fetch for document `i`: a whole conditional header. */
static str validator_line(str all, size_t i)
{
    str line = STR_NONE;
    for (size_t k = 0; k <= i; k++) {
        if (!str_line(&all, &line)) {
            return STR_NONE;
        }
    }
    return line;
}

static bool head(struct feed_input *in, struct fetch_state *s, str url, str validator,
                 unsigned *status, struct error *e)
{
    struct fetch_request request = request_for(in, s, url, "HEAD");
    struct fetch_response response;
    if (validator.len > 0) {
        request.headers = &validator;
        request.headers_count = 1;
    }
    struct arena_mark mark = arena_mark(in->arena);
    bool ok = fetch_get(&s->client, &request, in->arena, &response, e) &&
              reader_drain(fetch_body(&s->client), NULL, e);
    *status = ok ? response.status : 0;
    arena_rewind(in->arena, mark);
    return ok;
}

/* -- which documents there are -------------------------------------------------------------- */

static bool is_whole_url(str document)
{
    return str_find(document, STR("://")) < document.len;
}

static bool add_public(struct feed_input *in, struct fetch_state *s, str document, bool optional,
                       struct error *e)
{
    struct remote_document *d = &s->documents[s->count++];
    d->optional = optional;
    if (is_whole_url(document)) {
        d->url = document;
        d->path = str_slice(document, str_find(document, STR("://")) + 3, document.len);
        return true;
    }
    d->path = document;
    return arena_printf(in->arena, &d->url, e, "%s%.*s", in->feed->site, (int)document.len,
                        document.at);
}

/* On a mirror a document may be compressed, and the mirror may begin further down than the site:
 * the first that answers is taken. */
static bool find_on_mirror(struct feed_input *in, struct fetch_state *s, str document,
                           struct error *e)
{
    static const char *const suffixes[] = {"", ".zst", ".xz", ".gz", ".bz2"};
    str path = document;
    if (is_whole_url(path)) {
        path = str_slice(path, str_find(path, STR("://")) + 3, path.len);
        path = str_slice(path, str_find_char(path, '/') + 1, path.len);
    }
    str base = in->options->from;
    while (str_ends(base, STR("/"))) {
        base.len--;
    }
    while (path.len > 0 && in->feed->claims(path)) {
        for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
            struct remote_document *d = &s->documents[s->count];
            unsigned status;
            if (!arena_printf(in->arena, &d->path, e, "%.*s%s", (int)path.len, path.at,
                              suffixes[i]) ||
                !arena_printf(in->arena, &d->url, e, "%.*s/%.*s", (int)base.len, base.at,
                              (int)d->path.len, d->path.at) ||
                !head(in, s, d->url, STR_NONE, &status, e)) {
                return false;
            }
            if (status == 200 || status == 304 || status == 405) {
                s->count++;
                return true;
            }
            if (status != 404 && status != 403 && status != 410) {
                return error_set(e, ERROR_REMOTE, "'" STR_FMT "': the server says %u",
                                 STR_ARG(d->url), status);
            }
        }
        size_t slash = str_find_char(path, '/');
        path = slash == path.len ? STR_NONE : str_slice(path, slash + 1, path.len);
    }
    return true;
}

static bool list_documents(struct feed_input *in, struct fetch_state *s, struct error *e)
{
    size_t count = 0;
    while (in->feed->documents[count] != NULL) {
        count++;
    }
    s->documents = ARENA_ARRAY(in->arena, count + 1, struct remote_document, e);
    if (s->documents == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        str document = str_from(in->feed->documents[i]);
        bool optional = str_starts(document, STR("?"));
        document = str_slice(document, optional ? 1 : 0, document.len);
        if (s->mirror ? !find_on_mirror(in, s, document, e)
                      : !add_public(in, s, document, optional, e)) {
            return false;
        }
    }
    in->absent = s->count == 0;
    return true;
}

/* True in `*same` where the publisher says of every document that it has not changed. */
static bool ask_for_news(struct feed_input *in, struct fetch_state *s, bool *same, struct error *e)
{
    *same = in->validator_before.len > 0 && s->count > 0 && str_eq(in->origin_before, in->origin);
    for (size_t i = 0; *same && i < s->count; i++) {
        str validator = validator_line(in->validator_before, i);
        unsigned status = 0;
        if (validator.len == 0) {
            *same = false;
        } else if (str_eq(validator, STR("-"))) {
            /* it was missing; if it is there now, that is news */
            *same = head(in, s, s->documents[i].url, STR_NONE, &status, e) && status == 404;
        } else if (!head(in, s, s->documents[i].url, validator, &status, e)) {
            return false;
        } else {
            *same = status == 304;
        }
    }
    return true;
}

bool feed_fetch_find(struct feed_input *in, struct error *e)
{
    struct fetch_state *s = ARENA_NEW(in->arena, struct fetch_state, e);
    if (s == NULL) {
        return false;
    }
    in->state = s;
    s->mirror = in->options->from.len > 0;
    in->origin = s->mirror ? in->options->from : str_from(in->feed->site);
    if (!fetch_start(&s->client, STR_NONE, e)) {
        return false;
    }
    s->started = true;
    return list_documents(in, s, e) && ask_for_news(in, s, &in->unchanged, e);
}

void feed_fetch_done(struct feed_input *in)
{
    struct fetch_state *s = in->state;
    if (s != NULL && s->started) {
        fetch_stop(&s->client);
        s->started = false;
    }
}

/* -- sending -------------------------------------------------------------------------------- */

/* The header that will ask next time whether the document has changed. */
static bool keep_validator(struct feed_input *in, const struct fetch_response *response,
                           struct buf *validators, struct error *e)
{
    str tag = fetch_header(response, "etag");
    str modified = fetch_header(response, "last-modified");
    (void)in;
    if (tag.len > 0) {
        return buf_printf(validators, e, "If-None-Match: %.*s\n", (int)tag.len, tag.at);
    }
    if (modified.len > 0) {
        return buf_printf(validators, e, "If-Modified-Since: %.*s\n", (int)modified.len,
                          modified.at);
    }
    return buf_add_str(validators, STR("\n"), e);
}

static bool copy_body(struct feed_input *in, struct fetch_state *s, const char *name,
                      const struct fetch_response *response, int fd, struct error *e)
{
    struct reader *body = fetch_body(&s->client);
    uint64_t total = 0, done = 0;
    str length = fetch_header(response, "content-length");
    for (size_t i = 0; i < length.len && length.at[i] >= '0' && length.at[i] <= '9'; i++) {
        total = total > UINT64_MAX / 100 ? 0 : total * 10 + (uint64_t)(length.at[i] - '0');
    }
    for (;;) {
        enum step got = reader_need(body, 1, e);
        if (got != STEP_GOT) {
            return got == STEP_END;
        }
        str bytes = {.at = (const char *)body->at, .len = reader_ready(body)};
        if (!document_bytes(fd, bytes, e)) {
            return false;
        }
        done += bytes.len;
        body->at = body->end;
        if (in->progress != NULL) {
            in->progress->update(in->progress, str_from(name), done, total);
        }
    }
}

static bool send_document(struct feed_input *in, struct fetch_state *s, struct remote_document *d,
                          struct buf *validators, int fd, struct error *e)
{
    struct fetch_request request = request_for(in, s, d->url, "GET");
    struct fetch_response response;
    struct arena_mark mark = arena_mark(in->arena);
    if (!fetch_get(&s->client, &request, in->arena, &response, e)) {
        return false;
    }
    if (response.status == 404 && d->optional) {
        d->missing = true;
        return reader_drain(fetch_body(&s->client), NULL, e) &&
               buf_add_str(validators, STR("-\n"), e);
    }
    if (response.status != 200) {
        return error_set(e, ERROR_REMOTE, "'" STR_FMT "': the server says %u", STR_ARG(d->url),
                         response.status);
    }
    bool ok =
        document_begin(fd, d->path, 0, e) && copy_body(in, s, in->feed->name, &response, fd, e);
    struct error unsent;
    if (!ok) {
        if (e->sys == 0) {
            (void)!document_end(fd, false, &unsent);
        }
        return false;
    }
    ok = document_end(fd, true, e) && keep_validator(in, &response, validators, e);
    arena_rewind(in->arena, mark);
    return ok;
}

bool feed_fetch_send(struct feed_input *in, int fd, struct error *e)
{
    struct fetch_state *s = in->state;
    struct buf validators;
    size_t missing = 0;
    bool ok = true;
    buf_init(&validators, 1024 * 1024);
    for (size_t i = 0; ok && i < s->count; i++) {
        ok = send_document(in, s, &s->documents[i], &validators, fd, e);
        missing += s->documents[i].missing;
    }
    if (ok && missing == s->count) {
        ok = error_set(e, ERROR_REMOTE, "'" STR_FMT "': the server says 404 to every document",
                       STR_ARG(in->origin));
    }
    ok =
        ok && arena_str(in->arena, buf_str(&validators), &in->validator, e) && documents_end(fd, e);
    buf_done(&validators);
    return ok || e->sys == EPIPE; /* a worker that has ended tells why itself */
}
