/* current.h: the file advisories/current: which file holds each feed's data, and what became of
 * the last attempt. Docs: docs/formats/store.md.
 *
 *   limpid-advisories 1
 *   feed <tab> NAME <tab> FILE <tab> HASH … <tab> NAMESPACE <tab> NAMESPACE …
 *   end <tab> number of feeds
 *
 * In a field, backslash, tab, LF and CR are written \\ \t \n \r. FILE and HASH are empty for a
 * feed that never had data. Lines are sorted by feed. */
#ifndef LIMPID_STORE_CURRENT_H
#define LIMPID_STORE_CURRENT_H

#include "base/digest.h"
#include "store/inner.h"

enum {
    CURRENT_BYTES_MAX = 8 * 1024 * 1024,
    CURRENT_FEEDS_MAX = 1000,
    CURRENT_NAMESPACES_MAX = 10000,
};

struct current_feed {
    struct feed_state state;
    str file;              /* "debian-12.db"; empty: no data */
    digest hash;           /* of the content, by part.h; DIGEST_NONE: no data */
    const str *namespaces; /* sorted */
    size_t namespaces_count;
};

struct current {
    struct current_feed *feeds; /* sorted by name */
    size_t count, room;
};

/* What the file says, in `arena`; no file is a `current` without feeds. */
bool current_read(const struct store *s, struct arena *arena, struct current *out,
                  struct error *e) MUST_USE;

/* The same of a kept generation's file (history.h). */
bool current_read_file(const struct store *s, str file, struct arena *arena, struct current *out,
                       struct error *e) MUST_USE;

/* The same from bytes: for fuzzing. */
bool current_parse(str bytes, struct arena *arena, struct current *out, struct error *e) MUST_USE;

/* The file's text, behind what `to` has. */
bool current_text(const struct current *c, struct buf *to, struct error *e) MUST_USE;

/* Replaces the file in one step, and keeps what it said before as a generation (history.h). Under
 * the lock. */
bool current_write(struct store *s, const struct current *c, struct error *e) MUST_USE;

struct current_feed *current_find(const struct current *c, str feed); /* NULL: not there */

/* Adds or replaces a feed; texts are borrowed. */
bool current_put(struct current *c, struct arena *arena, const struct current_feed *feed,
                 struct error *e) MUST_USE;

/* "20261124T080000Z-1a2b3c4d", or empty without data. The date is the newest of the feeds' own, not
 * of the machine that fetched them; the rest a hash of names and contents. */
bool current_generation(const struct current *c, struct arena *arena, str *out,
                        struct error *e) MUST_USE;

/* The date of a feed's data: its own, else when it was fetched. */
int64_t current_date(const struct current_feed *feed);

/* Removes files of feeds that neither `c`, as it was read under the lock, nor a kept generation
 * names, provided that
 * `current` has not changed for the grace: a reader may just have read the one before; and that no
 * other thread is writing a feed: its file may wait to be named. */
void current_sweep(struct store *s, const struct current *c);

#endif
