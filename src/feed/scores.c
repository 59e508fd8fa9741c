#include "feed/scores.h"

#include <string.h>

#include "base/clock.h"

static void copy(char *to, size_t room, size_t *len, str text)
{
    *len = 0;
    if (text.len <= room) {
        memcpy(to, text.at, text.len);
        *len = text.len;
    }
}

void score_vector(struct score *s, str text)
{
    if (text.len > 0) {
        copy(s->vector, sizeof(s->vector), &s->vector_len, text);
    }
}

void score_word(struct score *s, str text)
{
    if (text.len > 0) {
        copy(s->word, sizeof(s->word), &s->word_len, text);
    }
}

void score_better(struct score *best, const struct score *one)
{
    if (one->vector_len == 0 || one->version == 0) {
        return;
    }
    bool more = one->primary != best->primary ? one->primary : one->version > best->version;
    if (best->version == 0 || more) {
        *best = *one;
    }
}

unsigned score_version(str name)
{
    static const struct {
        str name;
        unsigned version;
    } names[] = {
        {STR_INIT("cvssMetricV40"), 40}, {STR_INIT("cvssMetricV31"), 31},
        {STR_INIT("cvssMetricV30"), 30}, {STR_INIT("cvssMetricV2"), 20},
        {STR_INIT("cvssV4_0"), 40},      {STR_INIT("cvssV3_1"), 31},
        {STR_INIT("cvssV3_0"), 30},      {STR_INIT("cvssV2_0"), 20},
    };
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (str_eq(names[i].name, name)) {
            return names[i].version;
        }
    }
    return 0;
}

void score_put(const struct score *best, str source, struct advisory *to)
{
    if (best->version == 0) {
        return;
    }
    to->cvss = (str){.at = best->vector, .len = best->vector_len};
    enum severity severity;
    if (severity_parse((str){.at = best->word, .len = best->word_len}, &severity)) {
        to->severity = severity;
        to->severity_source = source;
    }
}

int64_t score_time(str text)
{
    char room[48];
    int64_t seconds = 0;
    if (clock_parse(text, &seconds)) {
        return seconds;
    }
    if (text.len == 0 || text.len + 1 > sizeof(room)) {
        return 0;
    }
    memcpy(room, text.at, text.len);
    room[text.len] = 'Z';
    return clock_parse((str){.at = room, .len = text.len + 1}, &seconds) ? seconds : 0;
}
