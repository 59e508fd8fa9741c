#include "ops/looks.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"

static const struct {
    str magic;
    const char *words;
} known[] = {
    {STR_INIT("\x7f"
              "ELF"),
     "an ELF program"},
    {STR_INIT("PK\x03\x04"), "a zip archive"},
    {STR_INIT("%PDF"), "a PDF document"},
    {STR_INIT("<!DOCTYPE"), "an HTML page"},
    {STR_INIT("<html"), "an HTML page"},
    {STR_INIT("<?xml"), "an XML document"},
    {STR_INIT("!<arch>"), "a Debian package or static library"},
    {STR_INIT("\xed\xab\xee\xdb"), "an rpm package"},
    {STR_INIT("SQLite format 3"), "an SQLite database"},
    {STR_INIT("hsqs"), "a squashfs file system"},
    {STR_INIT("QFI\xfb"), "a qcow2 disk"},
    {STR_INIT("version https://git-lfs"), "a Git LFS pointer, not the file itself"},
};

static bool all_are(const uint8_t *at, size_t len, bool (*is)(uint8_t))
{
    for (size_t i = 0; i < len; i++) {
        if (!is(at[i])) {
            return false;
        }
    }
    return true;
}

static bool is_zero(uint8_t c)
{
    return c == 0;
}

static bool is_text(uint8_t c)
{
    return c >= 0x20 ? c != 0x7f : c == '\n' || c == '\r' || c == '\t';
}

const char *looks_like(const uint8_t *at, size_t len)
{
    str s = {.at = (const char *)at, .len = len};
    if (len == 0) {
        return "nothing: it is empty";
    }
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (str_starts(s, known[i].magic)) {
            return known[i].words;
        }
    }
    if (at[0] == '{' || at[0] == '[') {
        return "a JSON document";
    }
    if (all_are(at, len, is_zero)) {
        return "nothing but zeros";
    }
    return all_are(at, len, is_text) ? "text" : "nothing that limpid knows";
}
