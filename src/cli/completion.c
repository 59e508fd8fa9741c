#include "cli/help_text.h"

/* Scripts hold the tables' constant words only: nothing that is typed is evaluated. */

static void put_choices(struct print *p, const char *choices)
{
    for (const char *c = choices; *c != '\0'; c++) {
        print_fmt(p, "%c", *c == '|' ? ' ' : *c);
    }
}

static void put_names(struct print *p)
{
    for (size_t i = 0; i < commands_count; i++) {
        print_text(p, i == 0 ? "" : " ");
        print_text(p, commands[i]->name);
    }
}

static bool is_shown(const struct option_row *row)
{
    return !row->hidden;
}

static void put_words(struct print *p, const struct command *command)
{
    str word, summary;
    for (size_t i = 0; command->word != NULL && command->word(i, &word, &summary); i++) {
        print_text(p, i == 0 ? "" : " ");
        print_name(p, word);
    }
}

/* -- bash ----------------------------------------------------------------------------------- */

static void bash_command(struct print *p, const struct command *command)
{
    print_fmt(p, "    %s)\n        options=\"", command->name);
    for (size_t i = 0; i < command->options_count; i++) {
        if (is_shown(&command->options[i])) {
            print_fmt(p, "%s--%s", i == 0 ? "" : " ", command->options[i].name);
        }
    }
    print_text(p, "\"\n        words=\"");
    put_words(p, command);
    print_text(p, "\"\n        case $previous in\n");
    for (size_t i = 0; i < command->options_count; i++) {
        const struct option_row *row = &command->options[i];
        if (!is_shown(row) || row->value == NULL) {
            continue;
        }
        print_text(p, "        ");
        if (row->letter != 0) {
            print_fmt(p, "-%c | ", row->letter);
        }
        print_fmt(p, "--%s)", row->name);
        if (row->choices != NULL) {
            print_text(p, " values=\"");
            put_choices(p, row->choices);
            print_text(p, "\"");
        } else {
            print_text(p, row->file ? " files=1" : " return");
        }
        print_text(p, " ;;\n");
    }
    print_text(p, "        esac\n        ;;\n");
}

static void bash(struct print *p)
{
    print_text(p, "# bash completion for limpid, made from its tables of options\n"
                  "_limpid()\n{\n"
                  "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - "
                  "1]}\n"
                  "    local options=\"\" words=\"\" values=\"\" files=\"\"\n"
                  "    COMPREPLY=()\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                  "        mapfile -t COMPREPLY < <(compgen -W \"");
    put_names(p);
    print_text(p, " --help --version\" -- \"$current\")\n"
                  "        return\n    fi\n"
                  "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < commands_count; i++) {
        bash_command(p, commands[i]);
    }
    print_text(p, "    esac\n"
                  "    if [ -n \"$files\" ]; then\n"
                  "        compopt -o default\n"
                  "        return\n    fi\n"
                  "    if [ -n \"$values\" ]; then\n"
                  "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n"
                  "    elif [[ $current == -* ]]; then\n"
                  "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
                  "    elif [ -n \"$words\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
                  "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                  "    else\n"
                  "        compopt -o default\n"
                  "    fi\n}\n"
                  "complete -F _limpid limpid\n");
}

/* -- zsh ------------------------------------------------------------------------------------ */

/* Inside '…' and _arguments' [description]. */
static void put_zsh(struct print *p, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            print_text(p, "'\\''");
        } else if (*c == '[' || *c == ']' || *c == ':' || *c == '\\') {
            print_fmt(p, "\\%c", *c);
        } else {
            print_fmt(p, "%c", *c);
        }
    }
}

static void zsh_option(struct print *p, const struct option_row *row, bool letter)
{
    print_text(p, "            '");
    print_text(p, row->kind == OPTION_LIST || row->kind == OPTION_COUNT ? "*" : "");
    if (letter) {
        print_fmt(p, "-%c", row->letter);
    } else {
        print_fmt(p, "--%s", row->name);
    }
    print_text(p, "[");
    put_zsh(p, row->summary);
    print_text(p, "]");
    if (row->value != NULL) {
        print_text(p, ":");
        put_zsh(p, row->value);
        print_text(p, ":");
        if (row->choices != NULL) {
            print_text(p, "(");
            put_choices(p, row->choices);
            print_text(p, ")");
        } else if (row->file) {
            print_text(p, "_files");
        }
    }
    print_text(p, "' \\\n");
}

static void zsh_command(struct print *p, const struct command *command)
{
    print_fmt(p, "        %s)\n            _arguments \\\n", command->name);
    for (size_t i = 0; i < command->options_count; i++) {
        const struct option_row *row = &command->options[i];
        if (is_shown(row)) {
            zsh_option(p, row, false);
        }
        if (is_shown(row) && row->letter != 0) {
            zsh_option(p, row, true);
        }
    }
    if (command->word != NULL) {
        print_text(p, "            '1:argument:(");
        put_words(p, command);
        print_text(p, ")' \\\n");
    }
    print_text(p, "            '*:file:_files'\n            ;;\n");
}

static void zsh(struct print *p)
{
    print_text(p, "#compdef limpid\n# zsh completion for limpid, made from its tables of options\n"
                  "_limpid() {\n"
                  "    if (( CURRENT == 2 )); then\n"
                  "        local -a commands=(\n");
    for (size_t i = 0; i < commands_count; i++) {
        print_fmt(p, "            '%s:", commands[i]->name);
        put_zsh(p, commands[i]->summary);
        print_text(p, "'\n");
    }
    print_text(p, "        )\n"
                  "        _describe command commands\n"
                  "        return\n    fi\n"
                  "    shift words\n    (( CURRENT-- ))\n"
                  "    case ${words[1]} in\n");
    for (size_t i = 0; i < commands_count; i++) {
        zsh_command(p, commands[i]);
    }
    print_text(p, "    esac\n}\n_limpid \"$@\"\n");
}

/* -- fish ----------------------------------------------------------------------------------- */

static void put_fish(struct print *p, const char *text)
{
    print_text(p, "'");
    for (const char *c = text; *c != '\0'; c++) {
        print_text(p, *c == '\'' || *c == '\\' ? "\\" : "");
        print_fmt(p, "%c", *c);
    }
    print_text(p, "'");
}

static void fish_option(struct print *p, const struct command *command,
                        const struct option_row *row)
{
    print_fmt(p, "complete -c limpid -n '__fish_seen_subcommand_from %s' -l %s", command->name,
              row->name);
    if (row->letter != 0) {
        print_fmt(p, " -s %c", row->letter);
    }
    if (row->choices != NULL) {
        print_text(p, " -x -a '");
        put_choices(p, row->choices);
        print_text(p, "'");
    } else if (row->value != NULL) {
        print_text(p, row->file ? " -r -F" : " -x");
    }
    print_text(p, " -d ");
    put_fish(p, row->summary);
    print_text(p, "\n");
}

static void fish(struct print *p)
{
    print_text(p, "# fish completion for limpid, made from its tables of options\n");
    for (size_t i = 0; i < commands_count; i++) {
        const struct command *command = commands[i];
        print_fmt(p, "complete -c limpid -n __fish_use_subcommand -f -a %s -d ", command->name);
        put_fish(p, command->summary);
        print_text(p, "\n");
        for (size_t k = 0; k < command->options_count; k++) {
            if (is_shown(&command->options[k])) {
                fish_option(p, command, &command->options[k]);
            }
        }
        if (command->word != NULL) {
            print_fmt(p, "complete -c limpid -n '__fish_seen_subcommand_from %s' -a '",
                      command->name);
            put_words(p, command);
            print_text(p, "'\n");
        }
    }
}

bool help_completion(struct print *p, str shell)
{
    if (str_eq(shell, STR("bash"))) {
        bash(p);
    } else if (str_eq(shell, STR("zsh"))) {
        zsh(p);
    } else if (str_eq(shell, STR("fish"))) {
        fish(p);
    } else {
        return false;
    }
    return true;
}
