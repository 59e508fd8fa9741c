/* suse.c: SUSE's OVAL, a document a product and kind: NAME.xml and NAME-affected.xml tell of CVEs
 * (the second also those that have no fix yet), NAME-patch.xml of updates. A definition names the
 * products it holds for in its criteria; only the oldest documents do not. */
#include "feed/oval.h"
#include "feed/plans.h"
#include "feed/suse_csaf.h"
#include "feed/suse_product.h"

#define AFFECTED(name) "?" name "-affected.xml.gz"

/* One document for all products and service packs of a version, with what has no fix yet. */
static const char *const documents[] = {
    AFFECTED("oval/suse.linux.enterprise.12"),
    AFFECTED("oval/suse.linux.enterprise.15"),
    AFFECTED("oval/suse.linux.enterprise.16"),
    AFFECTED("oval/suse.linux.enterprise.micro.5"),
    AFFECTED("oval/suse.linux.micro.6"),
    AFFECTED("oval/opensuse.leap.15.5"),
    AFFECTED("oval/opensuse.leap.15.6"),
    AFFECTED("oval/opensuse.leap.16.0"),
    AFFECTED("oval/opensuse.leap.micro.5.5"),
    AFFECTED("oval/opensuse.tumbleweed"),
    NULL,
};

static bool claims(str path)
{
    if (suse_csaf_claims(path)) {
        return true;
    }
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    if (!str_ends(name, STR(".xml"))) {
        return false;
    }
    return str_starts(name, STR("suse.")) || str_starts(name, STR("opensuse.")) ||
           str_starts(name, STR("org.opensuse.")) ||
           document_path_ends(str_slice(path, 0, slash), STR("suse/oval")) ||
           str_eq(name, STR("truncated-slice.xml"));
}

struct place {
    struct suse_product product;
    str unknown; /* a product's name that is not known, for the note */
};

/* "SUSE Linux Enterprise Server 12 SP5 is installed": the comment says more than the test, which
 * is the same for 12 SP4 and 12 SP4-LTSS. */
static bool place_of(struct oval *o, const struct oval_leaf *leaf, struct place *out,
                     struct error *e)
{
    static const str end = STR_INIT(" is installed");
    if (leaf->negated || out->product.namespace_.len > 0) {
        return true;
    }
    if (str_ends(leaf->comment, end)) {
        out->unknown = str_slice(leaf->comment, 0, leaf->comment.len - end.len);
        if (!suse_product_find(out->unknown, &o->scratch, &out->product, e)) {
            return false;
        }
    }
    return out->product.namespace_.len > 0 || leaf->says != OVAL_VERSION_IS ||
           suse_product_of_release(leaf->name, leaf->version, &o->scratch, &out->product, e);
}

/* Is it about which system this is, not about a package of it? */
static bool is_place(const struct oval_leaf *leaf)
{
    return str_ends(leaf->name, STR("-release")) ||
           (leaf->says == OVAL_CONDITION && str_ends(leaf->comment, STR(" is installed")));
}

static bool cut_end(str *text, str end)
{
    bool has = str_ends(*text, end);
    text->len -= has ? end.len : 0;
    return has;
}

/* "NAME is not affected" (the test compares with version 0), "NAME is affected". */
static bool state_of(const struct oval_leaf *leaf, struct affected *row)
{
    str name = leaf->comment;
    if (cut_end(&name, STR(" is not affected"))) {
        row->state = FIX_NOT_AFFECTED;
    } else if (cut_end(&name, STR(" is affected"))) {
        row->state = FIX_NONE_YET;
    } else if (leaf->says == OVAL_VERSION_IS && str_eq(leaf->version, STR("0"))) {
        row->state = FIX_NOT_AFFECTED;
    } else {
        return false;
    }
    row->package = leaf->name.len > 0 ? leaf->name : name;
    return true;
}

static bool is_zero(str version)
{
    return str_eq(version, STR("0:0-0")) || str_eq(version, STR("0:0")) ||
           str_eq(version, STR("0-0")) || str_eq(version, STR("0"));
}

static bool add_row(struct oval *o, struct affected *row, const struct place *place,
                    struct error *e)
{
    row->namespace_ = place->product.namespace_;
    row->product = place->product.product;
    row->scope = SCOPE_BINARY;
    return oval_row(o, row, e);
}

/* A case is a product and a package. */
static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct affected row = {.state = FIX_NONE_YET};
    struct place place = {.unknown = STR_NONE};
    struct oval_leaf leaves[OVAL_LEAVES_MAX];
    struct oval_case rest = {.leaves = leaves};
    bool said = false;
    (void)arg;
    for (size_t i = 0; i < c->count; i++) {
        if (!is_place(&c->leaves[i])) {
            leaves[rest.count++] = c->leaves[i];
            said = said || state_of(&c->leaves[i], &row);
        } else if (!place_of(o, &c->leaves[i], &place, e)) {
            return false;
        }
    }
    if (!said && !oval_case_package(&rest, &row)) {
        return true;
    }
    if (is_zero(row.introduced)) {
        row.introduced = STR_NONE;
    }
    if (place.product.namespace_.len == 0 && place.unknown.len == 0) {
        place.unknown = oval_fact(o, d, OVAL_PLATFORM);
        if (!suse_product_find(place.unknown, &o->scratch, &place.product, e)) {
            return false;
        }
    }
    if (place.product.namespace_.len == 0) {
        tally_add(&o->strange, place.unknown);
        return true;
    }
    return add_row(o, &row, &place, e);
}

/* A CVE by its title; an update by its notice. Those of a product's first media have none, and
 * keep the definition's id. */
static str id_of(const struct oval *o, const struct oval_definition *d)
{
    str title = oval_fact(o, d, OVAL_TITLE), cve = oval_cve_in(title);
    if (cve.len > 0) {
        return cve;
    }
    str reference = oval_fact(o, d, OVAL_REFERENCE);
    if (d->class == OVAL_PATCH && reference.len > 0) {
        return reference;
    }
    cve = d->class == OVAL_VULNERABILITY ? oval_fact(o, d, OVAL_CVE) : STR_NONE;
    return cve.len > 0 ? cve : oval_text(o, d->id);
}

static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    struct advisory a = {.id = id_of(o, d)};
    const struct oval_cases cases = {.each = each_case};
    if (a.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "has no id");
    }
    return oval_advisory(o, d, &a, e) && oval_put(o, d, &a, &cases, e);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct oval_publisher publisher = {
        .feed = STR_INIT("suse"),
        .url_source = STR_INIT("SUSE CVE"),
        .name_version_comments = true,
        .definition = definition,
    };
    (void)self;
    if (suse_csaf_claims(document->path)) {
        return suse_csaf_read(document, body, arena, out, e);
    }
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}

const struct feed feed_suse = {
    .name = "suse",
    .summary = "SUSE Linux Enterprise and openSUSE, with what has no fix yet",
    .publisher = "SUSE",
    .licence = "BSD 3-clause, as the feed's LICENSE says",
    .redistributable = true,
    .site = "https://ftp.suse.com/pub/projects/security/",
    .documents = documents,
    .plan = &plan_suse_oval,
    .claims = claims,
    .read = read_document,
};
