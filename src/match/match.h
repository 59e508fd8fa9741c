/* match.h: which advisories apply to the packages of an inventory, and why. */
#ifndef LIMPID_MATCH_MATCH_H
#define LIMPID_MATCH_MATCH_H

#include "base/arena.h"
#include "base/error.h"
#include "model/result.h"
#include "store/advisories.h"

/* Fills findings, upgrades, generation and feeds of `out`; out->inventory must be there. What
 * could not be judged becomes a note in out->inventory.notes: no distribution, an unknown one, no
 * advisories for its namespace (ERROR_ABSENT with a hint, unless the image has no packages).
 *
 * Rules (docs/matching.md): a row applies by scope, architecture, module and range. Of what is
 * said about one vulnerability and package, the distribution's own feed overrules OSV's copy, and
 * in each of them a statement about the one vulnerability (Debian's tracker) overrules a list of
 * updates (DSA, DLA). Among those that decide FIX_NOT_AFFECTED overrules; else every row has to be
 * satisfied. Rows of several advisories about one CVE are one finding. */
bool match_scan(struct advisories *advisories, struct arena *arena, struct scan *out,
                struct error *e) MUST_USE;

/* Is `version` in the row's range, by `scheme` ("deb" …)? For --explain: `*why` (may be NULL)
 * becomes one sentence in `arena`. */
bool match_in_range(str scheme, const struct affected *row, str version, struct arena *arena,
                    bool *in_range, str *why, struct error *e) MUST_USE;

/* The names under which findings from the advisory are shown: the CVEs that it names, else its own.
 * Borrowed from it. */
bool match_shown_names(const struct advisory *a, struct arena *arena, const str **out,
                       size_t *count, struct error *e) MUST_USE;

#endif
