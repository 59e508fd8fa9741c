#include "base/path.h"

#include <string.h>

/* Appends the components of `raw` to the clean path to[0..len). */
static enum path_verdict append(str raw, char *to, size_t *len, bool clamp)
{
    while (raw.len > 0) {
        str part;
        if (!str_cut(&raw, '/', &part)) {
            part = raw;
            raw = STR_NONE;
        }
        if (part.len == 0 || str_eq(part, STR("."))) {
            continue;
        }
        if (str_eq(part, STR(".."))) {
            if (*len == 0) {
                if (!clamp) {
                    return PATH_ESCAPES;
                }
                continue;
            }
            str parent = path_dir((str){.at = to, .len = *len});
            *len = parent.len;
            continue;
        }
        if (part.len > PATH_COMPONENT_BYTES_MAX || *len + 1 + part.len > PATH_BYTES_MAX) {
            return PATH_TOO_LONG;
        }
        if (*len > 0) {
            to[(*len)++] = '/';
        }
        memcpy(to + *len, part.at, part.len);
        *len += part.len;
    }
    return PATH_OK;
}

/* The common case, by far: nothing to change. */
static bool is_clean(str raw)
{
    if (raw.len == 0 || raw.len > PATH_BYTES_MAX || raw.at[0] == '/') {
        return false;
    }
    size_t start = 0;
    for (size_t i = 0; i <= raw.len; i++) {
        if (i < raw.len && raw.at[i] != '/') {
            continue;
        }
        size_t len = i - start;
        if (len == 0 || len > PATH_COMPONENT_BYTES_MAX ||
            (raw.at[start] == '.' && (len == 1 || (len == 2 && raw.at[start + 1] == '.')))) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

enum path_verdict path_clean(str raw, char *to, str *out)
{
    if (raw.len > 0 && memchr(raw.at, '\0', raw.len) != NULL) {
        return PATH_NUL;
    }
    if (raw.len > 1 && raw.at[raw.len - 1] == '/') {
        raw.len--; /* a directory, as tar writes it */
    }
    if (is_clean(raw)) {
        *out = raw;
        return PATH_OK;
    }
    size_t len = 0;
    enum path_verdict verdict = append(raw, to, &len, false);
    if (verdict == PATH_OK) {
        *out = (str){.at = to, .len = len};
    }
    return verdict;
}

enum path_verdict path_resolve(str link, str target, char *to, str *out)
{
    if (target.len > 0 && memchr(target.at, '\0', target.len) != NULL) {
        return PATH_NUL;
    }
    size_t len = 0;
    enum path_verdict verdict = PATH_OK;
    if (target.len == 0 || target.at[0] != '/') {
        verdict = append(path_dir(link), to, &len, true);
    }
    if (verdict == PATH_OK) {
        verdict = append(target, to, &len, true);
    }
    if (verdict == PATH_OK) {
        *out = (str){.at = to, .len = len};
    }
    return verdict;
}

str path_base(str path)
{
    size_t at = str_find_last_char(path, '/');
    return at == path.len ? path : str_slice(path, at + 1, path.len);
}

str path_dir(str path)
{
    size_t at = str_find_last_char(path, '/');
    return at == path.len ? STR_NONE : str_slice(path, 0, at);
}

bool path_within(str path, str dir)
{
    if (dir.len == 0) {
        return true;
    }
    return str_starts(path, dir) && (path.len == dir.len || path.at[dir.len] == '/');
}
