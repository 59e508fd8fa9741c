/* explain.h: why a finding is one: the package, the layer that brought it, the advisory's row and
 * the comparison that was made. */
#ifndef LIMPID_REPORT_EXPLAIN_H
#define LIMPID_REPORT_EXPLAIN_H

#include "model/result.h"
#include "report/print.h"

/* Tells of every finding whose id, alias or advisory is `id`, in any letter case; or that there is
 * none. */
void explain_print(struct print *p, const struct scan *scan, str id);

/* What FIRST and CISA say of its use: a line each, none where they are silent. */
void explain_exploitation(struct print *p, const struct exploitation *x);

/* The state in a word or two, for people: "no fix yet". */
const char *explain_state(enum fix_state s);

#endif
