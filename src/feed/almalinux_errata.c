/* almalinux_errata.c: {"data": [erratum …]}: each package of an erratum with its architecture and
 * the module stream that it is of, which the records in OSV format do not tell. */
#include "feed/almalinux_errata.h"

#include <inttypes.h>

#include "base/num.h"
#include "feed/describe.h"
#include "feed/document.h"
#include "feed/pieces.h"
#include "format/json.h"

enum { DOCUMENT_DEPTH_MAX = 16, PACKAGES_MAX = 200000 };

struct package_row {
    str name, epoch, version, release, arch, module;
};

struct errata {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    str document;
    str path_release; /* "8" of "…/8/errata.full.json", or empty */
    uint64_t errata, harmless;
    struct tally strange;

    /* the erratum that is open */
    struct arena_mark mark;
    str id, severity, title, url;
    str reference_id, reference_type, reference_href;
    int64_t issued_s, updated_s;
    struct package_row package;
    struct affected *rows;
    size_t rows_count, rows_room;
    str *cves;
    size_t cves_count, cves_room;
};

static bool keep(struct errata *r, str text, str *to, struct error *e)
{
    *to = STR_NONE;
    return text.len == 0 || arena_str(r->arena, text, to, e);
}

static bool key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

static str *member_of(struct errata *r, const struct json_event *event)
{
    if (event->depth == 3) {
        str own = event->path[2].key;
        return str_eq(own, STR("id"))         ? &r->id
               : str_eq(own, STR("severity")) ? &r->severity
               : str_eq(own, STR("title"))    ? &r->title
                                              : NULL;
    }
    if (event->depth != 5) {
        return NULL;
    }
    str own = event->path[4].key;
    if (key_is(event, 3, STR("packages"))) {
        return str_eq(own, STR("name"))      ? &r->package.name
               : str_eq(own, STR("epoch"))   ? &r->package.epoch
               : str_eq(own, STR("version")) ? &r->package.version
               : str_eq(own, STR("release")) ? &r->package.release
               : str_eq(own, STR("arch"))    ? &r->package.arch
               : str_eq(own, STR("module"))  ? &r->package.module
                                             : NULL;
    }
    if (key_is(event, 3, STR("references"))) {
        return str_eq(own, STR("id"))     ? &r->reference_id
               : str_eq(own, STR("type")) ? &r->reference_type
               : str_eq(own, STR("href")) ? &r->reference_href
                                          : NULL;
    }
    return NULL;
}

static void on_number(struct errata *r, const struct json_event *event)
{
    int64_t *to = event->depth != 3                       ? NULL
                  : key_is(event, 3, STR("issued_date"))  ? &r->issued_s
                  : key_is(event, 3, STR("updated_date")) ? &r->updated_s
                                                          : NULL;
    uint64_t seconds;
    if (to != NULL && num_parse(event->text, 10, INT64_MAX, &seconds)) {
        *to = (int64_t)seconds;
    }
}

/* "18.module_el8.5.0+2632" and "5.1.el8_4" are of release 8. */
static str release_of(const struct errata *r, str package_release)
{
    if (r->path_release.len > 0) {
        return r->path_release;
    }
    static const str marks[] = {STR_INIT(".el"), STR_INIT("_el"), STR_INIT("+el")};
    for (size_t m = 0; m < ARRAY_COUNT(marks); m++) {
        size_t at = str_find(package_release, marks[m]) + 3, end = at;
        while (end < package_release.len && package_release.at[end] >= '0' &&
               package_release.at[end] <= '9') {
            end++;
        }
        if (end > at && end - at <= 2) {
            return str_slice(package_release, at, end);
        }
    }
    return STR_NONE;
}

/* "mariadb:10.3:8050020220427075058:c5368500:x86_64" → "mariadb:10.3" */
static str stream_of(str module)
{
    size_t name = str_find_char(module, ':');
    str rest = str_slice(module, name + 1, module.len);
    return str_slice(module, 0, name + 1 + str_find_char(rest, ':'));
}

static bool on_package_end(struct errata *r, struct error *e)
{
    struct package_row p = r->package;
    r->package = (struct package_row){.name = STR_NONE};
    if (str_eq(p.arch, STR("src"))) {
        return true; /* what is installed is built of it, and named too */
    }
    str release = release_of(r, p.release);
    if (p.name.len == 0 || p.version.len == 0 || p.release.len == 0 || release.len == 0) {
        tally_add(&r->strange, STR("a package without a name, a version or a release"));
        return true;
    }
    if (r->rows_count == PACKAGES_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "': more than the limit of %d packages",
                         STR_ARG(r->id), PACKAGES_MAX);
    }
    struct affected row = {.package = p.name,
                           .scope = SCOPE_BINARY,
                           .arch = p.arch,
                           .module = stream_of(p.module),
                           .state = FIX_AVAILABLE};
    bool epoch = p.epoch.len > 0 && !str_eq(p.epoch, STR("0"));
    if (!arena_printf(r->arena, &row.namespace_, e, "almalinux:" STR_FMT, STR_ARG(release)) ||
        !arena_printf(r->arena, &row.fixed, e, STR_FMT "%s" STR_FMT "-" STR_FMT,
                      STR_ARG(epoch ? p.epoch : STR_NONE), epoch ? ":" : "", STR_ARG(p.version),
                      STR_ARG(p.release)) ||
        !arena_grow(r->arena, (void **)&r->rows, r->rows_count, &r->rows_room, sizeof(row), e)) {
        return false;
    }
    r->rows[r->rows_count++] = row;
    return true;
}

static bool on_reference_end(struct errata *r, struct error *e)
{
    str id = r->reference_id, type = r->reference_type, href = r->reference_href;
    r->reference_id = r->reference_type = r->reference_href = STR_NONE;
    if (str_eq(type, STR("self"))) {
        r->url = href;
        return true;
    }
    if (!str_eq(type, STR("cve")) || !str_starts(id, STR("CVE-")) || !piece_id_fits(id) ||
        r->cves_count == ADVISORY_IDS_MAX) {
        return true;
    }
    for (size_t i = 0; i < r->cves_count; i++) {
        if (str_eq(r->cves[i], id)) {
            return true;
        }
    }
    if (!arena_grow(r->arena, (void **)&r->cves, r->cves_count, &r->cves_room, sizeof(str), e)) {
        return false;
    }
    r->cves[r->cves_count++] = id;
    return true;
}

static bool put(struct errata *r, struct error *e)
{
    struct advisory a = {.id = r->id,
                         .ids = r->cves,
                         .ids_count = r->cves_count,
                         .url = r->url,
                         .published_s = r->issued_s,
                         .modified_s = r->updated_s};
    if (severity_parse(r->severity, &a.severity) && a.severity != SEVERITY_UNKNOWN) {
        a.severity_source = STR("almalinux");
    }
    if (!describe(r->title, r->arena, &a.description, e)) {
        return false;
    }
    return pieces_put(r->out, &a, r->rows, r->rows_count, &r->strange, e);
}

static void erratum_begin(struct errata *r)
{
    arena_rewind(r->arena, r->mark);
    r->id = r->severity = r->title = r->url = STR_NONE;
    r->reference_id = r->reference_type = r->reference_href = STR_NONE;
    r->issued_s = r->updated_s = 0;
    r->package = (struct package_row){.name = STR_NONE};
    r->rows = NULL;
    r->cves = NULL;
    r->rows_count = r->rows_room = r->cves_count = r->cves_room = 0;
}

static bool erratum_end(struct errata *r, struct error *e)
{
    r->errata++;
    if (r->id.len == 0) {
        tally_add(&r->strange, STR("an erratum without an id"));
        return true;
    }
    if (r->cves_count == 0 && !str_starts(r->id, STR("ALSA-"))) {
        r->harmless++;
        return true;
    }
    return put(r, e);
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct errata *r = CONTAINER_OF(self, struct errata, base);
    if (event->depth < 2 || !str_eq(event->path[0].key, STR("data"))) {
        return true;
    }
    switch (event->kind) {
    case JSON_STRING: {
        str *to = member_of(r, event);
        return to == NULL || keep(r, event->text, to, e);
    }
    case JSON_NUMBER:
        on_number(r, event);
        return true;
    case JSON_OBJECT:
    case JSON_ARRAY:
        if (event->depth == 2) {
            erratum_begin(r);
        }
        return true;
    case JSON_END:
        if (event->depth == 2) {
            return erratum_end(r, e);
        }
        if (event->depth == 4 && key_is(event, 3, STR("packages"))) {
            return on_package_end(r, e);
        }
        return event->depth != 4 || !key_is(event, 3, STR("references")) || on_reference_end(r, e);
    case JSON_NULL:
    case JSON_BOOL:
        return true;
    }
    return true;
}

/* The folder that the document is in, where it is a number. */
static str release_in(str path)
{
    str folder = str_slice(path, 0, str_find_last_char(path, '/'));
    size_t slash = str_find_last_char(folder, '/');
    str name = slash == folder.len ? folder : str_slice(folder, slash + 1, folder.len);
    uint64_t number;
    return num_parse(name, 10, 99, &number) ? name : STR_NONE;
}

bool almalinux_errata_read(const struct feed_document *document, struct reader *body,
                           struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct errata r = {.base = {.event = on_event},
                       .out = out,
                       .arena = arena,
                       .document = document->path,
                       .path_release = release_in(document->path),
                       .mark = arena_mark(arena)};
    if (!json_read(body, DOCUMENT_DEPTH_MAX, &r.base, e)) {
        return false;
    }
    arena_rewind(arena, r.mark);
    if (r.errata == 0) {
        return error_set(e, ERROR_FORMAT, "holds no erratum in 'data'");
    }
    if (r.harmless > 0 &&
        !document_note(out, r.document, e,
                       "left out: %" PRIu64 " notices that fix no vulnerability", r.harmless)) {
        return false;
    }
    return tally_note(&r.strange, out, r.document, "what was not understood", e);
}
