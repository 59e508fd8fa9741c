/* table_head.h: what stands around the rows of the table: what was scanned, against which
 * advisories, the counts, the verdict, and what could not be judged. */
#ifndef LIMPID_REPORT_TABLE_HEAD_H
#define LIMPID_REPORT_TABLE_HEAD_H

#include "base/arena.h"
#include "model/result.h"
#include "report/print.h"
#include "report/reporter.h"

/* Two lines: the image, and its distribution with the number of packages. */
void table_head(struct print *p, const struct inventory *inventory);

/* One line: the generation of advisories, and the feeds' counts and ages; before it another where
 * the release is past its support. */
void table_advisories(struct print *p, const struct scan *scan);

/* The counts by severity; or, without a finding, what that means, which is never more than was
 * judged. Scratch in `arena`. */
bool table_verdict(struct print *p, const struct scan *scan, const struct report_options *options,
                   struct arena *arena) MUST_USE;

/* The upgrades that remove the most findings, ten at most. */
void table_upgrades(struct print *p, const struct scan *scan);

/* What could not be judged, then the notes. */
void table_notes(struct print *p, const struct diag *notes);

#endif
