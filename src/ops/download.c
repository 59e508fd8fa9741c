/* download.c: a document is got by attempts: each asks for what is missing. An attempt that breaks
 * off leaves what it got in the partial file, and the next one goes on there if the document is
 * still the same by its validator (Range with If-Range, RFC 9110, sections 13.1.5 and 14.2). */
#include "ops/download.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/num.h"

enum { HEADERS_MAX = 4, HEADER_BYTES = 512, RETRIES = 3, RETRY_WAIT_MS = 1000, STALL_S = 30 };

struct attempt {
    struct downloads *d;
    const struct download *what;
    struct partial partial;
    bool conditional; /* it is asked for only if it has changed */
    bool resumed;
    unsigned tries, idle; /* attempts, and those that brought nothing */
    struct fetch_response response;
    struct downloaded *out;
};

enum verdict { VERDICT_FAILED, VERDICT_DONE, VERDICT_AGAIN };

int64_t download_date(str text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[32];
    str day, month, year, time, skipped;
    if (!str_word(&text, &skipped) || !str_word(&text, &day) || !str_word(&text, &month) ||
        !str_word(&text, &year) || !str_word(&text, &time) || day.len != 2 || month.len != 3 ||
        year.len != 4 || time.len != 8) {
        return 0;
    }
    size_t at = str_find(str_from(months), month);
    if (at >= sizeof(months) - 1 || at % 3 != 0) {
        return 0;
    }
    int64_t seconds = 0;
    snprintf(iso, sizeof(iso), "%.4s-%02zu-%.2sT%.8sZ", year.at, at / 3 + 1, day.at, time.at);
    return clock_parse(str_from(iso), &seconds) ? seconds : 0;
}

/* -- the request ---------------------------------------------------------------------------- */

static bool left_s(const struct downloads *d, unsigned *out, struct error *e)
{
    uint64_t now = clock_monotonic_ns();
    if (now >= d->deadline_ns) {
        error_set(e, ERROR_REMOTE, "the time limit of %u s is over", d->timeout_s);
        return error_hint(e, "--timeout makes it longer; what has come is gone on with");
    }
    uint64_t left = (d->deadline_ns - now) / 1000000000 + 1;
    *out = (unsigned)(left < 24 * 3600 ? left : 24 * 3600);
    return true;
}

static bool is_users(const struct downloads *d, str url)
{
    return d->user_base.len > 0 && str_starts(url, d->user_base);
}

static str header_put(char room[HEADER_BYTES], const char *name, str value)
{
    int len = snprintf(room, HEADER_BYTES, "%s: %.*s", name, (int)value.len, value.at);
    return (str){.at = room, .len = len > 0 && len < HEADER_BYTES ? (size_t)len : 0};
}

static bool ask(struct attempt *a, struct error *e)
{
    const struct download *what = a->what;
    const struct known_document *known = what->known;
    char room[HEADERS_MAX][HEADER_BYTES];
    str headers[HEADERS_MAX];
    size_t count = 0;
    unsigned timeout_s = 0;
    if (!left_s(a->d, &timeout_s, e)) {
        return false;
    }
    a->resumed = a->partial.size_bytes > 0 && a->partial.if_range.len > 0;
    a->conditional =
        !a->resumed && known != NULL && (known->etag.len > 0 || known->modified.len > 0);
    if (a->conditional && known->etag.len > 0) {
        headers[count] = header_put(room[count], "If-None-Match", known->etag);
        count++;
    } else if (a->conditional) {
        headers[count] = header_put(room[count], "If-Modified-Since", known->modified);
        count++;
    }
    if (a->resumed) {
        char range[64];
        int len = snprintf(range, sizeof(range), "bytes=%" PRIu64 "-", a->partial.size_bytes);
        headers[count] = header_put(room[count], "Range", (str){.at = range, .len = (size_t)len});
        count++;
        headers[count] = header_put(room[count], "If-Range", a->partial.if_range);
        count++;
    }
    headers[count] =
        header_put(room[count], "Accept-Encoding", what->pack ? STR("gzip") : STR("identity"));
    count++;
    const struct fetch_request request = {
        .url = what->url,
        .headers = headers,
        .headers_count = count,
        .allow_private = is_users(a->d, what->url),
        .allow_http = what->allow_http || is_users(a->d, what->url),
        .body_bytes_max = DOWNLOAD_BYTES_MAX,
        .timeout_s = timeout_s,
        .stall_s = STALL_S,
        .speed_min = DOWNLOAD_SPEED_MIN,
        .retries = a->d->retries,
        .retry_wait_ms = a->d->retry_wait_ms,
    };
    return fetch_get(a->d->client, &request, a->d->scratch, &a->response, e);
}

/* -- the answer ----------------------------------------------------------------------------- */

static bool said_packed(const struct fetch_response *r)
{
    str how = fetch_header(r, "content-encoding");
    return how.len > 0 && !str_eq_nocase(how, STR("identity"));
}

/* By what the download may be gone on with: a strong validator. A date is one for a whole document;
 * for one that was compressed on its way it says nothing about the bytes. */
static str strong_validator(const struct fetch_response *r)
{
    str tag = memory_field(fetch_header(r, "etag"));
    if (tag.len > 0 && !str_starts(tag, STR("W/"))) {
        return tag;
    }
    return said_packed(r) ? STR_NONE : memory_field(fetch_header(r, "last-modified"));
}

/* "bytes 100-199/200": does the part begin where ours ends? */
static bool part_fits(const struct attempt *a)
{
    str range = fetch_header(&a->response, "content-range"), from;
    uint64_t begins;
    return str_starts(range, STR("bytes ")) &&
           (range = str_trim(str_slice(range, 6, range.len)), str_cut(&range, '-', &from)) &&
           num_parse(str_trim(from), 10, UINT64_MAX, &begins) && begins == a->partial.size_bytes &&
           said_packed(&a->response) == a->partial.packed;
}

static bool copy_body(struct attempt *a, struct error *e)
{
    struct downloads *d = a->d;
    struct reader *body = fetch_body(d->client);
    uint64_t total = 0;
    if (num_parse(fetch_header(&a->response, "content-length"), 10, UINT64_MAX / 2, &total)) {
        total += a->partial.size_bytes;
    }
    for (;;) {
        enum step got = reader_need(body, 1, e);
        if (got != STEP_GOT) {
            return got == STEP_END;
        }
        str bytes = {.at = (const char *)body->at, .len = reader_ready(body)};
        d->received_bytes += bytes.len;
        if (a->partial.size_bytes + bytes.len > DOWNLOAD_BYTES_MAX) {
            return error_set(e, ERROR_LIMIT, "more than the limit of %" PRIu64 " bytes",
                             DOWNLOAD_BYTES_MAX);
        }
        if (!partial_add(&a->partial, bytes, e)) {
            return false;
        }
        body->at = body->end;
        a->idle = a->partial.if_range.len > 0 ? 0 : a->idle;
        if (d->progress != NULL) {
            d->progress(d->progress_arg, a->what->url, a->partial.size_bytes, total);
        }
    }
}

static bool keep_head(struct attempt *a, struct error *e)
{
    struct arena *arena = a->d->store->arena;
    struct downloaded *out = a->out;
    out->date_s = download_date(fetch_header(&a->response, "last-modified"));
    return arena_str(arena, memory_field(fetch_header(&a->response, "etag")), &out->etag, e) &&
           arena_str(arena, memory_field(fetch_header(&a->response, "last-modified")),
                     &out->modified, e);
}

/* A body has come or not; what broke off is worth another try. */
static enum verdict take_body(struct attempt *a, struct error *e)
{
    if (!copy_body(a, e)) {
        return e->kind == ERROR_REMOTE ? VERDICT_AGAIN : VERDICT_FAILED;
    }
    a->out->outcome = DOWNLOAD_NEW;
    a->out->size_bytes = a->partial.size_bytes;
    return keep_head(a, e) &&
                   partial_end(a->d->store, &a->partial, a->what->want, &a->out->packed, e)
               ? VERDICT_DONE
               : VERDICT_FAILED;
}

static enum verdict begin_anew(struct attempt *a, struct error *e)
{
    bool ok = reader_drain(fetch_body(a->d->client), NULL, e) &&
              partial_begin(a->d->store, &a->partial, a->what->url, STR_NONE, false, e);
    if (ok) {
        error_set(e, ERROR_REMOTE, "the server says %u to a part of the document",
                  a->response.status);
    }
    return ok ? VERDICT_AGAIN : VERDICT_FAILED;
}

static enum verdict take_answer(struct attempt *a, struct error *e)
{
    switch (a->response.status) {
    case 200:
        return partial_begin(a->d->store, &a->partial, a->what->url, strong_validator(&a->response),
                             said_packed(&a->response), e)
                   ? take_body(a, e)
                   : VERDICT_FAILED;
    case 206:
        if (!a->resumed) {
            error_set(e, ERROR_REMOTE, "the server sends a part of the document unasked");
            return VERDICT_FAILED;
        }
        return part_fits(a) ? take_body(a, e) : begin_anew(a, e);
    case 304:
        if (!a->conditional) {
            error_set(e, ERROR_REMOTE,
                      "the server says 304, not modified, of what was not fetched "
                      "before");
            return VERDICT_FAILED;
        }
        a->out->outcome = DOWNLOAD_SAME;
        return VERDICT_DONE;
    case 403:
    case 404:
    case 410:
        a->out->outcome = a->response.status == 403 ? DOWNLOAD_REFUSED : DOWNLOAD_ABSENT;
        return VERDICT_DONE;
    case 416:
        return a->resumed ? begin_anew(a, e) : VERDICT_FAILED;
    default:
        error_set(e, ERROR_REMOTE, "the server says %u", a->response.status);
        return VERDICT_FAILED;
    }
}

/* -- attempts ------------------------------------------------------------------------------- */

/* Waits before the next attempt; false where there is to be none. */
static bool wait_again(struct attempt *a)
{
    const struct downloads *d = a->d;
    unsigned retries = d->retries == UINT_MAX ? 0 : d->retries > 0 ? d->retries : RETRIES;
    uint64_t wait_ms = d->retry_wait_ms > 0 ? d->retry_wait_ms : RETRY_WAIT_MS;
    uint32_t chance = 0;
    if (++a->tries > DOWNLOAD_RESUMES_MAX || a->idle++ >= retries) {
        return false;
    }
    for (unsigned i = 1; i < a->idle && wait_ms < DOWNLOAD_WAIT_MS_MAX; i++) {
        wait_ms *= 2;
    }
    if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) == (ssize_t)sizeof(chance)) {
        wait_ms += wait_ms * (chance & 0xff) / 512;
    }
    if (clock_monotonic_ns() + wait_ms * 1000000 >= d->deadline_ns) {
        return false;
    }
    poll(NULL, 0, (int)wait_ms); /* less than a minute */
    return true;
}

static bool run(struct attempt *a, struct error *e)
{
    enum verdict verdict;
    do {
        verdict = ask(a, e) ? take_answer(a, e) : VERDICT_FAILED;
    } while (verdict == VERDICT_AGAIN && wait_again(a));
    return verdict == VERDICT_DONE;
}

bool download_run(struct downloads *d, const struct download *what, struct downloaded *out,
                  struct error *e)
{
    struct attempt a = {.d = d, .what = what, .out = out, .partial = {.fd = -1}};
    *out = (struct downloaded){.outcome = DOWNLOAD_NEW};
    struct arena_mark mark = arena_mark(d->scratch);
    bool ok = partial_open(d->store, what->url, &a.partial, e) && run(&a, e);
    arena_rewind(d->scratch, mark);
    /* a 404 is no reason to throw away; but what is a mistake of limpid's or the server's is */
    partial_close(d->store, &a.partial, ok || e->kind == ERROR_LIMIT || e->kind == ERROR_DIGEST);
    return ok || (str_find(str_from(e->text), what->url) < str_from(e->text).len
                      ? false
                      : error_wrap(e, "'" STR_FMT "'", STR_ARG(what->url)));
}
