#include "format/sqlitewal.h"

#include <string.h>

#include "base/num.h"

enum { HEADER_BYTES = 32, FRAME_BYTES = 24, SUMMED_BYTES = 8, PAGE_BYTES_MIN = 512 };
enum { MAGIC = 0x377f0682, BIG_ENDIAN_BIT = 1 }; /* the byte order of the checksums' words */

struct sum {
    bool big_endian;
    uint32_t a, b;
};

static void sum_add(struct sum *sum, const uint8_t *at, size_t len)
{
    for (; len >= 8; at += 8, len -= 8) {
        sum->a += (sum->big_endian ? num_be32(at) : num_le32(at)) + sum->b;
        sum->b += (sum->big_endian ? num_be32(at + 4) : num_le32(at + 4)) + sum->a;
    }
}

static bool sum_is(const struct sum *sum, const uint8_t *at)
{
    return sum->a == num_be32(at) && sum->b == num_be32(at + 4);
}

bool sqlitewal_matches(const uint8_t *at, size_t len)
{
    return len >= 4 && (num_be32(at) & ~(uint32_t)BIG_ENDIAN_BIT) == MAGIC;
}

/* A page is at most READER_NEED_MAX bytes, so that it is ready at once. */
static enum step frame_read(struct reader *from, size_t page_bytes, const uint8_t *salts,
                            struct sum *sum, bool *commits, struct error *e)
{
    enum step got = reader_need(from, FRAME_BYTES, e);
    if (got != STEP_GOT) {
        return got;
    }
    uint8_t head[FRAME_BYTES];
    memcpy(head, from->at, sizeof(head));
    from->at += FRAME_BYTES;
    if (memcmp(head + 8, salts, 8) != 0) {
        return STEP_END; /* left over from before the log was begun anew */
    }
    got = reader_need(from, page_bytes, e);
    if (got != STEP_GOT) {
        return got;
    }
    sum_add(sum, head, SUMMED_BYTES);
    sum_add(sum, from->at, page_bytes);
    from->at += page_bytes;
    *commits = num_be32(head + 4) != 0;
    return sum_is(sum, head + 16) ? STEP_GOT : STEP_END;
}

bool sqlitewal_committed(struct reader *from, bool *committed, struct error *e)
{
    enum step got = reader_need(from, HEADER_BYTES, e);
    if (got != STEP_GOT) {
        *committed = false;
        return got == STEP_END;
    }
    uint8_t head[HEADER_BYTES];
    memcpy(head, from->at, sizeof(head));
    from->at += HEADER_BYTES;
    uint32_t page_bytes = num_be32(head + 8);
    struct sum sum = {.big_endian = (num_be32(head) & BIG_ENDIAN_BIT) != 0};
    sum_add(&sum, head, HEADER_BYTES - 8);
    bool commits = false;
    bool sound = sqlitewal_matches(head, sizeof(head)) && sum_is(&sum, head + 24) &&
                 page_bytes >= PAGE_BYTES_MIN && page_bytes <= READER_NEED_MAX;
    while (sound && !commits) {
        got = frame_read(from, page_bytes, head + 16, &sum, &commits, e);
        if (got == STEP_FAILED) {
            return false;
        }
        sound = got == STEP_GOT;
    }
    *committed = sound && commits;
    return true;
}
