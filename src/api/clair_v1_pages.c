/* clair_v1_pages.c: `limit` and `page` of a query, and the tokens that lead to the next page. */
#include "api/clair_v1.h"
#include "api/page_token.h"
#include "base/clock.h"
#include "base/num.h"

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
    if (!num_parse(digits, 10, (uint64_t)INT64_MAX + minus, &value)) {
        return "value out of range";
    }
    *out = minus ? (int64_t)(0 - value) : (int64_t)value;
    return NULL;
}

/* Go's strconv.Quote, but for characters beyond ASCII that do not print: they stay. */
static bool quote(str text, struct arena *arena, str *out, struct error *e)
{
    static const char named[] = "abtnvfr"; /* 7 to 13 */
    struct buf to;
    buf_init(&to, text.len * 4 + 2);
    bool ok = buf_add_char(&to, '"', e);
    for (size_t i = 0; ok && i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\') {
            ok = buf_printf(&to, e, "\\%c", c);
        } else if (c >= 7 && c <= 13) {
            ok = buf_printf(&to, e, "\\%c", named[c - 7]);
        } else if (c < ' ' || c == 0x7f) {
            ok = buf_printf(&to, e, "\\x%02x", c);
        } else {
            ok = buf_add_char(&to, (char)c, e);
        }
    }
    ok = ok && buf_add_char(&to, '"', e) && arena_str(arena, buf_str(&to), out, e);
    buf_done(&to);
    return ok;
}

bool v1_page(struct api_call *call, bool negative, struct v1_page *out)
{
    struct error e;
    str limit, token, text, quoted;
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
        if (quote(limit, call->arena, &quoted, &e) &&
            arena_printf(call->arena, &text, &e,
                         "invalid limit format: strconv.Atoi: parsing %.*s: %s", (int)quoted.len,
                         quoted.at, fault)) {
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
    out->text = str_trim(out->text); /* Clair's own tokens end in a new line */
    return true;
}

bool v1_token(struct api_call *call, str text, str *out, struct error *e)
{
    return page_token_make(service_page_key(call->service), text, clock_now_s(), call->arena, out,
                           e);
}
