/* azurelinux.c: Azure Linux, and CBL-Mariner before it, as OVAL, a document a release. A definition
 * is one CVE in one package; the packages are source packages. The release is told by the
 * document's name, else by the tag at the end of the versions. */
#include "feed/oval.h"

static const char *const documents[] = {
    "azurelinux-3.0-oval.xml",
    "?cbl-mariner-2.0-oval.xml",
    "?cbl-mariner-1.0-oval.xml",
    NULL,
};

/* "azurelinux-3.0-oval.xml", "cbl-mariner-2.0-oval.xml", "azure-linux-truncated-3.0-oval.xml". */
static bool claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    bool ours = str_starts(name, STR("azurelinux-")) || str_starts(name, STR("azure-linux-")) ||
                str_starts(name, STR("cbl-mariner-")) || str_starts(name, STR("mariner-"));
    return ours && str_ends(name, STR("oval.xml"));
}

/* The first "N.N" between dashes. */
static str release_in(str name)
{
    str part, rest = name;
    while (str_cut(&rest, '-', &part)) {
        bool fine = part.len >= 3 && part.at[1] == '.' && part.at[0] >= '1' && part.at[0] <= '9' &&
                    part.at[2] >= '0' && part.at[2] <= '9';
        if (fine) {
            return str_slice(part, 0, 3);
        }
    }
    return STR_NONE;
}

/* ".azl3", ".cm2" at the end of a version. */
static const struct {
    str tag, namespace_;
} tags[] = {
    {STR_INIT(".azl4"), STR_INIT("azurelinux:4.0")},
    {STR_INIT(".azl3"), STR_INIT("azurelinux:3.0")},
    {STR_INIT(".cm2"), STR_INIT("mariner:2.0")},
    {STR_INIT(".cm1"), STR_INIT("mariner:1.0")},
};

static bool namespace_find(struct oval *o, const struct oval_definition *d,
                           const struct affected *row, str *out, struct error *e)
{
    size_t slash = str_find_last_char(o->document, '/');
    str name =
        slash == o->document.len ? o->document : str_slice(o->document, slash + 1, o->document.len);
    str release = release_in(name), id = oval_text(o, d->id);
    bool mariner = str_find(id, STR("mariner")) < id.len || str_starts(name, STR("mariner")) ||
                   str_starts(name, STR("cbl-mariner"));
    if (release.len > 0) {
        return arena_printf(&o->scratch, out, e, "%s:" STR_FMT, mariner ? "mariner" : "azurelinux",
                            STR_ARG(release));
    }
    const str versions[] = {row->fixed, row->last_affected, row->introduced};
    for (size_t v = 0; v < ARRAY_COUNT(versions); v++) {
        for (size_t i = 0; i < ARRAY_COUNT(tags); i++) {
            if (str_ends(versions[v], tags[i].tag)) {
                *out = tags[i].namespace_;
                return true;
            }
        }
    }
    return true;
}

static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct affected row = {.scope = SCOPE_SOURCE};
    str patchable = oval_fact(o, d, OVAL_PATCHABLE);
    (void)arg;
    if (!oval_case_package(c, &row)) {
        return true;
    }
    if (!namespace_find(o, d, &row, &row.namespace_, e)) {
        return false;
    }
    if (row.namespace_.len == 0) {
        tally_add(&o->strange, STR("packages of no release"));
        return true;
    }
    if (str_eq_nocase(patchable, STR("Not Applicable"))) {
        row.state = FIX_NOT_AFFECTED;
        row.word = patchable;
        row.introduced = row.fixed = row.last_affected = STR_NONE;
    }
    return oval_row(o, &row, e);
}

static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    str cve = oval_fact(o, d, OVAL_CVE), title = oval_fact(o, d, OVAL_TITLE);
    struct advisory a = {.id = cve.len > 0 ? cve : str_slice(title, 0, str_find_char(title, ' '))};
    const struct oval_cases cases = {.each = each_case};
    if (a.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "names no vulnerability");
    }
    return oval_advisory(o, d, &a, e) && oval_put(o, d, &a, &cases, e);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct oval_publisher publisher = {.feed = STR_INIT("azurelinux"),
                                                    .definition = definition};
    (void)self;
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}

const struct feed feed_azurelinux = {
    .name = "azurelinux",
    .summary = "Azure Linux and CBL-Mariner, with what has no fix yet",
    .publisher = "Microsoft",
    .licence = "MIT",
    .redistributable = true,
    .site = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
