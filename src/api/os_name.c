#include "api/os_name.h"

#include "model/namespace.h"

/* Where the APIs' word and limpid's differ. */
static const struct {
    str api, own;
} words[] = {
    {STR_INIT("oracle"), STR_INIT("ol")},
    {STR_INIT("centos"), STR_INIT("rhel")},
};

#define STREAM "centos-stream"

static str head_of(str name)
{
    return str_slice(name, 0, str_find_char(name, ':'));
}

static str version_of(str name)
{
    return str_slice(name, str_find_char(name, ':') + 1, name.len);
}

static bool join(str head, str version, struct arena *arena, str *out, struct error *e)
{
    return arena_printf(arena, out, e, "%.*s:%.*s", (int)head.len, head.at, (int)version.len,
                        version.len > 0 ? version.at : "");
}

bool os_of_namespace(str namespace_, struct arena *arena, str *out, struct error *e)
{
    str head = head_of(namespace_);
    *out = namespace_;
    if (str_eq(namespace_, STR("debian:sid"))) {
        *out = STR("debian:unstable");
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_eq(head, words[i].own)) {
            return join(words[i].api, version_of(namespace_), arena, out, e);
        }
    }
    return true;
}

bool os_name(const struct distribution *d, str namespace_, enum graph_api api, struct arena *arena,
             str *out, struct error *e)
{
    str head = head_of(namespace_);
    *out = STR_NONE;
    bool as_written = namespace_.len == 0 || head.len == namespace_.len ||
                      str_eq(head, STR("amzn")) ||
                      (api == GRAPH_API_2015 && str_eq(head, STR("rhel")));
    if (!as_written) {
        return os_of_namespace(namespace_, arena, out, e);
    }
    return d->id.len == 0 || d->version_id.len == 0 || join(d->id, d->version_id, arena, out, e);
}

/* Where the APIs' name has more than the namespace: the first Amazon's dates, and the versions of
 * rolling distributions ("wolfi:20230201"). Else `out` stays. */
static bool exact_namespace(str id, str version, struct arena *arena, str *out, struct error *e)
{
    struct distribution d = {.id = id, .version_id = version};
    struct distribution_match match;
    if (namespace_scheme(id).len == 0) {
        return true;
    }
    if (!namespace_of(&d, arena, &match, e)) {
        return false;
    }
    str ns = match.namespace_;
    if (ns.len > 0 && (str_eq(ns, head_of(ns)) || str_eq(id, STR("amzn")))) {
        *out = ns;
    }
    return true;
}

bool os_namespaces(str os, struct arena *arena, str out[OS_NAMESPACES_MAX], size_t *count,
                   struct error *e)
{
    str head = head_of(os), version = version_of(os);
    *count = 1;
    out[0] = os;
    if (str_eq(os, STR("debian:unstable"))) {
        out[0] = STR("debian:sid");
        return true;
    }
    if (head.len < os.len && !exact_namespace(head, version, arena, &out[0], e)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_eq(head, words[i].api)) {
            /* CentOS has namespaces of its own, for its own layers */
            bool centos = str_eq(head, STR("centos"));
            *count = centos ? 3 : 2;
            return join(words[i].own, version, arena, &out[1], e) &&
                   (!centos || join(STR(STREAM), version, arena, &out[2], e));
        }
    }
    return true;
}

bool os_is_stream(str namespace_)
{
    str head = head_of(namespace_), version = version_of(namespace_);
    bool late = version.len != 1 || version.at[0] > '8'; /* there is no CentOS Linux 9 */
    return str_eq(head, STR(STREAM)) || (str_eq(head, STR("centos")) && late);
}

bool os_stream(const struct distribution *d, str namespace_, struct arena *arena, str *out,
               struct error *e)
{
    *out = namespace_;
    bool is =
        str_eq(head_of(namespace_), STR("centos")) &&
        (os_is_stream(namespace_) || str_find(d->pretty_name, STR("Stream")) < d->pretty_name.len);
    return !is || join(STR(STREAM), version_of(namespace_), arena, out, e);
}

bool os_is_distribution(str namespace_)
{
    str scheme = namespace_scheme(namespace_);
    bool language = str_find_char(namespace_, ':') == namespace_.len &&
                    (str_eq(namespace_, STR("hackage")) || str_eq(namespace_, STR("cran")));
    return !language &&
           (str_eq(scheme, STR("deb")) || str_eq(scheme, STR("rpm")) || str_eq(scheme, STR("apk")));
}

str package_version_format(enum ecosystem ecosystem)
{
    return ecosystem == ECOSYSTEM_RPM ? STR("rpm") : STR("dpkg");
}

str os_version_format(str os)
{
    str head = head_of(os);
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_eq(head, words[i].api)) {
            return STR("rpm");
        }
    }
    return str_eq(namespace_scheme(os), STR("rpm")) ? STR("rpm") : STR("dpkg");
}

bool os_known_2015(str os)
{
    return str_starts(os, STR("debian")) || str_starts(os, STR("ubuntu")) ||
           str_starts(os, STR("centos"));
}
