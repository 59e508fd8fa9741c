/* ubuntu_vex.c: Ubuntu's OpenVEX documents (0.2.0): vex-all.tar with vex/cve/YEAR/CVE-….json and
 * vex/usn/USN-….json, or such a file alone:
 *     { timestamp | metadata: { timestamp }, statements: [ { vulnerability: { name, description,
 *       aliases }, timestamp, products: [ { "@id": purl } ], status, justification,
 *       action_statement, status_notes, impact_statement } ] }
 *
 * A product's version is the one that its archive has now, not the one that brought the fix. So
 * "fixed" says that this version and later ones are not affected, and no more; since when, OSV
 * tells. Products are a source and all its binaries; where a statement has the source, the
 * binaries say the same again. */
#include "base/clock.h"
#include "base/map.h"
#include "feed/prose.h"
#include "feed/ubuntu.h"
#include "feed/ubuntu_purl.h"
#include "format/json.h"

enum { VEX_DEPTH_MAX = 32 };

struct products {
    struct ubuntu_purl *at;
    size_t count, room;
};

struct statement {
    str name, description, status, justification, action, notes;
    int64_t published_s;
    str *ids;
    size_t ids_count, ids_room;
    struct products sources, binaries;
    struct map source_distros; /* of which a source was seen */
};

struct vex {
    struct json_handler base;
    struct ubuntu *u;
    struct arena *arena;
    struct arena_mark mark; /* where the open statement begins */
    int64_t modified_s;
    bool is_vex;
    struct statement s;
};

static bool in_vex_folder(str path)
{
    size_t at = str_find(path, STR("vex/cve/"));
    at = at < path.len ? at : str_find(path, STR("vex/usn/"));
    return at < path.len && (at == 0 || path.at[at - 1] == '/');
}

static bool is_record(str path)
{
    return str_ends(path, STR(".json")) && in_vex_folder(path);
}

bool ubuntu_vex_claims(str path)
{
    return document_path_ends(path, STR("vex-all.tar")) || is_record(path);
}

static void begin_statement(struct vex *v)
{
    v->mark = arena_mark(v->arena);
    v->s = (struct statement){.name = STR_NONE};
    map_init(&v->s.source_distros, v->arena);
}

static bool key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

/* -- gathering ------------------------------------------------------------------------------ */

static bool add_product(struct vex *v, const struct ubuntu_purl *purl, struct arena_mark before,
                        struct error *e)
{
    struct statement *s = &v->s;
    bool source = str_eq(purl->arch, STR("source"));
    struct products *list = source ? &s->sources : &s->binaries;
    if (source && !map_put(&s->source_distros, purl->distro, list, e)) {
        return false;
    }
    if (!source && map_get(&s->source_distros, purl->distro) != NULL) {
        arena_rewind(v->arena, before);
        return true;
    }
    if (list->count > 0) { /* one a line of the archive's architectures */
        const struct ubuntu_purl *last = &list->at[list->count - 1];
        if (str_eq(last->name, purl->name) && str_eq(last->distro, purl->distro) &&
            str_eq(last->version, purl->version) && !source) {
            arena_rewind(v->arena, before);
            return true;
        }
    }
    if (!arena_grow(v->arena, (void **)&list->at, list->count, &list->room, sizeof(*purl), e)) {
        return false;
    }
    list->at[list->count++] = *purl;
    return true;
}

static bool on_product(struct vex *v, str id, struct error *e)
{
    struct ubuntu_purl purl;
    struct arena_mark before = arena_mark(v->arena);
    bool is_one;
    if (!ubuntu_purl_read(id, v->arena, &purl, &is_one, e)) {
        return false;
    }
    if (!is_one) {
        tally_add(&v->u->strange, STR("a product that is no package of Ubuntu's"));
        return true;
    }
    if (purl.distro.len == 0) {
        tally_add(&v->u->strange, STR("a product without a release"));
        return true;
    }
    return add_product(v, &purl, before, e);
}

static bool add_id(struct vex *v, str id, struct error *e)
{
    struct statement *s = &v->s;
    if (!str_starts(id, STR("CVE-")) || s->ids_count == ADVISORY_IDS_MAX) {
        return true; /* the other aliases are addresses to read on at */
    }
    str kept;
    if (!arena_str(v->arena, id, &kept, e) ||
        !arena_grow(v->arena, (void **)&s->ids, s->ids_count, &s->ids_room, sizeof(str), e)) {
        return false;
    }
    s->ids[s->ids_count++] = kept;
    return true;
}

static bool on_vulnerability(struct vex *v, const struct json_event *event, struct error *e)
{
    if (event->depth == 4 && key_is(event, 4, STR("name"))) {
        return arena_str(v->arena, event->text, &v->s.name, e);
    }
    if (event->depth == 4 && key_is(event, 4, STR("description"))) {
        return prose_keep(v->arena, event->text, ADVISORY_DESCRIPTION_BYTES_MAX, &v->s.description,
                          e);
    }
    return event->depth != 5 || !key_is(event, 4, STR("aliases")) || add_id(v, event->text, e);
}

static bool on_statement_member(struct vex *v, str key, str text, struct error *e)
{
    struct statement *s = &v->s;
    if (str_eq(key, STR("timestamp"))) {
        if (!clock_parse(text, &s->published_s)) {
            tally_add(&v->u->strange, STR("a time that cannot be read"));
        }
        return true;
    }
    str *to = str_eq(key, STR("status"))             ? &s->status
              : str_eq(key, STR("justification"))    ? &s->justification
              : str_eq(key, STR("action_statement")) ? &s->action
              : str_eq(key, STR("status_notes"))     ? &s->notes
              : str_eq(key, STR("vulnerability"))    ? &s->name
                                                     : NULL;
    return to == NULL || arena_str(v->arena, text, to, e);
}

static bool on_string(struct vex *v, const struct json_event *event, struct error *e)
{
    bool top = event->depth == 1 || (event->depth == 2 && key_is(event, 1, STR("metadata")));
    if (top) {
        str key = event->path[event->depth - 1].key;
        v->is_vex = v->is_vex || (str_eq(key, STR("@context")) &&
                                  str_find(event->text, STR("openvex")) < event->text.len);
        if (str_eq(key, STR("timestamp")) && !clock_parse(event->text, &v->modified_s)) {
            tally_add(&v->u->strange, STR("a time that cannot be read"));
        }
        return true;
    }
    if (!key_is(event, 1, STR("statements")) || event->depth < 3) {
        return true;
    }
    if (key_is(event, 3, STR("products"))) {
        bool id = event->depth == 4 || (event->depth == 5 && key_is(event, 5, STR("@id")));
        return !id || on_product(v, event->text, e);
    }
    if (event->depth > 3 && key_is(event, 3, STR("vulnerability"))) {
        return on_vulnerability(v, event, e);
    }
    return event->depth != 3 || on_statement_member(v, event->path[2].key, event->text, e);
}

/* -- what a statement means ----------------------------------------------------------------- */

static bool says(str text, const char *part)
{
    return str_find(text, str_from(part)) < text.len;
}

/* The team's sentence for the decision; what follows are notes in free words. */
static enum fix_state affected_state(str action)
{
    size_t notes = str_find(action, STR("CVE Notes"));
    str decision = str_slice(action, 0, notes);
    if (says(decision, "no longer supported")) {
        return FIX_END_OF_LIFE;
    }
    if (says(decision, "not fix it") || says(decision, "will not be fixed")) {
        return FIX_WILL_NOT;
    }
    if (says(decision, "deferred") || says(decision, "postponed")) {
        return FIX_DEFERRED;
    }
    return FIX_NONE_YET;
}

/* False where the statement makes no row: the release has no such package. */
static bool statement_row(struct vex *v, struct affected *row, bool *makes_rows, struct error *e)
{
    const struct statement *s = &v->s;
    *makes_rows = true;
    if (str_eq(s->status, STR("not_affected"))) {
        *makes_rows = !str_eq(s->justification, STR("component_not_present"));
        row->state = FIX_NOT_AFFECTED;
        row->word = s->justification;
        return true;
    }
    if (str_eq(s->status, STR("fixed"))) {
        row->state = FIX_NOT_AFFECTED;
        row->word = STR("fixed");
        return true;
    }
    if (str_eq(s->status, STR("under_investigation"))) {
        row->state = FIX_UNDETERMINED;
        return true;
    }
    if (!str_eq(s->status, STR("affected"))) {
        tally_add(&v->u->strange, s->status);
        *makes_rows = false;
        return true;
    }
    row->state = affected_state(s->action);
    if (row->state == FIX_NONE_YET) {
        return true;
    }
    str opening = STR("This package (for the given release) ");
    str word =
        str_slice(s->action, str_starts(s->action, opening) ? opening.len : 0, s->action.len);
    return prose_keep(v->arena, word, UBUNTU_WORD_BYTES_MAX, &row->word, e);
}

/* "Ubuntu Security Team classified this CVE as of High priority." */
static enum severity priority_of(str notes)
{
    str before = STR("classified this CVE as of ");
    enum severity severity = SEVERITY_UNKNOWN;
    size_t at = str_find(notes, before);
    str word, rest = str_slice(notes, at + before.len, notes.len);
    if (at == notes.len || !str_word(&rest, &word) || !severity_parse(word, &severity)) {
        return SEVERITY_UNKNOWN;
    }
    return severity;
}

struct rows {
    struct affected *at;
    size_t count, room;
};

static bool add_rows(struct vex *v, const struct products *list, const struct affected *like,
                     struct rows *rows, struct error *e)
{
    bool source = list == &v->s.sources;
    for (size_t i = 0; i < list->count; i++) {
        const struct ubuntu_purl *purl = &list->at[i];
        if (!source && map_get(&v->s.source_distros, purl->distro) != NULL) {
            continue;
        }
        struct ubuntu_place place;
        if (!ubuntu_place_find(purl->distro, v->arena, &place, e)) {
            return false;
        }
        struct affected row = *like;
        row.namespace_ = place.namespace_;
        row.product = place.product;
        row.package = purl->name;
        row.scope = source ? SCOPE_SOURCE : SCOPE_BINARY;
        if (place.namespace_.len == 0) {
            tally_add(&v->u->releases, purl->distro);
            continue;
        }
        if (str_eq(v->s.status, STR("fixed"))) {
            row.introduced = purl->version;
            if (purl->version.len == 0) {
                tally_add(&v->u->strange, STR("a fixed product without its version"));
                continue;
            }
        }
        if (!arena_grow(v->arena, (void **)&rows->at, rows->count, &rows->room, sizeof(row), e)) {
            return false;
        }
        rows->at[rows->count++] = row;
    }
    return true;
}

static bool put_statement(struct vex *v, const struct rows *rows, struct error *e)
{
    const struct statement *s = &v->s;
    struct advisory advisory = {
        .id = s->name,
        .ids = s->ids,
        .ids_count = s->ids_count,
        .severity = priority_of(s->notes),
        .description = s->description,
        .published_s = s->published_s,
        .modified_s = v->modified_s,
    };
    if (advisory.severity != SEVERITY_UNKNOWN) {
        advisory.severity_source = STR("ubuntu");
    }
    if (!ubuntu_url(s->name, v->arena, &advisory.url, e)) {
        return false;
    }
    return rows->count == 0 || ubuntu_put_rows(v->u, &advisory, rows->at, rows->count, e);
}

static bool on_statement_end(struct vex *v, struct error *e)
{
    struct affected row = {.scope = SCOPE_SOURCE};
    struct rows rows = {.count = 0};
    bool makes_rows;
    if (v->s.name.len == 0) {
        return error_set(e, ERROR_FORMAT, "has a statement without its vulnerability");
    }
    if (!statement_row(v, &row, &makes_rows, e)) {
        return false;
    }
    if (makes_rows &&
        (!add_rows(v, &v->s.sources, &row, &rows, e) ||
         !add_rows(v, &v->s.binaries, &row, &rows, e) || !put_statement(v, &rows, e))) {
        return false;
    }
    arena_rewind(v->arena, v->mark);
    begin_statement(v); /* what is no object, and so does not begin, finds nothing of this one */
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct vex *v = CONTAINER_OF(self, struct vex, base);
    bool statement = event->depth == 2 && key_is(event, 1, STR("statements"));
    switch (event->kind) {
    case JSON_STRING:
        return on_string(v, event, e);
    case JSON_OBJECT:
        if (statement) {
            begin_statement(v);
        }
        return true;
    case JSON_END:
        return !statement || on_statement_end(v, e);
    case JSON_ARRAY:
        if (event->depth == 0) {
            return error_set(e, ERROR_FORMAT, "is a list, not a document of OpenVEX");
        }
        return true;
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}

static bool read_text(struct ubuntu *u, str name, str text, struct error *e)
{
    (void)name;
    struct vex v = {.base = {.event = on_event}, .u = u, .arena = u->arena};
    begin_statement(&v);
    if (!json_read_text(text, VEX_DEPTH_MAX, &v.base, e)) {
        return false;
    }
    if (!v.is_vex) {
        return error_set(e, ERROR_FORMAT, "is no document of OpenVEX");
    }
    u->records++;
    return true;
}

bool ubuntu_vex_read(struct ubuntu *u, struct reader *body, struct error *e)
{
    return ubuntu_texts_read(u, body, is_record, read_text, e) &&
           ubuntu_done(u, "document of OpenVEX", e);
}
