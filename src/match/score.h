/* score.h: the base score of a CVSS vector, for this folder. */
#ifndef LIMPID_MATCH_SCORE_H
#define LIMPID_MATCH_SCORE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/* In tenths (0 to 100); false for an empty vector and one that cannot be scored. */
bool score_of(str vector, unsigned *tenths) MUST_USE;

#endif
