#include "model/package_name.h"

#include <stddef.h>

enum name_rule { NAME_LOWER, NAME_PEP503, NAME_ADDRESS };

static const struct {
    str namespace_;
    enum name_rule rule;
} rules[] = {
    {STR_INIT("pypi"), NAME_PEP503},
    {STR_INIT("nuget"), NAME_LOWER},
    {STR_INIT("composer"), NAME_LOWER},
    {STR_INIT("hex"), NAME_LOWER},
    {STR_INIT("pub"), NAME_LOWER},
    {STR_INIT("swift"), NAME_ADDRESS},
    {STR_INIT("github-actions"), NAME_LOWER},
    {STR_INIT("bitnami"), NAME_LOWER},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_separator(char c)
{
    return c == '-' || c == '_' || c == '.';
}

/* "https://github.com/apple/swift-nio.git" → "github.com/apple/swift-nio" */
static str address(str name)
{
    size_t scheme = str_find(name, STR("://"));
    if (scheme < name.len) {
        name = str_slice(name, scheme + 3, name.len);
    }
    if (str_starts(name, STR("www."))) {
        name = str_slice(name, 4, name.len);
    }
    while (name.len > 0 && name.at[name.len - 1] == '/') {
        name.len--;
    }
    return str_ends(name, STR(".git")) ? str_slice(name, 0, name.len - 4) : name;
}

static bool is_spelled(enum name_rule rule, str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (lower(c) != c) {
            return false;
        }
        if (rule == NAME_PEP503 && is_separator(c) &&
            (c != '-' || (i > 0 && name.at[i - 1] == '-'))) {
            return false;
        }
    }
    return true;
}

static bool spell(enum name_rule rule, str name, struct arena *arena, str *out, struct error *e)
{
    char *to = ARENA_ARRAY(arena, name.len + 1, char, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = lower(name.at[i]);
        if (rule == NAME_PEP503 && is_separator(c)) {
            if (i > 0 && is_separator(name.at[i - 1])) {
                continue;
            }
            c = '-';
        }
        to[len++] = c;
    }
    *out = (str){.at = to, .len = len};
    return true;
}

bool package_name(str namespace_, str name, struct arena *arena, str *out, struct error *e)
{
    name = str_trim(name);
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        if (!str_eq(rules[i].namespace_, namespace_)) {
            continue;
        }
        if (rules[i].rule == NAME_ADDRESS) {
            name = address(name);
        }
        if (is_spelled(rules[i].rule, name)) {
            break;
        }
        return spell(rules[i].rule, name, arena, out, e);
    }
    *out = name;
    return true;
}
