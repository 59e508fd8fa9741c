/* history.h: generations that were current before. Each is what `current` said, in a file beside
 * it: advisories/generation-NAME. The feeds' files are shared: one that two generations name is
 * there once, and stays as long as one of them does.
 *
 * A run (a store, from open to close) keeps the generation that it found, not each that it went
 * through: an update replaces one feed after the other. */
#ifndef LIMPID_STORE_HISTORY_H
#define LIMPID_STORE_HISTORY_H

#include "store/current.h"

enum { HISTORY_BYTES_MAX = 256 * 1024 * 1024, HISTORY_MAX = 1000 };

struct history_item {
    str name, file;
    int64_t until_s, until_ns; /* when it was replaced */
    struct current current;
};

struct history {
    struct history_item *items; /* newest first */
    size_t count, room;
};

/* What is kept; a file that cannot be read is passed over. */
bool history_read(const struct store *s, struct arena *arena, struct history *out,
                  struct error *e) MUST_USE;

/* Before `next` becomes current: keeps what is current, if this run has not yet. Under the lock. */
bool history_keep(struct store *s, const struct current *next, struct error *e) MUST_USE;

/* Removes those that are too many, too old or too large; the rest is in `out`. Under the lock. */
bool history_trim(struct store *s, const struct current *now, struct arena *arena,
                  struct history *out, struct error *e) MUST_USE;

/* The file of the generation that is named, or was current at a time. ERROR_ABSENT. */
bool history_find(struct store *s, str when, struct arena *arena, str *file,
                  struct error *e) MUST_USE;

#endif
