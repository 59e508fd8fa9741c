/* clock.h: time of day and durations. */
#ifndef LIMPID_BASE_CLOCK_H
#define LIMPID_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

enum { CLOCK_TEXT_BYTES = 21 }; /* "2026-11-24T08:00:00Z" and a NUL */

/* Seconds since 1970 (UTC); SOURCE_DATE_EPOCH of the environment where that is set and valid, so
 * that the same input gives the same report. */
int64_t clock_report_s(void);

/* Seconds since 1970 (UTC), as the machine says. */
int64_t clock_now_s(void);

/* Nanoseconds of a clock that only goes forwards; for durations. */
uint64_t clock_monotonic_ns(void);

/* RFC 3339 in UTC. Returns `to`. Times outside the years 0 to 9999 give "". */
const char *clock_text(int64_t seconds, char to[CLOCK_TEXT_BYTES]);

/* Reads an RFC 3339 date ("2026-11-24") or time with any offset and fraction. */
bool clock_parse(str text, int64_t *seconds) MUST_USE;

#endif
