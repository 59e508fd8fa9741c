#include "feed/fetch.h"

#include "base/num.h"
#include "feed/document.h"

static const str suffixes[] = {
    {.at = "", .len = 0}, STR_INIT(".zst"), STR_INIT(".xz"), STR_INIT(".gz"), STR_INIT(".bz2")};

static bool is_url(str text)
{
    return str_starts(text, STR("https://")) || str_starts(text, STR("http://"));
}

str feed_document_path(const struct feed *f, size_t index)
{
    str document = str_from(f->documents[index]);
    size_t hash = str_find_char(document, '#');
    return is_url(document) && hash < document.len ? str_slice(document, hash + 1, document.len)
                                                   : document;
}

bool feed_document_url(const struct feed *f, size_t index, str mirror, str suffix,
                       struct arena *arena, str *out, struct error *e)
{
    str path = feed_document_path(f, index), whole = str_from(f->documents[index]);
    str site = str_from(f->site);
    if (mirror.len > 0) {
        site = mirror;
        while (site.len > 0 && site.at[site.len - 1] == '/') {
            site.len--;
        }
    } else if (is_url(whole)) {
        suffix = STR_NONE;
        site = str_slice(whole, 0, str_find_char(whole, '#'));
        path = site.len == whole.len ? STR_NONE : path;
    }
    struct buf url;
    buf_init(&url, 8192);
    bool slash = mirror.len > 0;
    bool done = buf_add_str(&url, site, e) && (!slash || buf_add_char(&url, '/', e)) &&
                buf_add_str(&url, path, e) && buf_add_str(&url, suffix, e) &&
                arena_str(arena, buf_str(&url), out, e);
    buf_done(&url);
    return done;
}

/* "Tue, 24 Nov 2026 08:00:00 GMT" (RFC 9110, section 5.6.7) */
static int64_t http_date(str text)
{
    str weekday, hour, minute;
    if (!str_cut(&text, ',', &weekday)) {
        return 0;
    }
    text = str_trim(text);
    uint64_t h, m, s;
    int64_t day;
    str date = str_slice(text, 0, 11), time = str_trim(str_slice(text, 11, text.len));
    if (!str_ends(time, STR(" GMT")) || !document_date(date, &day)) {
        return 0;
    }
    time.len -= 4;
    if (!str_cut(&time, ':', &hour) || !str_cut(&time, ':', &minute) ||
        !num_parse(hour, 10, 23, &h) || !num_parse(minute, 10, 59, &m) ||
        !num_parse(time, 10, 60, &s)) {
        return 0;
    }
    return day + (int64_t)(h * 3600 + m * 60 + s);
}

/* A validator is two lines: the entity tag, and the date of the last change as the server wrote
 * it; either may be empty. */
static bool validator_make(const struct fetch_response *response, struct arena *arena, str *out,
                           struct error *e)
{
    str tag = fetch_header(response, "etag"), date = fetch_header(response, "last-modified");
    *out = STR_NONE;
    if ((tag.len == 0 && date.len == 0) || tag.len > 200 || date.len > 100) {
        return true;
    }
    return arena_printf(arena, out, e, STR_FMT "\n" STR_FMT, STR_ARG(tag), STR_ARG(date));
}

static bool validator_headers(str validator, struct arena *arena, str headers[2], size_t *count,
                              struct error *e)
{
    str date = validator, tag;
    *count = 0;
    if (!str_cut(&date, '\n', &tag)) {
        return true;
    }
    if (tag.len > 0 &&
        !arena_printf(arena, &headers[(*count)++], e, "If-None-Match: " STR_FMT, STR_ARG(tag))) {
        return false;
    }
    return date.len == 0 || arena_printf(arena, &headers[(*count)++], e,
                                         "If-Modified-Since: " STR_FMT, STR_ARG(date));
}

bool feed_fetch(struct fetch_client *c, const struct feed *f, size_t index,
                const struct feed_fetch_options *options, struct arena *arena,
                struct feed_fetched *out, struct error *e)
{
    str headers[2];
    struct fetch_request request = {
        .headers = headers,
        .timeout_s = options->timeout_s,
        .allow_private = options->mirror.len > 0,
        .allow_http = str_starts(options->mirror, STR("http://")),
    };
    if (!validator_headers(options->validator, arena, headers, &request.headers_count, e)) {
        return false;
    }
    size_t tries = options->mirror.len > 0 ? ARRAY_COUNT(suffixes) : 1;
    for (size_t i = 0; i < tries; i++) {
        struct fetch_response response;
        *out = (struct feed_fetched){.path = feed_document_path(f, index)};
        if (!feed_document_url(f, index, options->mirror, suffixes[i], arena, &out->url, e)) {
            return false;
        }
        request.url = out->url;
        if (!fetch_get(c, &request, arena, &response, e)) {
            return false;
        }
        if (response.status == 200) {
            out->date_s = http_date(fetch_header(&response, "last-modified"));
            return validator_make(&response, arena, &out->validator, e);
        }
        if (response.status == 304 && request.headers_count > 0) {
            out->unchanged = true;
            out->validator = options->validator;
            return true;
        }
        if (response.status != 404 || options->mirror.len == 0) {
            return error_set(e, ERROR_REMOTE, "'" STR_FMT "': the server says %u",
                             STR_ARG(out->url), response.status);
        }
    }
    out->absent = true;
    return true;
}
