/* redhat_hydra.c: one CVE of Red Hat's security data API:
 *     { name, threat_severity, public_date, bugzilla{description}, cvss3{cvss3_scoring_vector},
 *       details[], affected_release[{ product_name, advisory, cpe, package }],
 *       package_state[{ product_name, fix_state, package_name, cpe }] }
 * Packages are components, which are source packages: "kernel-0:4.18.0-513.5.1.el8_9", modules
 * "nodejs:18-8090020231020123456.a75119d5" and "python39:3.9/python39". VEX says all of this in
 * more detail; this is for who mirrors the API. */
#include <stddef.h>

#include "base/path.h"
#include "feed/csaf.h"
#include "feed/csaf_rows.h"
#include "feed/document.h"
#include "feed/redhat.h"
#include "feed/rpm_product.h"
#include "format/json.h"

enum { HYDRA_BYTES_MAX = 16 * 1024 * 1024 };

/* "…/securitydata/cve/CVE-2024-1.json", "hydra-cve/CVE-2024-1" */
bool redhat_hydra_claims(str path)
{
    str name = path_base(path);
    str folder = str_slice(path, 0, path.len - name.len);
    bool cve = name.len > 8 && (str_starts(name, STR("CVE-")) || str_starts(name, STR("cve-"))) &&
               name.at[4] >= '0' && name.at[4] <= '9';
    return cve &&
           (str_ends(folder, STR("securitydata/cve/")) || str_ends(folder, STR("hydra-cve/")));
}

struct hydra {
    struct arena *arena;
    struct csaf_rows rows;
    struct tally products, components, states;
};

static bool add(struct hydra *h, const struct json_node *item, const struct rpm_product *rpm,
                enum fix_state state, str word, struct error *e)
{
    str cpe = json_member_str(item, "cpe"), release;
    if (!redhat_cpe_release(cpe, &release)) {
        tally_add(&h->products, cpe);
        return true;
    }
    if (rpm->left_out.len > 0) {
        tally_add(&h->components, rpm->left_out);
        return true;
    }
    struct csaf_row row = {
        .stream = cpe,
        .row = {.product = cpe,
                .package = rpm->name,
                .scope = SCOPE_SOURCE,
                .module = rpm->module,
                .state = state,
                .fixed = state == FIX_AVAILABLE ? rpm->version : STR_NONE,
                .word = word},
    };
    return arena_printf(h->arena, &row.row.namespace_, e, "rhel:" STR_FMT, STR_ARG(release)) &&
           csaf_rows_add(&h->rows, &row, e);
}

/* affected_release: a fix. A module has no version that a package could be compared with. */
static bool add_release(struct hydra *h, const struct json_node *item, struct error *e)
{
    str package = json_member_str(item, "package");
    struct rpm_product rpm;
    if (package.len == 0) {
        tally_add(&h->components, STR("fixes that name no package"));
        return true;
    }
    rpm_product_of_id(package, &rpm);
    if (rpm.left_out.len == 0 && rpm.version.len == 0) {
        rpm.left_out = STR("modules, and fixes without a version");
    }
    return add(h, item, &rpm, FIX_AVAILABLE, json_member_str(item, "advisory"), e);
}

static bool state_of(str word, enum fix_state *out)
{
    static const struct {
        str word;
        enum fix_state state;
    } states[] = {
        {STR_INIT("Affected"), FIX_NONE_YET},
        {STR_INIT("New"), FIX_UNDETERMINED},
        {STR_INIT("Under investigation"), FIX_UNDETERMINED},
        {STR_INIT("Fix deferred"), FIX_DEFERRED},
        {STR_INIT("Will not fix"), FIX_WILL_NOT},
        {STR_INIT("Out of support scope"), FIX_END_OF_LIFE},
        {STR_INIT("Not affected"), FIX_NOT_AFFECTED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
        if (str_eq_nocase(word, states[i].word)) {
            *out = states[i].state;
            return true;
        }
    }
    return false;
}

static bool add_state(struct hydra *h, const struct json_node *item, struct error *e)
{
    str word = json_member_str(item, "fix_state");
    enum fix_state state;
    struct rpm_product rpm;
    if (!state_of(word, &state)) {
        tally_add(&h->states, word);
        return true;
    }
    rpm_product_of_id(json_member_str(item, "package_name"), &rpm);
    return add(h, item, &rpm, state, word, e);
}

static bool add_all(struct hydra *h, const struct json_node *list,
                    bool (*one)(struct hydra *, const struct json_node *, struct error *),
                    struct error *e)
{
    bool many = list != NULL && list->kind == JSON_ARRAY;
    const struct json_node *item = many ? list->first : list;
    for (; item != NULL; item = many ? item->next : NULL) {
        if (item->kind == JSON_OBJECT && !one(h, item, e)) {
            return false;
        }
    }
    return true;
}

static bool description_of(const struct json_node *root, str *out)
{
    const struct json_node *details = json_member(root, "details");
    *out = STR_NONE;
    for (const struct json_node *d = details == NULL ? NULL : details->first; d != NULL;
         d = d->next) {
        *out = d->kind == JSON_STRING ? d->text : *out; /* the last one is Red Hat's own */
    }
    if (out->len == 0) {
        *out = json_member_str(json_member(root, "bugzilla"), "description");
    }
    return true;
}

static bool put(struct hydra *h, const struct json_node *root, const struct feed_document *document,
                struct advisory_sink *out, struct error *e)
{
    uint64_t contradicted = 0;
    struct advisory a = {.id = json_member_str(root, "name")};
    a.cvss = json_member_str(json_member(root, "cvss3"), "cvss3_scoring_vector");
    if (a.cvss.len == 0) {
        a.cvss = json_member_str(json_member(root, "cvss"), "cvss_scoring_vector");
    }
    if (severity_parse(json_member_str(root, "threat_severity"), &a.severity) &&
        a.severity != SEVERITY_UNKNOWN) {
        a.severity_source = STR("redhat");
    }
    csaf_date(json_member_str(root, "public_date"), &a.published_s);
    if (!description_of(root, &a.description) ||
        !csaf_cut(a.description, ADVISORY_DESCRIPTION_BYTES_MAX, h->arena, &a.description, e) ||
        !arena_printf(h->arena, &a.url, e, "https://access.redhat.com/security/cve/" STR_FMT,
                      STR_ARG(a.id)) ||
        !csaf_rows_finish(&h->rows, &a.affected, &a.affected_count, &contradicted, e)) {
        return false;
    }
    return (a.affected_count == 0 || out->put(out, &a, e)) &&
           tally_note(&h->products, out, document->path, "packages of the products", e) &&
           tally_note(&h->components, out, document->path, "components", e) &&
           tally_note(&h->states, out, document->path, "states", e);
}

static bool read_text(str text, const struct feed_document *document, struct arena *arena,
                      struct advisory_sink *out, struct error *e)
{
    const struct json_node *root;
    struct hydra h = {.arena = arena, .rows = {.arena = arena}};
    if (!json_tree(text, arena, &root, e)) {
        return false;
    }
    if (!str_starts(json_member_str(root, "name"), STR("CVE-"))) {
        return error_set(e, ERROR_FORMAT, "is no CVE of Red Hat's security data: has no name");
    }
    return add_all(&h, json_member(root, "affected_release"), add_release, e) &&
           add_all(&h, json_member(root, "package_state"), add_state, e) &&
           put(&h, root, document, out, e);
}

bool redhat_hydra_read(const struct feed_document *document, struct reader *body,
                       struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct buf text;
    buf_init(&text, HYDRA_BYTES_MAX);
    bool done = document_text(body, &text, e) && read_text(buf_str(&text), document, arena, out, e);
    buf_done(&text);
    return done;
}
