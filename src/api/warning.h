/* warning.h: what Clair's answers have no words for: that a layer was read, but that something of
 * it could not be judged. A header (RFC 7234, 5.5) of the answer to a post, a further member of the
 * list of vulnerabilities. */
#ifndef LIMPID_API_WARNING_H
#define LIMPID_API_WARNING_H

#include "api/say.h"
#include "base/arena.h"
#include "base/diag.h"
#include "http/server.h"

#define WARNING_NAME "Warning"
#define WARNING_START "199 limpid "

/* Puts `Warning: 199 limpid "…"`; nothing where the text is empty. At most 1,000 bytes of it, and
 * of other bytes than visible ASCII a '?'. */
void warning_put(struct http_response *out, str text, struct arena *arena);

/* The quoted text of the answer's warning, for the log; empty: none. Borrowed. */
str warning_of(const struct http_response *out);

/* "Incomplete":["…"]; nothing where there is nothing. */
void incomplete_say(struct say *s, const struct diag_note *notes, size_t count);

#endif
