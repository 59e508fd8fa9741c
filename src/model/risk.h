/* risk.h: one number to put findings in order by: how likely a vulnerability is used, times how bad
 * it is where it is used. docs/matching.md has the formula. */
#ifndef LIMPID_MODEL_RISK_H
#define LIMPID_MODEL_RISK_H

#include <stdint.h>

#include "model/result.h"

enum { RISK_MOST = 100000 };

/* 0 to RISK_MOST, a thousandth of a percent each. The likelihood is 1 for what is known to be used
 * (CISA's catalogue), else EPSS; 0 where neither speaks of it. */
uint32_t risk_of(const struct finding *f);

/* Whether FIRST says anything of it: a probability of 0 alone is no word. */
bool risk_has_epss(const struct exploitation *x);

#endif
