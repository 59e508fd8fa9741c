#include "store/key.h"

#include <string.h>

enum { END = 0, ESCAPE = 1, DIGITS_MAX = 10 };

bool key_add(struct buf *to, str text, struct error *e)
{
    if (!buf_reserve(to, 2 * text.len + 1, e)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == END || c == ESCAPE) {
            to->at[to->len++] = ESCAPE;
            c++;
        }
        to->at[to->len++] = c;
    }
    to->at[to->len++] = END;
    return true;
}

static bool unescape(str text, struct arena *scratch, str *out, struct error *e)
{
    char *to = arena_alloc(scratch, text.len + 1, 1, 1, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ESCAPE) {
            if (++i == text.len) {
                return error_set(e, ERROR_FORMAT, "a text ends within a byte");
            }
            c = (char)(text.at[i] - 1);
        }
        to[len++] = c;
    }
    *out = (str){.at = to, .len = len};
    return true;
}

bool key_take(str *rest, struct arena *scratch, str *out, struct error *e)
{
    size_t end = str_find_char(*rest, END);
    if (end == rest->len) {
        return error_set(e, ERROR_FORMAT, "a text without an end");
    }
    str text = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + 1, rest->len);
    if (str_find_char(text, ESCAPE) < text.len) {
        return unescape(text, scratch, out, e);
    }
    *out = text;
    return true;
}

bool key_add32(struct buf *to, uint32_t number, struct error *e)
{
    char bytes[4];
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (char)(number >> (24 - 8 * i));
    }
    return buf_add(to, bytes, sizeof(bytes), e);
}

bool key_take32(str *rest, uint32_t *out, struct error *e)
{
    if (rest->len < 4) {
        return error_set(e, ERROR_FORMAT, "ends in a number");
    }
    uint32_t number = 0;
    for (size_t i = 0; i < 4; i++) {
        number = number << 8 | (uint8_t)rest->at[i];
    }
    *rest = str_slice(*rest, 4, rest->len);
    *out = number;
    return true;
}

bool key_take8(str *rest, unsigned below, unsigned *out, struct error *e)
{
    if (rest->len == 0 || (uint8_t)rest->at[0] >= below) {
        return error_set(e, ERROR_FORMAT, "no value below %u", below);
    }
    *out = (uint8_t)rest->at[0];
    *rest = str_slice(*rest, 1, rest->len);
    return true;
}

/* -- ids -------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool key_add_folded(struct buf *to, str id, struct error *e)
{
    if (!buf_reserve(to, 2 * id.len, e)) {
        return false;
    }
    for (size_t i = 0; i < id.len;) {
        size_t run = 0;
        while (run < DIGITS_MAX && i + run < id.len && is_digit(id.at[i + run])) {
            run++;
        }
        if (run == 0) {
            char c = id.at[i++];
            to->at[to->len++] = (char)(is_lower(c) ? c - 'a' + 'A' : c);
            continue;
        }
        to->at[to->len++] = (char)('0' + run - 1);
        memcpy(to->at + to->len, id.at + i, run);
        to->len += run;
        i += run;
    }
    return true;
}

bool key_add_case(struct buf *to, str id, struct error *e)
{
    size_t start = to->len, letters = 0;
    for (size_t i = 0; i < id.len; i++) {
        bool lower = is_lower(id.at[i]);
        if (!lower && !is_upper(id.at[i])) {
            continue;
        }
        size_t byte = start + letters / 7;
        while (lower && to->len <= byte) {
            if (!buf_add_char(to, (char)0x80, e)) {
                return false;
            }
        }
        if (lower) {
            to->at[byte] = (char)(to->at[byte] | 1 << letters % 7);
        }
        letters++;
    }
    return true;
}

bool key_unfold(str folded, str cases, struct arena *arena, str *out, struct error *e)
{
    char *to = arena_alloc(arena, folded.len + 1, 1, 1, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0, letters = 0;
    for (size_t i = 0; i < folded.len; i++) {
        char c = folded.at[i];
        if (is_digit(c)) { /* the length of a run */
            size_t run = (size_t)(c - '0') + 1;
            if (run > folded.len - i - 1) {
                return error_set(e, ERROR_FORMAT, "an id ends within a number");
            }
            memcpy(to + len, folded.at + i + 1, run);
            len += run;
            i += run;
            continue;
        }
        if (is_upper(c)) {
            bool lower = letters / 7 < cases.len && (cases.at[letters / 7] >> letters % 7 & 1) != 0;
            c = (char)(lower ? c - 'A' + 'a' : c);
            letters++;
        }
        to[len++] = c;
    }
    *out = (str){.at = to, .len = len};
    return true;
}

bool key_add_id(struct buf *to, str id, struct error *e)
{
    /* an id is short, and seldom has a byte that needs escaping: then only, via another buf */
    CLEANUP(buf_done) struct buf part;
    buf_init(&part, 4 * id.len + 16);
    if (!key_add_folded(&part, id, e) || !key_add(to, buf_str(&part), e)) {
        return false;
    }
    part.len = 0;
    return key_add_case(&part, id, e) && key_add(to, buf_str(&part), e);
}

bool key_take_id(str *rest, struct arena *arena, str *out, struct error *e)
{
    str folded, cases;
    return key_take(rest, arena, &folded, e) && key_take(rest, arena, &cases, e) &&
           key_unfold(folded, cases, arena, out, e);
}

/* -- rows ------------------------------------------------------------------------------------- */

/* Each enum is one byte. */
bool key_add_row(struct buf *to, const struct affected *row, struct error *e)
{
    return key_add(to, row->namespace_, e) && key_add(to, row->package, e) &&
           buf_add_char(to, (char)row->scope, e) && key_add(to, row->product, e) &&
           key_add(to, row->module, e) && key_add(to, row->arch, e) &&
           buf_add_char(to, (char)row->state, e) && key_add(to, row->fixed, e) &&
           key_add(to, row->introduced, e) && key_add(to, row->last_affected, e) &&
           key_add(to, row->word, e) && buf_add_char(to, (char)row->severity, e);
}

bool key_take_row(str *rest, struct arena *scratch, struct affected *out, struct error *e)
{
    unsigned scope = 0, state = 0, severity = 0;
    if (!key_take(rest, scratch, &out->namespace_, e) ||
        !key_take(rest, scratch, &out->package, e) ||
        !key_take8(rest, SCOPE_BINARY + 1, &scope, e) ||
        !key_take(rest, scratch, &out->product, e) || !key_take(rest, scratch, &out->module, e) ||
        !key_take(rest, scratch, &out->arch, e) || !key_take8(rest, FIX_STATE_COUNT, &state, e) ||
        !key_take(rest, scratch, &out->fixed, e) || !key_take(rest, scratch, &out->introduced, e) ||
        !key_take(rest, scratch, &out->last_affected, e) ||
        !key_take(rest, scratch, &out->word, e) || !key_take8(rest, SEVERITY_COUNT, &severity, e)) {
        return false;
    }
    out->scope = (enum package_scope)scope;
    out->state = (enum fix_state)state;
    out->severity = (enum severity)severity;
    return true;
}
