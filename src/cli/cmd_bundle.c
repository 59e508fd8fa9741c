/* limpid bundle: advisories in one file, for machines without a network. */
#include "cli/context.h"
#include "cli/say.h"
#include "ops/update.h"

struct bundle_settings {
    struct common_settings common;
    bool allow_older;
};

static int bundle_export(const struct invocation *in, str file)
{
    struct cli_context context;
    struct error e = {0};
    const str *left_out = NULL;
    size_t count = 0;
    context_init(&context, in);
    bool ok = ops_bundle_export(&context.ops, file, in->arena, &left_out, &count, &e);
    progress_clear(&context.bar);
    if (!ok) {
        error_wrap(&e, "cannot export to '" STR_FMT "'", STR_ARG(file));
        return say_failed(&e);
    }
    for (size_t i = 0; i < count && !in->common->quiet; i++) {
        say("left out '" STR_FMT "': its publisher does not let it be passed on",
            STR_ARG(left_out[i]));
    }
    return STATUS_DONE;
}

static int bundle_import(const struct invocation *in, str file)
{
    const struct bundle_settings *s = in->settings;
    struct cli_context context;
    struct error e = {0};
    size_t feeds = 0;
    context_init(&context, in);
    bool ok = ops_bundle_import(&context.ops, file, s->allow_older, &feeds, &e);
    progress_clear(&context.bar);
    if (!ok) {
        error_wrap(&e, "cannot import '" STR_FMT "'", STR_ARG(file));
        return say_failed(&e);
    }
    if (!in->common->quiet) {
        say("imported %zu %s", feeds, feeds == 1 ? "feed" : "feeds");
    }
    return STATUS_DONE;
}

static int bundle_run(const struct invocation *in)
{
    str verb = in->arguments.at[0], file = in->arguments.at[1];
    if (str_eq(verb, STR("export"))) {
        return bundle_export(in, file);
    }
    if (str_eq(verb, STR("import"))) {
        return bundle_import(in, file);
    }
    say("bundle: '" STR_FMT "' is neither export nor import; see limpid bundle --help",
        STR_ARG(verb));
    return STATUS_USAGE;
}

static bool verb_word(size_t i, str *out, str *summary)
{
    static const str verbs[] = {STR_INIT("export"), STR_INIT("import")};
    if (i >= ARRAY_COUNT(verbs)) {
        return false;
    }
    *out = verbs[i];
    *summary = STR_NONE;
    return true;
}

static const struct option_row options[] = {
    {.name = "allow-older",
     .kind = OPTION_FLAG,
     .at = offsetof(struct bundle_settings, allow_older),
     .summary = "import: accept feeds that are older than those there are"},
    OPTIONS_COMMON(struct bundle_settings, common),
};

const struct command command_bundle = {
    .name = "bundle",
    .summary = "write all advisories into one file, or read them from it",
    .arguments = "export|import FILE",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct bundle_settings),
    .word = verb_word,
    .run = bundle_run,
};
