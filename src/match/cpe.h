/* cpe.h: names of products, as publishers limit their statements to: NIST IR 7695 and 7696 (CPE
 * 2.3), in the URI form of 2.2 ("cpe:/o:redhat:enterprise_linux:9::baseos") and as a formatted
 * string ("cpe:2.3:o:redhat:enterprise_linux:9:*:baseos:*:*:*:*:*").
 *
 * Text is borrowed. Nothing here allocates; all are safe from any thread. */
#ifndef LIMPID_MATCH_CPE_H
#define LIMPID_MATCH_CPE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

enum cpe_part {
    CPE_PART, /* "a": application, "o": operating system, "h": hardware */
    CPE_VENDOR,
    CPE_PRODUCT,
    CPE_VERSION,
    CPE_UPDATE,
    CPE_EDITION,
    CPE_LANGUAGE,
    CPE_SW_EDITION,
    CPE_TARGET_SW,
    CPE_TARGET_HW,
    CPE_OTHER,
    CPE_PARTS,
};

/* Texts longer than this are no CPE; real ones have fewer than 100 bytes. */
enum { CPE_BYTES_MAX = 512 };

struct cpe {
    bool formatted;       /* which of the two forms the parts are quoted in */
    str parts[CPE_PARTS]; /* as written; empty: any */
};

/* False where the text is neither form: another beginning, no part and vendor, too many parts. */
bool cpe_parse(str text, struct cpe *out) MUST_USE;

/* Is every product that `narrow` names one of those that `wide` names? Letter case does not count;
 * "any" covers all, "-" only itself; '*' and '?' of `wide` stand for other characters; a version
 * covers those that go on with a dot ("9" covers "9.2", not "90"). */
bool cpe_covers(const struct cpe *wide, const struct cpe *narrow);

/* The same, but what `narrow` leaves open is taken as wanted: for what is known in part only. */
bool cpe_overlaps(const struct cpe *wide, const struct cpe *narrow);

#endif
