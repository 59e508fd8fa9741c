/* osv_record.h: what is gathered of one OSV record before it becomes an advisory. Shared by
 * osv_record.c, osv_affected.c and osv_advisory.c only. */
#ifndef LIMPID_FEED_OSV_RECORD_H
#define LIMPID_FEED_OSV_RECORD_H

#include "feed/osv.h"
#include "format/json.h"

struct osv_strings {
    str *at;
    size_t count, room;
};

/* Vectors by the version of CVSS. */
struct osv_vectors {
    str v4, v3, v2;
};

struct osv_reference {
    bool advisory; /* its type is ADVISORY; else WEB */
    str url;
};

struct osv_references {
    struct osv_reference *at;
    size_t count, room;
    str type, url; /* of the element that is open */
};

/* A range that ended: its events begin where those of the range before end. */
struct osv_range {
    size_t end;
    bool semver;
};

/* The element of `affected` that is open. */
struct osv_affected {
    str name, ecosystem, urgency, informational;
    struct osv_vectors vectors;
    struct osv_event *events;
    size_t events_count, events_room;
    struct osv_range *ranges;
    size_t ranges_count, ranges_room;
    size_t begun; /* the first event of the range that is open */
    bool is_git, is_semver, ranges_is_object;
    bool had_git;
    struct osv_strings versions;
};

struct osv_record {
    struct json_handler base;
    struct osv *osv;
    struct arena *arena;
    str json; /* text within it is not copied */
    bool is_object;
    str id, summary, details, word, priority, url;
    int64_t published_s, modified_s, withdrawn_s;
    struct osv_strings aliases, upstream, related;
    struct osv_vectors vectors;
    str severity_type, severity_score; /* of the element that is open */
    struct osv_references references;
    struct osv_affected affected;
    struct osv_rows rows;
    /* of the ecosystems of its rows */
    const struct osv_ecosystem *ecosystem; /* the last one's */
    bool upstream_are_ids, related_are_ids, related_if_alone;
    struct osv_vectors rows_vectors;
};

/* osv_record.c: a record within a longer document: events are given with the record's own value
 * at depth 0; then osv_advisory_put. Everything is in o's arena, which the caller rewinds. */
void osv_record_begin(struct osv_record *r, struct osv *o);
bool osv_record_event(struct osv_record *r, const struct json_event *event,
                      struct error *e) MUST_USE;

/* osv_record.c: text that outlives the event. */
bool osv_keep(struct osv_record *r, str text, str *to, struct error *e) MUST_USE;
bool osv_keep_in(struct osv_record *r, struct osv_strings *list, str text,
                 struct error *e) MUST_USE;
/* A vector without its head ("AV:N/AC:L/…", BellSoft) gets one. */
bool osv_vector_put(struct osv_record *r, struct osv_vectors *to, str type, str score,
                    struct error *e) MUST_USE;

/* osv_affected.c: the events within `affected`. */
bool osv_affected_event(struct osv_record *r, const struct json_event *event,
                        struct error *e) MUST_USE;

/* osv_advisory.c: puts what was gathered. */
bool osv_advisory_put(struct osv_record *r, struct error *e) MUST_USE;

/* True where the key at `depth` (from 1) of the event's path is `name`. */
static inline bool osv_key_is(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

#endif
