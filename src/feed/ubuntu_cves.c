/* ubuntu_cves.c: pages of the web API about vulnerabilities, and the document of a single one:
 *     { cves: [ { id, description, published, updated_at, priority, impact: { baseMetricV3: {
 *       cvssV3: { vectorString } } }, packages: [ { name, statuses: [ { release_codename, pocket,
 *       status, description } ] } ] } ] }
 * The words are those of the CVE tracker. */
#include "base/clock.h"
#include "feed/prose.h"
#include "feed/ubuntu.h"
#include "format/json.h"

enum { CVES_DEPTH_MAX = 32 };

struct status {
    str codename, pocket, status, note;
};

struct cves {
    struct json_handler base;
    struct ubuntu *u;
    struct arena *arena;
    struct arena_mark mark;
    size_t above; /* how many levels a vulnerability is below the document's own value */
    bool has_list;
    str id, description, cvss;
    int64_t published_s, modified_s;
    enum severity severity;
    str package;
    size_t package_rows; /* rows from here on are of the open package */
    struct status status;
    struct affected *rows;
    size_t rows_count, rows_room;
};

/* "cves.json", "api-cves/20_20.json" (offset and limit), "cves/CVE-2025-1.json" */
bool ubuntu_cves_claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    str folder = str_slice(path, 0, slash == path.len ? 0 : slash);
    bool in_cves = str_ends(folder, STR("cves"));
    bool page = name.len > 0 && name.at[0] >= '0' && name.at[0] <= '9' &&
                str_find_char(name, '_') < name.len;
    return str_eq(name, STR("cves.json")) ||
           (in_cves && str_ends(name, STR(".json")) && (page || str_starts(name, STR("CVE-"))));
}

/* Where a vulnerability's own levels begin, or false for what is beside the list. */
static bool level_of(const struct cves *c, const struct json_event *event, size_t *level)
{
    if (event->depth < c->above || (c->above > 0 && !str_eq(event->path[0].key, STR("cves")))) {
        return false;
    }
    *level = event->depth - c->above;
    return true;
}

static str key_at(const struct cves *c, const struct json_event *event, size_t depth)
{
    return event->depth >= c->above + depth ? event->path[c->above + depth - 1].key : STR_NONE;
}

static bool on_time(struct cves *c, str text, int64_t *to)
{
    if (!clock_parse(text, to)) {
        tally_add(&c->u->strange, STR("a time that cannot be read"));
    }
    return true;
}

static bool on_member(struct cves *c, str key, str text, struct error *e)
{
    if (str_eq(key, STR("id"))) {
        return arena_str(c->arena, text, &c->id, e);
    }
    if (str_eq(key, STR("description"))) {
        return prose_keep(c->arena, text, ADVISORY_DESCRIPTION_BYTES_MAX, &c->description, e);
    }
    if (str_eq(key, STR("published"))) {
        return on_time(c, text, &c->published_s);
    }
    if (str_eq(key, STR("updated_at"))) {
        return on_time(c, text, &c->modified_s);
    }
    if (str_eq(key, STR("priority")) && !severity_parse(text, &c->severity)) {
        c->severity = SEVERITY_UNKNOWN;
    }
    return true;
}

static bool on_string(struct cves *c, const struct json_event *event, struct error *e)
{
    size_t depth;
    if (!level_of(c, event, &depth) || depth == 0) {
        return true;
    }
    str own = event->path[event->depth - 1].key;
    if (depth == 1) {
        return on_member(c, own, event->text, e);
    }
    if (str_eq(key_at(c, event, 1), STR("impact"))) {
        return !str_eq(own, STR("vectorString")) || c->cvss.len > 0 ||
               arena_str(c->arena, event->text, &c->cvss, e);
    }
    if (!str_eq(key_at(c, event, 1), STR("packages"))) {
        return true;
    }
    if (depth == 3 && str_eq(own, STR("name"))) {
        return arena_str(c->arena, event->text, &c->package, e);
    }
    if (depth != 5 || !str_eq(key_at(c, event, 3), STR("statuses"))) {
        return true;
    }
    str *to = str_eq(own, STR("release_codename")) ? &c->status.codename
              : str_eq(own, STR("pocket"))         ? &c->status.pocket
              : str_eq(own, STR("status"))         ? &c->status.status
              : str_eq(own, STR("description"))    ? &c->status.note
                                                   : NULL;
    return to == NULL || arena_str(c->arena, event->text, to, e);
}

static bool on_status_end(struct cves *c, struct error *e)
{
    const struct status status = c->status;
    const struct status *s = &status;
    struct affected row = {.scope = SCOPE_SOURCE};
    struct ubuntu_place place;
    enum ubuntu_verdict verdict;
    c->status = (struct status){.status = STR_NONE};
    if (str_eq(s->codename, STR("upstream")) || str_eq(s->status, STR("DNE"))) {
        return true;
    }
    if (!ubuntu_pocket_find(s->codename, s->pocket, c->arena, &place, e)) {
        return false;
    }
    if (place.namespace_.len == 0) {
        tally_add(&c->u->releases, s->codename);
        return true;
    }
    if (!ubuntu_state(s->status, str_trim(s->note), c->arena, &row, &verdict, e)) {
        return false;
    }
    if (verdict != UBUNTU_ROW) {
        tally_add(&c->u->strange, row.state == FIX_AVAILABLE && str_eq(s->status, STR("released"))
                                      ? STR("released without a version")
                                      : s->status);
        return true;
    }
    row.namespace_ = place.namespace_;
    row.product = place.product;
    if (!arena_grow(c->arena, (void **)&c->rows, c->rows_count, &c->rows_room, sizeof(row), e)) {
        return false;
    }
    c->rows[c->rows_count++] = row;
    return true;
}

static void begin_cve(struct cves *c)
{
    c->mark = arena_mark(c->arena);
    c->id = c->description = c->cvss = STR_NONE;
    c->published_s = c->modified_s = 0;
    c->severity = SEVERITY_UNKNOWN;
    c->package = STR_NONE;
    c->rows = NULL;
    c->rows_count = c->rows_room = c->package_rows = 0;
}

static bool on_cve_end(struct cves *c, struct error *e)
{
    struct advisory advisory = {
        .id = c->id,
        .severity = c->severity,
        .severity_source = c->severity == SEVERITY_UNKNOWN ? STR_NONE : STR("ubuntu"),
        .cvss = c->cvss,
        .description = c->description,
        .published_s = c->published_s,
        .modified_s = c->modified_s,
    };
    if (c->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "has a vulnerability without its identifier");
    }
    c->u->records++;
    bool done = ubuntu_url(c->id, c->arena, &advisory.url, e) &&
                ubuntu_put_rows(c->u, &advisory, c->rows, c->rows_count, e);
    arena_rewind(c->arena, c->mark);
    begin_cve(c); /* what is no object, and so does not begin, finds nothing of this one */
    return done;
}

static bool on_end(struct cves *c, const struct json_event *event, struct error *e)
{
    size_t level;
    if (!level_of(c, event, &level)) {
        return true;
    }
    bool in_packages = str_eq(key_at(c, event, 1), STR("packages"));
    switch (level) {
    case 0:
        return on_cve_end(c, e);
    case 2:
        for (size_t i = c->package_rows; in_packages && i < c->rows_count; i++) {
            c->rows[i].package = c->package;
        }
        c->package = STR_NONE;
        c->package_rows = c->rows_count;
        return true;
    case 4:
        return !in_packages || !str_eq(key_at(c, event, 3), STR("statuses")) || on_status_end(c, e);
    default:
        return true;
    }
}

static void on_object(struct cves *c, const struct json_event *event)
{
    size_t level;
    if (!level_of(c, event, &level)) {
        return;
    }
    bool in_packages = str_eq(key_at(c, event, 1), STR("packages"));
    switch (level) {
    case 0:
        begin_cve(c);
        return;
    case 2:
        if (in_packages) {
            c->package = STR_NONE;
            c->package_rows = c->rows_count;
        }
        return;
    case 4:
        c->status = (struct status){.status = STR_NONE};
        return;
    default:
        return;
    }
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct cves *c = CONTAINER_OF(self, struct cves, base);
    switch (event->kind) {
    case JSON_STRING:
        return on_string(c, event, e);
    case JSON_OBJECT:
        on_object(c, event);
        return true;
    case JSON_ARRAY:
        c->has_list = c->has_list || (event->depth == 1 && str_eq(event->path[0].key, STR("cves")));
        return true;
    case JSON_END:
        return on_end(c, event, e);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}

bool ubuntu_cves_read(struct ubuntu *u, struct reader *body, struct error *e)
{
    size_t slash = str_find_last_char(u->document, '/');
    bool single = slash < u->document.len &&
                  str_starts(str_slice(u->document, slash + 1, u->document.len), STR("CVE-"));
    struct cves c = {.base = {.event = on_event}, .u = u, .arena = u->arena};
    c.mark = arena_mark(u->arena);
    c.above = single ? 0 : 2;
    if (!json_read(body, CVES_DEPTH_MAX, &c.base, e)) {
        return false;
    }
    u->records += c.has_list; /* the page behind the last one is empty */
    return ubuntu_done(u, "list of vulnerabilities", e);
}
