#include "feed/plan_help.h"

#include <stdio.h>
#include <string.h>

#include "feed/document.h"

enum { PAGE_BYTES_MAX = 16 * 1024 * 1024 };

bool plan_beside(str url, str name, struct arena *arena, str *out, struct error *e)
{
    size_t slash = str_find_last_char(url, '/');
    size_t len = slash == url.len ? 0 : slash + 1;
    return arena_printf(arena, out, e, "%.*s%.*s", (int)len, url.at, (int)name.len, name.at);
}

bool plan_short_text(struct reader *body, size_t bytes_max, struct arena *arena, str *out,
                     struct error *e)
{
    struct buf text;
    buf_init(&text, bytes_max);
    bool ok = document_text(body, &text, e) && arena_str(arena, buf_str(&text), out, e);
    buf_done(&text);
    return ok;
}

bool plan_sha256(str hex, digest *out)
{
    char text[7 + 64 + 1] = "sha256:";
    struct error unread;
    if (hex.len != 64) {
        return false;
    }
    for (size_t i = 0; i < hex.len; i++) {
        char c = hex.at[i];
        text[7 + i] = c >= 'A' && c <= 'F' ? (char)(c + 32) : c;
    }
    return digest_parse((str){.at = text, .len = 7 + 64}, out, &unread);
}

static bool is_name(str link)
{
    for (size_t i = 0; i < link.len; i++) {
        char c = link.at[i];
        if (c == '?' || c == '#' || c == ':' || c == '&' || (c == '/' && i + 1 < link.len)) {
            return false;
        }
    }
    return link.len > 0 && link.at[0] != '.' && link.at[0] != '/';
}

bool plan_links(struct reader *body, struct arena *arena,
                bool (*each)(void *arg, str name, struct error *e), void *arg, struct error *e)
{
    static const str mark = STR_INIT("href=\"");
    str page;
    if (!plan_short_text(body, PAGE_BYTES_MAX, arena, &page, e)) {
        return false;
    }
    if (str_find(page, STR("</html>")) == page.len && str_find(page, STR("</HTML>")) == page.len) {
        return error_set(e, ERROR_FORMAT, "is no page that lists a folder, or is cut");
    }
    for (;;) {
        size_t at = str_find(page, mark);
        if (at == page.len) {
            return true;
        }
        page = str_slice(page, at + mark.len, page.len);
        str link = str_slice(page, 0, str_find_char(page, '"'));
        if (str_starts(link, STR("./"))) {
            link = str_slice(link, 2, link.len);
        }
        if (is_name(link) && !each(arg, link, e)) {
            return false;
        }
    }
}
