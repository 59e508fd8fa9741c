/* escape.h: text from an image or an advisory, made harmless for where it is printed: a terminal,
 * a line of TSV, a JSON string. Every byte that a report prints passes here once.
 *
 * For people, what could change how a terminal or an editor shows the rest is written as \x1b or
 * \u202e: C0 and C1 controls, DEL, bidirectional and other invisible format characters, line and
 * paragraph separators, unassigned code points, and bytes that are not UTF-8 (RFC 3629).
 * A backslash stays as it is. No function here allocates; all are safe from any thread. */
#ifndef LIMPID_REPORT_ESCAPE_H
#define LIMPID_REPORT_ESCAPE_H

#include <stddef.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/writer.h"

/* Longer text is cut, and "…" stands for the rest. */
enum { ESCAPE_SHOWN_BYTES_MAX = 4096, ESCAPE_JSON_BYTES_MAX = 64 * 1024 };

/* How many columns of a terminal escape_terminal takes for the whole of `s`. */
size_t escape_columns(str s);

/* Writes `s` for people, in at most `columns_max` columns (SIZE_MAX: no bound); what does not fit
 * is cut, with "…" in the last column. */
bool escape_terminal(struct writer *to, str s, size_t columns_max, struct error *e) MUST_USE;

/* Writes `s` as a field of a line: escaped in the same way, so that it holds no TAB and no line
 * end, and never cut. */
bool escape_field(struct writer *to, str s, struct error *e) MUST_USE;

/* Writes `s` as a JSON string (RFC 8259, section 7) with its quotes, in ASCII where a terminal
 * could be confused. Bytes that are not UTF-8 become the four characters "\xff". */
bool escape_json(struct writer *to, str s, struct error *e) MUST_USE;

#endif
