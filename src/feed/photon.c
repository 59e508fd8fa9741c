/* photon.c: Photon OS: a list of CVEs a branch in JSON, and updates as OVAL.
 *     [ { cve_id, pkg, cve_score, aff_ver: "all versions before V are vulnerable", res_ver: "V",
 *         status: "Fixed" } ]
 * The lists name source packages; newer ones name their binary packages beside them. Without a
 * version in res_ver ("NA"), the status tells whether there is no fix yet or nothing to be fixed;
 * older lists have no status. */
#include "base/num.h"
#include "feed/oval_rpm.h"
#include "format/json.h"

enum { LIST_DEPTH_MAX = 8, RELEASE_BYTES_MAX = 16 };

static const char *const documents[] = {
    "?photon_cve_metadata/cve_data_photon1.0.json",
    "?photon_cve_metadata/cve_data_photon2.0.json",
    "?photon_cve_metadata/cve_data_photon3.0.json",
    "photon_cve_metadata/cve_data_photon4.0.json",
    "photon_cve_metadata/cve_data_photon5.0.json",
    "?photon_cve_metadata/cve_data_photon6.0.json",
    NULL,
};

static str file_of(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == path.len ? path : str_slice(path, slash + 1, path.len);
}

static bool is_list(str path)
{
    str name = file_of(path);
    return str_starts(name, STR("cve_data_photon")) && str_ends(name, STR(".json"));
}

static bool claims(str path)
{
    str name = file_of(path);
    return is_list(path) ||
           (str_starts(name, STR("com.vmware.phsa-photon")) && str_ends(name, STR(".xml")));
}

/* -- the list ------------------------------------------------------------------------------- */

struct list {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    struct arena_mark mark;
    str namespace_;
    str cve, package, affected, fixed, status, score;
    bool is_list;
    struct tally without;
};

/* "7.5" → 75. */
static enum severity severity_of(str score)
{
    str whole = score, part = STR("0");
    uint64_t units, tenths;
    size_t dot = str_find_char(score, '.');
    if (dot < score.len) {
        whole = str_slice(score, 0, dot);
        part = str_slice(score, dot + 1, dot + 2);
    }
    if (!num_parse(whole, 10, 10, &units) || !num_parse(part, 10, 9, &tenths) ||
        units * 10 + tenths > 100 || units * 10 + tenths == 0) {
        return SEVERITY_UNKNOWN;
    }
    return severity_of_score((unsigned)(units * 10 + tenths));
}

static bool is_version(str text)
{
    return text.len > 0 && !str_eq_nocase(text, STR("NA")) && !str_eq_nocase(text, STR("none"));
}

static bool put_one(struct list *l, struct error *e)
{
    bool fixed = is_version(l->fixed), never = str_eq_nocase(l->status, STR("Not Affected"));
    struct affected row = {
        .namespace_ = l->namespace_,
        .package = l->package,
        .scope = SCOPE_SOURCE,
        .state = fixed   ? FIX_AVAILABLE
                 : never ? FIX_NOT_AFFECTED
                         : FIX_NONE_YET,
        .fixed = fixed ? l->fixed : STR_NONE,
    };
    if (!fixed && !str_eq_nocase(l->status, STR("Fixed"))) {
        row.word = l->status;
    }
    struct advisory a = {
        .id = l->cve, .severity = severity_of(l->score), .affected = &row, .affected_count = 1};
    a.severity_source = a.severity == SEVERITY_UNKNOWN ? STR_NONE : STR("photon");
    if (l->cve.len == 0 || l->package.len == 0) {
        tally_add(&l->without, l->cve.len == 0 ? STR("no cve_id") : STR("no pkg"));
        return true;
    }
    return l->out->put(l->out, &a, e);
}

static bool keep(struct list *l, const struct json_event *event, struct error *e)
{
    const struct {
        const char *key;
        str *to;
    } members[] = {
        {"cve_id", &l->cve},       {"pkg", &l->package},   {"cve_score", &l->score},
        {"aff_ver", &l->affected}, {"res_ver", &l->fixed}, {"status", &l->status},
    };
    for (size_t i = 0; i < ARRAY_COUNT(members); i++) {
        if (str_eq(event->path[1].key, str_from(members[i].key))) {
            return arena_str(l->arena, str_trim(event->text), members[i].to, e);
        }
    }
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct list *l = CONTAINER_OF(self, struct list, base);
    if (event->depth == 0 && event->kind == JSON_ARRAY) {
        l->is_list = true;
    }
    if (!l->is_list) {
        return error_set(e, ERROR_FORMAT, "is no list of vulnerabilities");
    }
    if (event->depth == 1 && event->kind == JSON_OBJECT) {
        l->cve = l->package = l->affected = l->fixed = l->status = l->score = STR_NONE;
    }
    if (event->depth == 1 && event->kind == JSON_END) {
        bool done = put_one(l, e);
        arena_rewind(l->arena, l->mark);
        return done;
    }
    bool value = event->kind == JSON_STRING || event->kind == JSON_NUMBER;
    return !value || event->depth != 2 || keep(l, event, e);
}

/* "cve_data_photon4.0.json" → "4.0". */
static str release_of(str path)
{
    str name = file_of(path);
    size_t start = sizeof("cve_data_photon") - 1;
    str release = str_slice(name, start, name.len - (sizeof(".json") - 1));
    return release.len > RELEASE_BYTES_MAX ? STR_NONE : release;
}

static bool read_list(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct list l = {.base = {.event = on_event}, .out = out, .arena = arena};
    str release = release_of(document->path);
    if (release.len == 0 || release.at[0] < '0' || release.at[0] > '9') {
        return error_set(e, ERROR_FORMAT, "the document's name does not tell the branch");
    }
    if (!arena_printf(arena, &l.namespace_, e, "photon:" STR_FMT, STR_ARG(release))) {
        return false;
    }
    l.mark = arena_mark(arena);
    return json_read(body, LIST_DEPTH_MAX, &l.base, e) &&
           tally_note(&l.without, out, document->path, "entries with", e);
}

/* -- OVAL ----------------------------------------------------------------------------------- */

static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct affected row = {.scope = SCOPE_BINARY};
    str release = STR_NONE;
    (void)arg;
    for (size_t i = 0; i < c->count; i++) {
        str found = oval_between(c->leaves[i].comment, STR("Photon OS "), STR(" is installed"));
        release = found.len > 0 ? found : release;
    }
    if (release.len == 0) {
        str platform = oval_fact(o, d, OVAL_PLATFORM); /* "Photon 3" */
        release = str_slice(platform, sizeof("Photon ") - 1, platform.len);
    }
    if (!oval_case_package(c, &row)) {
        return true;
    }
    if (release.len == 0 || release.at[0] < '0' || release.at[0] > '9') {
        tally_add(&o->strange, STR("packages of no release"));
        return true;
    }
    bool whole = str_find_char(release, '.') < release.len;
    return arena_printf(&o->scratch, &row.namespace_, e, "photon:" STR_FMT "%s", STR_ARG(release),
                        whole ? "" : ".0") &&
           oval_row(o, &row, e);
}

/* "PHSA-2020:00001 sqlite Security Update. (Important)". */
static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    str title = oval_fact(o, d, OVAL_TITLE), word;
    struct advisory a = {.id = str_word(&title, &word) ? word : oval_text(o, d->id)};
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
        .feed = STR_INIT("photon"), .url_source = STR_INIT("PHSA"), .definition = definition};
    (void)self;
    if (is_list(document->path)) {
        return read_list(document, body, arena, out, e);
    }
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}

const struct feed feed_photon = {
    .name = "photon",
    .summary = "Photon OS: CVEs by branch, and updates (PHSA)",
    .publisher = "Broadcom",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://packages.broadcom.com/photon/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
