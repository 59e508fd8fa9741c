#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/help_text.h"
#include "cli/say.h"

#define COMMAND_ROW(name) &command_##name,
const struct command *const commands[] = {COMMANDS(COMMAND_ROW)};
const size_t commands_count = ARRAY_COUNT(commands);

enum { SETTINGS_BYTES_MAX = 64 * 1024 * 1024, NEAR_DISTANCE_MAX = 2, NAME_BYTES_MAX = 32 };

const struct command *command_find(str name)
{
    for (size_t i = 0; i < commands_count; i++) {
        if (str_eq(name, str_from(commands[i]->name))) {
            return commands[i];
        }
    }
    return NULL;
}

/* How many letters must be put in, left out or replaced (Levenshtein), one row at a time. */
static size_t distance(str a, str b)
{
    size_t row[NAME_BYTES_MAX + 1];
    if (a.len > NAME_BYTES_MAX || b.len > NAME_BYTES_MAX) {
        return NAME_BYTES_MAX;
    }
    for (size_t k = 0; k <= b.len; k++) {
        row[k] = k;
    }
    for (size_t i = 0; i < a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < b.len; k++) {
            size_t best = diagonal + (a.at[i] != b.at[k]);
            diagonal = row[k + 1];
            best = diagonal + 1 < best ? diagonal + 1 : best;
            row[k + 1] = row[k] + 1 < best ? row[k] + 1 : best;
        }
    }
    return row[b.len];
}

static int unknown_command(str name)
{
    const char *near = NULL;
    size_t least = NEAR_DISTANCE_MAX + 1;
    for (size_t i = 0; i < commands_count; i++) {
        size_t d = distance(name, str_from(commands[i]->name));
        if (d < least) {
            least = d;
            near = commands[i]->name;
        }
    }
    if (near != NULL) {
        say("there is no command '" STR_FMT "'; did you mean '%s'?", STR_ARG(name), near);
    } else {
        say("there is no command '" STR_FMT "'; see limpid help", STR_ARG(name));
    }
    return STATUS_USAGE;
}

static int print_help(const struct command *command)
{
    struct error e = {0};
    CLEANUP(writer_done) struct writer out;
    writer_to_fd(&out, STDOUT_FILENO);
    struct print p = {.to = &out, .e = &e, .ok = true};
    help_command(&p, command);
    return p.ok && writer_flush(&out, &e) ? STATUS_DONE : say_failed(&e);
}

int command_failed(const struct command *command, const struct error *e)
{
    if (e->kind != ERROR_USAGE) {
        return say_failed(e);
    }
    say("%s: %s; see limpid %s --help", command->name, e->text, command->name);
    return STATUS_USAGE;
}

static bool check_arguments(const struct command *command, const struct arguments *arguments,
                            struct error *e)
{
    if (arguments->count < command->arguments_min) {
        return error_set(e, ERROR_USAGE, "it takes %s", command->arguments);
    }
    if (arguments->count > command->arguments_max) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' is one argument too many",
                         STR_ARG(arguments->at[command->arguments_max]));
    }
    return true;
}

static int run(const struct command *command, int argc, char **argv, struct arena *arena)
{
    struct error e = {0};
    const struct options options = {.command = command->name,
                                    .rows = command->options,
                                    .count = command->options_count,
                                    .single_dash = command->single_dash};
    struct arguments arguments;
    void *settings = arena_alloc(arena, 1, command->settings_bytes, 16, &e);
    if (settings == NULL) {
        return say_failed(&e);
    }
    const struct common_settings *common = settings;
    bool ok = options_parse(&options, argc, argv, settings, arena, &arguments, &e);
    if (ok && common->help) {
        return print_help(command);
    }
    if (!ok || !check_arguments(command, &arguments, &e)) {
        return command_failed(command, &e);
    }
    struct invocation in = {.command = command,
                            .common = common,
                            .settings = settings,
                            .arguments = arguments,
                            .arena = arena};
    terminal_init(&in.terminal, common->no_color);
    return command->run(&in);
}

int command_main(int argc, char **argv)
{
    str name = argc > 1 ? str_from(argv[1]) : STR_NONE;
    if (argc < 2) {
        say("no command given; see limpid help");
        return STATUS_USAGE;
    }
    if (str_eq(name, STR("--help")) || str_eq(name, STR("-h"))) {
        name = STR("help");
    } else if (str_eq(name, STR("--version")) || str_eq(name, STR("-V"))) {
        name = STR("version");
    }
    const struct command *command = command_find(name);
    if (command == NULL && str_starts(name, STR("-"))) {
        say("unknown option '" STR_FMT "'; the command comes first, see limpid help",
            STR_ARG(name));
        return STATUS_USAGE;
    }
    if (command == NULL) {
        return unknown_command(name);
    }
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, SETTINGS_BYTES_MAX, "the command line");
    return run(command, argc - 1, argv + 1, &arena);
}
