#include "base/attr.h"
#include "report/reporter.h"

#define REPORTER_ROW(name) &reporter_##name,
const struct reporter *const reporters[] = {REPORTERS(REPORTER_ROW)};
const size_t reporters_count = ARRAY_COUNT(reporters);

const struct reporter *reporter_find(str name)
{
    for (size_t i = 0; i < reporters_count; i++) {
        if (str_eq(name, str_from(reporters[i]->name))) {
            return reporters[i];
        }
    }
    return NULL;
}
