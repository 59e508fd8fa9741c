/* limpid analyze-local-images: the program of that name that came with Clair, for those whose
 * scripts call it. */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/context.h"
#include "cli/say.h"
#include "ops/local_image.h"
#include "ops/private_folder.h"
#include "report/escape.h"

static const size_t arena_bytes_max = (size_t)2 * 1024 * 1024 * 1024;

struct local_settings {
    struct common_settings common;
    str endpoint, my_address, minimum_priority, platform;
    struct option_number exit_code;
};

struct local_work {
    const struct invocation *in;
    struct local_request request;
};

/* "a\nb" is one line: nothing in a description can look like another vulnerability. */
static bool print_field(struct writer *to, const char *before, str text, struct arena *arena,
                        struct error *e)
{
    char *line = ARENA_ARRAY(arena, text.len + 1, char, e);
    if (line == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        line[i] = strchr("\n\r\t", text.at[i]) != NULL && text.at[i] != '\0' ? ' ' : text.at[i];
    }
    str shown = str_trim((str){.at = line, .len = text.len});
    return writer_add(to, str_from(before), e) && escape_field(to, shown, e) &&
           writer_add(to, STR("\n"), e);
}

static bool print_result(struct writer *to, const struct local_result *result, struct arena *arena,
                         struct error *e)
{
    if (result->count == 0 && !result->unjudged &&
        !writer_add(to, STR("Bravo, your image looks SAFE !\n"), e)) {
        return false;
    }
    for (size_t i = 0; i < result->count; i++) {
        const struct local_vulnerability *v = &result->vulnerabilities[i];
        if (!print_field(to, "- # ", v->id, arena, e) ||
            !print_field(to, "  - Priority:    ", v->priority, arena, e) ||
            !print_field(to, "  - Link:        ", v->link, arena, e) ||
            !print_field(to, "  - Description: ", v->description, arena, e)) {
            return false;
        }
    }
    return writer_flush(to, e);
}

static int analyze(void *arg, const char *folder)
{
    struct local_work *work = arg;
    const struct invocation *in = work->in;
    const struct local_settings *s = in->settings;
    struct error e = {0};
    struct local_result result;
    struct cli_context context;
    CLEANUP(writer_done) struct writer out;
    CLEANUP(arena_done) struct arena arena;
    writer_to_fd(&out, STDOUT_FILENO);
    arena_init(&arena, arena_bytes_max, "the analysis of an image");
    context_init(&context, in);
    context.ops.progress = NULL; /* lines are printed as things happen */
    work->request.context = &context.ops;
    work->request.folder = folder;
    work->request.out = &out;
    if (!local_image_analyze(&work->request, &arena, &result, &e) ||
        !print_result(&out, &result, &arena, &e)) {
        return command_failed(in->command, &e);
    }
    if (result.unjudged) {
        say("cannot judge '" STR_FMT "': " STR_FMT, STR_ARG(work->request.image.source),
            STR_ARG(result.reason));
    }
    if (result.count > 0) {
        return s->exit_code.given ? (int)s->exit_code.value : STATUS_FINDINGS;
    }
    return result.unjudged ? STATUS_UNFINISHED : STATUS_DONE;
}

static bool read_priority(str word, size_t *out, struct error *e)
{
    for (size_t i = 0; local_priority(i) != NULL; i++) {
        if (str_eq_nocase(word, str_from(local_priority(i)))) {
            *out = i;
            return true;
        }
    }
    return error_set(e, ERROR_USAGE,
                     "-minimum-priority: '" STR_FMT "' is none of Unknown, Negligible, Low, "
                     "Medium, High, Critical, Defcon1",
                     STR_ARG(word));
}

static int local_run(const struct invocation *in)
{
    const struct local_settings *s = in->settings;
    struct error e = {0};
    int status = STATUS_UNFINISHED;
    struct local_work work = {
        .in = in,
        .request = {.image = {.source = in->arguments.at[0], .platform = s->platform},
                    .endpoint = s->endpoint,
                    .my_address = s->my_address.len > 0 ? s->my_address : STR("127.0.0.1")},
    };
    str word = s->minimum_priority.len > 0 ? s->minimum_priority : STR("Low");
    if (!read_priority(word, &work.request.priority, &e)) {
        return command_failed(in->command, &e);
    }
    if (!local_needs_folder(&work.request)) {
        return analyze(&work, NULL);
    }
    return private_folder_run(analyze, &work, &status, &e) ? status
                                                           : command_failed(in->command, &e);
}

#define AT(member) offsetof(struct local_settings, member)
static const struct option_row options[] = {
    {.name = "endpoint",
     .kind = OPTION_TEXT,
     .at = AT(endpoint),
     .value = "URL",
     .summary = "Let this Clair, or limpid serve, analyze the layers (http://127.0.0.1:6060); "
                "without it no server is needed"},
    {.name = "my-address",
     .kind = OPTION_TEXT,
     .at = AT(my_address),
     .value = "ADDRESS",
     .summary = "Where a server on another machine reaches this one, on port 9279 (default: "
                "127.0.0.1)"},
    {.name = "minimum-priority",
     .kind = OPTION_TEXT,
     .at = AT(minimum_priority),
     .value = "WORD",
     .summary = "Report only these and worse: Unknown, Negligible, Low, Medium, High, Critical, "
                "Defcon1 (default: Low)"},
    {.name = "exit-code",
     .kind = OPTION_NUMBER,
     .at = AT(exit_code),
     .value = "N",
     .most = 255,
     .summary = "Status where vulnerabilities are reported, instead of 1; 0 as the original"},
    {.name = "platform",
     .kind = OPTION_TEXT,
     .at = AT(platform),
     .value = "OS/ARCH",
     .summary = "Which platform of an image that has several (default: this machine's)"},
    OPTIONS_COMMON(struct local_settings, common),
};

const struct command command_analyze_local_images = {
    .name = "analyze-local-images",
    .summary = "find vulnerabilities of a local image, as Clair's program of that name",
    .arguments = "IMAGE",
    .details = "IMAGE is what limpid scan takes, or the name of an image that the program docker "
               "of this machine has. Options may have one dash, as the original's had. The status "
               "is 1 where vulnerabilities are reported, 3 where the analysis could not finish.",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .single_dash = true,
    .settings_bytes = sizeof(struct local_settings),
    .run = local_run,
};
