#include "match/rules.h"

/* A bound without a release speaks of every release of that version: rpm's own rule for
 * dependencies (rpm-dependencies(7)). The order alone would put "1.2-3" behind "1.2". */
static str without_release(const struct order *order, str bound, str version)
{
    bool rpm = str_eq(str_from(order->scheme->name), STR("rpm"));
    if (!rpm || str_find_char(bound, '-') < bound.len) {
        return version;
    }
    return str_slice(version, 0, str_find_last_char(version, '-'));
}

bool range_has_fix(const struct affected *row)
{
    return row->fixed.len > 0 && !str_eq(row->fixed, STR("0"));
}

enum range_verdict range_of(const struct order *order, const struct affected *row, str version)
{
    bool starts_at_zero = row->introduced.len == 0 || str_eq(row->introduced, STR("0"));
    if (!starts_at_zero && order_compare(order, version, row->introduced) < 0) {
        return RANGE_BEFORE;
    }
    /* "0" as the fixed version: nobody ever had an affected one; not to be compared, "0~" is less
     */
    if (str_eq(row->fixed, STR("0"))) {
        return RANGE_NOT_AFFECTED;
    }
    if (row->fixed.len > 0 && order_compare(order, version, row->fixed) >= 0) {
        return RANGE_FIXED;
    }
    if (row->last_affected.len > 0 &&
        order_compare(order, without_release(order, row->last_affected, version),
                      row->last_affected) > 0) {
        return RANGE_BEHIND;
    }
    switch (row->state) {
    case FIX_NOT_AFFECTED:
        return RANGE_NOT_AFFECTED;
    case FIX_UNDETERMINED:
        return RANGE_UNDETERMINED;
    case FIX_AVAILABLE:
    case FIX_NONE_YET:
    case FIX_WILL_NOT:
    case FIX_DEFERRED:
    case FIX_END_OF_LIFE:
    case FIX_STATE_COUNT:
        break;
    }
    return RANGE_IN;
}
