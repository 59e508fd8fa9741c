/* limpid version */
#include <unistd.h>

#include "cli/command.h"
#include "cli/say.h"
#include "stream/writer.h"

struct version_settings {
    struct common_settings common;
};

static int version_run(const struct invocation *in UNUSED)
{
    struct error e = {0};
    CLEANUP(writer_done) struct writer out;
    writer_to_fd(&out, STDOUT_FILENO);
    if (!writer_add(&out, STR("limpid " LIMPID_VERSION "\n"), &e) || !writer_flush(&out, &e)) {
        return say_failed(&e);
    }
    return STATUS_DONE;
}

static const struct option_row options[] = {OPTIONS_HELP(struct version_settings, common)};

const struct command command_version = {
    .name = "version",
    .summary = "print limpid's version",
    .arguments = "",
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct version_settings),
    .run = version_run,
};
