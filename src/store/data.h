/* data.h: all advisories of one feed in memory, on their way into a file or out of it. Texts,
 * ranges and advisories are kept once; a row is two numbers. data_finish brings it into an order
 * that depends on the content alone.
 *
 * About 60 bytes a text, 100 an advisory and 16 a row: 100 MB for a feed of a million rows. */
#ifndef LIMPID_STORE_DATA_H
#define LIMPID_STORE_DATA_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/advisory.h"

/* Ten times the largest feed there is. Past one of these is ERROR_LIMIT. */
enum {
    DATA_TEXT_BYTES_MAX = 64 * 1024, /* one text */
    DATA_TEXTS_BYTES_MAX = 512 * 1024 * 1024,
    DATA_ITEMS_MAX = 1 << 26, /* of each kind */
};

/* Texts are named by number; 0 is the empty text. */
struct data_extent { /* no padding: compared and hashed as bytes */
    uint32_t state, severity, introduced, fixed, last_affected, arch, module, word, product;
};

struct data_rating {
    uint32_t severity, source, cvss;
};

struct data_advisory {
    uint32_t id;
    uint32_t rating; /* by data_finish */
    struct data_rating said;
    uint32_t description, url;
    struct exploitation exploitation;
    int64_t published_s, modified_s, withdrawn_s;
};

struct data_id { /* advisory number `advisory` is about the vulnerability named `text` */
    uint32_t advisory, text;
};

/* By package: (namespace, scope, package) is one number and (advisory, extent) another, so that
 * rows sort by two comparisons. */
struct data_row {
    uint64_t place, what;
};

/* Numbers by content: open addressing over the items of a buf. */
struct data_index {
    struct buf slots; /* uint64_t: half of the hash, and number + 1; or 0 */
    size_t room, count;
};

struct data {
    struct arena texts_arena;
    struct buf texts;      /* str */
    struct buf extents;    /* struct data_extent */
    struct buf ratings;    /* struct data_rating, by data_finish */
    struct buf advisories; /* struct data_advisory */
    struct buf ids;        /* struct data_id */
    struct buf rows;       /* struct data_row */
    struct data_index texts_index, extents_index, advisories_index;
    uint32_t extent_last; /* the same one often comes again */
    bool finished;
};

void data_init(struct data *d);
void data_done(struct data *d); /* twice is fine, and on a zeroed struct */

/* Adds one statement. The same id may come again: rows and ids add up; of two ratings the higher
 * stands, of dates the earliest publication and the latest change; it is withdrawn when all say
 * so; of descriptions and URLs the longest, of exploitation the most. */
bool data_add(struct data *d, const struct advisory *advisory, struct error *e) MUST_USE;

/* The two halves of it, for who has them apart: the advisory without rows (the n-th id that is new
 * gets the number n, from 0), and one row of advisory number `advisory`. */
bool data_add_head(struct data *d, const struct advisory *advisory, uint32_t *number,
                   struct error *e) MUST_USE;
bool data_add_row(struct data *d, uint32_t advisory, const struct affected *row,
                  struct error *e) MUST_USE;

/* Sorts everything and keeps equal rows once; then nothing is added any more. Afterwards texts are
 * in order, and so are extents, ratings and advisories (by id); ids by advisory, CVE ids first;
 * rows by place, then advisory. */
bool data_finish(struct data *d, struct error *e) MUST_USE;

/* How many, and which. */
size_t data_texts_count(const struct data *d);
size_t data_extents_count(const struct data *d);
size_t data_ratings_count(const struct data *d);
size_t data_advisories_count(const struct data *d);
size_t data_ids_count(const struct data *d);
size_t data_rows_count(const struct data *d);
str data_text(const struct data *d, uint32_t number);
const struct data_extent *data_extents(const struct data *d);
const struct data_rating *data_ratings(const struct data *d);
const struct data_advisory *data_advisories(const struct data *d);
const struct data_id *data_ids(const struct data *d);
const struct data_row *data_rows(const struct data *d);

static inline uint32_t row_namespace(const struct data_row *r)
{
    return (uint32_t)(r->place >> 33);
}

static inline enum package_scope row_scope(const struct data_row *r)
{
    return (r->place >> 32 & 1) != 0 ? SCOPE_BINARY : SCOPE_SOURCE;
}

static inline uint32_t row_package(const struct data_row *r)
{
    return (uint32_t)r->place;
}

static inline uint32_t row_advisory(const struct data_row *r)
{
    return (uint32_t)(r->what >> 32);
}

static inline uint32_t row_extent(const struct data_row *r)
{
    return (uint32_t)r->what;
}

/* The newest date in it (published or modified), or 0. */
int64_t data_newest_s(const struct data *d);

#endif
