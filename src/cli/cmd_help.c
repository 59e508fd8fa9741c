/* limpid help: all commands, or one; and, for limpid's own build, manual pages' options and
 * completions. */
#include <unistd.h>

#include "cli/help_text.h"
#include "cli/say.h"

struct help_settings {
    struct common_settings common;
    str man_options;
    struct option_number man_list;
    struct option_number completion;
};

static const struct command *const lists[] = {&command_help, &command_compare_versions};
static const char *const shells[] = {"bash", "zsh", "fish"};

static int no_command(str name)
{
    say("help: there is no command '" STR_FMT "'; see limpid help", STR_ARG(name));
    return STATUS_USAGE;
}

static int help_run(const struct invocation *in)
{
    const struct help_settings *s = in->settings;
    struct error e = {0};
    str name = s->man_options.len > 0    ? s->man_options
               : in->arguments.count > 0 ? in->arguments.at[0]
                                         : STR_NONE;
    const struct command *command = command_find(name);
    if (name.len > 0 && command == NULL) {
        return no_command(name);
    }
    CLEANUP(writer_done) struct writer out;
    writer_to_fd(&out, STDOUT_FILENO);
    struct print p = {.to = &out, .e = &e, .ok = true};
    if (s->completion.given) {
        p.ok = help_completion(&p, str_from(shells[s->completion.value])) && p.ok;
    } else if (s->man_list.given) {
        help_man_list(&p, lists[s->man_list.value]);
    } else if (s->man_options.len > 0) {
        help_man_options(&p, command);
    } else if (command != NULL) {
        help_command(&p, command);
    } else {
        help_overview(&p);
    }
    return p.ok && writer_flush(&out, &e) ? STATUS_DONE : say_failed(&e);
}

static bool command_word(size_t i, str *out, str *summary)
{
    if (i >= commands_count) {
        return false;
    }
    *out = str_from(commands[i]->name);
    *summary = str_from(commands[i]->summary);
    return true;
}

#define AT(member) offsetof(struct help_settings, member)
static const struct option_row options[] = {
    {.name = "man-options",
     .kind = OPTION_TEXT,
     .at = AT(man_options),
     .value = "COMMAND",
     .hidden = true,
     .no_variable = true,
     .summary = "The command's options as scdoc has them"},
    {.name = "man-list",
     .kind = OPTION_CHOICE,
     .at = AT(man_list),
     .value = "LIST",
     .choices = "commands|schemes",
     .hidden = true,
     .no_variable = true,
     .summary = "Commands or version schemes as scdoc has them"},
    {.name = "completion",
     .kind = OPTION_CHOICE,
     .at = AT(completion),
     .value = "SHELL",
     .choices = "bash|zsh|fish",
     .no_variable = true,
     .summary = "Print a completion script for this shell"},
    OPTIONS_HELP(struct help_settings, common),
};

const struct command command_help = {
    .name = "help",
    .summary = "tell how limpid is used",
    .arguments = "[COMMAND]",
    .arguments_max = 1,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct help_settings),
    .word = command_word,
    .run = help_run,
};
