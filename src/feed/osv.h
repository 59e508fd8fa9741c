/* osv.h: documents in the OSV format (https://ossf.github.io/osv-schema/, 1.7), which many
 * publishers use: OSV.dev's bucket, and databases of their own. Inside src/feed only.
 *
 * The flow: osv.c (an archive, a list or a single record) → osv_record.c (JSON events gathered)
 * → osv_affected.c (an element of `affected` to rows: osv_ecosystem.c, osv_range.c)
 * → osv_advisory.c (the advisory, into the sink). */
#ifndef LIMPID_FEED_OSV_H
#define LIMPID_FEED_OSV_H

#include "base/arena.h"
#include "feed/document.h"
#include "feed/feed.h"

enum { OSV_RECORD_BYTES_MAX = 32 * 1024 * 1024 };

/* -- ecosystems ----------------------------------------------------------------------------- */

enum osv_form {
    OSV_LANGUAGE,  /* "PyPI"; what follows a ':' is the address of a registry */
    OSV_ROLLING,   /* "Wolfi": a distribution without releases */
    OSV_RELEASE,   /* "Debian:12", "Alpine:v3.18" */
    OSV_UBUNTU,    /* "Ubuntu:22.04:LTS", "Ubuntu:Pro:FIPS-updates:22.04:LTS" */
    OSV_SUSE,      /* "SUSE:Linux Enterprise Server 15 SP3-LTSS" */
    OSV_OPENSUSE,  /* "openSUSE:Leap 15.3", "openSUSE:Tumbleweed" */
    OSV_RED_HAT,   /* "Red Hat:rhel_eus:8.8::baseos": a CPE */
    OSV_OPENEULER, /* "openEuler:20.03-LTS-SP1" */
    OSV_AZURE,     /* "Azure Linux:3", and 2, which was called CBL-Mariner */
};

/* What the records of an ecosystem have in common. */
struct osv_ecosystem {
    str name;       /* as in "NAME" or "NAME:RELEASE" */
    str namespace_; /* the namespace, or its first part */
    enum osv_form form;
    enum package_scope scope;
    bool upstream_are_ids; /* what a record is about is in `upstream` */
    bool related_are_ids;  /* its CVE ids are in `related` */
    bool related_if_alone; /* … of records that have neither aliases nor upstream */
    bool modular;          /* rpm modules: "name:stream" stands in the summary */
    bool severity_first;   /* the summary begins with it: "Important: …" */
    bool priority;         /* `severity` of type "Ubuntu" is the publisher's word */
};

struct osv_place {
    const struct osv_ecosystem *ecosystem; /* NULL: limpid does not read it */
    str namespace_, product;
};

/* "Ubuntu:Pro:22.04:LTS" → ubuntu:22.04, "pro"; text may be put in `arena`. */
bool osv_place_find(str ecosystem, struct arena *arena, struct osv_place *out,
                    struct error *e) MUST_USE;

/* -- a publisher's documents ---------------------------------------------------------------- */

struct osv_publisher {
    str only;             /* the only ecosystem to be read; empty: all */
    str product;          /* of every row: "elts" */
    bool related_are_ids; /* whatever the ecosystem says */
    bool whole; /* a record is all that the feed says of its id: a newer one replaces it */
    bool (*wants)(str member); /* which files of an archive are read; NULL: all "….json" */
    /* In place of osv_place_find; NULL: that. */
    bool (*place)(str ecosystem, struct arena *arena, struct osv_place *out, struct error *e);
};

/* A reading of one document. */
struct osv {
    const struct osv_publisher *publisher;
    struct advisory_sink *out;
    struct arena *arena;
    str document;
    uint64_t records;
    uint64_t unwanted; /* records that publisher->wants refused */
    bool sink_failed;  /* the error is the sink's, not the record's */
    uint64_t harmless; /* notices that name no vulnerability */
    uint64_t live;     /* live patches, which no package version shows */
    struct tally ecosystems, strange;
};

/* Reads a document: a zip or tar of records, or one record, by the end of its path. A damaged
 * record in an archive is a note; an archive without a record is ERROR_FORMAT. */
bool osv_document_read(const struct osv_publisher *publisher, const struct feed_document *document,
                       struct reader *body, struct arena *arena, struct advisory_sink *out,
                       struct error *e) MUST_USE;

/* Reads one record and puts what it says; the arena is rewound. */
bool osv_record_read(struct osv *o, str json, struct error *e) MUST_USE;

/* The notes about what was left out; at the end of a document. */
bool osv_notes_put(const struct osv *o, struct error *e) MUST_USE;

/* -- ranges (osv_range.c) ------------------------------------------------------------------- */

enum osv_event_kind { OSV_INTRODUCED, OSV_FIXED, OSV_LAST_AFFECTED, OSV_LIMIT };

struct osv_event {
    enum osv_event_kind kind;
    str version;
};

struct osv_rows {
    struct affected *at;
    size_t count, room;
};

/* Adds the rows of one range. `row` has all but the range and the state. `scheme` names the order
 * of versions; where there is none of that name, the publisher's order of the events counts.
 * `events` are put in order. */
bool osv_range_rows(struct osv *o, const struct affected *row, str scheme, struct osv_event *events,
                    size_t count, struct osv_rows *rows, struct error *e) MUST_USE;

/* Adds a row for each listed version that none of the rows from `first` on covers. */
bool osv_version_rows(struct osv *o, const struct affected *row, const str *versions, size_t count,
                      struct osv_rows *rows, size_t first, struct error *e) MUST_USE;

bool osv_row_add(struct osv *o, const struct affected *row, struct osv_rows *rows,
                 struct error *e) MUST_USE;

#endif
