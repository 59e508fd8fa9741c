#include "model/cvss.h"

bool cvss_base_score(str vector, unsigned *tenths)
{
    vector = str_trim(vector);
    if (str_starts(vector, STR("CVSS:4."))) {
        return cvss4_base_score(vector, tenths);
    }
    if (str_starts(vector, STR("CVSS:3."))) {
        return cvss3_base_score(vector, tenths);
    }
    return cvss2_base_score(vector, tenths);
}
