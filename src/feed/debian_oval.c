#include "feed/debian_oval.h"

#include "feed/oval_rpm.h"
#include "model/namespace.h"

static const str name_start = STR_INIT("oval-definitions-");

static str codename_in(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    if (!str_starts(name, name_start) || !str_ends(name, STR(".xml"))) {
        return STR_NONE;
    }
    return str_slice(name, name_start.len, name.len - (sizeof(".xml") - 1));
}

bool debian_oval_claims(str path)
{
    return codename_in(path).len > 0;
}

/* "Debian 11 is installed", "Debian 9.0 is installed"; releases from 4 on have one number. */
static bool release_of(struct oval *o, str comment, str *namespace_, struct error *e)
{
    str release = oval_between(comment, STR("Debian "), STR(" is installed"));
    if (release.len == 0 || release.at[0] < '0' || release.at[0] > '9') {
        return true;
    }
    if (release.at[0] > '3' || release.len < 2 || release.at[1] != '.') {
        release = str_slice(release, 0, str_find_char(release, '.'));
    }
    return arena_printf(&o->scratch, namespace_, e, "debian:" STR_FMT, STR_ARG(release));
}

static str without_epoch_0(str version)
{
    return str_starts(version, STR("0:")) ? str_slice(version, 2, version.len) : version;
}

static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct affected row = {.scope = SCOPE_SOURCE};
    (void)d;
    (void)arg;
    for (size_t i = 0; i < c->count; i++) {
        if (!release_of(o, c->leaves[i].comment, &row.namespace_, e)) {
            return false;
        }
    }
    if (!oval_case_package(c, &row)) {
        return true;
    }
    if (row.namespace_.len == 0) {
        row.namespace_ = namespace_of_debian_codename(codename_in(o->document));
    }
    if (row.namespace_.len == 0) {
        tally_add(&o->strange, STR("packages of no release"));
        return true;
    }
    row.fixed = without_epoch_0(row.fixed);
    if (str_eq(row.fixed, STR("0"))) {
        row.fixed = STR_NONE;
        row.state = FIX_UNDETERMINED;
        row.word = STR("earlier than 0");
    }
    return oval_row(o, &row, e);
}

/* "CVE-2016-5405 389-ds-base", "DSA-5179-1 php7.4". */
static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    str title = oval_fact(o, d, OVAL_TITLE), word;
    struct advisory a = {.id = str_word(&title, &word) ? word : oval_fact(o, d, OVAL_CVE)};
    const struct oval_cases cases = {.each = each_case};
    if (a.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "has no id");
    }
    return oval_advisory(o, d, &a, e) && oval_put(o, d, &a, &cases, e);
}

bool debian_oval_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e)
{
    static const struct oval_publisher publisher = {.feed = STR_INIT("debian"),
                                                    .definition = definition};
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}
