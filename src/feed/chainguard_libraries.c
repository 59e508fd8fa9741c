/* chainguard_libraries.c: Chainguard's rebuilds of Python and Java libraries, as OpenVEX documents
 * (https://openvex.dev/ns/v0.2.0), one a library: for each rebuilt version ("1.26.16+cgr.1") what
 * was fixed in it. Rows are about exactly that version and have the product
 * "chainguard-libraries": they overrule what others say of the version that it was built from. */
#include "base/clock.h"
#include "base/num.h"
#include "feed/document.h"
#include "feed/feed.h"
#include "feed/pieces.h"
#include "format/json.h"
#include "model/package_name.h"

enum { DOCUMENT_DEPTH_MAX = 16, STATEMENT_PURLS_MAX = 10000 };

static const char *const documents[] = {"?openvex/v1/all.json", NULL};

struct strings {
    str *at;
    size_t count, room;
};

struct vex {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    struct arena_mark mark; /* what is kept of one statement */
    str id, url, status;
    int64_t published_s, modified_s;
    struct strings aliases, purls;
    uint64_t statements;
    bool is_list; /* the list of all documents */
    struct tally strange;
};

static bool key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

static bool keep_in(struct vex *r, struct strings *list, size_t limit, str text, struct error *e)
{
    str kept = STR_NONE;
    if (list == &r->aliases && !piece_id_fits(text)) {
        return true;
    }
    if (list->count == limit) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "': more than the limit of %zu items",
                         STR_ARG(r->id), limit);
    }
    if (!arena_str(r->arena, text, &kept, e) ||
        !arena_grow(r->arena, (void **)&list->at, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at[list->count++] = kept;
    return true;
}

/* -- a package URL (purl-spec: type/namespace/name@version) ---------------------------------- */

struct purl_parts {
    str type, group, name, version; /* still with its %XX, but for the version */
};

/* "1.26.16%2Bcgr.1" → "1.26.16+cgr.1" */
static bool percent_decode(str text, struct arena *arena, str *out, struct error *e)
{
    char *to = ARENA_ARRAY(arena, text.len + 1, char, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t byte;
        if (text.at[i] == '%' && i + 2 < text.len &&
            num_parse(str_slice(text, i + 1, i + 3), 16, 255, &byte)) {
            to[len++] = (char)byte;
            i += 2;
        } else {
            to[len++] = text.at[i];
        }
    }
    *out = (str){.at = to, .len = len};
    return true;
}

static bool purl_read(str text, struct arena *arena, struct purl_parts *out, bool *fine,
                      struct error *e)
{
    *fine = false;
    if (!str_starts(text, STR("pkg:"))) {
        return true;
    }
    text = str_slice(text, 4, text.len);
    text = str_slice(text, 0, str_find_char(text, '#'));
    text = str_slice(text, 0, str_find_char(text, '?'));
    size_t at = str_find_last_char(text, '@');
    str path = str_slice(text, 0, at), version = str_slice(text, at + 1, text.len);
    if (!str_cut(&path, '/', &out->type) || version.len == 0) {
        return true;
    }
    size_t slash = str_find_last_char(path, '/');
    str group = slash == path.len ? STR_NONE : str_slice(path, 0, slash);
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    *fine = name.len > 0;
    return percent_decode(version, arena, &out->version, e) &&
           percent_decode(group, arena, &out->group, e) &&
           percent_decode(name, arena, &out->name, e);
}

/* Maven's names have the group before a ':', npm's scopes and others a '/'. */
static bool package_of(const struct purl_parts *purl, str namespace_, struct arena *arena, str *out,
                       struct error *e)
{
    str name = purl->name;
    const char *sep = str_eq(namespace_, STR("maven")) ? ":" : "/";
    if (purl->group.len > 0 && !arena_printf(arena, &name, e, STR_FMT "%s" STR_FMT,
                                             STR_ARG(purl->group), sep, STR_ARG(purl->name))) {
        return false;
    }
    return package_name(namespace_, name, arena, out, e);
}

/* -- statements ----------------------------------------------------------------------------- */

static bool state_of(str status, enum fix_state *state)
{
    if (str_eq(status, STR("fixed")) || str_eq(status, STR("not_affected"))) {
        *state = FIX_NOT_AFFECTED; /* this version has the fix */
    } else if (str_eq(status, STR("affected"))) {
        *state = FIX_NONE_YET;
    } else if (str_eq(status, STR("under_investigation"))) {
        *state = FIX_UNDETERMINED;
    } else {
        return false;
    }
    return true;
}

static bool row_put(struct vex *r, str purl_text, enum fix_state state, struct error *e)
{
    struct purl_parts purl;
    bool fine;
    struct affected row = {.product = STR("chainguard-libraries"),
                           .scope = SCOPE_BINARY,
                           .state = state,
                           .word = r->status};
    if (!purl_read(purl_text, r->arena, &purl, &fine, e)) {
        return false;
    }
    static const str types[] = {STR_INIT("pypi"), STR_INIT("maven"), STR_INIT("npm")};
    for (size_t i = 0; fine && i < ARRAY_COUNT(types); i++) {
        if (str_eq(purl.type, types[i])) {
            row.namespace_ = types[i];
        }
    }
    if (row.namespace_.len == 0) {
        tally_add(&r->strange, purl_text);
        return true;
    }
    if (!package_of(&purl, row.namespace_, r->arena, &row.package, e)) {
        return false;
    }
    row.introduced = row.last_affected = purl.version;
    struct advisory a = {.id = r->id,
                         .ids = r->aliases.at,
                         .ids_count = r->aliases.count,
                         .url = r->url,
                         .published_s = r->published_s,
                         .modified_s = r->modified_s};
    return pieces_put(r->out, &a, &row, 1, &r->strange, e);
}

static bool on_statement_end(struct vex *r, struct error *e)
{
    enum fix_state state;
    r->statements++;
    if (r->id.len == 0 || !state_of(r->status, &state)) {
        tally_add(&r->strange, r->id.len == 0 ? STR("a statement without an id") : r->status);
        return true;
    }
    /* CVE ids first */
    size_t front = 0;
    for (size_t i = 0; i < r->aliases.count; i++) {
        if (str_starts(r->aliases.at[i], STR("CVE-"))) {
            str cve = r->aliases.at[i];
            for (size_t k = i; k > front; k--) {
                r->aliases.at[k] = r->aliases.at[k - 1];
            }
            r->aliases.at[front++] = cve;
        }
    }
    for (size_t i = 0; i < r->purls.count; i++) {
        if (!row_put(r, r->purls.at[i], state, e)) {
            return false;
        }
    }
    return true;
}

static void keep_time(struct vex *r, str text, int64_t *to)
{
    if (!clock_parse(text, to)) {
        tally_add(&r->strange, STR("a time that cannot be read"));
    }
}

/* Paths: statements [ ] vulnerability aliases [ ]; statements [ ] products [ ] identifiers purl */
static bool on_string(struct vex *r, const struct json_event *event, struct error *e)
{
    if (!key_is(event, 1, STR("statements"))) {
        return true;
    }
    str own = event->path[event->depth - 1].key;
    if (event->depth == 3 && str_eq(own, STR("status"))) {
        return arena_str(r->arena, event->text, &r->status, e);
    }
    if (event->depth == 3 && str_eq(own, STR("timestamp"))) {
        keep_time(r, event->text, &r->published_s);
    } else if (event->depth == 3 && str_eq(own, STR("last_updated"))) {
        keep_time(r, event->text, &r->modified_s);
    }
    if (key_is(event, 3, STR("vulnerability"))) {
        if (event->depth == 4 && str_eq(own, STR("name"))) {
            return arena_str(r->arena, event->text, &r->id, e);
        }
        if (event->depth == 4 && str_eq(own, STR("@id"))) {
            return arena_str(r->arena, event->text, &r->url, e);
        }
        return event->depth != 5 || !key_is(event, 4, STR("aliases")) ||
               keep_in(r, &r->aliases, ADVISORY_IDS_MAX, event->text, e);
    }
    bool purl =
        key_is(event, 3, STR("products")) &&
        ((event->depth == 6 && str_eq(own, STR("purl"))) ||
         (event->depth == 5 && str_eq(own, STR("@id")) && str_starts(event->text, STR("pkg:"))));
    return !purl || keep_in(r, &r->purls, STATEMENT_PURLS_MAX, event->text, e);
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct vex *r = CONTAINER_OF(self, struct vex, base);
    bool statement = event->depth == 2 && key_is(event, 1, STR("statements"));
    if (event->kind == JSON_STRING) {
        return on_string(r, event, e);
    }
    if (event->kind == JSON_ARRAY && event->depth == 1 && key_is(event, 1, STR("entries"))) {
        r->is_list = true;
    } else if (event->kind == JSON_OBJECT && statement) {
        arena_rewind(r->arena, r->mark);
        r->id = r->url = r->status = STR_NONE;
        r->published_s = r->modified_s = 0;
        r->aliases = r->purls = (struct strings){.at = NULL};
    } else if (event->kind == JSON_END && statement) {
        return on_statement_end(r, e);
    }
    return true;
}

static bool claims(str path)
{
    return str_ends(path, STR(".openvex.json")) ||
           document_path_ends(path, STR("openvex/v1/all.json")) ||
           document_path_ends(path, STR("openvex/all.json"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct vex r = {
        .base = {.event = on_event}, .out = out, .arena = arena, .mark = arena_mark(arena)};
    bool done = json_read(body, DOCUMENT_DEPTH_MAX, &r.base, e);
    arena_rewind(arena, r.mark);
    if (done && r.statements == 0 && !r.is_list) {
        return error_set(e, ERROR_FORMAT, "holds no VEX statement");
    }
    return done && tally_note(&r.strange, out, document->path, "what was not understood", e);
}

const struct feed feed_chainguard_libraries = {
    .name = "chainguard-libraries",
    .summary = "Chainguard's rebuilt Python and Java libraries",
    .publisher = "Chainguard",
    .licence = "Chainguard's, not redistributable",
    .redistributable = false,
    .site = "https://libraries.cgr.dev/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
