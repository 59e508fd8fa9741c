#include "store/ids.h"

#include <string.h>

#include "base/num.h"
#include "store/varint.h"

enum { YEAR_FIRST = 1990, YEAR_LAST = YEAR_FIRST + 63, CVE_BYTES_MAX = 32 };

static const uint64_t number_max = 9999999999; /* ten digits; seven are the longest in use */

/* "CVE-2014-0160": four digits of a year, and four of a number, or more that do not begin with 0.
 */
static bool cve_code(str id, uint64_t *code)
{
    str rest = id, year, word;
    uint64_t y = 0, n = 0;
    if (!str_cut(&rest, '-', &word) || !str_eq(word, STR("CVE")) || !str_cut(&rest, '-', &year) ||
        year.len != 4 || rest.len < 4 || (rest.len > 4 && rest.at[0] == '0') ||
        !num_parse(year, 10, YEAR_LAST, &y) || y < YEAR_FIRST ||
        !num_parse(rest, 10, number_max, &n)) {
        return false;
    }
    *code = n << 7 | (y - YEAR_FIRST) << 1 | 1;
    return true;
}

bool ids_add(struct buf *packed, str id, struct error *e)
{
    uint64_t code = 0;
    if (cve_code(id, &code)) {
        return varint_add(packed, code, e);
    }
    return varint_add(packed, (uint64_t)id.len << 1, e) && buf_add_str(packed, id, e);
}

/* "CVE-2014-0160": a number has four digits at least. By hand, since lists have many. */
static bool cve_spell(uint64_t code, struct arena *arena, str *to, struct error *e)
{
    char text[CVE_BYTES_MAX];
    char *at = text + sizeof(text);
    unsigned year = YEAR_FIRST + (unsigned)(code >> 1 & 63);
    uint64_t number = code >> 7;
    for (int digits = 0; digits < 4 || number > 0; digits++) {
        *--at = (char)('0' + number % 10);
        number /= 10;
    }
    *--at = '-';
    for (int digits = 0; digits < 4; digits++) { /* 1990 to 2053 */
        *--at = (char)('0' + year % 10);
        year /= 10;
    }
    at -= 4;
    memcpy(at, "CVE-", 4);
    return arena_str(arena, (str){.at = at, .len = (size_t)(text + sizeof(text) - at)}, to, e);
}

/* Takes one id off the front. With `to` NULL, nothing is copied. */
static bool id_take(str *rest, struct arena *arena, str *to, struct error *e)
{
    uint64_t code = 0;
    if (!varint_take(rest, &code)) {
        return error_set(e, ERROR_FORMAT, "ids end in a number");
    }
    if ((code & 1) == 0) {
        if (code >> 1 > rest->len) {
            return error_set(e, ERROR_FORMAT, "ids are cut");
        }
        str id = str_slice(*rest, 0, (size_t)(code >> 1));
        *rest = str_slice(*rest, id.len, rest->len);
        return to == NULL || arena_str(arena, id, to, e);
    }
    return to == NULL || cve_spell(code, arena, to, e);
}

bool ids_take(str *packed, struct arena *arena, str *out, struct error *e)
{
    return id_take(packed, arena, out, e);
}

bool ids_unpack(str packed, struct arena *arena, const str **out, size_t *count, struct error *e)
{
    size_t found = 0;
    for (str rest = packed; rest.len > 0; found++) {
        if (!id_take(&rest, arena, NULL, e)) {
            return false;
        }
    }
    str *ids = ARENA_ARRAY(arena, found, str, e);
    if (ids == NULL) {
        return false;
    }
    for (size_t i = 0; i < found; i++) {
        if (!id_take(&packed, arena, &ids[i], e)) {
            return false;
        }
    }
    *out = ids;
    *count = found;
    return true;
}
