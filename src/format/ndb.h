/* ndb.h: rpm's own database format ("ndb", Packages.db): a header and slots in pages of 4,096
 * bytes, then package headers in blobs of 16-byte blocks. All numbers are little-endian. The
 * format is defined by rpm's lib/backend/ndb/rpmpkg.c alone.
 *
 * A slot that names no sound blob is one failure; the others are still given. rpm does not compare
 * a blob's checksum when it reads; here it is compared, and told by blob.checksum_wrong. */
#ifndef LIMPID_FORMAT_NDB_H
#define LIMPID_FORMAT_NDB_H

#include "format/blobs.h"
#include "format/random.h"

struct ndb {
    struct blobs base;
    struct random *from;   /* borrowed */
    uint64_t slot, slots;  /* the next to look at, and their number, the header's two included */
    uint64_t slots_stated; /* by the header: more than `slots` in a file that was cut */
    uint64_t piece_at, padding; /* where the next piece is; bytes between the blob and its tail */
    uint64_t left_bytes;
    uint32_t adler_a, adler_b;
    bool told_cut;
};

/* True where `at` begins such a file. */
bool ndb_matches(const uint8_t *at, size_t len);

/* ERROR_FORMAT: nothing in it can be read. Allocates nothing. */
bool ndb_open(struct ndb *n, struct random *from, struct error *e) MUST_USE;

#endif
