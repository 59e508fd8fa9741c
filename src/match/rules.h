/* rules.h: the steps of matching, for this folder only; docs/matching.md tells the rules one by
 * one. The order: where a package's advisories are (place.c, parts.c), what a package is to
 * advisories (origin.c), what each row says of which vulnerability (statements.c, names.c), which
 * rows speak of the package (concern.c, products.c), which of them is in range (range.c, order.c),
 * which decides and what follows (judge.c, severity.c), and what to upgrade (upgrades.c).
 * support.c looks at the release as a whole. */
#ifndef LIMPID_MATCH_RULES_H
#define LIMPID_MATCH_RULES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "match/cpe.h"
#include "match/names.h"
#include "model/result.h"
#include "store/advisories.h"
#include "version/scheme.h"

/* -- notes.c -------------------------------------------------------------------------------- */

/* One line in the report; DIAG_INCOMPLETE where something could not be judged. */
bool note_add(struct inventory *inventory, struct arena *arena, enum diag_kind kind,
              struct error *e, const char *fmt, ...) PRINTF(5, 6) MUST_USE;

/* -- order.c -------------------------------------------------------------------------------- */

struct order {
    const struct scheme *scheme;
    bool rebuilt; /* CentOS: what differs from Red Hat's own text does not count */
};

/* <0, 0, >0. Never allocates; safe from any thread. */
int order_compare(const struct order *order, str a, str b);

/* The order of an ecosystem's versions, or NULL where limpid does not know it. */
const struct scheme *order_scheme(enum ecosystem ecosystem);

/* -- origin.c ------------------------------------------------------------------------------- */

/* The package with the source that advisories speak of; everything else as it is. */
bool origin_of(const struct package *p, str namespace_, struct arena *arena, struct package *out,
               struct error *e) MUST_USE;

/* -- parts.c -------------------------------------------------------------------------------- */

struct part_cpe {
    struct cpe cpe;
    bool open; /* assumed: what it does not say may be anything */
};

/* Which parts of its distribution an image has. */
struct parts {
    str distribution; /* ID of os-release */
    str major;        /* Red Hat: "9"; empty elsewhere */
    const struct part_cpe *cpes;
    size_t cpes_count;
    struct map fixed, unfixed; /* what was answered for a product, of rows with and without a fix */
};

/* Red Hat's, from the repositories that the image names; without them, those of the release. */
bool parts_of(struct advisories *advisories, struct inventory *inventory, str namespace_,
              struct arena *arena, struct parts *out, struct error *e) MUST_USE;

enum part_answer {
    PART_STRANGE, /* the product is no CPE */
    PART_ABSENT,
    PART_PRESENT,
};

/* Does a row that is limited to the product speak of the image? The text must live as long as
 * `parts`. */
enum part_answer parts_have(struct parts *parts, str product, bool has_fix);

/* -- products.c ----------------------------------------------------------------------------- */

enum claim { /* of a row on a package, by the part of the distribution it is limited to */
             CLAIM_NONE,    /* of another part */
             CLAIM_STRANGE, /* of a part that limpid does not know: none, and it is said */
             CLAIM_PLAIN,
             CLAIM_ELSEWHERE, /* its fix is for others, as Ubuntu Pro's for subscribers */
             CLAIM_OWN, /* the package comes from just that part, so the part's own word counts more
                         */
};

enum claim claim_of(struct parts *parts, const struct package *p, const struct affected *row);

/* Where the fix of a CLAIM_ELSEWHERE is: "Ubuntu Pro". */
const char *claim_place(str product);

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
enum range_verdict range_of(const struct order *order, const struct affected *row, str version);

/* True where the row names a version that is not affected ("0" names none). */
bool range_has_fix(const struct affected *row);

/* -- concern.c ------------------------------------------------------------------------------ */

/* The version that a row of this scope is compared with. */
str concern_version(const struct package *p, enum package_scope scope);

/* Is the row about this package at all: architecture and module. Never allocates. */
bool concern_row(const struct package *p, const struct affected *row);

/* -- aliases.c ------------------------------------------------------------------------------ */

/* Which names mean the same vulnerability, by all that is said about one package. */
struct aliases {
    struct arena *arena;
    struct map nodes; /* every name that is no CVE, to its struct alias_node */
};

/* What a row is about: each a CVE where one is known, else the best of its other names. */
struct alias_set {
    const str *at;
    size_t count; /* at least 1 */
};

bool aliases_of(const struct advisory_row *rows, size_t count, enum ecosystem ecosystem,
                struct arena *arena, struct aliases *out, struct error *e) MUST_USE;
bool aliases_find(const struct aliases *a, const struct advisory_row *row, struct arena *arena,
                  struct alias_set *out, struct error *e) MUST_USE;

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

/* One statement a vulnerability of each row. `language`: ECOSYSTEM_NONE for a distribution, whose
 * own feed goes before copies of it; of a language's rows all have the same rank. */
bool statements_of(const struct advisory_row *rows, size_t count, enum ecosystem language,
                   struct arena *arena, struct statements *out, struct error *e) MUST_USE;

/* -- place.c -------------------------------------------------------------------------------- */

/* Where advisories for some packages of the image are looked up. */
struct place {
    str namespace_;
    enum ecosystem language; /* ECOSYSTEM_NONE: the distribution's own packages */
    struct order order;
    struct parts parts;
    struct map by_source, by_name; /* a name to its struct known: one look-up each */
    const struct feed_stamp *feeds;
    size_t feeds_count; /* 0: nobody speaks of this namespace */
};

/* What the store says of one name, and what became of it for the last package judged. */
struct known {
    struct statements statements;
    const struct found_package *judged; /* by these statements alone; NULL: none yet */
    size_t from, end;                   /* its findings */
};

bool place_open(struct advisories *advisories, str namespace_, enum ecosystem language,
                struct arena *arena, struct place *out, struct error *e) MUST_USE;
bool place_look_up(struct place *place, struct advisories *advisories, enum package_scope scope,
                   str name, struct arena *arena, struct known **out, struct error *e) MUST_USE;

/* -- judge.c -------------------------------------------------------------------------------- */

/* A statement about the package at hand. */
struct voice {
    const struct statement *statement;
    unsigned rank;
    enum claim claim;
    enum range_verdict verdict;
    str compared;
};

/* Scratch that is used again for the next group: those that speak, sorted by rank. */
struct group {
    struct voice *at;
    size_t count, room;
};

/* Is there a finding? All of `group` are about one package and one vulnerability. *applies tells;
 * `out` is filled where it does, but for the installed package and what severity_fill adds. */
bool judge_group(const struct place *place, const struct group *group, struct arena *arena,
                 bool *applies, struct finding *out, struct error *e) MUST_USE;

/* -- severity.c ----------------------------------------------------------------------------- */

/* The severity that one row gives: its own, its advisory's, or by its CVSS. */
enum severity severity_of_row(const struct advisory_row *row, str *source, bool *by_score);

/* From the advisories: `deciding` of them decided, the rest joined. */
void severity_choose(struct finding *f, const struct voice *const *voices, size_t deciding,
                     size_t count);

/* What is known of the vulnerability whatever package has it: one look-up an id. */
bool severity_fill(struct advisories *advisories, struct arena *arena, struct finding *findings,
                   size_t count, struct error *e) MUST_USE;

/* -- upgrades.c ----------------------------------------------------------------------------- */

/* Steps of "what to do": findings with a fix, by source package. */
bool upgrades_of(const struct finding *findings, size_t count, bool rebuilt, struct arena *arena,
                 const struct upgrade **out, size_t *out_count, struct error *e) MUST_USE;

/* -- support.c ------------------------------------------------------------------------------ */

/* Debian's lists of source packages that have no security support, or in part only: a note each,
 * with the names of those that are installed. */
bool debian_support_fill(struct advisories *advisories, struct arena *arena, struct scan *out,
                         struct error *e) MUST_USE;

/* The release's end of life, packages without security support, and the age of the feeds. */
bool support_fill(struct advisories *advisories, struct arena *arena, struct scan *out,
                  struct error *e) MUST_USE;

#endif
