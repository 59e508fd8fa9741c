#include <string.h>

#include "store/rowcode.h"
#include "store/rows.h"
#include "store/varint.h"

/* -- names ------------------------------------------------------------------------------------ */

bool rows_package(struct shelf *names, struct buf *key, str package, uint64_t *number, bool *found,
                  struct error *e)
{
    size_t block = 0;
    str bytes;
    *found = false;
    if (!shelf_find_key(names, package, &block)) {
        return true;
    }
    if (!shelf_read(names, block, &bytes, e)) {
        return false;
    }
    struct shelf_walk walk = {.rest = bytes, .key = key};
    key->len = 0;
    enum step got;
    for (uint64_t at = names->fence[block].number; (got = shelf_walk_next(&walk, e)) == STEP_GOT;
         at++) {
        int order = str_cmp(buf_str(key), package);
        if (order >= 0) {
            *found = order == 0;
            *number = at;
            return true;
        }
    }
    return got == STEP_END;
}

bool rows_package_name(struct shelf *names, struct buf *key, uint64_t number, struct error *e)
{
    size_t block = 0;
    str bytes;
    if (!shelf_find_number(names, number, &block)) {
        return error_set(e, ERROR_FORMAT, "no package %llu", (unsigned long long)number);
    }
    if (!shelf_read(names, block, &bytes, e)) {
        return false;
    }
    struct shelf_walk walk = {.rest = bytes, .key = key};
    key->len = 0;
    enum step got;
    for (uint64_t at = names->fence[block].number; (got = shelf_walk_next(&walk, e)) == STEP_GOT;
         at++) {
        if (at == number) {
            return true;
        }
    }
    return got == STEP_END &&
           error_set(e, ERROR_FORMAT, "no package %llu", (unsigned long long)number);
}

/* -- entries ---------------------------------------------------------------------------------- */

struct entry {
    struct arena *arena;
    struct row_sink *to;
    str *texts; /* 0 is the empty one */
    uint64_t texts_count;
};

static bool texts_take(struct entry *x, str rest, struct error *e)
{
    uint64_t count = 0;
    if (!shelf_number(&rest, rest.len + 1, &count, e)) {
        return false;
    }
    x->texts_count = count + 1;
    x->texts = ARENA_ARRAY(x->arena, (size_t)x->texts_count, str, e);
    if (x->texts == NULL) {
        return false;
    }
    x->texts[0] = STR("");
    for (uint64_t i = 1; i <= count; i++) {
        uint64_t same = 0;
        str before = x->texts[i - 1], more = STR_NONE;
        if (!shelf_number(&rest, before.len + 1, &same, e) || !shelf_text(&rest, &more, e)) {
            return false;
        }
        char *at = arena_alloc(x->arena, (size_t)same + more.len + 1, 1, 1, e);
        if (at == NULL) {
            return false;
        }
        memcpy(at, before.at, (size_t)same);
        if (more.len > 0) {
            memcpy(at + same, more.at, more.len);
        }
        x->texts[i] = (str){.at = at, .len = (size_t)same + more.len};
    }
    return true;
}

static bool text_take(const struct entry *x, str *rest, str *out, struct error *e)
{
    uint64_t number = 0;
    if (!shelf_number(rest, x->texts_count, &number, e)) {
        return false;
    }
    *out = x->texts[number];
    return true;
}

static bool state_take(str *rest, struct row_group *g, struct error *e)
{
    uint64_t said = 0;
    if (!shelf_number(rest, FIX_STATE_COUNT * SEVERITY_COUNT, &said, e)) {
        return false;
    }
    g->state = (enum fix_state)(said % FIX_STATE_COUNT); /* both below their counts */
    g->severity = (enum severity)(said / FIX_STATE_COUNT);
    return true;
}

static bool group_take(struct entry *x, str *rest, struct row_group *g, uint64_t *count,
                       struct error *e)
{
    unsigned members = (uint8_t)rest->at[0];
    *rest = str_slice(*rest, 1, rest->len);
    *count = 1;
    return ((members & GROUP_PRODUCT) == 0 || word_take(rest, &g->product, e)) &&
           ((members & GROUP_ARCH) == 0 || word_take(rest, &g->arch, e)) &&
           ((members & GROUP_MODULE) == 0 || word_take(rest, &g->module, e)) &&
           ((members & GROUP_WORD) == 0 || word_take(rest, &g->word, e)) &&
           ((members & GROUP_STATE) == 0 || state_take(rest, g, e)) &&
           ((members & GROUP_FIXED) == 0 || text_take(x, rest, &g->fixed, e)) &&
           ((members & GROUP_BOUNDS) == 0 ||
            (text_take(x, rest, &g->introduced, e) && text_take(x, rest, &g->last_affected, e))) &&
           ((members & GROUP_MANY) == 0 || shelf_number(rest, rest->len + 1, count, e)) &&
           (*count > 0 || error_set(e, ERROR_FORMAT, "a group without an advisory"));
}

static bool advisories_take(str *rest, uint32_t *last, uint32_t *numbers, size_t count,
                            struct error *e)
{
    int64_t at = *last;
    for (size_t i = 0; i < count; i++) {
        uint64_t said = 0;
        if (!shelf_number(rest, (uint64_t)1 << 33, &said, e)) {
            return false;
        }
        at += i == 0 ? unzigzag(said) : (int64_t)said + 1; /* each below 2^33 */
        if (at < 0 || at >= UINT32_MAX) {
            return error_set(e, ERROR_FORMAT, "a row without its advisory");
        }
        numbers[i] = (uint32_t)at;
    }
    *last = (uint32_t)at;
    return true;
}

static bool section_take(struct entry *x, uint32_t place, str rest, struct error *e)
{
    struct row_group group = {.place = place};
    uint32_t last = 0;
    while (rest.len > 0) {
        uint64_t count = 0;
        if (!group_take(x, &rest, &group, &count, e)) {
            return false;
        }
        uint32_t *numbers = ARENA_ARRAY(x->arena, (size_t)count, uint32_t, e);
        if (numbers == NULL || !advisories_take(&rest, &last, numbers, (size_t)count, e) ||
            !x->to->put(x->to, &group, numbers, (size_t)count, e)) {
            return false;
        }
    }
    return true;
}

static bool is_wanted(const struct row_sink *to, uint32_t place)
{
    if (to->places == NULL) {
        return to->place == (uint32_t)ROW_PLACE_ANY || to->place == place;
    }
    size_t i = 0;
    while (i < to->places_count && to->places[i] != place) {
        i++;
    }
    return i < to->places_count;
}

static bool entry_take(struct entry *x, str rest, struct error *e)
{
    str texts = STR_NONE, section = STR_NONE;
    if (!shelf_text(&rest, &texts, e)) {
        return false;
    }
    x->texts = NULL;
    while (rest.len > 0) {
        uint32_t place = 0;
        if (!shelf_number32(&rest, &place, e) || !shelf_text(&rest, &section, e)) {
            return false;
        }
        if (!is_wanted(x->to, place)) {
            continue;
        }
        if ((x->texts == NULL && !texts_take(x, texts, e)) || !section_take(x, place, section, e)) {
            return false;
        }
    }
    return true;
}

/* The package's entries in one block; `*behind` tells that another package's follow. */
static bool block_take(struct entry *x, str rest, uint64_t first, uint64_t package, bool *behind,
                       struct error *e)
{
    uint64_t number = first;
    while (rest.len > 0) {
        uint64_t more = 0;
        str body = STR_NONE;
        if (!shelf_number(&rest, (uint64_t)1 << 40, &more, e) || !shelf_text(&rest, &body, e)) {
            return false;
        }
        number += more; /* a block has fewer than 2^20 */
        if (number > package) {
            *behind = true;
            return true;
        }
        if (number == package && !entry_take(x, body, e)) {
            return false;
        }
    }
    return true;
}

bool rows_read(struct shelf *rows, uint64_t package, struct arena *arena, struct row_sink *to,
               struct error *e)
{
    struct entry x = {.arena = arena, .to = to};
    size_t block = 0;
    bool behind = false;
    if (!shelf_find_number(rows, package << 1, &block)) {
        return error_set(e, ERROR_FORMAT, "no rows of package %llu", (unsigned long long)package);
    }
    for (bool more = true; more && !behind; block++) {
        str bytes;
        if (!shelf_read(rows, block, &bytes, e) ||
            !block_take(&x, bytes, rows->fence[block].number >> 1, package, &behind, e)) {
            return false;
        }
        more = block + 1 < rows->blocks && rows->fence[block + 1].number == (package << 1 | 1);
    }
    return true;
}

bool rows_walk(struct shelf *rows, struct arena *scratch, struct row_sink *to, struct error *e)
{
    struct entry x = {.arena = scratch, .to = to};
    if (arena_alloc(scratch, 1, 1, 1, e) == NULL) { /* so that a block stays */
        return false;
    }
    struct arena_mark mark = arena_mark(scratch);
    for (size_t block = 0; block < rows->blocks; block++) {
        str rest, body = STR_NONE;
        uint64_t package = 0;
        if (!shelf_read(rows, block, &rest, e)) {
            return false;
        }
        while (rest.len > 0) {
            arena_rewind(scratch, mark);
            if (!shelf_number(&rest, (uint64_t)1 << 40, &package, e) ||
                !shelf_text(&rest, &body, e) || !entry_take(&x, body, e)) {
                return false;
            }
        }
    }
    return true;
}
