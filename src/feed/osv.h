/* osv.h: one record of the OSV format (https://ossf.github.io/osv-schema/, 1.7), and the
 * ecosystems that limpid has a namespace for. Inside src/feed only. */
#ifndef LIMPID_FEED_OSV_H
#define LIMPID_FEED_OSV_H

#include "base/arena.h"
#include "feed/document.h"
#include "feed/feed.h"

enum {
    OSV_RECORD_BYTES_MAX = 32 * 1024 * 1024,
    OSV_VERSIONS_MAX = 200, /* of a list that stands for a range; longer ones are left out */
};

/* What a publisher's records have in common. */
struct osv_ecosystem {
    str name;       /* as in "NAME:RELEASE[:LTS]" */
    str namespace_; /* the namespace's first part */
    enum package_scope scope;
    bool related_are_ids; /* the CVE ids are in `related` */
    bool modular;         /* rpm modules: "name:stream" stands in the summary */
    bool severity_first;  /* the summary begins with it: "Important: …" */
};

struct osv {
    struct advisory_sink *out;
    struct arena *arena;
    str document;
    str only; /* of one publisher's feed: the only ecosystem to be read; else empty */
    uint64_t records;
    bool sink_failed;  /* the error is the sink's, not the record's */
    uint64_t harmless; /* notices that name no vulnerability */
    uint64_t live;     /* live patches, which no package version shows */
    struct tally ecosystems, strange;
};

/* The ecosystem "NAME:RELEASE" and its namespace ("Ubuntu:22.04:LTS" → "ubuntu:22.04", in
 * `arena`). NULL, and no error, where limpid does not read it. */
bool osv_ecosystem_find(str text, struct arena *arena, const struct osv_ecosystem **out,
                        str *namespace_, struct error *e) MUST_USE;

/* Reads one record and puts what it says; the arena is rewound. */
bool osv_record_read(struct osv *o, str json, struct error *e) MUST_USE;

/* The rows of the version range that the events say (osv_range.c). */
enum osv_event_kind { OSV_INTRODUCED, OSV_FIXED, OSV_LAST_AFFECTED };

struct osv_event {
    enum osv_event_kind kind;
    str version;
};

struct osv_rows {
    struct affected *at;
    size_t count, room;
};

/* `row` has all but the range and the state; `events` may be put in another order. */
bool osv_range_rows(struct osv *o, const struct affected *row, struct osv_event *events,
                    size_t count, struct osv_rows *rows, struct error *e) MUST_USE;
bool osv_row_add(struct osv *o, const struct affected *row, struct osv_rows *rows,
                 struct error *e) MUST_USE;

#endif
