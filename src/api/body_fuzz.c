/* body_fuzz.c: any bytes as a body, a version and a page token: read without harm, and what is
 * written again is the same value. */
#include "api/body.h"

#include <stdint.h>
#include <stdlib.h>

#include "api/clair_v1.h"
#include "api/clair_version.h"
#include "api/page_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Written, read and written again: the same text. */
static void check_text(const struct json_node *node, struct arena *arena)
{
    struct error e;
    struct buf first, second;
    const struct json_node *again;
    buf_init(&first, 64 * 1024 * 1024);
    buf_init(&second, 64 * 1024 * 1024);
    if (body_text(node, arena, &first, &e)) {
        hold(json_tree(buf_str(&first), arena, &again, &e));
        hold(body_text(again, arena, &second, &e));
        hold(str_eq(buf_str(&first), buf_str(&second)));
    }
    buf_done(&first);
    buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct page_key key = {.bytes = {1}};
    const struct http_request request = {.body = {.at = (const char *)data, .len = size}};
    const struct json_node *node;
    const str *list;
    size_t count;
    struct arena arena;
    str why = STR_NONE, text = STR_NONE;
    arena_init(&arena, 256 * 1024 * 1024, "a fuzz target");
    if (body_read(&request, &arena, &node, &why)) {
        (void)!body_str(node, "ID", &text, &why);
        (void)!body_strings(node, "LayersIDs", &arena, &list, &count, &why);
        (void)!body_fits(node, &v1_layer_envelope, &arena, &why);
        (void)!body_fits(node, &v1_vulnerability_envelope, &arena, &why);
        (void)!body_fits(node, &v1_feature_envelope, &arena, &why);
        check_text(node, &arena);
    } else {
        hold(why.len > 0);
    }
    (void)clair_version_fault(request.body, true);
    hold(!page_token_read(&key, request.body, 1000000, &arena, &text));
    arena_done(&arena);
    return 0;
}
