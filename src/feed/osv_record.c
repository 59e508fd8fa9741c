/* osv_record.c: one OSV record, from JSON events to an advisory. Members may come in any order,
 * so all that matters is gathered first; lists of versions are gathered only while no range was
 * seen, because they are long and say the same again. */
#include "base/clock.h"
#include "feed/osv.h"
#include "format/json.h"
#include "model/cvss.h"

enum { RECORD_DEPTH_MAX = 32, MODULES_MAX = 4, EVENTS_MAX = 10000 };

struct strings {
    str *at;
    size_t count, room;
};

struct range {
    struct osv_event *events;
    size_t count, room, begun; /* `begun`: the first event of the range that is open */
    size_t *ends;
    size_t ends_count, ends_room;
    bool is_git;
};

struct record {
    struct json_handler base;
    struct osv *osv;
    struct arena *arena;
    str id, summary, cvss3, cvss4, word;
    int64_t published_s, modified_s, withdrawn_s;
    struct strings aliases, upstream, related;
    str severity_type, severity_score; /* of the element that is open */
    struct osv_rows rows;
    const struct osv_ecosystem *ecosystem; /* of the first row */
    bool is_object;

    /* the element of `affected` that is open */
    str name, ecosystem_text, urgency;
    struct range range;
    struct strings versions;
    size_t versions_left_out;
};

static bool keep(struct record *r, str text, str *to, struct error *e)
{
    *to = STR_NONE;
    return text.len == 0 || arena_str(r->arena, text, to, e);
}

static bool keep_in(struct record *r, struct strings *list, str text, struct error *e)
{
    str kept;
    if (!keep(r, text, &kept, e) ||
        !arena_grow(r->arena, (void **)&list->at, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at[list->count++] = kept;
    return true;
}

static bool key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

static bool keep_time(struct record *r, str text, int64_t *to)
{
    if (!clock_parse(text, to)) {
        tally_add(&r->osv->strange, STR("a time that cannot be read"));
    }
    return true;
}

/* -- gathering ------------------------------------------------------------------------------ */

static bool on_top_member(struct record *r, str key, str text, struct error *e)
{
    if (str_eq(key, STR("id"))) {
        return keep(r, text, &r->id, e);
    }
    if (str_eq(key, STR("summary"))) {
        return keep(r, text, &r->summary, e);
    }
    if (str_eq(key, STR("published"))) {
        return keep_time(r, text, &r->published_s);
    }
    if (str_eq(key, STR("modified"))) {
        return keep_time(r, text, &r->modified_s);
    }
    if (str_eq(key, STR("withdrawn"))) {
        return keep_time(r, text, &r->withdrawn_s);
    }
    return true;
}

static bool on_event_member(struct record *r, str key, str version, struct error *e)
{
    struct range *range = &r->range;
    struct osv_event event = {.kind = OSV_INTRODUCED};
    if (str_eq(key, STR("fixed"))) {
        event.kind = OSV_FIXED;
    } else if (str_eq(key, STR("last_affected"))) {
        event.kind = OSV_LAST_AFFECTED;
    } else if (!str_eq(key, STR("introduced"))) {
        return true; /* "limit" is for ranges of commits */
    }
    if (range->count == EVENTS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d events for '" STR_FMT "'",
                         EVENTS_MAX, STR_ARG(r->name));
    }
    if (!keep(r, version, &event.version, e) ||
        !arena_grow(r->arena, (void **)&range->events, range->count, &range->room, sizeof(event),
                    e)) {
        return false;
    }
    range->events[range->count++] = event;
    return true;
}

static bool on_version(struct record *r, str version, struct error *e)
{
    if (r->range.ends_count > 0) {
        return true;
    }
    if (r->versions.count == OSV_VERSIONS_MAX) {
        r->versions_left_out++;
        return true;
    }
    return keep_in(r, &r->versions, version, e);
}

static bool on_affected_string(struct record *r, const struct json_event *event, struct error *e)
{
    str own = event->path[event->depth - 1].key;
    if (key_is(event, 3, STR("package")) && event->depth == 4) {
        if (str_eq(own, STR("name"))) {
            return keep(r, event->text, &r->name, e);
        }
        return !str_eq(own, STR("ecosystem")) || keep(r, event->text, &r->ecosystem_text, e);
    }
    if (key_is(event, 3, STR("ranges"))) {
        if (event->depth == 5 && str_eq(own, STR("type"))) {
            r->range.is_git = str_eq(event->text, STR("GIT"));
        }
        bool in_events = event->depth == 7 && key_is(event, 5, STR("events"));
        return !in_events || on_event_member(r, own, event->text, e);
    }
    if (key_is(event, 3, STR("versions")) && event->depth == 4) {
        return on_version(r, event->text, e);
    }
    if (key_is(event, 3, STR("ecosystem_specific")) && event->depth == 4 &&
        str_eq(own, STR("urgency"))) {
        return keep(r, event->text, &r->urgency, e);
    }
    return true;
}

static bool on_string(struct record *r, const struct json_event *event, struct error *e)
{
    if (event->depth == 1) {
        return on_top_member(r, event->path[0].key, event->text, e);
    }
    if (key_is(event, 1, STR("affected"))) {
        return event->depth < 4 || on_affected_string(r, event, e);
    }
    if (event->depth == 2) {
        struct strings *list = key_is(event, 1, STR("aliases"))    ? &r->aliases
                               : key_is(event, 1, STR("upstream")) ? &r->upstream
                               : key_is(event, 1, STR("related"))  ? &r->related
                                                                   : NULL;
        return list == NULL || keep_in(r, list, event->text, e);
    }
    if (event->depth == 3 && key_is(event, 1, STR("severity"))) {
        if (key_is(event, 3, STR("type"))) {
            return keep(r, event->text, &r->severity_type, e);
        }
        return !key_is(event, 3, STR("score")) || keep(r, event->text, &r->severity_score, e);
    }
    return true;
}

static void on_severity_end(struct record *r)
{
    if (str_eq(r->severity_type, STR("CVSS_V3"))) {
        r->cvss3 = r->severity_score;
    } else if (str_eq(r->severity_type, STR("CVSS_V4"))) {
        r->cvss4 = r->severity_score;
    } else if (str_eq(r->severity_type, STR("Ubuntu"))) {
        r->word = r->severity_score;
    }
    r->severity_type = r->severity_score = STR_NONE;
}

static bool on_range_end(struct record *r, struct error *e)
{
    struct range *range = &r->range;
    if (range->is_git) {
        range->count = range->begun; /* commits are no versions */
        return true;
    }
    if (!arena_grow(r->arena, (void **)&range->ends, range->ends_count, &range->ends_room,
                    sizeof(size_t), e)) {
        return false;
    }
    range->ends[range->ends_count++] = range->count;
    return true;
}

/* -- an element of `affected` --------------------------------------------------------------- */

static bool affected_rows(struct record *r, const struct affected *row, struct error *e)
{
    size_t from = 0;
    for (size_t i = 0; i < r->range.ends_count; i++) {
        size_t end = r->range.ends[i];
        if (!osv_range_rows(r->osv, row, r->range.events + from, end - from, &r->rows, e)) {
            return false;
        }
        from = end;
    }
    if (r->range.ends_count > 0) {
        return true;
    }
    if (r->versions_left_out > 0) {
        tally_add(&r->osv->strange, STR("a long list of versions without a range"));
        return true;
    }
    for (size_t i = 0; i < r->versions.count; i++) {
        struct affected one = *row;
        one.introduced = one.last_affected = r->versions.at[i];
        if (!osv_row_add(r->osv, &one, &r->rows, e)) {
            return false;
        }
    }
    return true;
}

static bool on_affected_end(struct record *r, struct error *e)
{
    const struct osv_ecosystem *ecosystem;
    struct affected row = {.package = r->name, .state = FIX_NONE_YET};
    if (!osv_ecosystem_find(r->ecosystem_text, r->arena, &ecosystem, &row.namespace_, e)) {
        return false;
    }
    bool wanted = ecosystem != NULL && r->name.len > 0 &&
                  (r->osv->only.len == 0 || str_eq(r->osv->only, ecosystem->name));
    if (!wanted) {
        tally_add(&r->osv->ecosystems, r->ecosystem_text);
        return true;
    }
    row.scope = ecosystem->scope;
    if (!severity_parse(r->urgency, &row.severity)) {
        row.severity = SEVERITY_UNKNOWN;
    }
    if (str_eq(r->urgency, STR("end-of-life"))) {
        row.state = FIX_END_OF_LIFE;
        row.word = r->urgency;
    }
    r->ecosystem = ecosystem;
    return affected_rows(r, &row, e);
}

static void affected_begin(struct record *r)
{
    r->name = r->ecosystem_text = r->urgency = STR_NONE;
    r->range.count = r->range.begun = r->range.ends_count = 0;
    r->versions.count = r->versions_left_out = 0;
}

static bool on_end(struct record *r, const struct json_event *event, struct error *e)
{
    if (event->depth == 2 && key_is(event, 1, STR("severity"))) {
        on_severity_end(r);
        return true;
    }
    if (!key_is(event, 1, STR("affected"))) {
        return true;
    }
    if (event->depth == 4 && key_is(event, 3, STR("ranges"))) {
        return on_range_end(r, e);
    }
    return event->depth != 2 || on_affected_end(r, e);
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct record *r = CONTAINER_OF(self, struct record, base);
    switch (event->kind) {
    case JSON_STRING:
        return on_string(r, event, e);
    case JSON_OBJECT:
        if (event->depth == 0) {
            r->is_object = true;
        } else if (event->depth == 2 && key_is(event, 1, STR("affected"))) {
            affected_begin(r);
        } else if (event->depth == 4 && key_is(event, 1, STR("affected"))) {
            r->range.begun = r->range.count;
            r->range.is_git = false;
        }
        return true;
    case JSON_END:
        return on_end(r, event, e);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_ARRAY:
        return true;
    }
    return true;
}

/* -- the advisory --------------------------------------------------------------------------- */

static bool id_add(struct record *r, struct strings *ids, str id, struct error *e)
{
    if (id.len == 0 || str_eq(id, r->id)) {
        return true;
    }
    for (size_t i = 0; i < ids->count; i++) {
        if (str_eq(ids->at[i], id)) {
            return true;
        }
    }
    if (ids->count == ADVISORY_IDS_MAX) {
        tally_add(&r->osv->strange, STR("one vulnerability too many of a record"));
        return true;
    }
    return keep_in(r, ids, id, e);
}

static bool cves_add(struct record *r, struct strings *ids, const struct strings *from,
                     struct error *e)
{
    for (size_t i = 0; i < from->count; i++) {
        if (str_starts(from->at[i], STR("CVE-")) && !id_add(r, ids, from->at[i], e)) {
            return false;
        }
    }
    return true;
}

/* CVE ids first; an alias is the same flaw whatever its name, what is related is not, except
 * where a publisher lists there what an update fixes. */
static bool ids_gather(struct record *r, struct strings *ids, struct error *e)
{
    if (!cves_add(r, ids, &r->aliases, e) || !cves_add(r, ids, &r->upstream, e) ||
        (r->ecosystem->related_are_ids && !cves_add(r, ids, &r->related, e))) {
        return false;
    }
    size_t cve = str_find(r->id, STR("-CVE-")); /* "DEBIAN-CVE-2020-19909" */
    if (ids->count == 0 && cve < r->id.len &&
        !id_add(r, ids, str_slice(r->id, cve + 1, r->id.len), e)) {
        return false;
    }
    for (size_t i = 0; i < r->aliases.count; i++) {
        if (!id_add(r, ids, r->aliases.at[i], e)) {
            return false;
        }
    }
    return true;
}

/* Words of the summary like "nodejs:18", where all rows are of a module's packages. */
static size_t modules_find(const struct record *r, str modules[MODULES_MAX])
{
    if (!r->ecosystem->modular) {
        return 0;
    }
    for (size_t i = 0; i < r->rows.count; i++) {
        if (str_find(r->rows.at[i].fixed, STR(".module")) == r->rows.at[i].fixed.len) {
            return 0;
        }
    }
    size_t count = 0;
    str rest = r->summary, word;
    while (count < MODULES_MAX && str_word(&rest, &word)) {
        while (word.len > 0 && word.at[word.len - 1] == ',') {
            word.len--;
        }
        size_t colon = str_find_char(word, ':');
        if (colon > 0 && colon + 1 < word.len && str_find_last_char(word, ':') == colon) {
            modules[count++] = word;
        }
    }
    return count;
}

/* An update of two modules does not say which package is of which: each row is given once for
 * each, and an installed package is of one of them. */
static bool modules_apply(struct record *r, struct error *e)
{
    str modules[MODULES_MAX];
    size_t count = modules_find(r, modules);
    size_t rows = r->rows.count;
    for (size_t m = 0; m < count; m++) {
        for (size_t i = 0; i < rows; i++) {
            if (m == 0) {
                r->rows.at[i].module = modules[0];
                continue;
            }
            struct affected row = r->rows.at[i];
            row.module = modules[m];
            if (!osv_row_add(r->osv, &row, &r->rows, e)) {
                return false;
            }
        }
    }
    return true;
}

/* The publisher's own word, else the rows', else what CVSS gives. */
static void severity_find(const struct record *r, struct advisory *a)
{
    str summary = r->summary, word = r->word;
    str source = STR("ubuntu");
    if (r->ecosystem->severity_first && str_cut(&summary, ':', &word)) {
        source = r->ecosystem->namespace_;
    }
    a->cvss = r->cvss3.len > 0 ? r->cvss3 : r->cvss4;
    if (!severity_parse(word, &a->severity)) {
        a->severity = SEVERITY_UNKNOWN;
    }
    for (size_t i = 0; a->severity == SEVERITY_UNKNOWN && i < r->rows.count; i++) {
        a->severity = r->rows.at[i].severity;
        source = r->ecosystem->namespace_;
    }
    unsigned tenths;
    if (a->severity == SEVERITY_UNKNOWN && cvss3_base_score(r->cvss3, &tenths)) {
        a->severity = severity_of_score(tenths);
        source = STR("cvss3");
    }
    a->severity_source = a->severity != SEVERITY_UNKNOWN ? source : STR_NONE;
}

/* Updates that mend bugs or add packages, and name no vulnerability. */
static bool is_harmless(const struct record *r, const struct strings *ids)
{
    static const str kinds[] = {STR_INIT("ALBA-"), STR_INIT("ALEA-"), STR_INIT("RLBA-"),
                                STR_INIT("RLEA-")};
    for (size_t i = 0; ids->count == 0 && i < ARRAY_COUNT(kinds); i++) {
        if (str_starts(r->id, kinds[i])) {
            return true;
        }
    }
    return false;
}

static bool put(struct record *r, struct advisory *a, struct error *e)
{
    size_t left = r->rows.count;
    a->affected = r->rows.at;
    while (left > 0) {
        a->affected_count = left < ADVISORY_AFFECTED_MAX ? left : ADVISORY_AFFECTED_MAX;
        if (!r->osv->out->put(r->osv->out, a, e)) {
            r->osv->sink_failed = true;
            return false;
        }
        a->affected += a->affected_count;
        left -= a->affected_count;
    }
    return true;
}

static bool record_put(struct record *r, struct error *e)
{
    if (!r->is_object || r->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "is no OSV record: it has no id");
    }
    r->osv->records++;
    if (str_starts(r->id, STR("LSN-"))) {
        r->osv->live++;
        return true;
    }
    if (r->rows.count == 0) {
        return true;
    }
    struct strings ids = {.count = 0};
    if (!ids_gather(r, &ids, e)) {
        return false;
    }
    if (is_harmless(r, &ids)) {
        r->osv->harmless++;
        return true;
    }
    if (!modules_apply(r, e)) {
        return false;
    }
    struct advisory advisory = {
        .id = r->id,
        .ids = ids.at,
        .ids_count = ids.count,
        .published_s = r->published_s,
        .modified_s = r->modified_s,
        .withdrawn_s = r->withdrawn_s,
    };
    severity_find(r, &advisory);
    return put(r, &advisory, e);
}

bool osv_record_read(struct osv *o, str json, struct error *e)
{
    struct arena_mark mark = arena_mark(o->arena);
    struct record r = {.base = {.event = on_event}, .osv = o, .arena = o->arena};
    bool done = json_read_text(json, RECORD_DEPTH_MAX, &r.base, e) && record_put(&r, e);
    arena_rewind(o->arena, mark);
    return done;
}
