/* oracle.c: Oracle Linux' errata as OVAL, all years in one document. A definition is an erratum
 * for one release; its criteria are a tree of architectures, module streams and packages. Builds
 * for systems with Ksplice, and builds that are certified (FIPS), have versions of their own. */
#include "feed/oval_rpm.h"

static const char *const documents[] = {
    "com.oracle.elsa-all.xml.bz2",
    NULL,
};

/* The publisher's name, its documents of one year ("com.oracle.elsa-2024.xml"), or any OVAL in a
 * folder "oracle/oval". */
static bool claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    if (!str_ends(name, STR(".xml"))) {
        return false;
    }
    return str_starts(name, STR("com.oracle.elsa-")) ||
           document_path_ends(str_slice(path, 0, slash), STR("oracle/oval")) ||
           str_eq(name, STR("slice-ksplice.xml")) || str_eq(name, STR("slice-per_arch.xml"));
}

/* The release is "7", or "^7" as the state has it. */
static str release_of(const struct oval_leaf *leaf)
{
    str release = oval_between(leaf->comment, STR("Oracle Linux "), STR(" is installed"));
    if (release.len == 0 && leaf->says == OVAL_VERSION_MATCHES &&
        str_eq(leaf->name, STR("oraclelinux-release")) && leaf->version.len > 1) {
        release = str_slice(leaf->version, 1, leaf->version.len);
    }
    for (size_t i = 0; i < release.len; i++) {
        if (release.at[i] < '0' || release.at[i] > '9') {
            return STR_NONE;
        }
    }
    return release;
}

static bool has(str text, str part)
{
    return str_find(text, part) < text.len;
}

static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct affected row = {.scope = SCOPE_BINARY};
    str release = STR_NONE;
    bool ksplice = false;
    (void)d;
    (void)arg;
    for (size_t i = 0; i < c->count; i++) {
        const struct oval_leaf *leaf = &c->leaves[i];
        str arch = oval_between(leaf->comment, STR("Oracle Linux arch is "), STR_NONE);
        str module = oval_between(leaf->comment, STR("Module "), STR(" is enabled"));
        release = release.len > 0 ? release : release_of(leaf);
        row.arch = row.arch.len > 0 ? row.arch : arch;
        row.module = row.module.len > 0 ? row.module : module;
        ksplice = ksplice || leaf->says == OVAL_RELEASE_MATCHES ||
                  str_ends(leaf->comment, STR(" is ksplice-based"));
    }
    if (!oval_case_package(c, &row)) {
        return true;
    }
    if (release.len == 0) {
        tally_add(&o->strange, STR("packages of no release"));
        return true;
    }
    if (ksplice || has(row.fixed, STR(".ksplice"))) {
        row.product = STR("ksplice");
    } else if (has(row.fixed, STR("_fips"))) {
        row.product = STR("fips");
    }
    return arena_printf(&o->scratch, &row.namespace_, e, "ol:" STR_FMT, STR_ARG(release)) &&
           oval_row(o, &row, e);
}

static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    str id = oval_fact(o, d, OVAL_REFERENCE), title = oval_fact(o, d, OVAL_TITLE);
    struct advisory a = {.id = id.len > 0 ? id : str_slice(title, 0, str_find_char(title, ':'))};
    if (a.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "names no erratum");
    }
    const struct oval_cases cases = {.each = each_case};
    return oval_advisory(o, d, &a, e) && oval_put(o, d, &a, &cases, e);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct oval_publisher publisher = {
        .feed = STR_INIT("oracle"), .url_source = STR_INIT("elsa"), .definition = definition};
    (void)self;
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}

const struct feed feed_oracle = {
    .name = "oracle",
    .summary = "Oracle Linux errata (ELSA), all years",
    .publisher = "Oracle",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://linux.oracle.com/security/oval/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
