#include "feed/describe.h"

#include "model/advisory.h"

bool describe(str text, struct arena *arena, str *out, struct error *e)
{
    text = str_trim(text);
    if (text.len <= ADVISORY_DESCRIPTION_BYTES_MAX) {
        *out = text;
        return true;
    }
    size_t end = ADVISORY_DESCRIPTION_BYTES_MAX - (sizeof("…") - 1);
    while (end > 0 && ((unsigned char)text.at[end] & 0xc0) == 0x80) {
        end--;
    }
    return arena_printf(arena, out, e, "%.*s…", (int)end, text.at);
}
