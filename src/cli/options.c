#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

enum { ROWS_MAX = 64, LONG_BASE = 1000 };

const char *option_variable(const struct option_row *row, char to[OPTION_VARIABLE_BYTES])
{
    snprintf(to, OPTION_VARIABLE_BYTES, "LIMPID_%s", row->name);
    for (char *c = to; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - ('a' - 'A')) : *c;
    }
    return to;
}

static void *place(const struct option_row *row, void *settings)
{
    return (char *)settings + row->at;
}

/* -- values --------------------------------------------------------------------------------- */

static bool choice_find(const char *choices, str value, unsigned *out)
{
    str rest = str_from(choices), word;
    for (unsigned i = 0; rest.len > 0; i++) {
        if (!str_cut(&rest, '|', &word)) {
            word = rest;
            rest = STR_NONE;
        }
        if (str_eq(word, value)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool take_choice(const struct option_row *row, void *settings, str value, const char *name,
                        struct error *e)
{
    struct option_number *number = place(row, settings);
    if (!choice_find(row->choices, value, &number->value)) {
        return error_set(e, ERROR_USAGE, "%s: '" STR_FMT "' is not one of %s", name, STR_ARG(value),
                         row->choices);
    }
    number->given = true;
    return true;
}

static bool take_number(const struct option_row *row, void *settings, str value, const char *name,
                        struct error *e)
{
    struct option_number *number = place(row, settings);
    uint64_t n;
    if (!num_parse(value, 10, row->most, &n) || n < row->least) {
        return error_set(e, ERROR_USAGE, "%s: '" STR_FMT "' is not a number from %u to %u", name,
                         STR_ARG(value), row->least, row->most);
    }
    number->given = true;
    number->value = (unsigned)n; /* at most row->most */
    return true;
}

static bool take_item(const struct option_row *row, void *settings, str value, struct arena *arena,
                      struct error *e)
{
    struct option_list *list = place(row, settings);
    void *items = list->at;
    if (!arena_grow(arena, &items, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at = items;
    list->at[list->count++] = value;
    return true;
}

/* `name` is how the user wrote it: "--severity" or "LIMPID_SEVERITY". */
static bool take(const struct option_row *row, void *settings, str value, const char *name,
                 struct arena *arena, struct error *e)
{
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)place(row, settings) = true;
        return true;
    case OPTION_COUNT:
        ++*(unsigned *)place(row, settings);
        return true;
    case OPTION_TEXT:
        *(str *)place(row, settings) = value;
        return true;
    case OPTION_LIST:
        return take_item(row, settings, value, arena, e);
    case OPTION_NUMBER:
        return take_number(row, settings, value, name, e);
    case OPTION_CHOICE:
        return take_choice(row, settings, value, name, e);
    }
    return false;
}

/* -- environment ---------------------------------------------------------------------------- */

static bool take_switch(const struct option_row *row, void *settings, str value, const char *name,
                        struct arena *arena, struct error *e)
{
    unsigned which;
    if (!choice_find("1|true|yes|on|0|false|no|off", value, &which)) {
        return error_set(e, ERROR_USAGE, "%s: '" STR_FMT "' is not 1 or 0", name, STR_ARG(value));
    }
    return which >= 4 || take(row, settings, STR_NONE, name, arena, e);
}

static bool take_list(const struct option_row *row, void *settings, str value, const char *name,
                      struct arena *arena, struct error *e)
{
    str item;
    while (str_cut(&value, ',', &item)) {
        if (item.len > 0 && !take(row, settings, item, name, arena, e)) {
            return false;
        }
    }
    return value.len == 0 || take(row, settings, value, name, arena, e);
}

static bool take_variable(const struct option_row *row, void *settings, struct arena *arena,
                          struct error *e)
{
    char name[OPTION_VARIABLE_BYTES];
    str value = str_from(getenv(option_variable(row, name)));
    if (value.len == 0) {
        return true;
    }
    switch (row->kind) {
    case OPTION_FLAG:
    case OPTION_COUNT:
        return take_switch(row, settings, value, name, arena, e);
    case OPTION_LIST:
        return take_list(row, settings, value, name, arena, e);
    case OPTION_TEXT:
    case OPTION_NUMBER:
    case OPTION_CHOICE:
        break;
    }
    return take(row, settings, value, name, arena, e);
}

/* Variables of options that no flag has set, under whichever spelling. */
static bool take_variables(const struct options *options, const bool *given, void *settings,
                           struct arena *arena, struct error *e)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option_row *row = &options->rows[i];
        bool skip = row->no_variable;
        for (size_t k = 0; k < options->count; k++) {
            skip = skip || (given[k] && options->rows[k].at == row->at);
        }
        if (!skip && !take_variable(row, settings, arena, e)) {
            return false;
        }
    }
    return true;
}

/* -- command line --------------------------------------------------------------------------- */

struct tables { /* what getopt_long wants, made of the rows */
    struct option longs[ROWS_MAX + 1];
    char shorts[2 * ROWS_MAX + 2];
};

static bool takes_value(const struct option_row *row)
{
    return row->kind != OPTION_FLAG && row->kind != OPTION_COUNT;
}

static void tables_fill(const struct options *options, struct tables *t)
{
    size_t at = 0;
    t->shorts[at++] = ':'; /* a missing value is told apart from an unknown option */
    for (size_t i = 0; i < options->count && i < ROWS_MAX; i++) {
        const struct option_row *row = &options->rows[i];
        t->longs[i] = (struct option){
            .name = row->name,
            .has_arg = takes_value(row) ? required_argument : no_argument,
            .val = LONG_BASE + (int)i,
        };
        if (row->letter != 0) {
            t->shorts[at++] = row->letter;
            if (takes_value(row)) {
                t->shorts[at++] = ':';
            }
        }
    }
    t->longs[options->count < ROWS_MAX ? options->count : ROWS_MAX] = (struct option){0};
    t->shorts[at] = '\0';
}

static const struct option_row *row_of(const struct options *options, int got, size_t *index)
{
    for (size_t i = 0; i < options->count; i++) {
        if (got == LONG_BASE + (int)i || (got != 0 && got == options->rows[i].letter)) {
            *index = i;
            return &options->rows[i];
        }
    }
    return NULL;
}

/* What getopt_long could not use, named as the user wrote it. */
static bool refuse(const struct options *options, int got, char *const *argv, struct error *e)
{
    size_t index;
    const struct option_row *row = row_of(options, optopt, &index);
    /* a long option's word is the one before optind, a letter may stand amid others */
    const char *word = argv[optind - 1];
    if (got == ':' && row != NULL) {
        return error_set(e, ERROR_USAGE, "option '--%s' needs a value: %s", row->name,
                         row->choices != NULL ? row->choices : row->value);
    }
    if (row != NULL && !takes_value(row)) {
        return error_set(e, ERROR_USAGE, "option '--%s' takes no value", row->name);
    }
    if (optopt > 0 && optopt < LONG_BASE) {
        return error_set(e, ERROR_USAGE, "unknown option '-%c'", optopt);
    }
    return error_set(e, ERROR_USAGE, "unknown or ambiguous option '%s'", word);
}

static bool take_flags(const struct options *options, int argc, char **argv, void *settings,
                       bool *given, struct arena *arena, struct error *e)
{
    struct tables tables;
    tables_fill(options, &tables);
    opterr = 0;
    optind = 0; /* glibc: start over, also with the next table */
    int got;
    int (*next)(int, char *const *, const char *, const struct option *, int *) =
        options->single_dash ? getopt_long_only : getopt_long;
    while ((got = next(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        size_t index;
        const struct option_row *row =
            got == '?' || got == ':' ? NULL : row_of(options, got, &index);
        if (row == NULL) {
            return refuse(options, got, argv, e);
        }
        char name[OPTION_VARIABLE_BYTES];
        snprintf(name, sizeof(name), "--%s", row->name);
        str value = takes_value(row) ? str_from(optarg) : STR_NONE;
        given[index] = true;
        if (!take(row, settings, value, name, arena, e)) {
            return false;
        }
    }
    return true;
}

bool options_parse(const struct options *options, int argc, char **argv, void *settings,
                   struct arena *arena, struct arguments *out, struct error *e)
{
    bool given[ROWS_MAX] = {false};
    if (!take_flags(options, argc, argv, settings, given, arena, e) ||
        !take_variables(options, given, settings, arena, e)) {
        return false;
    }
    size_t count = (size_t)(argc - optind);
    str *arguments = ARENA_ARRAY(arena, count, str, e);
    if (arguments == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        arguments[i] = str_from(argv[(size_t)optind + i]);
    }
    *out = (struct arguments){.at = arguments, .count = count};
    return true;
}
