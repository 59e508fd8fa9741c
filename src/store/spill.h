/* spill.h: byte records in order, however many they are: kept in memory up to a budget, then as
 * sorted runs in a temporary file that has no name any more, so that nothing can leave it behind.
 * Equal records are kept once.
 *
 *     add … add → sort → next … next → rewind → next …
 *
 * In a run, a record is two varints, the bytes that it shares with the one before and those that
 * follow, and these. Many runs become one before there are too many to be read side by side.
 * Memory: the budget while records are added, then 64 KiB a run. */
#ifndef LIMPID_STORE_SPILL_H
#define LIMPID_STORE_SPILL_H

#include "base/buf.h"
#include "stream/reader.h" /* enum step */

enum { SPILL_RECORD_BYTES_MAX = 16 * 1024 * 1024, SPILL_RUNS_MAX = 64 };

struct spill {
    const char *dir; /* borrowed */
    size_t budget_bytes;
    struct buf bytes, index; /* the records in memory; where each is */
    struct buf runs;         /* struct spill_run */
    struct buf out;          /* what goes into the file next */
    struct buf before;       /* the record that was given, or written, last */
    struct buf cursors;      /* struct spill_cursor, one a run */
    struct buf heap;         /* numbers of cursors, the least record first */
    uint64_t file_bytes;
    size_t next;     /* in memory */
    int fd;          /* -1: everything is in memory */
    bool sorted;     /* nothing is added any more */
    bool given;      /* `before` holds a record */
    bool top_is_old; /* the first cursor's record was given */
};

/* Temporary files go into `dir`. */
void spill_init(struct spill *s, const char *dir, size_t budget_bytes);
void spill_done(struct spill *s); /* twice is fine, and on a zeroed struct */

bool spill_add(struct spill *s, str record, struct error *e) MUST_USE;

/* Once, behind the last record; then spill_next gives the first. */
bool spill_sort(struct spill *s, struct error *e) MUST_USE;

/* The next record in the order of bytes, valid until the next call. */
enum step spill_next(struct spill *s, str *record, struct error *e) MUST_USE;

/* Back to the first. */
bool spill_rewind(struct spill *s, struct error *e) MUST_USE;

#endif
