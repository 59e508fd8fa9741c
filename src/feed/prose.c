#include "feed/prose.h"

#include <string.h>

/* Where to cut, at or before `at`, so that no character of UTF-8 is torn. */
static size_t character_start(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80) {
        at--;
    }
    return at;
}

bool prose_keep(struct arena *arena, str text, size_t bytes_max, str *out, struct error *e)
{
    static const char dots[] = "\xE2\x80\xA6";
    size_t limit = text.len < bytes_max ? text.len : bytes_max; /* shorter text is never cut */
    char *to = ARENA_ARRAY(arena, limit + 1, char, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0;
    bool cut = false;
    str word;
    while (!cut && str_word(&text, &word)) {
        size_t blank = len > 0 ? 1 : 0;
        size_t room = limit - len;
        cut = word.len + blank > room;
        if (blank > 0 && room > 0) {
            to[len++] = ' ';
        }
        size_t taken = cut ? limit - len : word.len;
        memcpy(to + len, word.at, taken);
        len += taken;
    }
    if (cut) {
        len = character_start(to, limit - (sizeof(dots) - 1));
        memcpy(to + len, dots, sizeof(dots) - 1);
        len += sizeof(dots) - 1;
    }
    *out = (str){.at = to, .len = len};
    return true;
}
