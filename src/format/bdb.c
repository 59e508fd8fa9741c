#include "format/bdb.h"

#include <inttypes.h>
#include <string.h>

#include "base/num.h"

enum {
    HASH_MAGIC = 0x061561,
    VERSION_MIN = 7,
    VERSION_MAX = 9,
    META_BYTES = 512,
    META_CHECKSUM = 1, /* a flag: pages carry a checksum */
    PAGE_HEAD_BYTES = 26,
    OFFPAGE_BYTES = 12,
};

enum page_type {
    PAGE_INVALID = 0, /* freed, or never used */
    PAGE_HASH_UNSORTED = 2,
    PAGE_OVERFLOW = 7,
    PAGE_HASH_META = 8,
    PAGE_HASH = 13,
};

enum item_type { ITEM_KEYDATA = 1, ITEM_OFFPAGE = 3 };

static uint32_t get32(const struct bdb *b, const uint8_t *at)
{
    return b->big_endian ? num_be32(at) : num_le32(at);
}

static uint16_t get16(const struct bdb *b, const uint8_t *at)
{
    return b->big_endian ? num_be16(at) : num_le16(at);
}

bool bdb_matches(const uint8_t *at, size_t len)
{
    return len >= 16 && (num_le32(at + 12) == HASH_MAGIC || num_be32(at + 12) == HASH_MAGIC);
}

static bool is_hash(uint8_t type)
{
    return type == PAGE_HASH || type == PAGE_HASH_UNSORTED;
}

static MUST_USE bool page_get(struct bdb *b, uint64_t page, const uint8_t **at, struct error *e)
{
    if (page >= b->pages) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu64 " of %" PRIu64, page, b->pages);
    }
    return random_part(b->from, page * b->page_bytes, b->page_bytes, at, e);
}

/* The page where a bucket begins. Buckets came in generations that doubled their number; the
 * spares say how many pages of other kinds were made before each generation. */
static uint64_t bucket_page(const struct bdb *b, uint32_t bucket)
{
    unsigned generation = 0;
    while (generation < BDB_SPARES - 1 && (UINT32_C(1) << generation) < bucket + 1) {
        generation++;
    }
    return (uint64_t)bucket + b->spares[generation];
}

/* A page that has to be a hash page by what `why` and `by` say. */
static MUST_USE bool expect_hash(struct bdb *b, uint64_t page, const char *why, uint64_t by,
                                 struct error *e)
{
    const uint8_t *at;
    if (!page_get(b, page, &at, e)) {
        return error_wrap(e, "%s %" PRIu64, why, by);
    }
    if (!is_hash(at[25])) {
        return error_set(e, ERROR_FORMAT, "%s %" PRIu64 ": page %" PRIu64 " has the type %u", why,
                         by, page, at[25]);
    }
    return true;
}

/* The next page that is a hash page becomes the held one. */
static enum step page_next(struct bdb *b, struct error *e)
{
    while (b->page < b->pages) {
        uint64_t page = b->page++;
        const uint8_t *at;
        if (!page_get(b, page, &at, e)) {
            return STEP_FAILED;
        }
        uint8_t type = at[25];
        if (type == PAGE_INVALID || type == PAGE_OVERFLOW) {
            continue;
        }
        unsigned items = get16(b, at + 20);
        if (!is_hash(type) || get32(b, at + 8) != page ||
            items > (b->page_bytes - PAGE_HEAD_BYTES) / 2) {
            error_set(e, ERROR_FORMAT,
                      "page %" PRIu64 " is damaged (number %" PRIu32 ", type %u, %u items)", page,
                      get32(b, at + 8), type, items);
            return STEP_FAILED;
        }
        memcpy(b->held, at, b->page_bytes);
        b->held_page = (uint32_t)page; /* fits: a file has at most UINT32_MAX pages */
        b->items = items;
        b->item = 0;
        uint32_t chained = get32(b, b->held + 16);
        if (chained != 0 && !expect_hash(b, chained, "behind page", page, e)) {
            return STEP_FAILED;
        }
        return STEP_GOT;
    }
    return STEP_END;
}

/* Item `index` of the held page. Items lie one below the other from the page's end. */
static MUST_USE bool item_get(const struct bdb *b, unsigned index, str *out, struct error *e)
{
    const uint8_t *offsets = b->held + PAGE_HEAD_BYTES;
    size_t low = PAGE_HEAD_BYTES + (size_t)b->items * 2;
    size_t end = index == 0 ? b->page_bytes : get16(b, offsets + (index - 1) * 2);
    size_t at = get16(b, offsets + index * 2);
    if (at < low || end > b->page_bytes || at >= end) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 ": item %u lies at bytes %zu to %zu",
                         b->held_page, index, at, end);
    }
    *out = (str){.at = (const char *)b->held + at, .len = end - at};
    return true;
}

static bool is_counter_key(str key)
{
    return key.len == 5 && key.at[0] == ITEM_KEYDATA && memcmp(key.at + 1, "\0\0\0\0", 4) == 0;
}

/* The value at `b->item` + 1 becomes the current one; `*skip` for rpm's counter, which has key 0.
 */
static MUST_USE bool item_open(struct bdb *b, bool *skip, struct error *e)
{
    str key, value;
    unsigned index = b->item;
    b->item += 2;
    if (index + 1 >= b->items) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 ": key %u has no value", b->held_page,
                         index);
    }
    if (!item_get(b, index, &key, e) || !item_get(b, index + 1, &value, e)) {
        return false;
    }
    *skip = is_counter_key(key);
    b->base.blob =
        (struct blob){.number = key.len == 5 ? get32(b, (const uint8_t *)key.at + 1) : 0};
    if (value.at[0] == ITEM_KEYDATA) {
        b->in_page = str_slice(value, 1, value.len);
        b->base.blob.size_bytes = b->in_page.len;
        return true;
    }
    if (value.at[0] != ITEM_OFFPAGE || value.len < OFFPAGE_BYTES) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 ": item %u has type %d, %zu bytes",
                         b->held_page, index + 1, value.at[0], value.len);
    }
    uint32_t page = get32(b, (const uint8_t *)value.at + 4);
    b->base.blob.size_bytes = get32(b, (const uint8_t *)value.at + 8);
    b->chain = (struct bdb_chain){
        .page = page, .left_bytes = b->base.blob.size_bytes, .check_at = 1, .check_page = page};
    return true;
}

/* What the metadata says and the file does not hold; each part of it is said once. */
static enum step check_next(struct bdb *b, struct error *e)
{
    if (!b->told_cut && b->pages < b->pages_stated) {
        b->told_cut = true;
        error_set(e, ERROR_FORMAT, "ends after %" PRIu64 " of %" PRIu64 " pages", b->pages,
                  b->pages_stated);
        return STEP_FAILED;
    }
    while (b->bucket < b->buckets) {
        uint32_t bucket = b->bucket++;
        if (!expect_hash(b, bucket_page(b, bucket), "bucket", bucket, e)) {
            return STEP_FAILED;
        }
    }
    return STEP_END;
}

static enum step bdb_next(struct blobs *self, struct error *e)
{
    struct bdb *b = CONTAINER_OF(self, struct bdb, base);
    b->in_page = STR_NONE;
    b->chain.left_bytes = 0;
    for (;;) {
        if (b->item >= b->items) {
            enum step got = page_next(b, e);
            if (got == STEP_END) {
                got = check_next(b, e);
            }
            if (got != STEP_GOT) {
                return got;
            }
            continue;
        }
        bool skip = false;
        if (!item_open(b, &skip, e)) {
            return STEP_FAILED;
        }
        if (!skip) {
            return STEP_GOT;
        }
        b->in_page = STR_NONE;
        b->chain.left_bytes = 0;
    }
}

/* The content of the chain's next page. */
static MUST_USE bool chain_next(struct bdb *b, str *out, struct error *e)
{
    struct bdb_chain *chain = &b->chain;
    const uint8_t *at;
    if (b->visits_left == 0) {
        return error_set(e, ERROR_LIMIT, "its overflow pages are used too often");
    }
    b->visits_left--;
    if (chain->page == 0) {
        return error_set(e, ERROR_FORMAT, "its pages end %" PRIu64 " bytes too early",
                         chain->left_bytes);
    }
    if (!page_get(b, chain->page, &at, e)) {
        return false;
    }
    size_t len = get16(b, at + 22);
    if (at[25] != PAGE_OVERFLOW || get32(b, at + 8) != chain->page || len == 0 ||
        len > b->page_bytes - PAGE_HEAD_BYTES) {
        return error_set(e, ERROR_FORMAT,
                         "page %" PRIu32 " is damaged (number %" PRIu32 ", type %u, %zu bytes)",
                         chain->page, get32(b, at + 8), at[25], len);
    }
    if (len > chain->left_bytes) {
        len = (size_t)chain->left_bytes;
    }
    chain->left_bytes -= len;
    chain->page = get32(b, at + 16);
    if (chain->page == chain->check_page && chain->left_bytes > 0) {
        return error_set(e, ERROR_FORMAT, "its pages lead back to page %" PRIu32, chain->page);
    }
    if (++chain->steps == chain->check_at) {
        chain->check_at *= 2;
        chain->check_page = chain->page;
    }
    *out = (str){.at = (const char *)at + PAGE_HEAD_BYTES, .len = len};
    return true;
}

static enum step bdb_piece(struct blobs *self, str *out, struct error *e)
{
    struct bdb *b = CONTAINER_OF(self, struct bdb, base);
    if (b->in_page.len > 0) {
        *out = b->in_page;
        b->in_page = STR_NONE;
        return STEP_GOT;
    }
    if (b->chain.left_bytes == 0) {
        return STEP_END;
    }
    return chain_next(b, out, e) ? STEP_GOT : STEP_FAILED;
}

static const struct blobs_ops ops = {.name = "Berkeley DB", .next = bdb_next, .piece = bdb_piece};

static MUST_USE bool meta_read(struct bdb *b, const uint8_t *at, struct error *e)
{
    uint32_t version = get32(b, at + 16), page_bytes = get32(b, at + 20);
    if (version < VERSION_MIN || version > VERSION_MAX) {
        return error_set(e, ERROR_FORMAT, "hash version %" PRIu32 ", not %d to %d", version,
                         VERSION_MIN, VERSION_MAX);
    }
    if (at[25] != PAGE_HASH_META) {
        return error_set(e, ERROR_FORMAT, "its first page has the type %u, not %d", at[25],
                         PAGE_HASH_META);
    }
    if (at[24] != 0 || (at[26] & META_CHECKSUM) != 0) {
        return error_set(e, ERROR_FORMAT, "its pages are encrypted or have checksums");
    }
    if (page_bytes < BDB_PAGE_BYTES_MIN || page_bytes > BDB_PAGE_BYTES_MAX ||
        (page_bytes & (page_bytes - 1)) != 0) {
        return error_set(e, ERROR_FORMAT, "its pages have %" PRIu32 " bytes", page_bytes);
    }
    b->page_bytes = page_bytes;
    b->pages_stated = (uint64_t)get32(b, at + 32) + 1;
    uint64_t in_file = b->from->size_bytes / page_bytes;
    b->pages = in_file < b->pages_stated ? in_file : b->pages_stated;
    uint32_t bucket_max = get32(b, at + 72);
    b->buckets = bucket_max < b->pages ? bucket_max + 1 : (uint32_t)b->pages;
    for (size_t i = 0; i < BDB_SPARES; i++) {
        b->spares[i] = get32(b, at + 96 + i * 4);
    }
    return true;
}

bool bdb_open(struct bdb *b, struct random *from, struct arena *arena, struct error *e)
{
    const uint8_t *at;
    if (!random_part(from, 0, META_BYTES, &at, e)) {
        return false;
    }
    *b = (struct bdb){.base = {.ops = &ops}, .from = from, .page = 1};
    b->big_endian = num_be32(at + 12) == HASH_MAGIC;
    if (!b->big_endian && num_le32(at + 12) != HASH_MAGIC) {
        return error_set(e, ERROR_FORMAT, "not a hash file of Berkeley DB");
    }
    if (!meta_read(b, at, e)) {
        return false;
    }
    b->visits_left = 2 * b->pages;
    b->held = arena_alloc(arena, b->page_bytes, 1, 8, e);
    return b->held != NULL;
}
