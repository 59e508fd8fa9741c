/* part_share.h: one state of advisories for several folders: each feed's part lies in a place that
 * all of them reach, and beside the parts an index.
 *
 * The index is the text of a `current` (current.h) whose files are the parts: FILE is "FEED.part",
 * its size that of the part's bytes. So a folder that was brought up to it has all that the one had
 * that wrote it: data, dates, origins, and the validators by which an update goes on. A part is
 * one zstd frame (part_frame.h) and is named by its feed and content.
 *
 *     folder ─► store_parts_give ─► parts, index ─► place ─► store_parts_take ─► folder
 *
 * Whatever comes from the place is input: it is checked as an imported bundle is. */
#ifndef LIMPID_STORE_PART_SHARE_H
#define LIMPID_STORE_PART_SHARE_H

#include "store/part_frame.h"
#include "store/store.h"
#include "stream/reader.h"

enum { PART_INDEX_BYTES_MAX = 8 * 1024 * 1024 };

/* The name that the index has where a part has its feed's. */
#define PART_INDEX_NAME "advisories/current"

struct placed_part {
    str feed;
    digest content;
    int64_t date_s;
    int fd; /* a file with the frame from its start; borrowed */
    uint64_t stored_bytes;
};

/* Where they lie. */
struct parts_place {
    struct part_watch watch; /* asked at least at each feed */

    /* The part's frame. The reader is closed before the next one is opened. ERROR_ABSENT: there is
     * none of that content. */
    bool (*open)(struct parts_place *self, str feed, digest content, struct reader **out,
                 struct error *e);

    /* Whether that part is there, and whole as far as is known. */
    bool (*has)(struct parts_place *self, str feed, digest content);

    bool (*put)(struct parts_place *self, const struct placed_part *part, struct error *e);
};

/* Brings the folder to what the index of that digest says, in one step; feeds that it does not name
 * stay, newer ones do not. A feed whose part is damaged, missing or of another version of the
 * format stays as it is, and is named in `damaged`; the others are taken all the same. Where
 * nothing differs, nothing is written and no lock is taken. ERROR_FORMAT, ERROR_DIGEST: the index
 * itself is no good; ERROR_ABSENT: it is gone. */
struct parts_taken {
    size_t feeds; /* whose data is another one now */
    bool changed; /* anything at all, an origin or a date */
    const str *damaged;
    size_t damaged_count;
    struct error why; /* of the first of these, or ERROR_NONE */
};
bool store_parts_take(struct store *s, digest index, struct parts_place *from, struct arena *arena,
                      struct parts_taken *out, struct error *e) MUST_USE;

/* Whether the folder is as the index says: then there is nothing to take. Errors as above. */
bool store_parts_same(struct store *s, digest index, struct parts_place *from, bool *same,
                      struct error *e) MUST_USE;

/* Puts the folder's parts that are not there, and then the new index where it is another one.
 * `index`: the one that is there; DIGEST_NONE, or one that cannot be read: none. Feeds that only
 * that one names stay in it. `*feeds` tells how many parts were put, `*changed` whether anything.
 */
bool store_parts_give(struct store *s, digest index, struct parts_place *to, size_t *feeds,
                      bool *changed, struct error *e) MUST_USE;

/* For the two sides of this: the index of that digest, in `arena`. */
struct current;
bool part_index_read(struct parts_place *from, digest index, struct arena *arena,
                     struct current *out, struct error *e) MUST_USE;

#endif
