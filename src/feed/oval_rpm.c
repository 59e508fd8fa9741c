#include "feed/oval_rpm.h"

str oval_between(str text, str before, str after)
{
    if (!str_starts(text, before) || !str_ends(text, after) || text.len <= before.len + after.len) {
        return STR_NONE;
    }
    return str_slice(text, before.len, text.len - after.len);
}

static bool is_release(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '.' && (text.at[i] < '0' || text.at[i] > '9')) {
            return false;
        }
    }
    return text.len > 0;
}

str oval_rpm_conditions(const struct oval_case *c, str product, struct affected *row)
{
    str found = STR_NONE;
    for (size_t i = 0; i < c->count; i++) {
        const struct oval_leaf *leaf = &c->leaves[i];
        str release = oval_between(leaf->comment, product, STR(" is installed"));
        str module = oval_between(leaf->comment, STR("Module "), STR(" is enabled"));
        if (leaf->negated) {
            continue;
        }
        found = found.len == 0 && is_release(release) ? release : found;
        row->module = row->module.len == 0 ? module : row->module;
    }
    return found;
}
