/* rules.h: the steps of matching, for this folder only; docs/matching.md tells the rules one by
 * one. The order: what a package is to
 * advisories (origin.c), which rows speak of it (concern.c), which of them is in range (range.c),
 * which decides and what follows (judge.c), and what to upgrade (upgrades.c). */
#ifndef LIMPID_MATCH_RULES_H
#define LIMPID_MATCH_RULES_H

#include "base/arena.h"
#include "base/error.h"
#include "model/result.h"
#include "store/advisories.h"
#include "version/scheme.h"

/* -- origin.c ------------------------------------------------------------------------------- */

/* The package with the source that advisories speak of; everything else as it is. */
bool origin_of(const struct package *p, str namespace_, struct arena *arena, struct package *out,
               struct error *e) MUST_USE;

/* -- range.c -------------------------------------------------------------------------------- */

enum range_verdict {
    RANGE_NOT_AFFECTED, /* never applied */
    RANGE_UNDETERMINED, /* under investigation */
    RANGE_BEFORE,       /* older than the first affected version */
    RANGE_FIXED,        /* the first version that is not affected, or newer */
    RANGE_BEHIND,       /* newer than the last affected version */
    RANGE_IN,
};

/* Where `version` lies in the row's range. Never allocates; safe from any thread. */
enum range_verdict range_of(const struct scheme *scheme, const struct affected *row, str version);

/* True where the row names a version that is not affected ("0" names none). */
bool range_has_fix(const struct affected *row);

/* -- concern.c ------------------------------------------------------------------------------ */

/* The version that a row of this scope is compared with. */
str concern_version(const struct package *p, enum package_scope scope);

/* Is the row about this package at all: architecture and module. Never allocates. */
bool concern_row(const struct package *p, const struct affected *row);

/* -- statements.c --------------------------------------------------------------------------- */

/* One row's word about one vulnerability. */
struct statement {
    str vulnerability; /* the CVE where there is one, else the advisory's id */
    const struct advisory_row *row;
    unsigned rank; /* the lower one decides */
    bool single;   /* the row is about this vulnerability only */
};

struct statements { /* sorted by vulnerability, rank, then as the store has them */
    const struct statement *at;
    size_t count;
};

/* One statement a vulnerability of each row. */
bool statements_of(const struct advisory_row *rows, size_t count, struct arena *arena,
                   struct statements *out, struct error *e) MUST_USE;

/* -- judge.c -------------------------------------------------------------------------------- */

/* Scratch that is used again for the next group. */
struct group {
    const struct statement **at;
    size_t count, room;
};

/* All statements about one package and one vulnerability (same `vulnerability`): is there a
 * finding? *applies tells; `out` is filled where it does, but for the installed package. `p` is
 * what origin_of gave. */
bool judge_group(const struct scheme *scheme, const struct package *p, const struct group *group,
                 struct arena *arena, bool *applies, struct finding *out, struct error *e) MUST_USE;

/* -- upgrades.c ----------------------------------------------------------------------------- */

/* Steps of "what to do": findings with a fix, by source package. */
bool upgrades_of(const struct scheme *scheme, const struct finding *findings, size_t count,
                 struct arena *arena, const struct upgrade **out, size_t *out_count,
                 struct error *e) MUST_USE;

#endif
