#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "server/config.h"
#include "server/system.h"

static bool is_name_byte(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

/* Takes "NAME" or "{NAME}" off `rest`, which begins behind a '$'; empty where it is neither. */
static str variable_name(str *rest)
{
    bool braced = rest->len > 0 && rest->at[0] == '{';
    str text = str_slice(*rest, braced ? 1 : 0, rest->len);
    size_t len = 0;
    while (len < text.len && is_name_byte(text.at[len], len == 0)) {
        len++;
    }
    if (len == 0 || (braced && (len == text.len || text.at[len] != '}'))) {
        return STR_NONE;
    }
    *rest = str_slice(text, len + (braced ? 1 : 0), text.len);
    return str_slice(text, 0, len);
}

static bool variable_add(struct buf *to, str name, struct error *e)
{
    char text[128];
    if (name.len >= sizeof(text)) {
        return error_set(e, ERROR_USAGE, "the variable '" STR_FMT "' has a name that is too long",
                         STR_ARG(name));
    }
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    return buf_add_str(to, str_from(getenv(text)), e);
}

bool config_expand(str path, struct arena *arena, str *out, struct error *e)
{
    struct buf to;
    buf_init(&to, 64 * 1024);
    bool done = true;
    while (done && path.len > 0) {
        size_t dollar = str_find_char(path, '$');
        done = buf_add_str(&to, str_slice(path, 0, dollar), e);
        path = str_slice(path, dollar, path.len);
        if (!done || path.len == 0) {
            break;
        }
        str rest = str_slice(path, 1, path.len), name = variable_name(&rest);
        done = name.len > 0 ? variable_add(&to, name, e) : buf_add_char(&to, '$', e);
        path = name.len > 0 ? rest : str_slice(path, 1, path.len);
    }
    done = done && arena_str(arena, buf_str(&to), out, e);
    buf_done(&to);
    return done;
}

bool config_read(str path, struct arena *arena, struct config *out, struct error *e)
{
    str expanded;
    if (!config_expand(path, arena, &expanded, e)) {
        return false;
    }
    struct buf text;
    buf_init(&text, CONFIG_BYTES_MAX);
    bool done = system_read_file(expanded, &text, e);
    if (!done) {
        e->kind = ERROR_USAGE;
        error_wrap(e, "cannot read the configuration");
    }
    done = done && config_parse(buf_str(&text), expanded, arena, out, e);
    buf_done(&text);
    return done;
}
