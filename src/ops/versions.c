#include "ops/versions.h"

#include "base/buf.h"
#include "version/scheme.h"

static bool unknown_scheme(str scheme, struct error *e)
{
    struct buf names;
    struct error unused;
    bool ok = true;
    const struct scheme *s;
    buf_init(&names, 4096);
    for (size_t i = 0; ok && (s = scheme_at(i)) != NULL; i++) {
        ok = buf_printf(&names, &unused, "%s%s", i == 0 ? "" : ", ", s->name);
    }
    error_set(e, ERROR_USAGE, "unknown scheme '" STR_FMT "'; there are " STR_FMT, STR_ARG(scheme),
              STR_ARG(buf_str(&names)));
    buf_done(&names);
    return false;
}

bool ops_compare_versions(str scheme, str a, str b, int *order, struct error *e)
{
    const struct scheme *s = scheme_find(scheme);
    if (s == NULL) {
        return unknown_scheme(scheme, e);
    }
    int n = s->compare(a, b);
    *order = (n > 0) - (n < 0);
    return true;
}

bool ops_scheme_at(size_t i, str *name, str *summary)
{
    const struct scheme *s = scheme_at(i);
    if (s == NULL) {
        return false;
    }
    *name = str_from(s->name);
    *summary = str_from(s->summary);
    return true;
}
