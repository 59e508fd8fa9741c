/* redhat_oval.c: three kinds of definitions: errata (RHSA, class patch), CVEs without a fix
 * (com.redhat.cve, with a `resolution` a component), and CVEs that a package does not have
 * (com.redhat.unaffected, whose criteria can never hold). */
#include "feed/redhat_oval.h"

#include "feed/oval.h"
#include "feed/oval_rpm.h"

/* The publisher's names end with ".oval.xml", also those without what has no fix. */
bool redhat_oval_claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    str folder = str_slice(path, 0, slash);
    size_t before = str_find_last_char(folder, '/');
    str last = before == folder.len ? folder : str_slice(folder, before + 1, folder.len);
    return str_ends(name, STR(".oval.xml")) && !str_starts(name, STR("com.ubuntu.")) &&
           !str_starts(name, STR("oci.com.ubuntu.")) &&
           (str_starts(last, STR("RHEL")) || str_starts(name, STR("rhel-")));
}

static enum fix_state state_of(str resolution)
{
    static const struct {
        str words;
        enum fix_state state;
    } states[] = {
        {STR_INIT("Will not fix"), FIX_WILL_NOT},
        {STR_INIT("Fix deferred"), FIX_DEFERRED},
        {STR_INIT("Out of support scope"), FIX_END_OF_LIFE},
        {STR_INIT("Not affected"), FIX_NOT_AFFECTED},
        {STR_INIT("Under investigation"), FIX_UNDETERMINED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
        if (str_eq_nocase(states[i].words, resolution)) {
            return states[i].state;
        }
    }
    return FIX_NONE_YET; /* "Affected" */
}

/* The resolution of a component that is the package, "nodejs:18/nodejs" too; else of the longest
 * that begins it ("zlib" of zlib-devel); else the first. */
static str resolution_of(const struct oval *o, const struct oval_definition *d, str package)
{
    size_t at = 0, best = 0;
    enum oval_fact kind;
    str value, current = STR_NONE, found = STR_NONE;
    while (oval_fact_next(o, d, &at, &kind, &value)) {
        if (kind == OVAL_RESOLUTION) {
            current = value;
            found = found.len == 0 ? current : found;
        }
        if (kind != OVAL_COMPONENT) {
            continue;
        }
        size_t slash = str_find_last_char(value, '/');
        str name = slash == value.len ? value : str_slice(value, slash + 1, value.len);
        if (str_starts(package, name) && name.len > best) {
            best = name.len;
            found = current;
        }
    }
    return found;
}

/* Does another CPE of the definition cover this one? */
static bool is_covered(const struct oval *o, const struct oval_definition *d, str cpe)
{
    size_t at = 0;
    enum oval_fact kind;
    str value;
    while (oval_fact_next(o, d, &at, &kind, &value)) {
        if (kind == OVAL_CPE && value.len < cpe.len && str_starts(cpe, value) &&
            cpe.at[value.len] == ':') {
            return true;
        }
    }
    return false;
}

static bool add_rows(struct oval *o, const struct oval_definition *d, struct affected *row,
                     struct error *e)
{
    size_t at = 0;
    enum oval_fact kind;
    str value;
    bool any = false;
    while (oval_fact_next(o, d, &at, &kind, &value)) {
        if (kind != OVAL_CPE || is_covered(o, d, value)) {
            continue;
        }
        any = true;
        row->product = value;
        if (!oval_row(o, row, e)) {
            return false;
        }
    }
    return any || oval_row(o, row, e);
}

static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct affected row = {.scope = SCOPE_BINARY};
    str id = oval_text(o, d->id);
    (void)arg;
    str release = oval_rpm_conditions(c, STR("Red Hat Enterprise Linux "), &row);
    if (!oval_case_package(c, &row)) {
        return true;
    }
    if (release.len == 0) {
        tally_add(&o->strange, STR("packages of no release of Red Hat Enterprise Linux"));
        return true;
    }
    if (str_starts(id, STR("oval:com.redhat.unaffected:"))) {
        row.state = FIX_NOT_AFFECTED;
    } else if (row.state != FIX_AVAILABLE) {
        row.word = resolution_of(o, d, row.package);
        row.state = state_of(row.word);
    }
    release = str_slice(release, 0, str_find_char(release, '.'));
    return arena_printf(&o->scratch, &row.namespace_, e, "rhel:" STR_FMT, STR_ARG(release)) &&
           add_rows(o, d, &row, e);
}

/* An erratum by its reference, a CVE by its title. */
static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    str reference = oval_fact(o, d, OVAL_REFERENCE), cve = oval_fact(o, d, OVAL_CVE);
    bool erratum = d->class == OVAL_PATCH && reference.len > 0;
    struct advisory a = {.id = erratum ? reference : cve};
    const struct oval_cases cases = {.each = each_case};
    if (a.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "names no erratum and no vulnerability");
    }
    return oval_advisory(o, d, &a, e) && oval_put(o, d, &a, &cases, e);
}

bool redhat_oval_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e)
{
    static const struct oval_publisher publisher = {
        .feed = STR_INIT("redhat"),
        .url_source = STR_INIT("RHSA"),
        .cpes = true,
        .definition = definition,
    };
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}
