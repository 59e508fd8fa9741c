/* Any bytes as an archive. As they are, and with the checksums of what looks like headers put
 * right, so that a changed header is not just refused. Reading bodies must not change the list. */
#include "format/tar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(uint8_t *block)
{
    if (memcmp(block + 257, "ustar", 5) != 0) {
        return;
    }
    memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++) {
        sum += block[i];
    }
    for (int digit = 5; digit >= 0; digit--, sum >>= 3) {
        block[148 + digit] = (uint8_t)('0' + (sum & 7));
    }
    block[154] = '\0';
}

static bool read_some(struct tar *t, const struct tar_entry *entry, struct error *e)
{
    uint8_t bytes[1000];
    size_t got;
    struct reader *body = tar_body(t);
    if (!reader_read(body, bytes, sizeof(bytes), &got, e)) {
        return false;
    }
    if (got < sizeof(bytes) && got != entry->size_bytes) {
        abort();
    }
    return entry->size_bytes < 4 || reader_skip(body, entry->size_bytes / 3, e) != STEP_FAILED;
}

/* A hash of all entries and of how they ended; 0 where a body could not be read. */
static uint64_t walk(str bytes, bool reads)
{
    struct memory_reader memory;
    struct arena arena;
    struct error e = {0};
    struct tar t;
    struct tar_entry entry;
    enum step got = STEP_FAILED;
    uint64_t all = 1;
    memory_reader_init(&memory, bytes);
    arena_init(&arena, 32 * 1024 * 1024, "a fuzzed archive");
    if (tar_open(&t, &memory.base, &arena, &e)) {
        while ((got = tar_next(&t, &entry, &e)) == STEP_GOT) {
            all = all * 31 + str_hash(entry.path);
            all = all * 31 + str_hash(entry.link);
            all = all * 31 + entry.size_bytes + entry.header_offset + (uint64_t)entry.type;
            if (reads && !read_some(&t, &entry, &e)) {
                all = 0;
                break;
            }
        }
    }
    if (got == STEP_FAILED && (e.kind == ERROR_NONE || e.text[0] == '\0')) {
        abort();
    }
    arena_done(&arena);
    return all == 0 ? 0 : all * 31 + (uint64_t)(got + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    str bytes = {.at = (const char *)copy, .len = size};
    for (int pass = 0; pass < 2; pass++) {
        uint64_t skipped = walk(bytes, false);
        uint64_t read = walk(bytes, true);
        if (read != 0 && read != skipped) {
            abort();
        }
        for (size_t at = 0; at + TAR_BLOCK_BYTES <= size; at += TAR_BLOCK_BYTES) {
            seal(copy + at);
        }
    }
    free(copy);
    return 0;
}
