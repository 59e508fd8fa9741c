/* describe.h: descriptions within the model's limit. Inside src/feed only. */
#ifndef LIMPID_FEED_DESCRIBE_H
#define LIMPID_FEED_DESCRIBE_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/* `text` without blanks around; longer than ADVISORY_DESCRIPTION_BYTES_MAX: cut between two
 * characters, with "…" behind, in `arena`. Else `out` borrows. */
bool describe(str text, struct arena *arena, str *out, struct error *e) MUST_USE;

#endif
