#include "feed/almalinux_oval.h"

#include "feed/oval.h"
#include "feed/oval_rpm.h"

bool almalinux_oval_claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    return str_starts(name, STR("org.almalinux.al")) && str_ends(name, STR(".xml"));
}

static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct affected row = {.scope = SCOPE_BINARY};
    (void)d;
    (void)arg;
    str release = oval_rpm_conditions(c, STR("AlmaLinux "), &row);
    if (!oval_case_package(c, &row)) {
        return true;
    }
    if (release.len == 0) {
        tally_add(&o->strange, STR("packages of no release"));
        return true;
    }
    return arena_printf(&o->scratch, &row.namespace_, e, "almalinux:" STR_FMT, STR_ARG(release)) &&
           oval_row(o, &row, e);
}

/* "ALSA-2022:7071: firefox security update (Important)". */
static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    struct advisory a = {.id = oval_fact(o, d, OVAL_REFERENCE)};
    const struct oval_cases cases = {.each = each_case};
    if (a.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "names no erratum");
    }
    return oval_advisory(o, d, &a, e) && oval_put(o, d, &a, &cases, e);
}

bool almalinux_oval_read(const struct feed_document *document, struct reader *body,
                         struct arena *arena, struct advisory_sink *out, struct error *e)
{
    static const struct oval_publisher publisher = {
        .feed = STR_INIT("almalinux"), .url_source = STR_INIT("ALSA"), .definition = definition};
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}
