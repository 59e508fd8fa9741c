/* osv_affected.c: an element of `affected`: its events gathered, and its rows at its end. */
#include "feed/osv_record.h"
#include "model/namespace.h"
#include "model/package_name.h"

enum { EVENTS_MAX = 10000 };

/* -- gathering ------------------------------------------------------------------------------ */

static bool on_event_member(struct osv_record *r, str key, str version, struct error *e)
{
    struct osv_affected *a = &r->affected;
    struct osv_event event = {.kind = OSV_INTRODUCED};
    if (str_eq(key, STR("fixed"))) {
        event.kind = OSV_FIXED;
    } else if (str_eq(key, STR("last_affected"))) {
        event.kind = OSV_LAST_AFFECTED;
    } else if (str_eq(key, STR("limit"))) {
        event.kind = OSV_LIMIT;
        if (str_eq(version, STR("*"))) {
            return true; /* no limit */
        }
    } else if (!str_eq(key, STR("introduced"))) {
        return true;
    }
    if (a->events_count == EVENTS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d events for '" STR_FMT "'",
                         EVENTS_MAX, STR_ARG(a->name));
    }
    if (!osv_keep(r, str_trim(version), &event.version, e) ||
        !arena_grow(r->arena, (void **)&a->events, a->events_count, &a->events_room, sizeof(event),
                    e)) {
        return false;
    }
    a->events[a->events_count++] = event;
    return true;
}

/* `ranges` is a list; Freexian has a record where it is the one range itself. */
static bool on_range_string(struct osv_record *r, const struct json_event *event, struct error *e)
{
    size_t depth = r->affected.ranges_is_object ? 3 : 4;
    str own = event->path[event->depth - 1].key;
    if (event->depth == depth + 1 && str_eq(own, STR("type"))) {
        r->affected.is_git = str_eq(event->text, STR("GIT"));
        r->affected.is_semver = str_eq(event->text, STR("SEMVER"));
        return true;
    }
    bool in_events = event->depth == depth + 3 && osv_key_is(event, depth + 1, STR("events"));
    return !in_events || on_event_member(r, own, event->text, e);
}

static bool on_package_member(struct osv_record *r, str key, str text, struct error *e)
{
    if (str_eq(key, STR("name"))) {
        return osv_keep(r, text, &r->affected.name, e);
    }
    return !str_eq(key, STR("ecosystem")) || osv_keep(r, text, &r->affected.ecosystem, e);
}

static bool on_specific(struct osv_record *r, const struct json_event *event, struct error *e)
{
    str own = event->path[3].key;
    if (osv_key_is(event, 3, STR("ecosystem_specific"))) {
        bool word = str_eq(own, STR("urgency")) || str_eq(own, STR("ubuntu_priority"));
        return !word || osv_keep(r, event->text, &r->affected.urgency, e);
    }
    if (!osv_key_is(event, 3, STR("database_specific"))) {
        return true;
    }
    if (str_eq(own, STR("informational"))) {
        return osv_keep(r, event->text, &r->affected.informational, e);
    }
    if (str_eq(own, STR("cvss")) && r->affected.vectors.v3.len == 0) { /* RustSec */
        str vector;
        if (!osv_keep(r, event->text, &vector, e)) {
            return false;
        }
        return osv_vector_put(r, &r->affected.vectors,
                              str_starts(vector, STR("CVSS:4")) ? STR("CVSS_V4") : STR("CVSS_V3"),
                              vector, e);
    }
    return true;
}

static bool on_string(struct osv_record *r, const struct json_event *event, struct error *e)
{
    if (event->depth < 4) {
        return true;
    }
    if (osv_key_is(event, 3, STR("ranges"))) {
        return on_range_string(r, event, e);
    }
    if (event->depth == 4) {
        if (osv_key_is(event, 3, STR("versions"))) {
            return osv_keep_in(r, &r->affected.versions, event->text, e);
        }
        if (osv_key_is(event, 3, STR("package"))) {
            return on_package_member(r, event->path[3].key, event->text, e);
        }
        return on_specific(r, event, e);
    }
    if (event->depth == 5 && osv_key_is(event, 3, STR("severity"))) {
        str *to = osv_key_is(event, 5, STR("type"))    ? &r->severity_type
                  : osv_key_is(event, 5, STR("score")) ? &r->severity_score
                                                       : NULL;
        return to == NULL || osv_keep(r, event->text, to, e);
    }
    return true;
}

static void affected_begin(struct osv_affected *a)
{
    struct osv_affected fresh = {
        /* the lists' memory is used again */
        .events = a->events,
        .events_room = a->events_room,
        .ranges = a->ranges,
        .ranges_room = a->ranges_room,
        .versions = {.at = a->versions.at, .room = a->versions.room},
    };
    *a = fresh;
}

static void range_begin(struct osv_affected *a)
{
    a->begun = a->events_count;
    a->is_git = a->is_semver = false;
}

static bool range_end(struct osv_record *r, struct error *e)
{
    struct osv_affected *a = &r->affected;
    if (a->is_git) {
        a->events_count = a->begun; /* commits are no versions */
        a->had_git = true;
        return true;
    }
    if (!arena_grow(r->arena, (void **)&a->ranges, a->ranges_count, &a->ranges_room,
                    sizeof(*a->ranges), e)) {
        return false;
    }
    a->ranges[a->ranges_count++] =
        (struct osv_range){.end = a->events_count, .semver = a->is_semver};
    return true;
}

/* -- rows ----------------------------------------------------------------------------------- */

static bool range_rows(struct osv_record *r, const struct affected *row, struct error *e)
{
    struct osv_affected *a = &r->affected;
    size_t from = 0;
    for (size_t i = 0; i < a->ranges_count; i++) {
        size_t end = a->ranges[i].end;
        str scheme = a->ranges[i].semver ? STR("semver") : namespace_scheme(row->namespace_);
        if (!osv_range_rows(r->osv, row, scheme, a->events + from, end - from, &r->rows, e)) {
            return false;
        }
        from = end;
    }
    return true;
}

static bool affected_rows(struct osv_record *r, const struct affected *row, bool language,
                          struct error *e)
{
    struct osv_affected *a = &r->affected;
    size_t first = r->rows.count;
    if (!range_rows(r, row, e)) {
        return false;
    }
    /* OSV.dev makes the lists of distributions, by an order that is not always theirs (of Alpine's
     * packages it lists some behind the fixed version): what a range says is all they say. */
    bool listed = language || r->rows.count == first;
    if (listed &&
        !osv_version_rows(r->osv, row, a->versions.at, a->versions.count, &r->rows, first, e)) {
        return false;
    }
    if (r->rows.count == first) {
        tally_add(&r->osv->strange, a->had_git ? STR("a package with ranges of commits only")
                                               : STR("a package with neither ranges nor versions"));
    }
    return true;
}

static bool place_of(struct osv_record *r, struct osv_place *place, struct error *e)
{
    const struct osv_publisher *p = r->osv->publisher;
    bool found = p->place != NULL ? p->place(r->affected.ecosystem, r->arena, place, e)
                                  : osv_place_find(r->affected.ecosystem, r->arena, place, e);
    if (found && place->ecosystem != NULL && p->only.len > 0 &&
        !str_eq(p->only, place->ecosystem->name)) {
        place->ecosystem = NULL;
    }
    return found;
}

static void vectors_merge(struct osv_vectors *to, const struct osv_vectors *from)
{
    to->v4 = to->v4.len > 0 ? to->v4 : from->v4;
    to->v3 = to->v3.len > 0 ? to->v3 : from->v3;
    to->v2 = to->v2.len > 0 ? to->v2 : from->v2;
}

static bool affected_end(struct osv_record *r, struct error *e)
{
    struct osv_affected *a = &r->affected;
    struct osv_place place;
    if (!place_of(r, &place, e)) {
        return false;
    }
    if (place.ecosystem == NULL || a->name.len == 0) {
        tally_add(&r->osv->ecosystems, a->ecosystem.len > 0 ? a->ecosystem : STR("none"));
        return true;
    }
    struct affected row = {
        .namespace_ = place.namespace_,
        .product = r->osv->publisher->product.len > 0 ? r->osv->publisher->product : place.product,
        .scope = place.ecosystem->scope,
        .word = a->informational,
        .state = FIX_NONE_YET};
    if (!package_name(place.namespace_, a->name, r->arena, &row.package, e)) {
        return false;
    }
    if (!severity_parse(a->urgency, &row.severity)) {
        row.severity = SEVERITY_UNKNOWN;
    }
    if (str_eq(a->urgency, STR("end-of-life"))) {
        row.state = FIX_END_OF_LIFE;
        row.word = a->urgency;
    }
    r->ecosystem = place.ecosystem;
    r->upstream_are_ids |= place.ecosystem->upstream_are_ids;
    r->related_are_ids |= place.ecosystem->related_are_ids;
    r->related_if_alone |= place.ecosystem->related_if_alone;
    vectors_merge(&r->rows_vectors, &a->vectors);
    return affected_rows(r, &row, place.ecosystem->form == OSV_LANGUAGE, e);
}

/* -- events --------------------------------------------------------------------------------- */

static bool on_begin(struct osv_record *r, const struct json_event *event)
{
    struct osv_affected *a = &r->affected;
    bool object = event->kind == JSON_OBJECT;
    if (event->depth == 2) {
        affected_begin(a);
    } else if (event->depth == 3 && osv_key_is(event, 3, STR("ranges"))) {
        a->ranges_is_object = object;
        range_begin(a);
    } else if (event->depth == 4 && object && osv_key_is(event, 3, STR("ranges")) &&
               !a->ranges_is_object) {
        range_begin(a);
    }
    return true;
}

static bool on_end(struct osv_record *r, const struct json_event *event, struct error *e)
{
    struct osv_affected *a = &r->affected;
    if (event->depth == 2) {
        return affected_end(r, e);
    }
    if (event->depth == 4 && osv_key_is(event, 3, STR("severity"))) {
        str type = r->severity_type, score = r->severity_score;
        r->severity_type = r->severity_score = STR_NONE;
        return osv_vector_put(r, &a->vectors, type, score, e);
    }
    bool in_ranges = osv_key_is(event, 3, STR("ranges"));
    return !in_ranges || event->depth != (a->ranges_is_object ? 3 : 4) || range_end(r, e);
}

bool osv_affected_event(struct osv_record *r, const struct json_event *event, struct error *e)
{
    switch (event->kind) {
    case JSON_STRING:
        return on_string(r, event, e);
    case JSON_OBJECT:
    case JSON_ARRAY:
        return on_begin(r, event);
    case JSON_END:
        return on_end(r, event, e);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}
