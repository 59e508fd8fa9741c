/* similar.h: which of some names was meant. */
#ifndef LIMPID_SERVER_SIMILAR_H
#define LIMPID_SERVER_SIMILAR_H

#include "base/str.h"

enum { SIMILAR_BYTES_MAX = 64 };

/* How many letters are to be changed, added, left out or swapped with their neighbour (in any
 * case) to get from one to the other; more than `most`, or texts above SIMILAR_BYTES_MAX:
 * most + 1. Allocates nothing. */
unsigned similar_distance(str a, str b, unsigned most);

#endif
