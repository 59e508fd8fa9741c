/* oval_comment.c: comments of criteria are made by the publishers' programs, in few forms. They
 * are read where a document does not have the test, and kept by their parts, which are texts that
 * the document has elsewhere too. */
#include "feed/oval.h"

/* What stands between the name and the version. */
static const struct {
    str words;
    enum oval_says says;
} comparisons[] = {
    {STR_INIT(" is earlier than "), OVAL_LESS},
    {STR_INIT(" less than "), OVAL_LESS}, /* SUSE CORE 9 */
    {STR_INIT(" is greater than "), OVAL_GREATER},
};

static bool is_name(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.at[i] <= ' ') {
            return false;
        }
    }
    return s.len > 0;
}

/* "Package NAME" (Microsoft), "NAME DPKG" (Debian). */
static str name_of(str s)
{
    if (str_starts(s, STR("Package "))) {
        s = str_slice(s, sizeof("Package ") - 1, s.len);
    }
    if (str_ends(s, STR(" DPKG"))) {
        s.len -= sizeof(" DPKG") - 1;
    }
    return s;
}

/* "NAME-VERSION-RELEASE": the version begins with a digit. */
static bool cut_name_version(str s, str *name, str *version)
{
    size_t release = str_find_last_char(s, '-');
    if (release == s.len) {
        return false;
    }
    size_t dash = str_find_last_char(str_slice(s, 0, release), '-');
    if (dash == release || dash == 0 || s.at[dash + 1] < '0' || s.at[dash + 1] > '9') {
        return false;
    }
    *name = str_slice(s, 0, dash);
    *version = str_slice(s, dash + 1, s.len);
    return true;
}

/* "Package NAME is installed with version VERSION or earlier". */
static bool parse_or_earlier(str comment, struct oval_leaf *out)
{
    static const str middle = STR_INIT(" is installed with version ");
    static const str end = STR_INIT(" or earlier");
    size_t at = str_find(comment, middle);
    if (at == comment.len || !str_ends(comment, end)) {
        return false;
    }
    str name = name_of(str_slice(comment, 0, at));
    str version = str_slice(comment, at + middle.len, comment.len - end.len);
    if (!is_name(name) || !is_name(version)) {
        return false;
    }
    *out = (struct oval_leaf){.says = OVAL_LESS_EQUAL, .name = name, .version = version};
    return true;
}

void oval_comment_parse(str comment, bool name_version, struct oval_leaf *out)
{
    static const str installed = STR_INIT(" is installed");
    static const str note = STR_INIT(" (note: '");
    comment = str_trim(comment);
    size_t note_at = str_find(comment, note);
    *out = (struct oval_leaf){.says = OVAL_CONDITION, .comment = comment};
    if (note_at < comment.len) { /* Ubuntu's; the rest is the same for many */
        str rest = str_slice(comment, note_at + note.len, comment.len);
        out->comment = str_slice(comment, 0, note_at);
        out->note = str_trim(str_slice(rest, 0, str_find_char(rest, '\'')));
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(comparisons); i++) {
        size_t at = str_find(comment, comparisons[i].words);
        if (at == comment.len) {
            continue;
        }
        str name = name_of(str_slice(comment, 0, at));
        str version = str_slice(comment, at + comparisons[i].words.len, comment.len);
        version = str_slice(version, 0, str_find_char(version, ','));
        if (is_name(name) && is_name(version)) {
            *out =
                (struct oval_leaf){.says = comparisons[i].says, .name = name, .version = version};
            return;
        }
    }
    if (parse_or_earlier(comment, out)) {
        return;
    }
    str name, version;
    if (name_version && str_ends(comment, installed) &&
        is_name(str_slice(comment, 0, comment.len - installed.len)) &&
        cut_name_version(str_slice(comment, 0, comment.len - installed.len), &name, &version)) {
        *out = (struct oval_leaf){.says = OVAL_LESS, .name = name, .version = version};
    }
}
