#include "format/ndb.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/num.h"

enum {
    HEADER_BYTES = 32,
    SLOT_BYTES = 16,
    BLOCK_BYTES = 16,
    PAGE_BYTES = 4096,
    HEAD_BYTES = 16,
    TAIL_BYTES = 12,
    SLOTS_IN_HEADER = HEADER_BYTES / SLOT_BYTES,
    ADLER_MOD = 65521,
    ADLER_RUN = 5552 /* as many bytes as can be summed before 32 bits overflow (RFC 1950) */
};

bool ndb_matches(const uint8_t *at, size_t len)
{
    return len >= 4 && memcmp(at, "RpmP", 4) == 0;
}

static void adler_begin(struct ndb *n)
{
    n->adler_a = 1;
    n->adler_b = 0;
}

static void adler_add(struct ndb *n, const uint8_t *at, size_t len)
{
    uint32_t a = n->adler_a, b = n->adler_b;
    while (len > 0) {
        size_t run = len < ADLER_RUN ? len : ADLER_RUN;
        for (size_t i = 0; i < run; i++) {
            a += at[i];
            b += a;
        }
        a %= ADLER_MOD;
        b %= ADLER_MOD;
        at += run;
        len -= run;
    }
    n->adler_a = a;
    n->adler_b = b;
}

/* Slot `n->slot`: its blob becomes the current one. */
static MUST_USE bool blob_open(struct ndb *n, const uint8_t *slot, struct error *e)
{
    uint64_t number = num_le32(slot + 4), block = num_le32(slot + 8), blocks = num_le32(slot + 12);
    uint64_t start = block * BLOCK_BYTES, whole = blocks * BLOCK_BYTES;
    n->base.blob = (struct blob){.number = number};
    uint64_t start_min = n->told_cut ? HEADER_BYTES : n->slots_stated * SLOT_BYTES;
    if (number == 0 || start < start_min || whole < HEAD_BYTES + TAIL_BYTES ||
        !range_fits(start, whole, n->from->size_bytes)) {
        return error_set(e, ERROR_FORMAT,
                         "slot %" PRIu64 ": package %" PRIu64 " in %" PRIu64
                         " bytes at byte %" PRIu64 " of %" PRIu64,
                         n->slot, number, whole, start, n->from->size_bytes);
    }
    const uint8_t *head;
    if (!random_part(n->from, start, HEAD_BYTES, &head, e)) {
        return false;
    }
    uint64_t size = num_le32(head + 12);
    if (memcmp(head, "BlbS", 4) != 0 || num_le32(head + 4) != number) {
        return error_set(e, ERROR_FORMAT, "package %" PRIu64 ": no blob of it at byte %" PRIu64,
                         number, start);
    }
    if ((HEAD_BYTES + size + TAIL_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES != blocks) {
        return error_set(e, ERROR_FORMAT,
                         "package %" PRIu64 ": a blob of %" PRIu64 " bytes in %" PRIu64 " blocks",
                         number, size, blocks);
    }
    adler_begin(n);
    adler_add(n, head, HEAD_BYTES);
    n->base.blob.size_bytes = n->left_bytes = size;
    n->piece_at = start + HEAD_BYTES;
    n->padding = whole - HEAD_BYTES - size - TAIL_BYTES;
    return true;
}

static enum step ndb_next(struct blobs *self, struct error *e)
{
    struct ndb *n = CONTAINER_OF(self, struct ndb, base);
    n->left_bytes = n->padding = 0;
    if (!n->told_cut && n->slots < n->slots_stated) {
        n->told_cut = true;
        error_set(e, ERROR_FORMAT, "%" PRIu64 " slots do not fit into a file of %" PRIu64 " bytes",
                  n->slots_stated, n->from->size_bytes);
        return STEP_FAILED;
    }
    while (n->slot < n->slots) {
        const uint8_t *slot;
        if (!random_part(n->from, n->slot * SLOT_BYTES, SLOT_BYTES, &slot, e)) {
            n->slot++;
            return STEP_FAILED;
        }
        uint8_t copy[SLOT_BYTES]; /* the blob's head is read into the same window */
        memcpy(copy, slot, sizeof(copy));
        if (memcmp(copy, "Slot", 4) != 0 && n->told_cut) {
            return STEP_END; /* where the slots end is not known: here, as it seems */
        }
        if (memcmp(copy, "Slot", 4) != 0) {
            error_set(e, ERROR_FORMAT, "slot %" PRIu64 " is damaged", n->slot++);
            return STEP_FAILED;
        }
        bool is_free = num_le32(copy + 8) == 0;
        bool opened = !is_free && blob_open(n, copy, e);
        n->slot++;
        if (!is_free) {
            return opened ? STEP_GOT : STEP_FAILED;
        }
    }
    return STEP_END;
}

/* What stands behind the blob: zero bytes up to a block, the checksum, the length again. */
static MUST_USE bool tail_read(struct ndb *n, struct error *e)
{
    struct blob *blob = &n->base.blob;
    const uint8_t *at;
    if (!random_part(n->from, n->piece_at, (size_t)n->padding + TAIL_BYTES, &at, e)) {
        return false;
    }
    adler_add(n, at, (size_t)n->padding);
    const uint8_t *tail = at + n->padding;
    if (memcmp(tail + 8, "BlbE", 4) != 0 || num_le32(tail + 4) != blob->size_bytes) {
        return error_set(e, ERROR_FORMAT, "package %" PRIu64 ": its blob has no sound end",
                         blob->number);
    }
    blob->checksum_wrong = num_le32(tail) != ((n->adler_b << 16) | n->adler_a);
    return true;
}

static enum step ndb_piece(struct blobs *self, str *out, struct error *e)
{
    struct ndb *n = CONTAINER_OF(self, struct ndb, base);
    if (n->left_bytes == 0) {
        return tail_read(n, e) ? STEP_END : STEP_FAILED;
    }
    size_t len = n->left_bytes < RANDOM_PART_BYTES_MAX ? (size_t)n->left_bytes
                                                       : (size_t)RANDOM_PART_BYTES_MAX;
    const uint8_t *at;
    if (!random_part(n->from, n->piece_at, len, &at, e)) {
        return STEP_FAILED;
    }
    adler_add(n, at, len);
    n->piece_at += len;
    n->left_bytes -= len;
    *out = (str){.at = (const char *)at, .len = len};
    return STEP_GOT;
}

static const struct blobs_ops ops = {.name = "ndb", .next = ndb_next, .piece = ndb_piece};

bool ndb_open(struct ndb *n, struct random *from, struct error *e)
{
    const uint8_t *at;
    if (!random_part(from, 0, HEADER_BYTES, &at, e)) {
        return false;
    }
    if (!ndb_matches(at, HEADER_BYTES)) {
        return error_set(e, ERROR_FORMAT, "not an ndb database");
    }
    uint32_t version = num_le32(at + 4), slot_pages = num_le32(at + 12);
    if (version != 0) {
        return error_set(e, ERROR_FORMAT, "ndb version %" PRIu32 ", not 0", version);
    }
    uint64_t in_file = from->size_bytes / SLOT_BYTES;
    uint64_t stated = (uint64_t)slot_pages * (PAGE_BYTES / SLOT_BYTES);
    *n = (struct ndb){
        .base = {.ops = &ops},
        .from = from,
        .slot = SLOTS_IN_HEADER,
        .slots = stated < in_file ? stated : in_file,
        .slots_stated = stated,
    };
    if (stated == 0) {
        return error_set(e, ERROR_FORMAT, "no page of slots");
    }
    return true;
}
