/* osv_record.c: one OSV record, from JSON events to what the advisory is made of. Members may
 * come in any order, so all that matters is gathered first. */
#include "feed/osv_record.h"

#include "base/clock.h"

enum { RECORD_DEPTH_MAX = 32, REFERENCES_MAX = 256 };

/* Most text has no escapes, and the parser hands out a part of the record itself. */
static bool is_within(str text, str whole)
{
    uintptr_t at = (uintptr_t)text.at, from = (uintptr_t)whole.at;
    return at >= from && at - from <= whole.len && text.len <= whole.len - (at - from);
}

bool osv_keep(struct osv_record *r, str text, str *to, struct error *e)
{
    *to = text.len == 0 ? STR_NONE : text;
    return text.len == 0 || is_within(text, r->json) || arena_str(r->arena, text, to, e);
}

bool osv_keep_in(struct osv_record *r, struct osv_strings *list, str text, struct error *e)
{
    str kept;
    if (!osv_keep(r, text, &kept, e) ||
        !arena_grow(r->arena, (void **)&list->at, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at[list->count++] = kept;
    return true;
}

bool osv_vector_put(struct osv_record *r, struct osv_vectors *to, str type, str score,
                    struct error *e)
{
    bool v3 = str_eq(type, STR("CVSS_V3")), v4 = str_eq(type, STR("CVSS_V4"));
    str *vector = v4 ? &to->v4 : v3 ? &to->v3 : str_eq(type, STR("CVSS_V2")) ? &to->v2 : NULL;
    if (vector == NULL) {
        return true;
    }
    *vector = score;
    if ((!v3 && !v4) || !str_starts(score, STR("AV:"))) {
        return true;
    }
    return arena_printf(r->arena, vector, e, "CVSS:%s/" STR_FMT, v4 ? "4.0" : "3.0",
                        STR_ARG(score));
}

static bool keep_time(struct osv_record *r, str text, int64_t *to)
{
    int64_t seconds;
    if (!clock_parse(text, &seconds)) {
        tally_add(&r->osv->strange, STR("a time that cannot be read"));
        return true;
    }
    *to = seconds > 0 ? seconds : 0; /* Go's database has 0001-01-01 where nobody says when */
    return true;
}

/* Only the beginning of a long text can be wanted; one byte more tells that it goes on. */
static bool keep_beginning(struct osv_record *r, str text, str *to, struct error *e)
{
    text = str_slice(str_trim(text), 0, ADVISORY_DESCRIPTION_BYTES_MAX + 1);
    *to = text;
    return is_within(text, r->json) || arena_str(r->arena, text, to, e);
}

static bool on_top_member(struct osv_record *r, str key, str text, struct error *e)
{
    if (str_eq(key, STR("id"))) {
        return osv_keep(r, text, &r->id, e);
    }
    if (str_eq(key, STR("summary"))) {
        return keep_beginning(r, text, &r->summary, e);
    }
    if (str_eq(key, STR("details"))) {
        return keep_beginning(r, text, &r->details, e);
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

static bool on_list_item(struct osv_record *r, const struct json_event *event, struct error *e)
{
    struct osv_strings *list = osv_key_is(event, 1, STR("aliases"))    ? &r->aliases
                               : osv_key_is(event, 1, STR("upstream")) ? &r->upstream
                               : osv_key_is(event, 1, STR("related"))  ? &r->related
                                                                       : NULL;
    if (list != NULL) {
        return osv_keep_in(r, list, event->text, e);
    }
    if (osv_key_is(event, 1, STR("database_specific"))) {
        if (osv_key_is(event, 2, STR("severity"))) {
            return osv_keep(r, event->text, &r->word, e);
        }
        return !osv_key_is(event, 2, STR("url")) || osv_keep(r, event->text, &r->url, e);
    }
    return true;
}

static bool on_element_member(struct osv_record *r, const struct json_event *event, struct error *e)
{
    str own = event->path[2].key;
    if (osv_key_is(event, 1, STR("severity"))) {
        str *to = str_eq(own, STR("type"))    ? &r->severity_type
                  : str_eq(own, STR("score")) ? &r->severity_score
                                              : NULL;
        return to == NULL || osv_keep(r, event->text, to, e);
    }
    if (osv_key_is(event, 1, STR("references"))) {
        str *to = str_eq(own, STR("type"))  ? &r->references.type
                  : str_eq(own, STR("url")) ? &r->references.url
                                            : NULL;
        return to == NULL || osv_keep(r, event->text, to, e);
    }
    return true;
}

static bool on_string(struct osv_record *r, const struct json_event *event, struct error *e)
{
    switch (event->depth) {
    case 1:
        return on_top_member(r, event->path[0].key, event->text, e);
    case 2:
        return on_list_item(r, event, e);
    case 3:
        return on_element_member(r, event, e);
    default:
        return true;
    }
}

static bool on_severity_end(struct osv_record *r, struct error *e)
{
    str type = r->severity_type, score = r->severity_score;
    r->severity_type = r->severity_score = STR_NONE;
    if (str_eq(type, STR("Ubuntu"))) {
        r->priority = score;
        return true;
    }
    return osv_vector_put(r, &r->vectors, type, score, e);
}

static bool on_reference_end(struct osv_record *r, struct error *e)
{
    struct osv_references *list = &r->references;
    bool advisory = str_eq(list->type, STR("ADVISORY"));
    bool address = str_starts(list->url, STR("https://")) || str_starts(list->url, STR("http://"));
    if (address && (advisory || str_eq(list->type, STR("WEB"))) && list->count < REFERENCES_MAX) {
        if (!arena_grow(r->arena, (void **)&list->at, list->count, &list->room, sizeof(*list->at),
                        e)) {
            return false;
        }
        list->at[list->count++] = (struct osv_reference){.advisory = advisory, .url = list->url};
    }
    list->type = list->url = STR_NONE;
    return true;
}

static bool on_end(struct osv_record *r, const struct json_event *event, struct error *e)
{
    if (event->depth != 2) {
        return true;
    }
    if (osv_key_is(event, 1, STR("severity"))) {
        return on_severity_end(r, e);
    }
    return !osv_key_is(event, 1, STR("references")) || on_reference_end(r, e);
}

bool osv_record_event(struct osv_record *r, const struct json_event *event, struct error *e)
{
    if (event->depth > 1 && str_eq(event->path[0].key, STR("affected"))) {
        return osv_affected_event(r, event, e);
    }
    switch (event->kind) {
    case JSON_STRING:
        return on_string(r, event, e);
    case JSON_OBJECT:
        r->is_object = r->is_object || event->depth == 0;
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

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    return osv_record_event(CONTAINER_OF(self, struct osv_record, base), event, e);
}

void osv_record_begin(struct osv_record *r, struct osv *o)
{
    *r = (struct osv_record){.base = {.event = on_event}, .osv = o, .arena = o->arena};
}

bool osv_record_read(struct osv *o, str json, struct error *e)
{
    struct arena_mark mark = arena_mark(o->arena);
    struct osv_record r;
    osv_record_begin(&r, o);
    r.json = json;
    bool done = json_read_text(json, RECORD_DEPTH_MAX, &r.base, e) && osv_advisory_put(&r, e);
    arena_rewind(o->arena, mark);
    return done;
}
