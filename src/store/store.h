/* store.h: where everything lies that outlives one run. All SQL of limpid is behind this header
 * and store/advisories.h.
 *
 * A directory (SQLite engine):
 *   layers.db            facts of layers by verified digest; verified files by identity (WAL)
 *   advisories/current   names the current generation: one line a feed (feed, file, date, counts)
 *   advisories/FEED-N.db one feed's advisories, never changed once `current` names it
 *
 * Readers take no lock and wait for nobody: they read `current` once and open the feed files as
 * immutable. A writer of layers.db that would have to wait longer than a moment gives up silently:
 * the cache is no promise.
 *
 * A struct store belongs to the process that opened it, and to one thread at a time; except for
 * feeds, of which threads may write several at once over one struct store: advisories_write_… with
 * a writer each (one writer a feed; a second is ERROR_USAGE), store_feed_failed and
 * store_feed_unchanged, and advisories_open and what is asked of it. The first of them takes the
 * directory's lock for the process, the last one gives it back: other processes, and other struct
 * stores, find the directory busy until then. Commits become visible one by one, in the order in
 * which their files are ready. store_bundle_import keeps commits of other threads waiting. */
#ifndef LIMPID_STORE_STORE_H
#define LIMPID_STORE_STORE_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"
#include "model/feed_state.h"
#include "stream/sign.h"

struct store;

/* The directory to use: `chosen` (from --cache-dir), else LIMPID_CACHE_DIR, else
 * $XDG_CACHE_HOME/limpid, else ~/.cache/limpid, else /var/cache/limpid. */
bool store_default_dir(str chosen, struct arena *arena, str *out, struct error *e) MUST_USE;

/* Opens the directory and makes it where it is missing. Takes almost no time: databases are opened
 * at their first use. A directory that cannot be written is fine for readers. */
bool store_open(str dir, struct store **out, struct error *e) MUST_USE;
void store_close(struct store *s); /* NULL is fine */

/* -- facts of layers ------------------------------------------------------------------------ */

/* Facts of the layer whose stored bytes have `blob`, made by detectors of `revision`.
 * `*found` is false where they are not known, or the cache cannot be read. */
bool store_facts_find(struct store *s, digest blob, uint32_t revision, struct arena *arena,
                      str *facts, digest *diff_id, bool *found, struct error *e) MUST_USE;

/* Keeps them. `blob` must have been computed by this process over the stored bytes. Never waits
 * long and never fails the caller: the return value is for tests and counters. */
bool store_facts_keep(struct store *s, digest blob, uint32_t revision, str facts, digest diff_id,
                      struct error *e);

/* How many layers the cache knows, and the bytes of their facts; 0 where it cannot be read. */
bool store_facts_counts(struct store *s, uint64_t *layers, uint64_t *bytes,
                        struct error *e) MUST_USE;

/* A part of a file (by device, inode, size, mtime and ctime in ns) that was hashed before:
 * its digest, so that a known local image is not hashed again. `st` must be from before the bytes
 * were read. A file that was changed in the last tenth of a second (three seconds, where the file
 * system has no nanoseconds) is not kept: it may change again without its times telling. */
bool store_file_digest_find(struct store *s, const struct stat *st, uint64_t start, uint64_t length,
                            digest *out, bool *found, struct error *e) MUST_USE;
bool store_file_digest_keep(struct store *s, const struct stat *st, uint64_t start, uint64_t length,
                            digest d, struct error *e);

/* -- generations and feeds ------------------------------------------------------------------ */

/* States of all feeds, sorted by name; also of feeds that only ever failed. */
bool store_feeds(struct store *s, struct arena *arena, const struct feed_state **out, size_t *count,
                 struct error *e) MUST_USE;

/* Records a failed attempt; the last good data stays. */
bool store_feed_failed(struct store *s, str feed, str why, struct error *e) MUST_USE;

/* Records that the publisher said "nothing new". */
bool store_feed_unchanged(struct store *s, str feed, struct error *e) MUST_USE;

/* The current generation's name: "20261124T080000Z-1a2b3c4d", or empty where there is none. The
 * hash part depends on the content alone. */
bool store_generation(struct store *s, struct arena *arena, str *out, struct error *e) MUST_USE;

/* -- generations that were current before -------------------------------------------------------
 */

struct kept_generation {
    str name;
    int64_t since_s; /* when the last of its feeds was put in place */
    bool is_current;
    size_t feeds;
    uint64_t advisories;
};

/* The current one and those kept, newest first. */
bool store_generations(struct store *s, struct arena *arena, const struct kept_generation **out,
                       size_t *count, struct error *e) MUST_USE;

/* How many are kept beside the current one (by default 5, for 7 days and 2 GiB): each run that
 * changes advisories keeps the one that it found. */
void store_keep_generations(struct store *s, unsigned count);

/* Keeps the current one too, before another takes its place, and names it (empty: there is none):
 * it can be asked for by that name from now on, whatever becomes of a run that is under way. An
 * update of another process is waited for a moment. */
bool store_keep_current(struct store *s, struct arena *arena, str *name, struct error *e) MUST_USE;

/* All that is asked from now on is answered by that generation: a name, a time, or a day
 * ("2026-11-24": its end). ERROR_ABSENT names those that there are. Advisories can then only be
 * read. */
bool store_as_of(struct store *s, str when, struct error *e) MUST_USE;

struct feed_changes {
    str feed;
    uint64_t added, changed, removed;                 /* advisories */
    const str *added_ids, *changed_ids, *removed_ids; /* NULL where not asked for */
};

/* What differs between two generations, by name or time, feed by feed; those that are the same are
 * left out. Empty: `to` the current one, `from` the one kept last. */
struct part_watch;
struct changes_options {
    str from, to;
    bool ids;
    struct part_watch *watch; /* asked often whether to go on (part_watch.h); or NULL */
};
struct changes {
    str from, to; /* their names */
    const struct feed_changes *feeds;
    size_t count;
};
bool store_changes(struct store *s, const struct changes_options *options, struct arena *arena,
                   struct changes *out, struct error *e) MUST_USE;

/* -- bundles -------------------------------------------------------------------------------- */

/* Writes all feeds (those in `leave_out`, by name, excepted) into one zstd file, the same bytes for
 * the same state. `left` tells how many feeds were left out. Where it is signed, the signature is
 * in it, and beside it FILE.minisig for `minisign -V`. */
struct bundle_export_options {
    str file;
    const str *leave_out;
    size_t leave_out_count;
    const struct sign_secret *sign; /* NULL: not signed */
};
bool store_bundle_export(struct store *s, const struct bundle_export_options *options, size_t *left,
                         struct error *e) MUST_USE;

/* Checks the whole bundle, then switches to its feeds in one step. Feeds that the bundle has not
 * stay. A feed older than the installed one is refused unless `allow_older`; with keys, a bundle
 * that none of them signed (in it, or in FILE.minisig). */
struct bundle_import_options {
    str file;
    bool allow_older;
    const struct sign_keys *keys; /* NULL or none: whatever its signature says */
};
struct bundle_import_result {
    size_t feeds;
    bool is_signed, is_verified;
    struct sign_public by; /* where verified */
};
bool store_bundle_import(struct store *s, const struct bundle_import_options *options,
                         struct bundle_import_result *out, struct error *e) MUST_USE;

/* Answers from a bundle, without an import: it is unpacked once, below `dir` or, where that may not
 * be written, in a temporary folder that goes with the store. It is checked as an import checks it.
 * Facts of layers stay those of the store; advisories can only be read. */
bool store_use_bundle(struct store *s, const struct bundle_import_options *options,
                      struct bundle_import_result *out, struct error *e) MUST_USE;

/* -- from one limpid to others ------------------------------------------------------------------
 */

/* Writes what a web server can serve (store/instance.h): the same bytes for the same state. What no
 * manifest names any more stays for the grace, for those who read the one before. */
struct publish_options {
    str dir;
    const str *leave_out;
    size_t leave_out_count;
    const struct sign_secret *sign; /* NULL: not signed */
    unsigned grace_s;
};
struct publish_result {
    size_t feeds;
    bool changed; /* the manifest is another one */
    uint64_t objects, objects_new, bytes_new, objects_removed;
};
bool store_publish(struct store *s, const struct publish_options *options,
                   struct publish_result *out, struct error *e) MUST_USE;

/* Where the files of a published folder come from, by their path below it. */
struct pull_source {
    /* Adds the whole file to `to`. */
    bool (*get)(struct pull_source *self, const char *path, struct buf *to, struct error *e);
};

enum { PULL_OBJECT_BYTES_MAX = 8 * 1024 * 1024 };

/* Takes over what a manifest says, in one step, reusing what is here; all of it is verified. A feed
 * that is newer here stays. */
struct pull_options {
    str manifest; /* its bytes */
    struct pull_source *from;
    const struct sign_keys *keys; /* NULL or none: whatever its signature says */
    str origin, validator;        /* kept with each feed */
    const str *feeds;             /* names; none: all */
    size_t feeds_count;
    bool allow_older;
    struct arena *arena; /* of the result */
};
struct pull_feed {
    str feed;
    bool unchanged, is_older; /* is_older: the one here is newer, and stays */
    uint64_t advisories, rows, advisories_before;
};
struct pull_result {
    const struct pull_feed *feeds;
    size_t feeds_count;
    bool is_signed, is_verified;
    struct sign_public by;           /* where verified */
    uint64_t objects, bytes, reused; /* fetched; their bytes; chunks that were here */
};
bool store_pull(struct store *s, const struct pull_options *options, struct pull_result *out,
                struct error *e) MUST_USE;

#endif
