/* prose.h: a publisher's text as it goes into an advisory. Inside src/feed only. */
#ifndef LIMPID_FEED_PROSE_H
#define LIMPID_FEED_PROSE_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/* `text` in `arena` with one blank for each run of blanks and line ends, and none at both ends;
 * what is longer than `bytes_max` (≥ 8) is cut between characters, with "…" behind. */
bool prose_keep(struct arena *arena, str text, size_t bytes_max, str *out,
                struct error *e) MUST_USE;

#endif
