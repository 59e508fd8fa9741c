#include "cli/images.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/say.h"

/* Findings and packages of one image; past it the image is refused by name. */
enum { NOTES_TOLD_MAX = 20 };
static const size_t arena_bytes_max = (size_t)2 * 1024 * 1024 * 1024;

struct images {
    const struct invocation *in;
    const struct image_settings *settings;
    struct image_task *task;
    struct cli_context context;
    struct outputs outputs;
    struct report_failure *failures;
    size_t failures_count;
    int status;
};

static void worsen(struct images *s, int status)
{
    if (status > s->status) {
        s->status = status;
    }
}

/* Keeps the line for formats that list what failed; without memory it was at least said. */
static void keep_failure(struct images *s, str source, const struct error *e)
{
    struct report_failure *f = &s->failures[s->failures_count];
    f->source = source;
    if (arena_str(s->in->arena, str_from(e->text), &f->text, NULL)) {
        s->failures_count++;
    }
}

static void run_one(struct images *s, str source)
{
    struct error e = {0};
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, arena_bytes_max, "the result of a scan");
    const struct image_options options = {
        .source = source,
        .platform = s->settings->platform,
        .image = s->settings->image,
        .distro = s->settings->distro,
        .no_cache = s->settings->no_cache,
        .verify = (enum verify_mode)s->settings->verify.value,
        .parallel = s->settings->parallel.value,
    };
    uint64_t started_ns = clock_monotonic_ns();
    bool ok = s->task->run(s->task, &s->context.ops, &options, &s->outputs, &arena, &e);
    progress_clear(&s->context.bar);
    if (!ok) {
        error_wrap(&e, "cannot %s '" STR_FMT "'", s->task->inventory ? "read" : "scan",
                   STR_ARG(source));
        keep_failure(s, source, &e);
        worsen(s, say_failed(&e));
    }
    if (s->settings->timings) {
        uint64_t us = (clock_monotonic_ns() - started_ns) / 1000;
        say("'" STR_FMT "' took %llu.%03llu s", STR_ARG(source), (unsigned long long)us / 1000000,
            (unsigned long long)us / 1000 % 1000);
    }
}

static str source_at(const struct images *s, size_t i)
{
    size_t arguments = s->in->arguments.count;
    return i < arguments ? s->in->arguments.at[i] : s->settings->input.at[i - arguments];
}

static bool begin(struct images *s, size_t count, struct error *e)
{
    s->failures = ARENA_ARRAY(s->in->arena, count, struct report_failure, e);
    if (s->failures == NULL) {
        return false;
    }
    context_init(&s->context, s->in);
    s->context.ops.db = s->task->db;
    s->context.ops.as_of = s->task->as_of;
    s->context.ops.sandbox = (enum sandbox_mode)s->settings->sandbox.value;
    struct outputs_request request = {.settings = &s->settings->output,
                                      .options = s->task->report,
                                      .inventory = s->task->inventory};
    request.options.count = count;
    return outputs_open(&s->outputs, s->in, &request, e);
}

int images_run(const struct invocation *in, const struct image_settings *settings,
               struct image_task *task)
{
    struct images s = {.in = in, .settings = settings, .task = task};
    struct error e = {0};
    size_t count = in->arguments.count + settings->input.count;
    if (count == 0) {
        say("%s: no SOURCE given; see limpid %s --help", in->command->name, in->command->name);
        return STATUS_USAGE;
    }
    if (!begin(&s, count, &e)) {
        return command_failed(in->command, &e);
    }
    for (size_t i = 0; i < count; i++) {
        run_one(&s, source_at(&s, i));
    }
    outputs_commit(&s.outputs, s.failures, s.failures_count);
    outputs_close(&s.outputs);
    if (s.outputs.failed) {
        worsen(&s, STATUS_UNFINISHED);
    }
    return s.status;
}

static void tell_notes(const struct inventory *inventory)
{
    const struct diag *notes = &inventory->notes;
    size_t told = 0, all = 0;
    for (size_t i = 0; i < notes->count; i++) {
        const struct diag_note *note = &notes->notes[i];
        if (note->kind != DIAG_INCOMPLETE) {
            continue;
        }
        all++;
        if (told < NOTES_TOLD_MAX) {
            told++;
            say("'" STR_FMT "': could not be judged: " STR_FMT "%s" STR_FMT,
                STR_ARG(inventory->image.source), STR_ARG(note->path),
                note->path.len > 0 ? ": " : "", STR_ARG(note->text));
        }
    }
    all += notes->left_out;
    if (notes->incomplete && all > told) {
        say("'" STR_FMT "': %zu more notes; --format json has them",
            STR_ARG(inventory->image.source), all - told);
    }
}

static void tell_layers(const struct image_info *image)
{
    char text[DIGEST_TEXT_BYTES];
    for (size_t i = 0; i < image->layers_count; i++) {
        const struct layer_info *layer = &image->layers[i];
        say("'" STR_FMT "': layer %zu of %zu: %s: %s, %s", STR_ARG(image->source), i + 1,
            image->layers_count, digest_text(layer->diff_id, text),
            layer->cached ? "known" : "read", layer->verified ? "verified" : "not verified");
    }
}

void images_tell(const struct invocation *in, const struct outputs *outputs,
                 const struct inventory *inventory)
{
    if (!in->common->quiet && !outputs_tell_notes(outputs)) {
        tell_notes(inventory);
    }
    if (in->common->verbose > 0) {
        tell_layers(&inventory->image);
    }
}
