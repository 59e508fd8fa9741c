#include "feed/rocky_errata.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/map.h"
#include "feed/describe.h"
#include "feed/osv_record.h"
#include "feed/pieces.h"
#include "model/cvss.h"

enum { DOCUMENT_DEPTH_MAX = 40, PACKAGES_MAX = 200000 };

struct page {
    struct json_handler base;
    struct osv osv; /* counts, sink, arena */
    struct arena_mark mark;
    uint64_t items;

    /* the item that is open, in both forms; which one it is, its end tells */
    struct osv_record record;
    str name, synopsis, severity, cvss;
    unsigned cvss_tenths;
    int64_t published_s, modified_s;
    str nevra, module_name, module_stream, product; /* of the package that is open */
    struct osv_rows rows;
    struct osv_strings cves;
    struct map seen; /* rows, for a package comes once for each minor release and repository */
};

static bool key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

static str *member_of(struct page *p, const struct json_event *event)
{
    str own = event->path[event->depth - 1].key;
    if (event->depth == 3) {
        return str_eq(own, STR("name"))       ? &p->name
               : str_eq(own, STR("synopsis")) ? &p->synopsis
               : str_eq(own, STR("severity")) ? &p->severity
                                              : NULL;
    }
    if (event->depth == 5 && key_is(event, 3, STR("packages"))) {
        return str_eq(own, STR("nevra"))           ? &p->nevra
               : str_eq(own, STR("module_name"))   ? &p->module_name
               : str_eq(own, STR("module_stream")) ? &p->module_stream
               : str_eq(own, STR("product_name"))  ? &p->product
                                                   : NULL;
    }
    return NULL;
}

static bool on_cve(struct page *p, str id, struct error *e)
{
    for (size_t i = 0; i < p->cves.count; i++) {
        if (str_eq(p->cves.at[i], id)) {
            return true;
        }
    }
    return !piece_id_fits(id) || p->cves.count == ADVISORY_IDS_MAX ||
           osv_keep_in(&p->record, &p->cves, id, e);
}

/* An erratum of several flaws has a vector for each: the worst counts. */
static bool on_vector(struct page *p, str vector, struct error *e)
{
    unsigned tenths;
    if (!cvss3_base_score(vector, &tenths) || (p->cvss.len > 0 && tenths <= p->cvss_tenths)) {
        return true;
    }
    p->cvss_tenths = tenths;
    return osv_keep(&p->record, vector, &p->cvss, e);
}

static bool on_string(struct page *p, const struct json_event *event, struct error *e)
{
    str *to = member_of(p, event);
    if (to != NULL) {
        return osv_keep(&p->record, event->text, to, e);
    }
    str own = event->path[event->depth - 1].key;
    if (event->depth == 3) {
        int64_t *time = str_eq(own, STR("published_at")) ? &p->published_s
                        : str_eq(own, STR("updated_at")) ? &p->modified_s
                                                         : NULL;
        if (time != NULL && !clock_parse(event->text, time)) {
            tally_add(&p->osv.strange, STR("a time that cannot be read"));
        }
        return true;
    }
    if (event->depth == 5 && key_is(event, 3, STR("cves"))) {
        return str_eq(own, STR("cve"))                    ? on_cve(p, event->text, e)
               : str_eq(own, STR("cvss3_scoring_vector")) ? on_vector(p, event->text, e)
                                                          : true;
    }
    return true;
}

/* -- packages ------------------------------------------------------------------------------- */

struct nevra {
    str name, evr, arch;
};

/* "oci-umount-2:2.3.4-2.git87f9237.module+el8.4.0+557+48ba8b2f.x86_64.rpm" */
static bool nevra_split(str text, struct nevra *out)
{
    if (str_ends(text, STR(".rpm"))) {
        text.len -= 4;
    }
    size_t dot = str_find_last_char(text, '.');
    str front = str_slice(text, 0, dot);
    size_t release = str_find_last_char(front, '-');
    size_t version = str_find_last_char(str_slice(front, 0, release), '-');
    *out = (struct nevra){.name = str_slice(front, 0, version),
                          .evr = str_slice(front, version + 1, front.len),
                          .arch = str_slice(text, dot + 1, text.len)};
    return version < release && release < front.len && out->name.len > 0 && out->arch.len > 0;
}

/* "Rocky Linux 8.4 x86_64 (Legacy)" → "8" */
static str release_of(str product)
{
    if (!str_starts(product, STR("Rocky Linux "))) {
        return STR_NONE;
    }
    str rest = str_slice(product, 12, product.len);
    size_t digits = 0;
    while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9') {
        digits++;
    }
    return str_slice(rest, 0, digits < 4 ? digits : 0);
}

static bool row_add(struct page *p, const struct nevra *n, str release, str module, struct error *e)
{
    struct arena *arena = p->osv.arena;
    struct affected row = {.package = n->name,
                           .scope = SCOPE_BINARY,
                           .arch = n->arch,
                           .module = module,
                           .state = FIX_AVAILABLE,
                           .fixed = n->evr};
    str key;
    static const char seen = 1;
    if (!arena_printf(arena, &key, e, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT,
                      STR_ARG(n->name), STR_ARG(n->evr), STR_ARG(n->arch), STR_ARG(release),
                      STR_ARG(module))) {
        return false;
    }
    if (map_get(&p->seen, key) != NULL) {
        return true;
    }
    return map_put(&p->seen, key, (void *)(uintptr_t)&seen, e) &&
           arena_printf(arena, &row.namespace_, e, "rocky:" STR_FMT, STR_ARG(release)) &&
           osv_row_add(&p->osv, &row, &p->rows, e);
}

static bool on_package_end(struct page *p, struct error *e)
{
    str text = p->nevra, product = p->product, name = p->module_name, stream = p->module_stream;
    p->nevra = p->product = p->module_name = p->module_stream = STR_NONE;
    struct nevra nevra;
    str release = release_of(product), module = STR_NONE;
    if (release.len == 0) {
        tally_add(&p->osv.strange, product.len > 0 ? product : STR("a package of no product"));
        return true;
    }
    if (!nevra_split(text, &nevra)) {
        tally_add(&p->osv.strange, STR("a package that is no NAME-EPOCH:VERSION-RELEASE.ARCH"));
        return true;
    }
    if (str_eq(nevra.arch, STR("src"))) {
        return true; /* what is installed is built of it, and named too */
    }
    if (p->rows.count == PACKAGES_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "': more than the limit of %d packages",
                         STR_ARG(p->name), PACKAGES_MAX);
    }
    if (name.len > 0 && stream.len > 0 &&
        !arena_printf(p->osv.arena, &module, e, STR_FMT ":" STR_FMT, STR_ARG(name),
                      STR_ARG(stream))) {
        return false;
    }
    return row_add(p, &nevra, release, module, e);
}

/* -- items ---------------------------------------------------------------------------------- */

static void item_begin(struct page *p)
{
    arena_rewind(p->osv.arena, p->mark);
    osv_record_begin(&p->record, &p->osv);
    p->name = p->synopsis = p->severity = p->cvss = STR_NONE;
    p->nevra = p->module_name = p->module_stream = p->product = STR_NONE;
    p->cvss_tenths = 0;
    p->published_s = p->modified_s = 0;
    p->rows = (struct osv_rows){.at = NULL};
    p->cves = (struct osv_strings){.at = NULL};
    map_init(&p->seen, p->osv.arena);
}

static bool erratum_put(struct page *p, struct error *e)
{
    if (p->cves.count == 0 && !str_starts(p->name, STR("RLSA-"))) {
        p->osv.harmless++;
        return true;
    }
    struct advisory a = {.id = p->name,
                         .ids = p->cves.at,
                         .ids_count = p->cves.count,
                         .cvss = p->cvss,
                         .published_s = p->published_s,
                         .modified_s = p->modified_s};
    if (severity_parse(p->severity, &a.severity) && a.severity != SEVERITY_UNKNOWN) {
        a.severity_source = STR("rocky");
    } else if (p->cvss.len > 0) {
        a.severity = severity_of_score(p->cvss_tenths);
        a.severity_source = STR("cvss3");
    }
    if (!describe(p->synopsis, p->osv.arena, &a.description, e) ||
        !arena_printf(p->osv.arena, &a.url, e, "https://errata.rockylinux.org/" STR_FMT,
                      STR_ARG(p->name))) {
        return false;
    }
    return pieces_put(p->osv.out, &a, p->rows.at, p->rows.count, &p->osv.strange, e);
}

static bool item_end(struct page *p, struct error *e)
{
    p->items++;
    if (p->name.len > 0) {
        p->osv.records++;
        return erratum_put(p, e);
    }
    if (p->record.id.len == 0) {
        tally_add(&p->osv.strange, STR("an advisory without a name"));
        return true;
    }
    return osv_advisory_put(&p->record, e);
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct page *p = CONTAINER_OF(self, struct page, base);
    if (event->depth < 2 || !str_eq(event->path[0].key, STR("advisories"))) {
        return true;
    }
    if (event->depth == 2 && (event->kind == JSON_OBJECT || event->kind == JSON_ARRAY)) {
        item_begin(p);
    }
    struct json_event inner = *event;
    inner.depth -= 2;
    inner.path += 2;
    if (!osv_record_event(&p->record, &inner, e)) {
        return false;
    }
    if (event->kind == JSON_STRING && event->depth > 2) {
        return on_string(p, event, e);
    }
    if (event->kind != JSON_END) {
        return true;
    }
    if (event->depth == 2) {
        return item_end(p, e);
    }
    return event->depth != 4 || !key_is(event, 3, STR("packages")) || on_package_end(p, e);
}

bool rocky_errata_read(const struct osv_publisher *publisher, const struct feed_document *document,
                       struct reader *body, struct arena *arena, struct advisory_sink *out,
                       struct error *e)
{
    struct page p = {
        .base = {.event = on_event},
        .osv = {.publisher = publisher, .out = out, .arena = arena, .document = document->path},
        .mark = arena_mark(arena)};
    bool done = json_read(body, DOCUMENT_DEPTH_MAX, &p.base, e);
    arena_rewind(arena, p.mark);
    if (done && p.items == 0) {
        return error_set(e, ERROR_FORMAT, "holds no item in 'advisories'");
    }
    return done && osv_notes_put(&p.osv, e);
}
