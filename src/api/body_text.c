/* body_text.c: a value of a body as text again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/say.h"
#include "base/num.h"
#include "base/sort.h"

/* -- numbers -------------------------------------------------------------------------------- */

enum { DIGITS_MAX = 17, PLAIN_BYTES = 40, NUMBER_BYTES = PLAIN_BYTES + 1 };

/* The fewest digits that are this number: "d.ddd…e±dd". */
static void shortest(double value, char to[NUMBER_BYTES])
{
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        snprintf(to, NUMBER_BYTES, "%.*e", digits - 1, value);
        if (strtod(to, NULL) == value) {
            return;
        }
    }
}

/* `digits` with the decimal point after the first `point` of them, which may be outside. */
static void put_plain(const char *digits, int point, char to[PLAIN_BYTES])
{
    int count = (int)strlen(digits);
    if (point <= 0) {
        snprintf(to, PLAIN_BYTES, "0.%.*s%s", -point, "000000", digits);
    } else if (point >= count) {
        snprintf(to, PLAIN_BYTES, "%s%.*s", digits, point - count, "000000000000000000000");
    } else {
        snprintf(to, PLAIN_BYTES, "%.*s.%s", point, digits, digits + point);
    }
}

/* As Go: with an exponent below 1e-6 and from 1e21 on. */
static void format_number(double value, char to[NUMBER_BYTES])
{
    char text[NUMBER_BYTES], digits[DIGITS_MAX + 1];
    size_t count = 0;
    shortest(fabs(value), text);
    char *e = strchr(text, 'e');
    uint64_t exponent_digits = 0;
    (void)!num_parse(str_from(e + 2), 10, 400, &exponent_digits);
    int exponent = e[1] == '-' ? -(int)exponent_digits : (int)exponent_digits;
    for (const char *c = text; c < e; c++) {
        if (*c != '.') {
            digits[count++] = *c;
        }
    }
    digits[count] = '\0';
    *to = '-';
    to += signbit(value) ? 1 : 0;
    if (value != 0 && (exponent < -6 || exponent >= 21)) {
        snprintf(to, PLAIN_BYTES, "%c%s%se%+d", digits[0], count > 1 ? "." : "", digits + 1,
                 exponent);
    } else {
        put_plain(digits, exponent + 1, to);
    }
}

static bool put_number(struct say *s, str text, struct arena *arena, struct error *e)
{
    struct arena_mark mark = arena_mark(arena);
    char made[NUMBER_BYTES];
    str whole;
    if (!arena_str(arena, text, &whole, e)) { /* with a NUL after it */
        return false;
    }
    double value = strtod(whole.at, NULL);
    arena_rewind(arena, mark);
    if (!isfinite(value)) {
        return error_set(e, ERROR_FORMAT, "cannot unmarshal number " STR_FMT " into a float64",
                         STR_ARG(text));
    }
    format_number(value, made);
    say_json(s, NULL, str_from(made));
    return true;
}

/* -- values --------------------------------------------------------------------------------- */

enum { TEXT_DEPTH_MAX = SAY_DEPTH_MAX - 1 };

struct level {
    void **items; /* struct json_node */
    size_t count, at;
    bool object;
};

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct json_node *)a)->key, ((const struct json_node *)b)->key);
}

/* The items in their order; members sorted, of equal names the last one alone. */
static bool list_items(const struct json_node *node, struct arena *arena, struct level *out,
                       struct error *e)
{
    size_t count = 0;
    *out = (struct level){.object = node->kind == JSON_OBJECT,
                          .items = ARENA_ARRAY(arena, node->count, void *, e)};
    void **scratch = ARENA_ARRAY(arena, node->count, void *, e);
    if (out->items == NULL || scratch == NULL) {
        return false;
    }
    for (struct json_node *n = node->first; n != NULL; n = n->next) {
        out->items[out->count++] = n;
    }
    if (!out->object) {
        return true;
    }
    sort_pointers(out->items, scratch, out->count, by_key);
    for (size_t i = 0; i < out->count; i++) {
        if (i + 1 == out->count || by_key(out->items[i], out->items[i + 1]) != 0) {
            out->items[count++] = out->items[i];
        }
    }
    out->count = count;
    return true;
}

static bool put_scalar(struct say *s, const struct json_node *n, struct arena *arena,
                       struct error *e)
{
    if (n->kind == JSON_NUMBER) {
        return put_number(s, n->text, arena, e);
    }
    if (n->kind == JSON_STRING) {
        say_str(s, NULL, n->text);
    } else {
        say_json(s, NULL, n->kind == JSON_BOOL ? n->text : STR_NONE);
    }
    return true;
}

static bool put_value(struct say *s, const struct json_node *n, struct level *levels, size_t *depth,
                      struct arena *arena, struct error *e)
{
    if (n->kind != JSON_OBJECT && n->kind != JSON_ARRAY) {
        return put_scalar(s, n, arena, e);
    }
    if (*depth == TEXT_DEPTH_MAX) {
        return error_set(e, ERROR_LIMIT, "JSON deeper than %d", TEXT_DEPTH_MAX);
    }
    (n->kind == JSON_OBJECT ? say_object : say_array)(s, NULL);
    return list_items(n, arena, &levels[(*depth)++], e);
}

bool body_text(const struct json_node *node, struct arena *arena, struct buf *to, struct error *e)
{
    struct level levels[TEXT_DEPTH_MAX];
    size_t depth = 0;
    struct say s;
    say_init(&s, to, e);
    if (!put_value(&s, node, levels, &depth, arena, e)) {
        return false;
    }
    while (depth > 0) {
        struct level *l = &levels[depth - 1];
        if (l->at == l->count) {
            say_close(&s);
            depth--;
            continue;
        }
        const struct json_node *n = l->items[l->at++];
        if (l->object) {
            say_name(&s, n->key);
        }
        if (!put_value(&s, n, levels, &depth, arena, e)) {
            return false;
        }
    }
    return say_done(&s);
}
