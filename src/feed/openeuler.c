/* openeuler.c: openEuler's security data: CSAF, a document an update (csaf/advisories/) and a
 * document a CVE (csaf/cve/), and OSV records of the updates (osv/OESA-….json). Lists beside them
 * (index.txt, all.json) hold no advisories.
 *
 * Namespaces are releases with their service pack, "openeuler:22.03-LTS-SP3": each has packages of
 * its own. Versions have no epoch, here as in all of openEuler's data. */
#include <stddef.h>

#include "base/path.h"
#include "feed/csaf_put.h"
#include "feed/csaf_rows.h"
#include "feed/feed.h"
#include "format/json.h"

enum { OPENEULER_BYTES_MAX = 32 * 1024 * 1024, RELEASE_BYTES_MAX = 64 };

/* "22.03-LTS-SP3" */
static bool is_release(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            c != '.' && c != '-') {
            return false;
        }
    }
    return text.len >= 5 && text.len <= RELEASE_BYTES_MAX && text.at[0] >= '0' &&
           text.at[0] <= '9' && text.at[2] == '.';
}

static bool namespace_of_release(str release, struct arena *arena, str *out, struct error *e)
{
    *out = STR_NONE;
    return !is_release(release) ||
           arena_printf(arena, out, e, "openeuler:" STR_FMT, STR_ARG(release));
}

/* -- CSAF ----------------------------------------------------------------------------------- */

static bool place(const struct csaf_product *of, struct arena *arena, struct csaf_place *out,
                  struct error *e)
{
    static const str cpe = STR_INIT("cpe:/a:openEuler:openEuler:"), id = STR_INIT("openEuler-");
    str release = str_starts(of->cpe, cpe) ? str_slice(of->cpe, cpe.len, of->cpe.len)
                  : str_starts(of->id, id) ? str_slice(of->id, id.len, of->id.len)
                                           : STR_NONE;
    *out = (struct csaf_place){.product = of->id};
    if (!namespace_of_release(release, arena, &out->namespace_, e)) {
        return false;
    }
    out->product = out->namespace_.len > 0 ? STR_NONE : out->product;
    return true;
}

/* "vim-X11-9.0-33.oe2203sp3.x86_64.rpm"; where nothing is fixed, the name of a source package. */
static bool package(const struct csaf_product *component, const struct csaf_product *whole,
                    bool versioned, struct arena *arena, struct rpm_product *out, bool *bad_module,
                    struct error *e)
{
    (void)whole, (void)arena, (void)e;
    *bad_module = false;
    if (rpm_product_of_file(component->id, out)) {
        return true;
    }
    *out = (struct rpm_product){.name = component->id, .source = true};
    if (versioned) {
        out->left_out = STR("fixed packages without a version");
    }
    return true;
}

static const struct csaf_publisher publisher = {
    .name = "openeuler",
    .place = place,
    .package = package,
};

/* Some documents have a comma behind the last element of a list, which JSON does not allow and the
 * publisher's tool writes. Such commas become blanks; how many there were. */
static uint64_t drop_commas(char *at, size_t len)
{
    uint64_t count = 0;
    size_t comma = len; /* the last one, with nothing but blanks behind it */
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = at[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        if ((c == ']' || c == '}') && comma < len) {
            at[comma] = ' ';
            count++;
        }
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            comma = c == ',' ? i : len;
        }
        in_string = c == '"';
    }
    return count;
}

static bool csaf_document_read(const struct feed_document *document, struct buf *text,
                               struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct memory_reader body;
    struct csaf_put put = {
        .publisher = &publisher, .out = out, .arena = arena, .document = document->path};
    uint64_t commas = drop_commas(text->at, text->len);
    memory_reader_init(&body, buf_str(text));
    return csaf_put_one(&put, &body.base, e) && csaf_put_notes(&put, e) &&
           (commas == 0 ||
            document_note(out, document->path, e,
                          "is not quite JSON: %llu commas behind the last element of a list",
                          (unsigned long long)commas));
}

/* -- OSV ------------------------------------------------------------------------------------ */

struct record {
    struct arena *arena;
    struct csaf_rows rows;
    struct tally ecosystems;
    uint64_t without_fix;
};

/* The fixed version of each range: introduced is always 0. */
static bool add_ranges(struct record *r, const struct json_node *affected, struct affected *row,
                       struct error *e)
{
    const struct json_node *range = json_member(affected, "ranges");
    for (range = range == NULL ? NULL : range->first; range != NULL; range = range->next) {
        const struct json_node *event = json_member(range, "events");
        for (event = event == NULL ? NULL : event->first; event != NULL; event = event->next) {
            row->fixed = json_member_str(event, "fixed");
            struct csaf_row one = {.row = *row};
            if (row->fixed.len > 0 && !csaf_rows_add(&r->rows, &one, e)) {
                return false;
            }
        }
    }
    return true;
}

static bool add_affected(struct record *r, const struct json_node *affected, struct error *e)
{
    static const str prefix = STR_INIT("openEuler:");
    const struct json_node *package_node = json_member(affected, "package");
    str ecosystem = json_member_str(package_node, "ecosystem");
    struct affected row = {
        .package = json_member_str(package_node, "name"),
        .scope = SCOPE_SOURCE,
        .state = FIX_AVAILABLE,
    };
    str release =
        str_starts(ecosystem, prefix) ? str_slice(ecosystem, prefix.len, ecosystem.len) : STR_NONE;
    if (!namespace_of_release(release, r->arena, &row.namespace_, e)) {
        return false;
    }
    if (row.namespace_.len == 0 || row.package.len == 0) {
        tally_add(&r->ecosystems, ecosystem);
        return true;
    }
    size_t before = r->rows.count;
    if (!add_ranges(r, affected, &row, e)) {
        return false;
    }
    r->without_fix += r->rows.count == before;
    return true;
}

static bool record_ids(const struct json_node *root, struct arena *arena, struct advisory *a,
                       struct error *e)
{
    const struct json_node *upstream = json_member(root, "upstream");
    if (upstream == NULL) {
        upstream = json_member(root, "related"); /* before OSV 1.7 */
    }
    size_t count = upstream == NULL ? 0 : upstream->count;
    str *ids = ARENA_ARRAY(arena, count, str, e);
    if (ids == NULL) {
        return false;
    }
    for (const struct json_node *id = count == 0 ? NULL : upstream->first;
         id != NULL && a->ids_count < ADVISORY_IDS_MAX; id = id->next) {
        if (id->kind == JSON_STRING && str_starts(id->text, STR("CVE-"))) {
            ids[a->ids_count++] = id->text;
        }
    }
    a->ids = ids;
    return true;
}

static bool record_head(const struct json_node *root, struct arena *arena, struct advisory *a,
                        struct error *e)
{
    a->id = json_member_str(root, "id");
    csaf_date(json_member_str(root, "published"), &a->published_s);
    csaf_date(json_member_str(root, "modified"), &a->modified_s);
    csaf_date(json_member_str(root, "withdrawn"), &a->withdrawn_s);
    str word = json_member_str(json_member(root, "database_specific"), "severity");
    if (severity_parse(word, &a->severity) && a->severity != SEVERITY_UNKNOWN) {
        a->severity_source = STR("openeuler");
    }
    const struct json_node *references = json_member(root, "references");
    if (references != NULL && references->first != NULL) {
        a->url = json_member_str(references->first, "url");
    }
    str text = json_member_str(root, "details");
    text = text.len > 0 ? text : json_member_str(root, "summary");
    return csaf_cut(text, ADVISORY_DESCRIPTION_BYTES_MAX, arena, &a->description, e) &&
           record_ids(root, arena, a, e);
}

static bool record_read(const struct feed_document *document, const struct buf *text,
                        struct arena *arena, struct advisory_sink *out, struct error *e)
{
    const struct json_node *root;
    struct record r = {.arena = arena, .rows = {.arena = arena}};
    struct advisory a = {.id = STR_NONE};
    uint64_t contradicted = 0;
    if (!json_tree(buf_str(text), arena, &root, e)) {
        return false;
    }
    if (json_member_str(root, "id").len == 0) {
        return error_set(e, ERROR_FORMAT, "is no OSV record: it has no id");
    }
    const struct json_node *affected = json_member(root, "affected");
    for (affected = affected == NULL ? NULL : affected->first; affected != NULL;
         affected = affected->next) {
        if (!add_affected(&r, affected, e)) {
            return false;
        }
    }
    if (!record_head(root, arena, &a, e) ||
        !csaf_rows_finish(&r.rows, &a.affected, &a.affected_count, &contradicted, e)) {
        return false;
    }
    return (a.affected_count == 0 || out->put(out, &a, e)) &&
           (r.without_fix == 0 ||
            document_note(out, document->path, e, "left out: %llu packages without a fix",
                          (unsigned long long)r.without_fix)) &&
           tally_note(&r.ecosystems, out, document->path, "packages of the ecosystems", e);
}

/* -- the feed ------------------------------------------------------------------------------- */

static bool is_csaf(str path)
{
    str name = path_base(path);
    return str_starts(name, STR("csaf-openeuler-")) && str_ends(name, STR(".json"));
}

static bool is_record(str path)
{
    str name = path_base(path);
    return (str_starts(name, STR("OESA-")) || str_starts(name, STR("openEuler-SA-"))) &&
           str_ends(name, STR(".json"));
}

static bool is_list(str path)
{
    return document_path_ends(path, STR("osv/all.json")) ||
           document_path_ends(path, STR("csaf/cve/index.txt")) ||
           document_path_ends(path, STR("csaf/advisories/index.txt"));
}

static bool claims(str path)
{
    return is_csaf(path) || is_record(path) || is_list(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    if (is_list(document->path)) {
        return reader_drain(body, NULL, e);
    }
    struct buf text;
    buf_init(&text, OPENEULER_BYTES_MAX);
    bool done = document_text(body, &text, e) &&
                (is_csaf(document->path) ? csaf_document_read(document, &text, arena, out, e)
                                         : record_read(document, &text, arena, out, e));
    buf_done(&text);
    return done;
}

/* The documents' names are in the lists. */
static const char *const documents[] = {"csaf/cve/index.txt", "csaf/advisories/index.txt", NULL};

const struct feed feed_openeuler = {
    .name = "openeuler",
    .summary = "openEuler's CSAF and OSV: updates and CVEs by release",
    .publisher = "openEuler security committee",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://repo.openeuler.org/security/data/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
