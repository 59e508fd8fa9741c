/* limpid status: which advisories there are, how old, and where they lie. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/changes_text.h"
#include "cli/context.h"
#include "cli/say.h"
#include "cli/which.h"
#include "ops/changes.h"
#include "ops/update.h"
#include "report/grid.h"
#include "report/json_writer.h"

enum { FORMAT_TABLE, FORMAT_JSON };
enum { CHANGES_BYTES_MAX = 1024 * 1024 * 1024 };

struct status_settings {
    struct common_settings common;
    struct which_settings which;
    struct option_number format;
    bool changes;
};

enum { CELL_FEED, CELL_ADVISORIES, CELL_DATE, CELL_FETCHED, CELL_STATE, CELLS };

static bool day(int64_t seconds, struct arena *arena, str *out, struct error *e)
{
    char text[CLOCK_TEXT_BYTES] = "-";
    if (seconds != 0) {
        clock_text(seconds, text);
    }
    return arena_str(arena, str_slice(str_from(text), 0, 10), out, e);
}

static bool fill(const struct feed_info *feed, struct arena *arena, str cells[CELLS],
                 struct error *e)
{
    const struct feed_state *state = &feed->state;
    cells[CELL_FEED] = feed->name;
    if (!feed->known_state || (state->fetched_s == 0 && state->last_error.len == 0)) {
        cells[CELL_ADVISORIES] = cells[CELL_DATE] = cells[CELL_FETCHED] = STR("-");
        cells[CELL_STATE] = STR("never fetched");
        return true;
    }
    cells[CELL_STATE] = STR("good");
    return (state->last_error.len == 0 ||
            arena_printf(arena, &cells[CELL_STATE], e, "last attempt: " STR_FMT,
                         STR_ARG(state->last_error))) &&
           arena_printf(arena, &cells[CELL_ADVISORIES], e, "%llu",
                        (unsigned long long)state->advisories) &&
           day(state->date_s, arena, &cells[CELL_DATE], e) &&
           day(state->fetched_s, arena, &cells[CELL_FETCHED], e);
}

static void put_generations(struct print *p, const struct status *status)
{
    for (size_t i = 0; i < status->generations_count; i++) {
        const struct generation_info *g = &status->generations[i];
        char since[CLOCK_TEXT_BYTES];
        if (str_eq(g->name, status->generation)) {
            continue;
        }
        print_text(p, g->is_current ? "Current: " : "Kept: ");
        print_name(p, g->name);
        print_fmt(p, ", since %s, %llu advisories of ", clock_text(g->since_s, since),
                  (unsigned long long)g->advisories);
        print_count(p, g->feeds, "feed", "feeds");
        print_text(p, "\n");
    }
}

static void put_head(struct print *p, const struct status *status)
{
    print_text(p, "Data in ");
    print_name(p, status->data_dir);
    print_text(p, "\n");
    if (status->generation.len == 0) {
        print_text(p, "No advisories yet: 'limpid update' fetches them\n");
    } else {
        print_text(p, "Advisories of generation ");
        print_name(p, status->generation);
        print_text(p, "\n");
    }
    put_generations(p, status);
    print_fmt(p, "Known layers: %llu, %llu kB\n", (unsigned long long)status->layers_cached,
              (unsigned long long)(status->layers_bytes / 1000));
    if (status->sandbox.len > 0) {
        print_text(p, "Workers are confined by ");
        print_name(p, status->sandbox);
        print_text(p, "\n");
    }
}

static bool put_table(struct print *p, const struct status *status, struct arena *arena)
{
    struct grid g = {
        .count = CELLS,
        .columns = {[CELL_FEED] = {.title = "FEED", .least = SIZE_MAX},
                    [CELL_ADVISORIES] = {.title = "ADVISORIES", .least = SIZE_MAX},
                    [CELL_DATE] = {.title = "DATED", .least = SIZE_MAX},
                    [CELL_FETCHED] = {.title = "FETCHED", .least = SIZE_MAX},
                    [CELL_STATE] = {.title = "STATE", .least = 10}},
    };
    str(*cells)[CELLS] = arena_alloc(arena, status->feeds_count, sizeof(*cells), 16, p->e);
    if (cells == NULL) {
        return false;
    }
    for (size_t i = 0; i < status->feeds_count; i++) {
        if (!fill(&status->feeds[i], arena, cells[i], p->e)) {
            return false;
        }
        grid_measure(&g, cells[i]);
    }
    grid_fit(&g, p->width);
    put_head(p, status);
    print_text(p, "\n");
    grid_header(&g, p);
    for (size_t i = 0; i < status->feeds_count; i++) {
        grid_row(&g, p, cells[i], NULL);
    }
    return p->ok;
}

static void put_feed(struct jsonw *j, const struct feed_info *feed)
{
    jsonw_object(j, NULL);
    jsonw_str(j, "feed", feed->name);
    jsonw_str(j, "summary", feed->summary);
    jsonw_str(j, "publisher", feed->publisher);
    jsonw_str(j, "licence", feed->licence);
    jsonw_str(j, "site", feed->site);
    jsonw_bool(j, "redistributable", feed->redistributable);
    jsonw_num(j, "advisories", feed->known_state ? feed->state.advisories : 0);
    jsonw_num(j, "rows", feed->known_state ? feed->state.rows : 0);
    jsonw_num(j, "size_bytes", feed->known_state ? feed->state.size_bytes : 0);
    jsonw_time(j, "date", feed->known_state ? feed->state.date_s : 0);
    jsonw_time(j, "fetched", feed->known_state ? feed->state.fetched_s : 0);
    jsonw_time(j, "tried", feed->known_state ? feed->state.tried_s : 0);
    jsonw_str(j, "origin", feed->known_state ? feed->state.origin : STR_NONE);
    jsonw_str(j, "last_error", feed->known_state ? feed->state.last_error : STR_NONE);
    jsonw_close(j);
}

static bool put_json(struct writer *to, const struct status *status, struct error *e)
{
    struct jsonw j;
    jsonw_init(&j, to, 0, e);
    jsonw_object(&j, NULL);
    jsonw_num(&j, "schema_version", 1);
    jsonw_text(&j, "kind", "status");
    jsonw_str(&j, "data_dir", status->data_dir);
    jsonw_str(&j, "generation", status->generation);
    jsonw_num(&j, "layers_cached", status->layers_cached);
    jsonw_num(&j, "layers_bytes", status->layers_bytes);
    jsonw_str(&j, "sandbox", status->sandbox);
    jsonw_array(&j, "generations");
    for (size_t i = 0; i < status->generations_count; i++) {
        const struct generation_info *g = &status->generations[i];
        jsonw_object(&j, NULL);
        jsonw_str(&j, "generation", g->name);
        jsonw_bool(&j, "current", g->is_current);
        jsonw_time(&j, "since", g->since_s);
        jsonw_num(&j, "feeds", g->feeds);
        jsonw_num(&j, "advisories", g->advisories);
        jsonw_close(&j);
    }
    jsonw_close(&j);
    jsonw_array(&j, "feeds");
    for (size_t i = 0; i < status->feeds_count; i++) {
        put_feed(&j, &status->feeds[i]);
    }
    jsonw_close(&j);
    jsonw_close(&j);
    return jsonw_done(&j) && writer_add(to, STR("\n"), e);
}

static int put_changes(const struct invocation *in, struct cli_context *context, struct writer *out)
{
    const struct status_settings *s = in->settings;
    struct error e = {0};
    struct changes_report report;
    CLEANUP(arena_done) struct arena arena;
    bool json = s->format.value == FORMAT_JSON;
    str range = in->arguments.count > 0 ? in->arguments.at[0] : STR_NONE;
    arena_init(&arena, CHANGES_BYTES_MAX, "what differs");
    struct print p = {
        .to = out, .e = &e, .ok = true, .color = in->terminal.color, .width = in->terminal.width};
    if (!ops_changes(&context->ops, range, json || in->common->verbose > 0, &arena, &report, &e) ||
        !(json ? changes_json(out, &report, &e) : changes_text(&p, &report, &arena)) ||
        !writer_flush(out, &e)) {
        return command_failed(in->command, &e);
    }
    return STATUS_DONE;
}

static int status_run(const struct invocation *in)
{
    const struct status_settings *s = in->settings;
    struct cli_context context;
    struct error e = {0};
    struct status status = {0};
    CLEANUP(writer_done) struct writer out;
    writer_to_fd(&out, STDOUT_FILENO);
    context_init(&context, in);
    which_apply(&s->which, &context.ops);
    if (s->changes) {
        return put_changes(in, &context, &out);
    }
    if (in->arguments.count > 0) {
        say("status: '" STR_FMT "' goes with --changes", STR_ARG(in->arguments.at[0]));
        return STATUS_USAGE;
    }
    if (!ops_status(&context.ops, in->arena, &status, &e)) {
        return say_failed(&e);
    }
    struct print p = {
        .to = &out, .e = &e, .ok = true, .color = in->terminal.color, .width = in->terminal.width};
    bool ok = s->format.value == FORMAT_JSON ? put_json(&out, &status, &e)
                                             : put_table(&p, &status, in->arena);
    if (!ok || !writer_flush(&out, &e)) {
        return say_failed(&e);
    }
    return STATUS_DONE;
}

static const struct option_row options[] = {
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_CHOICE,
     .at = offsetof(struct status_settings, format),
     .value = "FORMAT",
     .choices = "table|json",
     .summary = "Format (default: table)"},
    {.name = "changes",
     .kind = OPTION_FLAG,
     .at = offsetof(struct status_settings, changes),
     .summary =
         "Tell for each feed how many advisories are new, changed and gone from one "
         "generation to another (default: from the one kept last to the current one), each a "
         "name or a time; with -v, and as JSON, which"},
    OPTIONS_WHICH(struct status_settings, which),
    OPTIONS_COMMON(struct status_settings, common),
};

const struct command command_status = {
    .name = "status",
    .summary = "tell which advisories there are, how old, and where they lie",
    .arguments = "[--changes [FROM[..TO]]]",
    .arguments_max = 1,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct status_settings),
    .run = status_run,
};
