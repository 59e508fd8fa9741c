#include "cli/help_text.h"

#include "report/escape.h"

enum { HELP_COLUMNS = 80, SUMMARY_COLUMN = 28, COMMAND_COLUMN = 20, WORD_COLUMN = 12 };

/* Words of `text`, broken into lines that begin at `column`; the cursor is at column `at`. */
static void wrap(struct print *p, str text, size_t at, size_t column)
{
    str rest = text, word;
    bool first = true;
    while (str_word(&rest, &word)) {
        size_t columns = escape_columns(word);
        if (!first && at + 1 + columns > HELP_COLUMNS) {
            print_text(p, "\n");
            print_blanks(p, column);
            at = column;
            first = true;
        }
        print_text(p, first ? "" : " ");
        print_name(p, word);
        at += columns + (first ? 0 : 1);
        first = false;
    }
    print_text(p, "\n");
}

static void pad(struct print *p, size_t at, size_t column)
{
    if (at + 2 > column) {
        print_text(p, "\n");
        print_blanks(p, column);
    } else {
        print_blanks(p, column - at);
    }
}

void help_overview(struct print *p)
{
    print_text(p, "limpid looks through container images, names every package in them, and says "
                  "which\nhave known vulnerabilities, which layer brought them in, and what to do "
                  "about it.\n\nUsage: limpid COMMAND [options] …\n\nCommands:\n");
    for (size_t i = 0; i < commands_count; i++) {
        size_t columns = str_from(commands[i]->name).len;
        print_text(p, "  ");
        print_text(p, commands[i]->name);
        pad(p, 2 + columns, COMMAND_COLUMN);
        wrap(p, str_from(commands[i]->summary), COMMAND_COLUMN, COMMAND_COLUMN);
    }
    print_text(p, "\nStart with:\n"
                  "  limpid update                 fetch the advisories\n"
                  "  limpid scan alpine.tar        scan an image that 'docker save' wrote\n\n"
                  "limpid COMMAND --help tells more; so do the manual pages.\n"
                  "Every option can be set as a variable too: LIMPID_SEVERITY=high is --severity "
                  "high.\n");
}

static const char *value_of(const struct option_row *row)
{
    return row->choices != NULL ? row->choices : row->value;
}

static void put_option(struct print *p, const struct option_row *row)
{
    size_t at = 6 + 2 + str_from(row->name).len;
    if (row->letter != 0) {
        print_fmt(p, "  -%c, --%s", row->letter, row->name);
    } else {
        print_fmt(p, "      --%s", row->name);
    }
    if (row->value != NULL) {
        print_text(p, " ");
        print_text(p, value_of(row));
        at += 1 + str_from(value_of(row)).len;
    }
    pad(p, at, SUMMARY_COLUMN);
    wrap(p, str_from(row->summary), SUMMARY_COLUMN, SUMMARY_COLUMN);
}

static void put_words(struct print *p, const struct command *command)
{
    str word, summary;
    if (command->words_title == NULL) {
        return;
    }
    print_text(p, command->words_title);
    print_text(p, ":\n");
    for (size_t i = 0; command->word(i, &word, &summary); i++) {
        print_text(p, "  ");
        print_name(p, word);
        pad(p, 2 + escape_columns(word), WORD_COLUMN);
        wrap(p, summary, WORD_COLUMN, WORD_COLUMN);
    }
    print_text(p, "\n");
}

void help_command(struct print *p, const struct command *command)
{
    print_text(p, "limpid ");
    print_text(p, command->name);
    print_text(p, ": ");
    print_text(p, command->summary);
    print_text(p, "\n\nUsage: limpid ");
    print_text(p, command->name);
    print_text(p, command->arguments[0] != '\0' ? " [options] " : " [options]");
    print_text(p, command->arguments);
    print_text(p, "\n\n");
    if (command->details != NULL) {
        wrap(p, str_from(command->details), 0, 0);
        print_text(p, "\n");
    }
    put_words(p, command);
    print_text(p, "Options:\n");
    for (size_t i = 0; i < command->options_count; i++) {
        if (!command->options[i].hidden) {
            put_option(p, &command->options[i]);
        }
    }
}

/* -- manual pages --------------------------------------------------------------------------- */

/* scdoc gives these a meaning. */
static void put_scdoc(struct print *p, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool special = c == '_' || c == '*' || c == '\\' || c == '~' || c == '<' || c == '#' ||
                       c == '[' || c == '|' || c == '.';
        print_fmt(p, "%s%c", special ? "\\" : "", c);
    }
}

void help_man_list(struct print *p, const struct command *command)
{
    str word, summary;
    for (size_t i = 0; command->word != NULL && command->word(i, &word, &summary); i++) {
        print_text(p, "*");
        put_scdoc(p, word);
        print_text(p, "*\n\t");
        put_scdoc(p, summary);
        print_text(p, ".\n\n");
    }
}

void help_man_options(struct print *p, const struct command *command)
{
    for (size_t i = 0; i < command->options_count; i++) {
        const struct option_row *row = &command->options[i];
        char variable[OPTION_VARIABLE_BYTES];
        if (row->hidden) {
            continue;
        }
        if (row->letter != 0) {
            print_fmt(p, "*-%c*, ", row->letter);
        }
        print_fmt(p, "*--%s*", row->name);
        if (row->value != NULL) {
            print_text(p, " _");
            put_scdoc(p, str_from(value_of(row)));
            print_text(p, "_");
        }
        print_text(p, "\n\t");
        put_scdoc(p, str_from(row->summary));
        print_text(p, ".");
        if (!row->no_variable) {
            print_text(p, " Variable: *");
            put_scdoc(p, str_from(option_variable(row, variable)));
            print_text(p, "*.");
        }
        print_text(p, "\n\n");
    }
}
