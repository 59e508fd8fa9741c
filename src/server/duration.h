/* duration.h: spans of time as Go writes them: "900s", "1h30m", "1.5h", "300ms", "0". */
#ifndef LIMPID_SERVER_DURATION_H
#define LIMPID_SERVER_DURATION_H

#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/* In milliseconds, less than a hundred years. ERROR_USAGE says what is wrong: no unit, a unit that
 * is none (ns us µs ms s m h are), a negative one. */
bool duration_parse(str text, uint64_t *ms, struct error *e) MUST_USE;

/* "2h0m0s", "1.234567s", "350.2ms", "12µs": as Go prints one. Returns `to`. */
enum { DURATION_TEXT_BYTES = 40 };
const char *duration_text(uint64_t ns, char to[DURATION_TEXT_BYTES]);

#endif
