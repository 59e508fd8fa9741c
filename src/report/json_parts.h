/* json_parts.h: what several documents have in common. */
#ifndef LIMPID_REPORT_JSON_PARTS_H
#define LIMPID_REPORT_JSON_PARTS_H

#include "model/advisory.h"
#include "report/json_writer.h"

/* "epss" and "epss_percentile" (0 to 1), and "kev"; null where nothing is said. */
void json_exploitation(struct jsonw *j, const struct exploitation *x);

/* "cvss", "cvss_source" and "cvss_score". */
void json_cvss(struct jsonw *j, str vector, str source, unsigned tenths);

/* The members of a row, without braces; "package" is its name. */
void json_affected(struct jsonw *j, const struct affected *row);

#endif
