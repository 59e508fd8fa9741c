/* redhat_csaf.c: Red Hat's CSAF. Two layouts:
 *   vex/, vex-feed/  a document a CVE, YYYY/cve-YYYY-NNNN.json, with all states
 *   advisories/      a document an erratum, YYYY/rhsa-YYYY_NNNN.json
 * each with archive_latest.txt (names the archive), changes.csv and deletions.csv beside it, which
 * tell what to fetch and hold no advisories. */
#include "base/num.h"
#include "base/path.h"
#include "feed/csaf_put.h"
#include "feed/redhat.h"

static bool place(const struct csaf_product *of, struct arena *arena, struct csaf_place *out,
                  struct error *e)
{
    str release;
    *out = (struct csaf_place){.product = of->cpe.len > 0 ? of->cpe : of->id};
    return !redhat_cpe_release(of->cpe, &release) ||
           arena_printf(arena, &out->namespace_, e, "rhel:" STR_FMT, STR_ARG(release));
}

/* The package URL, where there is one. Of a component it is its own; documents of 2024 have the
 * module in the identifier only. */
static bool package(const struct csaf_product *component, const struct csaf_product *whole,
                    bool versioned, struct arena *arena, struct rpm_product *out, bool *bad_module,
                    struct error *e)
{
    (void)versioned;
    (void)whole;
    *bad_module = false;
    if (component->purl.len == 0) {
        rpm_product_of_id(component->id, out);
        return true;
    }
    if (!rpm_product_of_purl(component->purl, arena, out, bad_module, e)) {
        return false;
    }
    if (out->module.len == 0) {
        out->module = rpm_module_of_id(component->id);
    }
    return true;
}

static const struct csaf_publisher publisher = {
    .name = "redhat",
    .whole = true,
    .place = place,
    .package = package,
};

/* "cve-2024-1.json", "rhsa-2024_1431.json", "rhba-…", "rhea-…" */
static bool is_document(str path)
{
    str name = path_base(path);
    return str_ends(name, STR(".json")) &&
           (str_starts(name, STR("cve-")) || str_starts(name, STR("rhsa-")) ||
            str_starts(name, STR("rhba-")) || str_starts(name, STR("rhea-")));
}

static bool is_year(str folder)
{
    uint64_t year;
    return folder.len == 4 && num_parse(folder, 10, 9999, &year);
}

static bool is_layout(str folder)
{
    return str_eq(folder, STR("vex")) || str_eq(folder, STR("vex-feed")) ||
           str_eq(folder, STR("advisories"));
}

static bool is_archive(str name)
{
    return str_ends(name, STR(".tar")) &&
           (str_starts(name, STR("csaf_vex")) || str_starts(name, STR("csaf_advisories")) ||
            str_starts(name, STR("vex-archive")) || str_starts(name, STR("vex_archive")));
}

/* Lists beside the documents: nothing to read in them. */
static bool is_list(str name)
{
    return str_eq(name, STR("changes.csv")) || str_eq(name, STR("deletions.csv")) ||
           str_eq(name, STR("archive_latest.txt"));
}

bool redhat_csaf_claims(str path)
{
    str name = path_base(path), folder = path_base(path_dir(path));
    if (is_archive(name)) {
        return true;
    }
    if (is_list(name)) {
        return is_layout(folder);
    }
    str above = path_base(path_dir(path_dir(path)));
    return is_document(path) && (is_layout(folder) || (is_year(folder) && is_layout(above)));
}

bool redhat_csaf_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct csaf_put put = {
        .publisher = &publisher, .out = out, .arena = arena, .document = document->path};
    if (is_list(path_base(document->path))) {
        return reader_drain(body, NULL, e);
    }
    bool done = str_ends(document->path, STR(".tar")) ? csaf_put_archive(&put, body, is_document, e)
                                                      : csaf_put_one(&put, body, e);
    return done && csaf_put_notes(&put, e);
}
