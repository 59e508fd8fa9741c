/* unjudged.c: what cannot be judged, so that it is not taken for "nothing found": a system that no
 * feed speaks of, no advisories at all, a release past its end. */
#include <stdio.h>

#include "api/inner.h"
#include "api/os_name.h"
#include "api/warning.h"
#include "base/clock.h"
#include "model/end_of_life.h"

enum { WARNING_BYTES_MAX = 1000 };

/* CentOS is Red Hat's, rebuilt (match/match.c). */
static MUST_USE bool advisory_namespace(str namespace_, struct arena *arena, str *out,
                                        struct error *e)
{
    str release = namespace_, name;
    *out = namespace_;
    return !str_cut(&release, ':', &name) || !str_eq(name, STR("centos")) ||
           arena_printf(arena, out, e, "rhel:" STR_FMT, STR_ARG(release));
}

bool unjudged_why(struct advisories *advisories, str namespace_, struct arena *arena, str *why,
                  struct error *e)
{
    const struct feed_stamp *feeds;
    size_t count;
    str asked;
    *why = STR_NONE;
    if (os_is_stream(namespace_)) {
        *why = STR("CentOS Stream publishes no errata: its packages could not be judged");
        return true;
    }
    if (namespace_.len == 0 || !os_is_distribution(namespace_)) {
        return arena_printf(arena, why, e,
                            "limpid does not know the distribution '" STR_FMT
                            "': its packages could not be judged",
                            STR_ARG(namespace_));
    }
    if (advisories == NULL) {
        return arena_printf(arena, why, e,
                            "there are no advisories at all: packages of '" STR_FMT
                            "' could not be judged",
                            STR_ARG(namespace_));
    }
    if (!advisory_namespace(namespace_, arena, &asked, e) ||
        !advisories_covering(advisories, asked, arena, &feeds, &count, e)) {
        return false;
    }
    return count > 0 || arena_printf(arena, why, e,
                                     "there are no advisories for '" STR_FMT
                                     "': its packages could not be judged",
                                     STR_ARG(asked));
}

bool unjudged_since(str namespace_, struct arena *arena, str *why, struct error *e)
{
    struct end_of_life found;
    *why = STR_NONE;
    return end_of_life_of(namespace_, clock_now_s(), arena, &found, e) &&
           (found.support != SUPPORT_ENDED ||
            arena_printf(arena, why, e,
                         "'" STR_FMT "' is past its end of life: what was found since then is not "
                         "recorded for it",
                         STR_ARG(namespace_)));
}

/* -- as a header ---------------------------------------------------------------------------- */

/* A quoted string of visible ASCII: what an image says of itself may be anything. */
static size_t quote(str text, char to[WARNING_BYTES_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len + 2 < WARNING_BYTES_MAX; i++) {
        char c = text.at[i];
        if (c == '"' || c == '\\') {
            to[len++] = '\\';
        }
        to[len++] = c < ' ' || c > '~' ? '?' : c;
    }
    return len;
}

void warning_put(struct http_response *out, str text, struct arena *arena)
{
    char quoted[WARNING_BYTES_MAX];
    struct error unread;
    str value;
    size_t len = quote(text, quoted);
    if (text.len > 0 &&
        arena_printf(arena, &value, &unread, WARNING_START "\"%.*s\"", (int)len, quoted)) {
        (void)http_header_put(out, STR(WARNING_NAME), value);
    }
}

str warning_of(const struct http_response *out)
{
    for (size_t i = 0; i < out->headers_count; i++) {
        if (str_eq(out->headers[i].name, STR(WARNING_NAME))) {
            str value = out->headers[i].value;
            return str_slice(value, sizeof(WARNING_START) - 1, value.len);
        }
    }
    return STR_NONE;
}

/* -- as a member ---------------------------------------------------------------------------- */

void incomplete_say(struct say *s, const struct diag_note *notes, size_t count)
{
    if (count == 0) {
        return;
    }
    say_array(s, "Incomplete");
    for (size_t i = 0; i < count; i++) {
        say_str(s, NULL, notes[i].text);
    }
    say_close(s);
}
