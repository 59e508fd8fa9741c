/* limpid advisory: what is known of one vulnerability or update, by all publishers. */
#include <unistd.h>

#include "cli/advisory_text.h"
#include "cli/context.h"
#include "cli/say.h"
#include "cli/which.h"

/* A vulnerability of a kernel has some ten thousand rows. */
enum { REPORT_BYTES_MAX = 1024 * 1024 * 1024 };

enum { FORMAT_TABLE, FORMAT_JSON };

struct advisory_settings {
    struct common_settings common;
    struct which_settings which;
    struct option_number format;
};

static int advisory_run(const struct invocation *in)
{
    const struct advisory_settings *s = in->settings;
    struct cli_context context;
    struct error e = {0};
    struct advisory_report report;
    CLEANUP(arena_done) struct arena arena;
    CLEANUP(writer_done) struct writer out;
    arena_init(&arena, REPORT_BYTES_MAX, "what is known under one name");
    writer_to_fd(&out, STDOUT_FILENO);
    context_init(&context, in);
    which_apply(&s->which, &context.ops);
    if (!ops_advisory(&context.ops, in->arguments.at[0], &arena, &report, &e)) {
        return command_failed(in->command, &e);
    }
    struct print p = {
        .to = &out, .e = &e, .ok = true, .color = in->terminal.color, .width = in->terminal.width};
    bool ok = s->format.value == FORMAT_JSON ? advisory_json(&out, &report, &e)
                                             : advisory_text(&p, &report, &arena);
    if (!ok || !writer_flush(&out, &e)) {
        return say_failed(&e);
    }
    return STATUS_DONE;
}

static const struct option_row options[] = {
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_CHOICE,
     .at = offsetof(struct advisory_settings, format),
     .value = "FORMAT",
     .choices = "table|json",
     .summary = "Format (default: table)"},
    OPTIONS_WHICH(struct advisory_settings, which),
    OPTIONS_COMMON(struct advisory_settings, common),
};

const struct command command_advisory = {
    .name = "advisory",
    .summary = "tell all that is known of one vulnerability or update",
    .arguments = "ID",
    .details = "ID is a CVE, another name of one (GHSA, GO, PYSEC, RUSTSEC …) or an update's (DSA, "
               "USN, RHSA, ALAS …), in any letter case.",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct advisory_settings),
    .run = advisory_run,
};
