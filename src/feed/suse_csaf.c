/* SUSE's documents have no package URLs: a component's identifier is its file,
 * "bind-libs-9.9.4P2-0.6.1.i586", or, where nothing is fixed, its name. Rows are of all of a
 * release: modules, LTSS and extensions are installed on top of one, and no image says which. */
#include "feed/suse_csaf.h"

#include "base/path.h"
#include "feed/csaf_put.h"

/* Products that a SLES of the same version and service pack has, by the start of their name. */
static const str sles[] = {
    STR_INIT("sle-"), STR_INIT("sle_"), STR_INIT("sles"), STR_INIT("sled"), STR_INIT("suse_sle"),
};

static const struct {
    str product, namespace_;
} others[] = {
    {STR_INIT("sle-micro"), STR_INIT("sle-micro")},
    {STR_INIT("suse-microos"), STR_INIT("sle-micro")},
    {STR_INIT("sl-micro"), STR_INIT("sl-micro")},
    {STR_INIT("leap"), STR_INIT("opensuse-leap")},
    {STR_INIT("opensuse"), STR_INIT("opensuse-leap")},
};

static bool is_version(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.at[i] < '0' || text.at[i] > '9') && text.at[i] != '.') {
            return false;
        }
    }
    return text.len > 0 && text.len <= 16;
}

static bool is_sles(str product)
{
    for (size_t i = 0; i < ARRAY_COUNT(sles); i++) {
        if (str_starts(product, sles[i])) {
            return true;
        }
    }
    return false;
}

/* "16.0" of "16.0" or "16:16.0", "15.3" of "15:sp3", "12" of "12"; more behind it is an edition for
 * some customers ("sles:11:sp1:teradata"). */
static bool sles_version(str version, str update, str edition, struct arena *arena, str *out,
                         struct error *e)
{
    if (is_version(update)) {
        version = update;
        update = STR_NONE;
    }
    if (!is_version(version) || (edition.len > 0 && !str_eq(edition, STR("server")))) {
        return true;
    }
    if (update.len == 0) {
        return arena_printf(arena, out, e, "sles:" STR_FMT, STR_ARG(version));
    }
    str pack = str_slice(update, 2, update.len);
    return !str_starts(update, STR("sp")) || !is_version(pack) ||
           arena_printf(arena, out, e, "sles:" STR_FMT "." STR_FMT, STR_ARG(version),
                        STR_ARG(pack));
}

bool suse_cpe_namespace(str cpe, struct arena *arena, str *out, struct error *e)
{
    enum { VENDOR, PRODUCT, VERSION, UPDATE, EDITION, FIELDS };
    str fields[FIELDS] = {{.at = NULL}};
    *out = STR_NONE;
    if (!str_starts(cpe, STR("cpe:/o:"))) {
        return true;
    }
    str rest = str_slice(cpe, sizeof("cpe:/o:") - 1, cpe.len);
    for (size_t i = 0; i < FIELDS && rest.len > 0; i++) {
        if (!str_cut(&rest, ':', &fields[i])) {
            fields[i] = rest;
            rest = STR_NONE;
        }
    }
    if (str_eq(fields[PRODUCT], STR("tumbleweed"))) {
        *out = STR("opensuse-tumbleweed");
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        if (str_eq(fields[PRODUCT], others[i].product)) {
            return !is_version(fields[VERSION]) ||
                   arena_printf(arena, out, e, STR_FMT ":" STR_FMT, STR_ARG(others[i].namespace_),
                                STR_ARG(fields[VERSION]));
        }
    }
    /* its packages are built for a service pack, but the first ones' CPE does not say for which */
    if (str_eq(fields[PRODUCT], STR("packagehub")) && fields[UPDATE].len > 0) {
        fields[PRODUCT] = STR("sle-packagehub");
    }
    bool teradata = str_find(fields[PRODUCT], STR("teradata")) < fields[PRODUCT].len;
    return teradata || !is_sles(fields[PRODUCT]) ||
           sles_version(fields[VERSION], fields[UPDATE], fields[EDITION], arena, out, e);
}

static bool place(const struct csaf_product *of, struct arena *arena, struct csaf_place *out,
                  struct error *e)
{
    *out = (struct csaf_place){.product = of->cpe.len > 0 ? of->cpe : of->id};
    if (!suse_cpe_namespace(of->cpe, arena, &out->namespace_, e)) {
        return false;
    }
    out->product = out->namespace_.len > 0 ? STR_NONE : out->product;
    return true;
}

static bool package(const struct csaf_product *component, const struct csaf_product *whole,
                    bool versioned, struct arena *arena, struct rpm_product *out, bool *bad_module,
                    struct error *e)
{
    (void)whole, (void)arena, (void)e;
    *bad_module = false;
    if (!versioned) {
        *out = (struct rpm_product){.name = component->id};
    } else if (!rpm_product_of_file(component->id, out)) {
        out->left_out = STR("fixed packages without a version");
    }
    return true;
}

static const struct csaf_publisher publisher = {
    .name = "suse",
    .site = "https://www.suse.com/security/cve/",
    .place = place,
    .package = package,
};

static bool is_document(str path)
{
    str name = path_base(path);
    return str_ends(name, STR(".json")) &&
           (str_starts(name, STR("cve-")) || str_starts(name, STR("suse-")) ||
            str_starts(name, STR("opensuse-")));
}

bool suse_csaf_claims(str path)
{
    str folder = path_base(path_dir(path));
    bool csaf = str_eq(folder, STR("csaf")) || str_eq(folder, STR("csaf-vex")) ||
                str_eq(folder, STR("csaf_vex"));
    return document_path_ends(path, STR("csaf.tar")) ||
           document_path_ends(path, STR("csaf-vex.tar")) || (csaf && is_document(path));
}

bool suse_csaf_read(const struct feed_document *document, struct reader *body, struct arena *arena,
                    struct advisory_sink *out, struct error *e)
{
    struct csaf_put put = {
        .publisher = &publisher, .out = out, .arena = arena, .document = document->path};
    bool done = str_ends(document->path, STR(".tar")) ? csaf_put_archive(&put, body, is_document, e)
                                                      : csaf_put_one(&put, body, e);
    return done && csaf_put_notes(&put, e);
}
