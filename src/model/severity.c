#include "model/severity.h"

#include <stddef.h>

const char *severity_name(enum severity s)
{
    switch (s) {
    case SEVERITY_NEGLIGIBLE:
        return "negligible";
    case SEVERITY_LOW:
        return "low";
    case SEVERITY_MEDIUM:
        return "medium";
    case SEVERITY_HIGH:
        return "high";
    case SEVERITY_CRITICAL:
        return "critical";
    case SEVERITY_UNKNOWN:
    case SEVERITY_COUNT:
        break;
    }
    return "unknown";
}

static const struct {
    str word;
    enum severity severity;
} words[] = {
    {STR_INIT("unknown"), SEVERITY_UNKNOWN},
    {STR_INIT("untriaged"), SEVERITY_UNKNOWN},
    {STR_INIT("unspecified"), SEVERITY_UNKNOWN},
    {STR_INIT("not yet assigned"), SEVERITY_UNKNOWN},
    {STR_INIT("negligible"), SEVERITY_NEGLIGIBLE},
    {STR_INIT("unimportant"), SEVERITY_NEGLIGIBLE},
    {STR_INIT("none"), SEVERITY_NEGLIGIBLE},
    {STR_INIT("informational"), SEVERITY_NEGLIGIBLE},
    {STR_INIT("low"), SEVERITY_LOW},
    {STR_INIT("minor"), SEVERITY_LOW},
    {STR_INIT("medium"), SEVERITY_MEDIUM},
    {STR_INIT("moderate"), SEVERITY_MEDIUM},
    {STR_INIT("high"), SEVERITY_HIGH},
    {STR_INIT("important"), SEVERITY_HIGH},
    {STR_INIT("critical"), SEVERITY_CRITICAL},
    {STR_INIT("defcon1"), SEVERITY_CRITICAL},
};

bool severity_parse(str word, enum severity *out)
{
    word = str_trim(word);
    /* Debian's tracker marks urgencies that were set automatically with stars: "medium**" */
    while (word.len > 1 && word.at[word.len - 1] == '*') {
        word.len--;
    }
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_eq_nocase(word, words[i].word)) {
            *out = words[i].severity;
            return true;
        }
    }
    return false;
}

enum severity severity_of_score(unsigned score_tenths)
{
    if (score_tenths > 100) {
        return SEVERITY_UNKNOWN;
    }
    if (score_tenths >= 90) {
        return SEVERITY_CRITICAL;
    }
    if (score_tenths >= 70) {
        return SEVERITY_HIGH;
    }
    if (score_tenths >= 40) {
        return SEVERITY_MEDIUM;
    }
    return score_tenths > 0 ? SEVERITY_LOW : SEVERITY_NEGLIGIBLE;
}
