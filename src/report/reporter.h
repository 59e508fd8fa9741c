/* reporter.h: one output format each, for one operation. A reporter is one file `report/X.c`. */
#ifndef LIMPID_REPORT_REPORTER_H
#define LIMPID_REPORT_REPORTER_H

#include "base/error.h"
#include "model/result.h"
#include "stream/writer.h"

struct report_failure { /* a SOURCE that could not be scanned */
    str source;
    str text; /* the error's line */
};

struct report_options {
    bool color;   /* ANSI colours: a terminal that wants them */
    size_t width; /* columns of the terminal; 0: not a terminal, nothing is cut */
    bool show_ignored;
    str explain;  /* identifier to explain, or empty */
    str filter;   /* what the policy shows, for people ("severity critical"); empty: all */
    size_t index; /* results reported before this one */
    size_t count; /* SOURCEs that were asked for */
    const struct report_failure *failures; /* for `end`: SOURCEs that have no result */
    size_t failures_count;
};

struct reporter {
    const char *name; /* "table", "json", "tsv" */
    const char *summary;
    bool tells_notes; /* notes, and what could not be judged, are part of the format */
    /* Either may be NULL: the format does not exist for that operation. `begin` and `end` (may be
     * NULL) surround the results of several SOURCEs. */
    bool (*begin)(const struct report_options *, struct writer *, struct error *);
    bool (*scan)(const struct scan *, const struct report_options *, struct writer *,
                 struct error *);
    bool (*inventory)(const struct inventory *, const struct report_options *, struct writer *,
                      struct error *);
    bool (*end)(const struct report_options *, struct writer *, struct error *);
};

#define REPORTERS(X) X(table) X(json) X(tsv)
#define REPORTER_DECLARE(name) extern const struct reporter reporter_##name;
REPORTERS(REPORTER_DECLARE)

extern const struct reporter *const reporters[];
extern const size_t reporters_count;

const struct reporter *reporter_find(str name); /* NULL where there is none */

#endif
