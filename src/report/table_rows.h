/* table_rows.h: the findings, a row each. The binary packages of one source that share a finding
 * stand in one row, "libc6 (+3)". */
#ifndef LIMPID_REPORT_TABLE_ROWS_H
#define LIMPID_REPORT_TABLE_ROWS_H

#include "base/arena.h"
#include "model/result.h"
#include "report/print.h"

/* As many columns as there is room for: the score and what is known of its use come only where
 * some finding has them, on terminals of 100 and 120 columns; what is known to be exploited is
 * marked in any width. Scratch in `arena`. */
bool table_rows(struct print *p, const struct scan *scan, struct arena *arena) MUST_USE;

/* "94.4%", "0.04%", "<0.01%". */
enum { EPSS_TEXT_BYTES = 12 };
const char *table_epss(uint32_t epss, char to[EPSS_TEXT_BYTES]);

#endif
