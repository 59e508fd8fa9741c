#include "feed/csaf_put.h"

#include <inttypes.h>

#include "feed/csaf_rows.h"
#include "format/tar.h"
#include "model/advisory.h"

/* -- rows ----------------------------------------------------------------------------------- */

/* A product is a component of another; that one can be a module in a stream, and so on up. */
enum { RELATIONS_MAX = 8 };

struct resolved {
    const struct csaf_product *component, *top;
    str module; /* of a module on the way */
};

/* "pkg:rpmmod/redhat/nodejs@18:8090…" → "nodejs:18" */
static bool module_of_purl(str purl, struct arena *arena, str *module, struct error *e)
{
    static const str scheme = STR_INIT("pkg:rpmmod/");
    if (!str_starts(purl, scheme)) {
        return true;
    }
    str path = str_slice(purl, scheme.len, str_find_char(purl, '?'));
    size_t slash = str_find_last_char(path, '/');
    str rest = slash == path.len ? path : str_slice(path, slash + 1, path.len), name;
    if (!str_cut(&rest, '@', &name)) {
        return true;
    }
    str stream = str_slice(rest, 0, str_find_char(rest, ':'));
    return arena_printf(arena, module, e, STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(stream));
}

static bool resolve(const struct csaf_product *product, struct arena *arena, struct resolved *out,
                    struct error *e)
{
    struct resolved r = {.component = product->component, .top = product->of};
    for (size_t i = 0; i < RELATIONS_MAX && r.top != NULL && r.top->component != NULL; i++) {
        if (!module_of_purl(r.top->component->purl, arena, &r.module, e)) {
            return false;
        }
        r.top = r.top->of;
    }
    *out = r;
    return true;
}

static enum fix_state state_of(const struct csaf_document *d, const struct csaf_statement *s)
{
    str reason = csaf_text(d, s->reason);
    switch ((enum csaf_status)s->status) {
    case CSAF_FIXED:
        return FIX_AVAILABLE;
    case CSAF_NOT_AFFECTED:
        return FIX_NOT_AFFECTED;
    case CSAF_INVESTIGATED:
    case CSAF_SAID_NOTHING:
        return FIX_UNDETERMINED;
    case CSAF_AFFECTED:
        break;
    }
    if (s->remedy == CSAF_REMEDY_NEVER) {
        return str_starts(reason, STR("Out of support")) ? FIX_END_OF_LIFE : FIX_WILL_NOT;
    }
    return str_eq_nocase(reason, STR("Fix deferred")) ? FIX_DEFERRED : FIX_NONE_YET;
}

/* The last part of the address of a fix: "RHSA-2024:1234", "…/detail/?id=openEuler-SA-2025-1351".
 */
static str fix_name(str url)
{
    size_t end = str_find_last_char(url, '=');
    if (end == url.len) {
        end = str_find_last_char(url, '/');
    }
    return end == url.len ? STR_NONE : str_slice(url, end + 1, url.len);
}

static str word_of(const struct csaf_document *d, const struct csaf_statement *s)
{
    switch ((enum csaf_status)s->status) {
    case CSAF_FIXED:
        return fix_name(csaf_text(d, s->fix));
    case CSAF_AFFECTED:
        return csaf_text(d, s->reason);
    case CSAF_NOT_AFFECTED:
        return csaf_text(d, s->flag);
    case CSAF_INVESTIGATED:
    case CSAF_SAID_NOTHING:
        break;
    }
    return STR_NONE;
}

/* Adds what `s` says to the rows, or to what is left out. */
static bool add_statement(struct csaf_put *c, const struct csaf_document *d,
                          const struct csaf_statement *s, struct csaf_rows *rows, struct error *e)
{
    struct resolved r;
    if (s->status == CSAF_SAID_NOTHING) {
        return true;
    }
    if (!resolve(s->product, c->arena, &r, e)) {
        return false;
    }
    if (r.component == NULL) {
        tally_add(&c->components, STR("products that are no component of another"));
        return true;
    }
    struct csaf_place place = {.namespace_ = STR_NONE};
    struct rpm_product rpm;
    bool bad_module = false;
    if (!c->publisher->place(r.top, c->arena, &place, e)) {
        return false;
    }
    if (place.namespace_.len == 0) {
        tally_add(&c->products, place.product);
        return true;
    }
    if (!c->publisher->package(r.component, s->product, s->status == CSAF_FIXED, c->arena, &rpm,
                               &bad_module, e)) {
        return false;
    }
    rpm.module = rpm.module.len > 0 ? rpm.module : r.module;
    if (rpm.left_out.len == 0 && bad_module && rpm.module.len == 0) {
        rpm.left_out = STR("packages of a module that is not named");
    }
    if (rpm.left_out.len == 0 && s->status == CSAF_FIXED && rpm.version.len == 0) {
        rpm.left_out = STR("fixed packages without a version");
    }
    if (rpm.left_out.len > 0) {
        tally_add(&c->components, rpm.left_out);
        return true;
    }
    struct csaf_row row = {
        .stream = r.top->id,
        .build = rpm.version,
        .row = {.namespace_ = place.namespace_,
                .product = place.product,
                .package = rpm.name,
                .scope = rpm.source ? SCOPE_SOURCE : SCOPE_BINARY,
                .arch = rpm.arch,
                .module = rpm.module,
                .state = state_of(d, s),
                .word = word_of(d, s),
                .severity = (enum severity)s->severity},
    };
    row.row.fixed = s->status == CSAF_FIXED ? rpm.version : STR_NONE;
    return csaf_rows_add(rows, &row, e);
}

/* -- advisories ----------------------------------------------------------------------------- */

static enum severity severity_of(const struct csaf_document *d, const struct csaf_vulnerability *v)
{
    enum severity severity = SEVERITY_UNKNOWN;
    /* "None" is what updates have that were not made for a vulnerability, but mend one */
    if (!str_eq_nocase(d->aggregate, STR("None")) && severity_parse(d->aggregate, &severity) &&
        severity != SEVERITY_UNKNOWN) {
        return severity;
    }
    severity = v->severity;
    for (size_t i = 0; i < v->count; i++) {
        enum severity own = (enum severity)v->statements[i].severity;
        severity = own > severity ? own : severity;
    }
    return severity;
}

/* As many rows at a time as an advisory may have. */
static bool put(struct csaf_put *c, struct advisory *a, struct csaf_rows *rows, struct error *e)
{
    const struct affected *all;
    size_t count;
    if (!csaf_rows_finish(rows, &all, &count, &c->contradicted, e)) {
        return false;
    }
    if (count == 0) {
        c->without_rows++;
    }
    for (size_t at = 0; at < count; at += ADVISORY_AFFECTED_MAX) {
        a->affected = all + at;
        a->affected_count = count - at < ADVISORY_AFFECTED_MAX ? count - at : ADVISORY_AFFECTED_MAX;
        if (!c->out->put(c->out, a, e)) {
            c->sink_failed = true;
            return false;
        }
    }
    return true;
}

static struct advisory head(const struct csaf_put *c, const struct csaf_document *d)
{
    return (struct advisory){
        .id = d->id,
        .description = d->description.len > 0 ? d->description : d->title,
        .url = d->url,
        .published_s = d->published_s,
        .modified_s = d->modified_s,
        .whole = c->publisher->whole,
        .severity_source = str_from(c->publisher->name),
    };
}

static void set_severity(struct advisory *a, enum severity severity)
{
    a->severity = severity;
    a->severity_source = severity == SEVERITY_UNKNOWN ? STR_NONE : a->severity_source;
}

static bool put_vulnerability(struct csaf_put *c, const struct csaf_document *d,
                              const struct csaf_vulnerability *v, struct error *e)
{
    struct advisory a = head(c, d);
    struct csaf_rows rows = {.arena = c->arena};
    for (size_t i = 0; i < v->count; i++) {
        if (!add_statement(c, d, &v->statements[i], &rows, e)) {
            return false;
        }
    }
    set_severity(&a, severity_of(d, v));
    a.id = v->cve.len > 0 ? v->cve : a.id;
    a.cvss = v->cvss;
    if (v->description.len > 0) {
        a.description = v->description;
    } else if (d->description.len == 0 && v->title.len > 0) {
        a.description = v->title;
    }
    a.url = v->url.len > 0 ? v->url : a.url;
    if (c->publisher->site != NULL &&
        !arena_printf(c->arena, &a.url, e, "%s" STR_FMT, c->publisher->site, STR_ARG(a.id))) {
        return false;
    }
    a.published_s = v->released_s != 0 ? v->released_s : a.published_s;
    return put(c, &a, &rows, e);
}

static bool is_listed(const str *list, size_t count, str id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i], id)) {
            return true;
        }
    }
    return false;
}

static bool update_ids(struct csaf_put *c, const struct csaf_document *d, struct advisory *a,
                       struct error *e)
{
    str *ids = ARENA_ARRAY(c->arena, d->vulnerabilities_count, str, e);
    if (ids == NULL) {
        return false;
    }
    for (size_t i = 0; i < d->vulnerabilities_count && a->ids_count < ADVISORY_IDS_MAX; i++) {
        str cve = d->vulnerabilities[i].cve;
        if (cve.len > 0 && !str_eq(cve, a->id) && !is_listed(ids, a->ids_count, cve)) {
            ids[a->ids_count++] = cve;
        }
    }
    a->ids = ids;
    return true;
}

/* What the update fixes, once however many of its vulnerabilities name it. */
static bool put_update(struct csaf_put *c, const struct csaf_document *d, struct error *e)
{
    struct advisory a = head(c, d);
    struct csaf_rows rows = {.arena = c->arena};
    enum severity severity = SEVERITY_UNKNOWN;
    if (!update_ids(c, d, &a, e)) {
        return false;
    }
    for (struct csaf_product *p = d->products; p != NULL; p = p->next) {
        p->vulnerability = 0; /* from here on: its row is made */
    }
    for (size_t i = 0; i < d->vulnerabilities_count; i++) {
        const struct csaf_vulnerability *v = &d->vulnerabilities[i];
        enum severity own = severity_of(d, v);
        severity = own > severity ? own : severity;
        for (size_t k = 0; k < v->count; k++) {
            struct csaf_statement s = v->statements[k];
            c->not_affected_of_updates += s.status == CSAF_NOT_AFFECTED;
            if (s.status == CSAF_SAID_NOTHING || s.status == CSAF_NOT_AFFECTED ||
                s.product->vulnerability != 0) {
                continue;
            }
            s.product->vulnerability = 1;
            s.severity = SEVERITY_UNKNOWN; /* of one of them; the advisory's is the update's */
            if (!add_statement(c, d, &s, &rows, e)) {
                return false;
            }
        }
    }
    set_severity(&a, severity);
    return put(c, &a, &rows, e);
}

static bool put_document(struct csaf_put *c, const struct csaf_document *d, struct error *e)
{
    c->documents++;
    if (d->deleted) {
        c->deleted++;
        return true;
    }
    if (d->unused_statuses > 0) {
        tally_add(&c->strange, STR("first_affected and last_affected"));
    }
    if (d->groups > 0) {
        tally_add(&c->strange, STR("remediations of groups of products"));
    }
    if (d->vulnerabilities_count == 0) {
        c->without_rows++;
        return true;
    }
    if (!str_starts(d->id, STR("CVE-"))) {
        return put_update(c, d, e);
    }
    for (size_t i = 0; i < d->vulnerabilities_count; i++) {
        if (!put_vulnerability(c, d, &d->vulnerabilities[i], e)) {
            return false;
        }
    }
    return true;
}

bool csaf_put_one(struct csaf_put *c, struct reader *body, struct error *e)
{
    struct arena_mark mark = arena_mark(c->arena);
    struct csaf_document d;
    bool done = csaf_read(body, c->arena, &d, e) && put_document(c, &d, e);
    arena_rewind(c->arena, mark);
    return done;
}

/* -- archives ------------------------------------------------------------------------------- */

/* Passes `from` on, and remembers whether it was that which failed: then the archive is damaged,
 * not the document in it. */
struct watched_reader {
    struct reader base;
    struct reader *from;
    bool failed;
};

static enum step watched_fill(struct reader *self, size_t want, struct error *e)
{
    struct watched_reader *w = CONTAINER_OF(self, struct watched_reader, base);
    w->from->at = self->at; /* what the consumer read */
    enum step step = w->from->ops->fill(w->from, want, e);
    w->failed = step == STEP_FAILED;
    self->at = w->from->at;
    self->end = w->from->end;
    self->end_offset = w->from->end_offset;
    return step;
}

static const struct reader_ops watched_ops = {.name = "document", .fill = watched_fill};

static bool read_member(struct csaf_put *c, str name, struct reader *body, struct error *e)
{
    struct watched_reader watched = {
        .base = {.ops = &watched_ops,
                 .at = body->at,
                 .end = body->end,
                 .end_offset = body->end_offset},
        .from = body,
    };
    struct error own;
    error_clear(&own);
    bool done = csaf_put_one(c, &watched.base, &own);
    body->at = watched.base.at;
    if (done) {
        return true;
    }
    if (watched.failed || c->sink_failed || (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT)) {
        *e = own;
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(name));
    }
    c->damaged++;
    return document_note(c->out, c->document, e, "not read: '" STR_FMT "': %s", STR_ARG(name),
                         own.text);
}

bool csaf_put_archive(struct csaf_put *c, struct reader *body, bool (*wanted)(str name),
                      struct error *e)
{
    struct tar tar;
    struct tar_entry entry;
    enum step step;
    if (!tar_open(&tar, body, c->arena, e)) {
        return false;
    }
    while ((step = tar_next(&tar, &entry, e)) == STEP_GOT) {
        if (entry.type == TAR_FILE && str_ends(entry.path, STR(".json")) &&
            (wanted == NULL || wanted(entry.path)) &&
            !read_member(c, entry.path, tar_body(&tar), e)) {
            return false;
        }
    }
    if (step == STEP_END && tar.ended_early) {
        return error_set(e, ERROR_FORMAT, "the tar archive is cut after %" PRIu64 " entries",
                         tar.entries);
    }
    if (step == STEP_END && c->damaged > 0 && c->documents == 0) {
        return error_set(e, ERROR_FORMAT, "none of its %" PRIu64 " documents can be read",
                         c->damaged);
    }
    return step == STEP_END;
}

static bool note_count(struct csaf_put *c, uint64_t count, const char *what, struct error *e)
{
    return count == 0 ||
           document_note(c->out, c->document, e, "left out: %" PRIu64 " %s", count, what);
}

bool csaf_put_notes(struct csaf_put *c, struct error *e)
{
    return note_count(c, c->deleted, "documents that their publisher calls deleted", e) &&
           note_count(c, c->without_rows, "advisories about no package that is read", e) &&
           note_count(c, c->not_affected_of_updates,
                      "products that updates call not affected by one of their vulnerabilities",
                      e) &&
           note_count(c, c->contradicted,
                      "'not affected' of packages that the same product has as affected", e) &&
           tally_note(&c->products, c->out, c->document, "components of the products", e) &&
           tally_note(&c->components, c->out, c->document, "components", e) &&
           tally_note(&c->strange, c->out, c->document, "what was not understood", e);
}
