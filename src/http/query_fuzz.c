/* query_fuzz.c: any bytes as a path, a query and a header of ours: decoded without harm, once, and
 * what a client encodes comes back. The first line is the name that is looked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/packed.h"
#include "http/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Every byte as %XX is that byte again. */
static void check_round(str text, struct arena *arena)
{
    static const char hex[] = "0123456789abcdef";
    struct error e;
    str back;
    char *encoded = ARENA_ARRAY(arena, text.len * 3 + 1, char, &e);
    if (encoded == NULL) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        encoded[3 * i] = '%';
        encoded[3 * i + 1] = hex[c >> 4];
        encoded[3 * i + 2] = hex[c & 15];
    }
    hold(http_decode((str){.at = encoded, .len = 3 * text.len}, arena, &back));
    hold(str_eq(back, text));
}

static void check_query(str name, str query, struct arena *arena)
{
    char wanted[64];
    struct error e;
    str value = STR_NONE;
    bool present = false;
    if (name.len >= sizeof(wanted) || memchr(name.at, '\0', name.len) != NULL) {
        return;
    }
    memcpy(wanted, name.at, name.len);
    wanted[name.len] = '\0';
    if (http_query(query, wanted, arena, &value, &present, &e)) {
        hold(present || value.len == 0);
        hold(value.len <= query.len);
    } else {
        hold(str_find_char(query, '%') < query.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = {.at = (const char *)data, .len = size}, decoded, name, query = text;
    struct arena arena;
    arena_init(&arena, 64 * 1024 * 1024, "a fuzz target");
    bool escaped = str_find_char(text, '%') < text.len;
    if (http_decode(text, &arena, &decoded)) {
        hold(decoded.len <= text.len);
        hold(escaped || str_eq(decoded, text));
    } else {
        hold(escaped);
    }
    check_round(text, &arena);
    if (str_cut(&query, '\n', &name)) {
        check_query(name, query, &arena);
    }
    bool names = false;
    for (size_t i = 0; i < text.len; i++) {
        names = names || text.at[i] == '*' || text.at[i] == 'g' || text.at[i] == 'G';
    }
    hold(names || !http_accepts_gzip(text));
    arena_done(&arena);
    return 0;
}
