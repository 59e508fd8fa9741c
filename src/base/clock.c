#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"

int64_t clock_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t clock_report_s(void)
{
    uint64_t fixed;
    const char *text = getenv("SOURCE_DATE_EPOCH");
    if (text != NULL && num_parse(str_from(text), 10, 253402300799u, &fixed)) {
        return (int64_t)fixed;
    }
    return clock_now_s();
}

uint64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const char *clock_text(int64_t seconds, char to[CLOCK_TEXT_BYTES])
{
    time_t when = (time_t)seconds;
    struct tm parts;
    to[0] = '\0';
    if (seconds >= -62167219200 && seconds <= 253402300799 && gmtime_r(&when, &parts) != NULL) {
        strftime(to, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return to;
}

/* Takes `count` digits off the front of `s`. */
static bool take_number(str *s, size_t count, int *out)
{
    uint64_t n;
    if (s->len < count || !num_parse(str_slice(*s, 0, count), 10, 9999, &n)) {
        return false;
    }
    *out = (int)n;
    *s = str_slice(*s, count, s->len);
    return true;
}

static bool take_char(str *s, const char *one_of)
{
    for (; *one_of != '\0'; one_of++) {
        if (s->len > 0 && s->at[0] == *one_of) {
            *s = str_slice(*s, 1, s->len);
            return true;
        }
    }
    return false;
}

static bool take_offset(str *s, int64_t *offset_s)
{
    int hours, minutes;
    if (s->len == 0 || take_char(s, "Zz")) {
        *offset_s = 0;
        return s->len == 0;
    }
    bool east = s->at[0] == '+';
    if (!take_char(s, "+-") || !take_number(s, 2, &hours)) {
        return false;
    }
    (void)take_char(s, ":");
    if (!take_number(s, 2, &minutes) || s->len != 0) {
        return false;
    }
    *offset_s = (east ? 1 : -1) * (hours * 3600 + minutes * 60);
    return true;
}

bool clock_parse(str text, int64_t *seconds)
{
    int year, month, day;
    struct tm parts = {0};
    int64_t offset_s = 0;
    if (!take_number(&text, 4, &year) || !take_char(&text, "-") || !take_number(&text, 2, &month) ||
        !take_char(&text, "-") || !take_number(&text, 2, &day) || month < 1 || month > 12 ||
        day < 1 || day > 31) {
        return false;
    }
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    if (take_char(&text, "Tt ")) {
        int digit;
        if (!take_number(&text, 2, &parts.tm_hour) || !take_char(&text, ":") ||
            !take_number(&text, 2, &parts.tm_min)) {
            return false;
        }
        if (take_char(&text, ":") && !take_number(&text, 2, &parts.tm_sec)) {
            return false;
        }
        if (take_char(&text, ".")) {
            while (take_number(&text, 1, &digit)) {
            }
        }
        if (!take_offset(&text, &offset_s)) {
            return false;
        }
    } else if (text.len != 0) {
        return false;
    }
    *seconds = timegm(&parts) - offset_s;
    return true;
}
