/* limpid update: bring advisories up to date. */
#include <limits.h>
#include <unistd.h>

#include "cli/context.h"
#include "cli/say.h"
#include "cli/update_lines.h"
#include "ops/instance.h"
#include "ops/update.h"
#include "report/print.h"

enum { TIMEOUT_S_MAX = 24 * 3600, KEEP_GENERATIONS_MAX = 100 };

struct update_settings {
    struct common_settings common;
    struct option_list feed;
    str from, from_limpid, key;
    bool allow_shrink, allow_older;
    struct option_number timeout, jobs, retries, retry_wait, keep_generations;
    struct option_list site;
    str ca_file, proxy;
};

static void print_result(struct print *p, const struct update_result *r, bool verbose)
{
    print_name(p, r->feed);
    if (r->absent) {
        print_text(p, ": no document of it there");
    } else if (!r->ok) {
        print_text(p, ": not updated: ");
        print_name(p, r->error);
        print_fmt(p, "; %llu advisories are kept", (unsigned long long)r->advisories_before);
    } else if (r->unchanged) {
        print_fmt(p, ": nothing new, %llu advisories", (unsigned long long)r->advisories);
    } else {
        print_fmt(p, ": %llu advisories, %llu before, %llu rows%s",
                  (unsigned long long)r->advisories, (unsigned long long)r->advisories_before,
                  (unsigned long long)r->rows, r->delta ? " (changes only)" : "");
    }
    if (verbose && r->received_bytes > 0) {
        char size[32];
        print_fmt(p, "; %s came over the network", progress_size(r->received_bytes, size));
    }
    if (r->ok && r->compared) {
        print_fmt(p, "; %llu new, %llu changed, %llu gone", (unsigned long long)r->added,
                  (unsigned long long)r->changed, (unsigned long long)r->removed);
    }
    if (r->notes_count > 0) {
        print_text(p, "; ");
        print_count(p, r->notes_count, "note", "notes");
        print_text(p, verbose ? "" : " (-v shows them)");
    }
    print_text(p, "\n");
}

static void print_notes(struct print *p, const struct update_result *r)
{
    for (size_t i = 0; i < r->notes_count; i++) {
        print_text(p, "  ");
        print_name(p, r->notes[i]);
        print_text(p, "\n");
    }
}

static bool print_results(const struct invocation *in, const struct update_result *results,
                          size_t count, struct error *e)
{
    CLEANUP(writer_done) struct writer out;
    writer_to_fd(&out, STDOUT_FILENO);
    struct print p = {.to = &out, .e = e, .ok = true};
    for (size_t i = 0; i < count && !in->common->quiet; i++) {
        bool verbose = in->common->verbose > 0;
        if (!results[i].absent || verbose) {
            print_result(&p, &results[i], verbose);
        }
        if (verbose) {
            print_notes(&p, &results[i]);
        }
    }
    return p.ok && writer_flush(&out, e);
}

/* With --quiet the results are not printed, but a feed that failed is still told. */
static void tell_failures(const struct invocation *in, const struct update_result *results,
                          size_t count)
{
    for (size_t i = 0; i < count && in->common->quiet; i++) {
        if (!results[i].ok && !results[i].absent) {
            say("cannot update '" STR_FMT "': " STR_FMT, STR_ARG(results[i].feed),
                STR_ARG(results[i].error));
        }
    }
}

/* The line that scripts wait for, and before it what failed. */
static void tell_finished(const struct update_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!results[i].ok && !results[i].absent) {
            say("updater: '" STR_FMT "' was not updated: " STR_FMT, STR_ARG(results[i].feed),
                STR_ARG(results[i].error));
        }
    }
    say("updater: update finished");
}

static bool update(const struct update_settings *s, const struct ops_context *context,
                   struct update_lines *lines, struct arena *arena,
                   const struct update_result **results, size_t *count, struct error *e)
{
    const struct update_options options = {
        .watch = &lines->base,
        .feeds = s->feed.at,
        .feeds_count = s->feed.count,
        .from = s->from,
        .allow_shrink = s->allow_shrink,
        .sites = s->site.at,
        .sites_count = s->site.count,
        .timeout_s = s->timeout.value,
        .jobs = s->jobs.value,
        .retries = s->retries.given && s->retries.value == 0 ? UINT_MAX : s->retries.value,
        .retry_wait_ms = s->retry_wait.value,
        .ca_file = s->ca_file,
        .proxy = s->proxy,
    };
    const struct from_limpid_request request = {
        .from = s->from_limpid,
        .key = s->key,
        .feeds = s->feed.at,
        .feeds_count = s->feed.count,
        .allow_older = s->allow_older,
        .timeout_s = s->timeout.value,
    };
    if (s->from_limpid.len == 0) {
        return ops_update(context, &options, arena, results, count, e);
    }
    return s->from.len > 0 ? error_set(e, ERROR_USAGE, "--from and --from-limpid: one of them")
                           : ops_update_from_limpid(context, &request, arena, results, count, e);
}

static int update_run(const struct invocation *in)
{
    const struct update_settings *s = in->settings;
    struct cli_context context;
    struct error e = {0}, print_error = {0};
    struct update_lines lines;
    context_init(&context, in);
    update_lines_init(&lines, in);
    context.ops.keep_generations = s->keep_generations.given ? s->keep_generations.value + 1 : 0;
    const struct update_result *results = NULL;
    size_t count = 0;
    bool ok = update(s, &context.ops, &lines, in->arena, &results, &count, &e);
    update_lines_done(&lines);
    tell_failures(in, results, count);
    bool printed = print_results(in, results, count, &print_error);
    if (!in->common->quiet && count > 0) {
        tell_finished(results, count);
    }
    if (!ok) {
        error_wrap(&e, "cannot update");
        return command_failed(in->command, &e);
    }
    return printed ? STATUS_DONE : say_failed(&print_error);
}

#define AT(member) offsetof(struct update_settings, member)
static const struct option_row options[] = {
    {.name = "feed",
     .kind = OPTION_LIST,
     .at = AT(feed),
     .value = "NAME",
     .summary = "Only this feed (limpid status lists them); may be repeated"},
    {.name = "from",
     .kind = OPTION_TEXT,
     .at = AT(from),
     .value = "DIR|URL",
     .file = true,
     .summary = "A mirror instead of the publishers' sites: a folder or URL with their own paths "
                "below it, plain or as .zst .xz .gz .bz2"},
    {.name = "from-limpid",
     .kind = OPTION_TEXT,
     .at = AT(from_limpid),
     .value = "URL|DIR",
     .file = true,
     .summary = "Take over what another limpid publishes (limpid bundle publish): only what has "
                "changed is fetched, and all feeds are replaced in one step"},
    {.name = "key",
     .kind = OPTION_TEXT,
     .at = AT(key),
     .value = "PUBKEY|FILE",
     .file = true,
     .summary =
         "With --from-limpid: accept what this public key (RW…), or one in this file, has signed "
         "(default: the keys in $XDG_CONFIG_HOME/limpid/trusted-keys and "
         "/etc/limpid/trusted-keys; without any, also what is not signed)"},
    {.name = "allow-older",
     .kind = OPTION_FLAG,
     .at = AT(allow_older),
     .summary = "With --from-limpid: take over feeds that are older than those there are"},
    {.name = "allow-shrink",
     .kind = OPTION_FLAG,
     .at = AT(allow_shrink),
     .summary = "Accept a feed that has become much smaller; otherwise its last good state stays"},
    {.name = "keep-generations",
     .kind = OPTION_NUMBER,
     .at = AT(keep_generations),
     .value = "N",
     .most = KEEP_GENERATIONS_MAX,
     .summary = "How many generations of advisories are kept beside the current one, for at most "
                "seven days (default: 5); see limpid scan --as-of"},
    {.name = "timeout",
     .kind = OPTION_NUMBER,
     .at = AT(timeout),
     .value = "SECONDS",
     .least = 1,
     .most = TIMEOUT_S_MAX,
     .summary = "Longest time to fetch one feed (default: 900); what has come is kept, and gone on "
                "with the next time"},
    {.name = "jobs",
     .letter = 'j',
     .kind = OPTION_NUMBER,
     .at = AT(jobs),
     .value = "N",
     .least = 1,
     .most = UPDATE_JOBS_MAX,
     .summary = "Feeds that are fetched at the same time (default: 4)"},
    {.name = "site",
     .kind = OPTION_LIST,
     .at = AT(site),
     .value = "FEED=URL",
     .summary = "This site instead of the feed's own, with the same paths below it; may be "
                "repeated"},
    {.name = "retries",
     .kind = OPTION_NUMBER,
     .at = AT(retries),
     .value = "N",
     .least = 0,
     .most = 10,
     .summary = "How often a request that failed for a time is tried again (default: 3)"},
    {.name = "retry-wait",
     .kind = OPTION_NUMBER,
     .at = AT(retry_wait),
     .value = "MILLISECONDS",
     .least = 1,
     .most = 60000,
     .summary = "Wait before the first retry, doubled before each further one (default: 1000)"},
    {.name = "proxy",
     .kind = OPTION_TEXT,
     .at = AT(proxy),
     .value = "URL",
     .no_variable = true,
     .summary = "A proxy for all requests that no_proxy does not name (default: https_proxy, "
                "http_proxy, all_proxy)"},
    {.name = "ca-file",
     .kind = OPTION_TEXT,
     .at = AT(ca_file),
     .value = "FILE",
     .file = true,
     .summary = "Certificates to trust, in PEM, instead of the system's (default: SSL_CERT_FILE)"},
    OPTIONS_COMMON(struct update_settings, common),
};

const struct command command_update = {
    .name = "update",
    .summary = "bring advisories up to date",
    .arguments = "",
    .details = "Each feed is updated by itself: one that fails keeps its last good state.",
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct update_settings),
    .run = update_run,
};
