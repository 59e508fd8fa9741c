/* debian_tracker.c: the tracker's JSON, as a stream (the document has tens of megabytes):
 *     { SOURCE: { "CVE-…" | "TEMP-…": { releases: { CODENAME: { status, fixed_version, urgency,
 *       nodsa, nodsa_reason } } } } }
 * A release's members are gathered until its object closes, a vulnerability's rows until its. */
#include "feed/debian.h"
#include "feed/document.h"
#include "feed/prose.h"
#include "format/json.h"
#include "model/namespace.h"

enum {
    TRACKER_DEPTH_MAX = 16,
    WORD_BYTES_MAX = 4096, /* of a reason; real ones have a line */
    /* depths of what is read */
    AT_SOURCE = 1,
    AT_ISSUE = 2,
    AT_ISSUE_MEMBER = 3,
    AT_RELEASE = 4,
    AT_RELEASE_MEMBER = 5,
};

struct release {
    str status, fixed, urgency, nodsa, reason;
    bool has_nodsa;
};

struct tracker {
    struct json_handler base;
    const struct debian_tracker *of;
    str description;
    struct advisory_sink *out;
    struct arena *arena; /* one vulnerability's rows */
    struct arena_mark mark;
    struct release release; /* the one that is open */
    struct affected *rows;
    size_t count, room;
    uint64_t advisories;
    struct tally codenames, statuses;
};

static bool keep(struct tracker *t, str text, str *to, struct error *e)
{
    return text.len == 0 || arena_str(t->arena, text, to, e);
}

static bool on_member(struct tracker *t, const struct json_event *event, struct error *e)
{
    str key = event->path[AT_RELEASE_MEMBER - 1].key;
    struct release *r = &t->release;
    if (str_eq(key, STR("status"))) {
        return keep(t, event->text, &r->status, e);
    }
    if (str_eq(key, STR("fixed_version"))) {
        return keep(t, event->text, &r->fixed, e);
    }
    if (str_eq(key, STR("urgency"))) {
        return keep(t, event->text, &r->urgency, e);
    }
    if (str_eq(key, STR("nodsa"))) {
        r->has_nodsa = true;
        return keep(t, event->text, &r->nodsa, e);
    }
    if (str_eq(key, STR("nodsa_reason"))) {
        return keep(t, event->text, &r->reason, e);
    }
    return true;
}

/* Debian's words for why an open issue is not fixed. */
static enum fix_state open_state(const struct release *r)
{
    if (str_eq(r->urgency, STR("end-of-life"))) {
        return FIX_END_OF_LIFE;
    }
    if (str_eq(r->reason, STR("ignored"))) {
        return FIX_WILL_NOT;
    }
    if (str_eq(r->reason, STR("postponed"))) {
        return FIX_DEFERRED;
    }
    return FIX_NONE_YET;
}

/* False where the status is one nobody has told of. */
static bool row_state(const struct release *r, struct affected *row)
{
    if (str_eq(r->status, STR("resolved"))) {
        /* version 0: the package never had it */
        bool never = str_eq(r->fixed, STR("0"));
        row->state = never ? FIX_NOT_AFFECTED : FIX_AVAILABLE;
        row->fixed = never ? STR_NONE : r->fixed;
        return r->fixed.len > 0;
    }
    if (str_eq(r->status, STR("open"))) {
        row->state = open_state(r);
        return true;
    }
    if (str_eq(r->status, STR("undetermined"))) {
        row->state = FIX_UNDETERMINED;
        return true;
    }
    return false;
}

static bool row_word(struct tracker *t, struct affected *row, struct error *e)
{
    const struct release *r = &t->release;
    if (r->has_nodsa) {
        str reason = r->reason.len > 0 ? r->reason : STR("no-dsa");
        if (r->nodsa.len == 0) {
            row->word = reason;
            return true;
        }
        str why = str_slice(r->nodsa, 0, WORD_BYTES_MAX);
        return arena_printf(t->arena, &row->word, e, STR_FMT ": %.*s", STR_ARG(reason),
                            (int)why.len, why.at);
    }
    if (row->state == FIX_END_OF_LIFE) {
        row->word = r->urgency;
    }
    return true;
}

static bool on_release_end(struct tracker *t, str codename, struct error *e)
{
    str namespace_ = namespace_of_debian_codename(codename);
    if (namespace_.len == 0) {
        tally_add(&t->codenames, codename);
        return true;
    }
    struct affected row = {
        .namespace_ = namespace_, .product = t->of->product, .scope = SCOPE_SOURCE};
    if (!row_state(&t->release, &row)) {
        tally_add(&t->statuses, t->release.status);
        return true;
    }
    if (!severity_parse(t->release.urgency, &row.severity)) {
        row.severity = SEVERITY_UNKNOWN; /* "not yet assigned", "end-of-life" */
    }
    if (!row_word(t, &row, e) ||
        !arena_grow(t->arena, (void **)&t->rows, t->count, &t->room, sizeof(row), e)) {
        return false;
    }
    t->rows[t->count++] = row;
    return true;
}

static bool on_issue_end(struct tracker *t, str source, str id, struct error *e)
{
    struct advisory advisory = {
        .id = id,
        .description = t->description,
        .affected = t->rows,
        .affected_count = t->count,
    };
    for (size_t i = 0; i < t->count; i++) {
        t->rows[i].package = source;
        if (t->rows[i].severity > advisory.severity) {
            advisory.severity = t->rows[i].severity;
        }
    }
    if (advisory.severity != SEVERITY_UNKNOWN) {
        advisory.severity_source = t->of->severity_source;
    }
    bool done = t->count == 0 ||
                (arena_printf(t->arena, &advisory.url, e, "%s" STR_FMT, t->of->url, STR_ARG(id)) &&
                 t->out->put(t->out, &advisory, e));
    t->advisories += t->count > 0;
    t->count = t->room = 0;
    t->rows = NULL;
    t->description = STR_NONE;
    arena_rewind(t->arena, t->mark);
    return done;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct tracker *t = CONTAINER_OF(self, struct tracker, base);
    const struct json_place *path = event->path;
    switch (event->kind) {
    case JSON_STRING:
        if (event->depth == AT_RELEASE_MEMBER &&
            str_eq(path[AT_ISSUE_MEMBER - 1].key, STR("releases"))) {
            return on_member(t, event, e);
        }
        if (event->depth == AT_ISSUE_MEMBER &&
            str_eq(path[AT_ISSUE_MEMBER - 1].key, STR("description"))) {
            return prose_keep(t->arena, event->text, ADVISORY_DESCRIPTION_BYTES_MAX,
                              &t->description, e);
        }
        return true;
    case JSON_OBJECT:
        if (event->depth == AT_ISSUE) {
            t->mark = arena_mark(t->arena);
        } else if (event->depth == AT_RELEASE) {
            t->release = (struct release){.has_nodsa = false};
        }
        return true;
    case JSON_END:
        if (event->depth == AT_RELEASE && str_eq(path[AT_ISSUE_MEMBER - 1].key, STR("releases"))) {
            return on_release_end(t, path[AT_RELEASE - 1].key, e);
        }
        if (event->depth == AT_ISSUE) {
            return on_issue_end(t, path[AT_SOURCE - 1].key, path[AT_ISSUE - 1].key, e);
        }
        return true;
    case JSON_ARRAY:
        if (event->depth == 0) {
            return error_set(e, ERROR_FORMAT, "is a list, not Debian's tracker");
        }
        return true;
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}

bool debian_tracker_read(const struct debian_tracker *of, str document, struct reader *body,
                         struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct tracker t = {.base = {.event = on_event}, .of = of, .out = out, .arena = arena};
    t.mark = arena_mark(arena);
    if (!json_read(body, TRACKER_DEPTH_MAX, &t.base, e)) {
        return false;
    }
    if (t.advisories == 0) {
        return error_set(e, ERROR_FORMAT, "has no source package with a vulnerability in it");
    }
    return tally_note(&t.codenames, out, document, "rows of unknown releases", e) &&
           tally_note(&t.statuses, out, document, "rows with an unknown status", e);
}
