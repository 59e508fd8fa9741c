/* words_fuzz.c: any bytes as the small texts that the service reads itself: a duration, a path with
 * variables, an Authorization header, a misspelled key. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/config.h"
#include "server/duration.h"
#include "server/handler.h"
#include "server/similar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* What is read is written, and read again as the same. */
static void check_duration(str text)
{
    struct error e;
    char written[DURATION_TEXT_BYTES];
    uint64_t ms, again;
    if (duration_parse(text, &ms, &e)) {
        hold(ms < (uint64_t)100 * 366 * 86400 * 1000);
        if (ms < UINT64_MAX / 1000000) {
            hold(duration_parse(str_from(duration_text(ms * 1000000, written)), &again, &e));
            hold(again == ms);
        }
    }
}

static void check_token(str header)
{
    static const str known[] = {STR_INIT("0123456789abcdef"), STR_INIT("another token of ours")};
    struct tokens *t = NULL;
    struct error e;
    if (!tokens_new(&t, &e)) {
        return;
    }
    hold(tokens_set(t, known, ARRAY_COUNT(known), &e));
    bool holds_one = false;
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        holds_one = holds_one || str_find(header, known[i]) < header.len;
    }
    hold(!tokens_accept(t, header) || holds_one);
    tokens_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = {.at = (const char *)data, .len = size}, path, a, b = text;
    struct error e;
    struct arena arena;
    arena_init(&arena, 16 * 1024 * 1024, "a fuzz target");
    check_duration(text);
    check_token(text);
    if (config_expand(text, &arena, &path, &e) && str_find_char(text, '$') == text.len) {
        hold(str_eq(path, text));
    }
    if (str_cut(&b, '\n', &a)) {
        unsigned distance = similar_distance(a, b, 5);
        hold(distance == similar_distance(b, a, 5) && distance <= 6);
        hold(distance > 0 || str_eq_nocase(a, b));
    }
    arena_done(&arena);
    return 0;
}
