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

/* libc's timegm and gmtime_r open the time zone's file, which a worker may not; and UTC needs
 * none. Days are counted from 0000-03-01, so that a leap day ends its year. */
enum { DAY_S = 86400, DAYS_TO_1970 = 719468, ERA_DAYS = 146097 };

static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t left = days - era * ERA_DAYS;
    int64_t of_era = (left - left / 1460 + left / 36524 - left / 146096) / 365;
    int64_t of_year = left - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5) + 1;
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(of_era + era * 400) + (*month <= 2);
}

const char *clock_text(int64_t seconds, char to[CLOCK_TEXT_BYTES])
{
    to[0] = '\0';
    if (seconds >= -62167219200 && seconds <= 253402300799) {
        int year, month, day;
        int64_t days = (seconds >= 0 ? seconds : seconds - (DAY_S - 1)) / DAY_S;
        int of_day = (int)(seconds - days * DAY_S);
        date_from_days(days, &year, &month, &day);
        snprintf(to, CLOCK_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000,
                 (unsigned)month % 100, (unsigned)day % 100, (unsigned)(of_day / 3600) % 100,
                 (unsigned)(of_day / 60 % 60), (unsigned)(of_day % 60));
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
    int hour = 0, minute = 0, second = 0;
    int64_t offset_s = 0;
    if (!take_number(&text, 4, &year) || !take_char(&text, "-") || !take_number(&text, 2, &month) ||
        !take_char(&text, "-") || !take_number(&text, 2, &day) || month < 1 || month > 12 ||
        day < 1 || day > 31) {
        return false;
    }
    if (take_char(&text, "Tt ")) {
        int digit;
        if (!take_number(&text, 2, &hour) || !take_char(&text, ":") ||
            !take_number(&text, 2, &minute)) {
            return false;
        }
        if (take_char(&text, ":") && !take_number(&text, 2, &second)) {
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
    *seconds =
        days_from_date(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second - offset_s;
    return true;
}
