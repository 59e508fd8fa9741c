#include "model/advisory.h"

const char *fix_state_name(enum fix_state s)
{
    switch (s) {
    case FIX_AVAILABLE:
        return "fixed";
    case FIX_NONE_YET:
        return "affected";
    case FIX_WILL_NOT:
        return "will-not-fix";
    case FIX_DEFERRED:
        return "fix-deferred";
    case FIX_END_OF_LIFE:
        return "end-of-life";
    case FIX_NOT_AFFECTED:
        return "not-affected";
    case FIX_UNDETERMINED:
        return "under-investigation";
    case FIX_STATE_COUNT:
        break;
    }
    return "unknown";
}
