#include "match/score.h"

bool score_of(str vector, unsigned *tenths)
{
    (void)vector;
    *tenths = 0;
    return false;
}
