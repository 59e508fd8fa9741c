/* advisories.h: advisories of the current generation, by package; and how a feed's new
 * generation is written. One reader or writer belongs to one thread. */
#ifndef LIMPID_STORE_ADVISORIES_H
#define LIMPID_STORE_ADVISORIES_H

#include "base/arena.h"
#include "base/error.h"
#include "model/advisory.h"
#include "model/result.h"
#include "model/vulnerability.h"
#include "store/store.h"
#include "stream/reader.h"

/* -- reading -------------------------------------------------------------------------------- */

struct advisories; /* one whole generation, as it was when it was opened */

/* ERROR_ABSENT where the store has no advisories at all. */
bool advisories_open(struct store *s, struct advisories **out, struct error *e) MUST_USE;
void advisories_close(struct advisories *a); /* NULL is fine */

/* Names the generation (borrowed until close). */
str advisories_generation(const struct advisories *a);

/* The feeds that have rows for `namespace_`, in `arena`. None: the distribution is not covered,
 * which is another thing than "no vulnerabilities". */
bool advisories_covering(struct advisories *a, str namespace_, struct arena *arena,
                         const struct feed_stamp **out, size_t *count, struct error *e) MUST_USE;

struct advisory_row {
    str feed;
    str id;         /* the advisory's own */
    const str *ids; /* the vulnerabilities it is about, CVE ids first; without `id` itself */
    size_t ids_count;
    enum severity severity; /* of the row, or of the advisory */
    str severity_source, cvss, url;
    int64_t published_s, modified_s;
    struct affected affected;
};

/* All rows of all feeds about `package` in `namespace_` with that scope, sorted by feed, id (as
 * store/key.h orders ids: numbers in them by value); withdrawn advisories are left out. Text is in
 * `arena`. */
bool advisories_find(struct advisories *a, str namespace_, enum package_scope scope, str package,
                     struct arena *arena, const struct advisory_row **out, size_t *count,
                     struct error *e) MUST_USE;

/* What the feeds say of the vulnerability `id` whatever package has it: the advisories of that
 * very id that have no rows (NVD, KEV, EPSS), joined; description and url also of others. `*found`
 * is false where there is nothing. Text is in `arena`. */
bool advisories_vulnerability(struct advisories *a, str id, struct arena *arena,
                              struct vulnerability *out, bool *found, struct error *e) MUST_USE;

/* The same of many ids, each asked once, in the order of the files: several times as quick. The
 * text of others is taken, not their url. Where there is nothing on one all but its id is empty. */
bool advisories_vulnerabilities(struct advisories *a, const str *ids, size_t count,
                                struct arena *arena, struct vulnerability *out,
                                struct error *e) MUST_USE;

struct known_advisory {
    str feed;
    struct advisory advisory; /* with all of its rows, also withdrawn ones */
};

/* Every advisory that is named `id` or is about it (`ids`), of all feeds, sorted by feed, id; any
 * letter case. For `limpid advisory` and the service. Text is in `arena`. */
bool advisories_by_id(struct advisories *a, str id, struct arena *arena,
                      const struct known_advisory **out, size_t *count, struct error *e) MUST_USE;

/* The same of one feed, and of its own name alone: for what store_changes says. */
bool advisories_of_feed(struct advisories *a, str feed, str id, struct arena *arena,
                        const struct known_advisory **out, size_t *count, struct error *e) MUST_USE;

/* From now on as if the feed were not there. */
void advisories_leave_out(struct advisories *a, str feed);
bool advisories_has_feed(const struct advisories *a, str feed); /* with data */

/* -- writing: one writer a feed, each in a thread of its own where there are several ----------- *
 *
 * Memory: about 24 MiB a writer, however large the feed; more goes through temporary files without
 * a name in the store's directory. */

struct advisories_writer;

/* Starts the new data of `feed` in a file of its own; readers see nothing of it. */
bool advisories_write_begin(struct store *s, str feed, struct advisories_writer **out,
                            struct error *e) MUST_USE;

/* The same, but what the feed has now stays, except for what is written anew: an advisory that is
 * written replaces all that was there under its id (and adds to what was written before in this
 * update). ERROR_ABSENT where the feed has no data yet that this program reads. For the publishers'
 * deltas. */
bool advisories_write_begin_delta(struct store *s, str feed, struct advisories_writer **out,
                                  struct error *e) MUST_USE;

/* Delta: what the feed had under this id is gone; what this update writes under it stays, whichever
 * comes first. No such id is fine. Without a delta: nothing. */
bool advisories_write_drop(struct advisories_writer *w, str id, struct error *e) MUST_USE;

bool advisories_write(struct advisories_writer *w, const struct advisory *advisory,
                      struct error *e) MUST_USE;

struct advisories_commit_options {
    int64_t date_s;      /* of the data; 0: the newest date in it */
    int64_t documents_s; /* of the newest document; counts where the data names no date; or 0 */
    str origin;
    str validator;
    bool allow_shrink; /* otherwise fewer than 80 % of the last good count is ERROR_FORMAT */
};

struct advisories_commit_counts {
    uint64_t advisories, rows;  /* now */
    uint64_t advisories_before; /* in the last good state */
};

/* Makes it the current data of the feed, in one step, and frees the writer in any case. */
bool advisories_write_commit(struct advisories_writer *w,
                             const struct advisories_commit_options *options,
                             struct advisories_commit_counts *counts, struct error *e) MUST_USE;

/* Throws it away; NULL is fine. */
void advisories_write_abandon(struct advisories_writer *w);

#endif
