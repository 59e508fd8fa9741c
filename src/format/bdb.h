/* bdb.h: the values of a Berkeley DB hash file, which rpm up to 4.15 keeps its Packages in, read
 * without libdb. The format: Berkeley DB 5.3, src/dbinc/db_page.h; hash versions 7 to 9 (4.0 to
 * 6.x), both byte orders, no encryption, no page checksums (rpm uses neither).
 *
 * Every page of the file is looked at, in order, and the items of hash pages are taken: libdb
 * turns the pages it frees into P_INVALID, so what was deleted is not found. That every bucket and
 * every chained page is a hash page is checked against the metadata, so that a damaged page does
 * not pass for a freed one.
 *
 * Bounded by the file: pages are visited once, overflow pages twice their number in all. */
#ifndef LIMPID_FORMAT_BDB_H
#define LIMPID_FORMAT_BDB_H

#include "base/arena.h"
#include "format/blobs.h"
#include "format/random.h"

enum { BDB_PAGE_BYTES_MIN = 512, BDB_PAGE_BYTES_MAX = 64 * 1024, BDB_SPARES = 32 };

/* Overflow pages that hold one value. */
struct bdb_chain {
    uint32_t page;       /* the next */
    uint64_t left_bytes; /* of the value */
    uint64_t steps, check_at;
    uint32_t check_page; /* where the chain was at a power of two of steps: meeting it is a cycle */
};

struct bdb {
    struct blobs base;
    struct random *from; /* borrowed */
    bool big_endian;
    uint32_t page_bytes;
    uint64_t pages, pages_stated; /* in the file, by the metadata */
    uint64_t page;                /* the next to look at */
    uint8_t *held;                /* the hash page whose items are being given, in the arena */
    uint32_t held_page;
    unsigned items, item; /* of the held page; the next, a key */
    str in_page;          /* a value that lies in the held page */
    struct bdb_chain chain;
    uint64_t visits_left; /* of overflow pages */
    uint32_t buckets, bucket;
    uint32_t spares[BDB_SPARES];
    bool told_cut;
};

/* True where `at` (32 bytes) begins a Berkeley DB file of the hash type. */
bool bdb_matches(const uint8_t *at, size_t len);

/* ERROR_FORMAT: nothing in it can be read. One page is held in the arena. */
bool bdb_open(struct bdb *b, struct random *from, struct arena *arena, struct error *e) MUST_USE;

#endif
