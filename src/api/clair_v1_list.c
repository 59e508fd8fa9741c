/* clair_v1_list.c: pages, namespaces, and the vulnerabilities of a namespace, in the API of
 * 2016–2019. */
#include <stdio.h>

#include "api/clair_v1.h"
#include "api/os_name.h"
#include "api/page_token.h"
#include "base/clock.h"
#include "base/num.h"

enum { LIST_MAX = 100000 }; /* of one page, whatever the limit */

/* -- pages ---------------------------------------------------------------------------------- */

static bool digits_only(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9') {
            return false;
        }
    }
    return s.len > 0;
}

/* Go's strconv.Atoi. */
static const char *read_limit(str text, int64_t *out)
{
    bool minus = text.len > 0 && text.at[0] == '-';
    str digits = minus || (text.len > 0 && text.at[0] == '+') ? str_slice(text, 1, text.len) : text;
    uint64_t value = 0;
    if (!digits_only(digits)) {
        return "invalid syntax";
    }
    if (!num_parse(digits, 10, INT64_MAX, &value)) {
        return "value out of range";
    }
    *out = minus ? -(int64_t)value : (int64_t)value;
    return NULL;
}

bool v1_page(struct api_call *call, bool negative, struct v1_page *out)
{
    struct error e;
    str limit, token, text;
    bool present;
    *out = (struct v1_page){.limit = 0};
    if (!http_query(call->request->query, "limit", call->arena, &limit, &present, &e)) {
        v1_error(call, &e);
        return false;
    }
    if (!present) {
        v1_message(call, 400, STR("must provide limit query parameter"));
        return false;
    }
    const char *fault = read_limit(limit, &out->limit);
    if (fault != NULL) {
        if (arena_printf(call->arena, &text, &e,
                         "invalid limit format: strconv.Atoi: parsing \"" STR_FMT "\": %s",
                         STR_ARG(limit), fault)) {
            v1_message(call, 400, text);
        } else {
            v1_error(call, &e);
        }
        return false;
    }
    if (out->limit < 0 && !negative) {
        v1_message(call, 400, STR("limit value should not be less than zero"));
        return false;
    }
    if (!http_query(call->request->query, "page", call->arena, &token, &out->has_page, &e)) {
        v1_error(call, &e);
        return false;
    }
    if (out->has_page && !page_token_read(service_page_key(call->service), token, clock_now_s(),
                                          call->arena, &out->text)) {
        v1_message(call, 400, STR("invalid page format: invalid or expired pagination token"));
        return false;
    }
    return true;
}

bool v1_token(struct api_call *call, str text, str *out, struct error *e)
{
    return page_token_make(service_page_key(call->service), text, clock_now_s(), call->arena, out,
                           e);
}

/* -- vulnerabilities ------------------------------------------------------------------------ */

/* A token holds a number, as Clair's did, or a name behind this. */
#define NAME_MARK "name "

static bool read_position(const struct v1_page *page, struct list_position *out)
{
    uint64_t number = 0;
    str mark = STR(NAME_MARK);
    *out = (struct list_position){.number = 0};
    if (!page->has_page) {
        return true;
    }
    if (str_starts(page->text, mark)) {
        out->after = str_slice(page->text, mark.len, page->text.len);
        return true;
    }
    out->written = num_parse(page->text, 10, INT64_MAX, &number);
    out->number = (int64_t)number; /* ≤ INT64_MAX */
    return out->written;
}

static bool make_token(struct api_call *call, const struct list_position *at, str *out,
                       struct error *e)
{
    str text;
    bool done = at->written
                    ? arena_printf(call->arena, &text, e, "%lld", (long long)at->number)
                    : arena_printf(call->arena, &text, e, NAME_MARK "%.*s", (int)at->after.len,
                                   at->after.len > 0 ? at->after.at : "");
    return done && v1_token(call, text, out, e);
}

static bool say_list(struct api_call *call, const struct vulnerability_list *list, str next)
{
    struct error e;
    struct say s;
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    if (list->count == 0) {
        say_json(&s, "Vulnerabilities", STR_NONE);
    } else {
        say_array(&s, "Vulnerabilities");
        for (size_t i = 0; i < list->count; i++) {
            v1_say_vulnerability(&s, NULL, &list->at[i], false);
        }
        say_close(&s);
    }
    say_str_if(&s, "NextPage", next);
    say_close(&s);
    return v1_end(call, &s, 200);
}

bool v1_vulnerabilities(struct api_call *call)
{
    struct vulnerability_list list;
    struct list_position from;
    struct v1_page page;
    struct error e;
    str next = STR_NONE;
    if (!v1_page(call, false, &page)) {
        return true;
    }
    if (!read_position(&page, &from)) {
        return v1_message(call, 400,
                          STR("invalid page format: invalid or expired pagination token"));
    }
    size_t limit = page.limit < LIST_MAX ? (size_t)page.limit : LIST_MAX;
    if (!service_vulnerabilities(call->service, call->worker, call->arguments[0], &from, limit,
                                 call->arena, &list, &e)) {
        return v1_error(call, &e);
    }
    if (!list.known) {
        return v1_message(call, 404, STR("the resource cannot be found"));
    }
    if (list.more && !make_token(call, &list.next, &next, &e)) {
        return v1_error(call, &e);
    }
    return say_list(call, &list, next);
}

/* -- namespaces ----------------------------------------------------------------------------- */

bool v1_namespaces(struct api_call *call)
{
    const struct graph_namespace *list;
    size_t count;
    struct error e;
    struct say s;
    if (!service_namespaces(call->service, call->worker, call->arena, &list, &count, &e)) {
        return v1_error(call, &e);
    }
    v1_begin(call, &s, &e);
    say_object(&s, NULL);
    if (count == 0) {
        say_json(&s, "Namespaces", STR_NONE);
    } else {
        say_array(&s, "Namespaces");
        for (size_t i = 0; i < count; i++) {
            say_object(&s, NULL);
            say_str_if(&s, "Name", list[i].os);
            say_str(&s, "VersionFormat",
                    list[i].format.len > 0 ? list[i].format : os_version_format(list[i].os));
            say_close(&s);
        }
        say_close(&s);
    }
    say_close(&s);
    return v1_end(call, &s, 200);
}
