/* sample.h: results made by hand, for tests of reports and of the command line only. */
#ifndef LIMPID_REPORT_SAMPLE_H
#define LIMPID_REPORT_SAMPLE_H

#include "base/arena.h"
#include "base/attr.h"
#include "model/result.h"

/* "findings": a small Debian image with some of everything. "clean": nothing found. "empty": no
 * package. "unknown": a distribution nobody knows. "uncovered": no advisories for it.
 * "incomplete": nothing found, but a file was not read. "nasty": names that attack terminals.
 * "root": a folder. "ignored": all findings are ignored. False for another word. */
bool sample_scan(str kind, struct arena *arena, struct scan *out, struct error *e) MUST_USE;

#endif
