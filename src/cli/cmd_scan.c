/* limpid scan: packages of images, matched against the advisories. */
#include "base/clock.h"
#include "cli/ignorefile.h"
#include "cli/images.h"
#include "cli/say.h"
#include "cli/which.h"

struct scan_settings {
    struct image_settings image;
    struct which_settings which;
    str severity, fail_on, ignore_status, ignorefile, explain;
    struct option_number exit_code, sort;
    bool fixed_only, show_ignored;
    struct option_list ignore;
};

struct scan_task {
    struct image_task base;
    const struct invocation *in;
    const struct policy *policy;
    bool fail_on_any; /* --exit-code alone: Trivy's way of saying "any finding that is shown" */
    bool fails;       /* some SOURCE did */
    bool unjudged;    /* some SOURCE was: a report, and no answer */
};

static bool has_findings(const struct scan *scan)
{
    for (size_t i = 0; i < scan->findings_count; i++) {
        if (!scan->findings[i].ignored) {
            return true;
        }
    }
    return false;
}

/* The last thing that could not be judged: matching comes last. */
static str reason(const struct diag *notes)
{
    for (size_t i = notes->count; i > 0; i--) {
        if (notes->notes[i - 1].kind == DIAG_INCOMPLETE) {
            return notes->notes[i - 1].text;
        }
    }
    return STR("it could not be read whole");
}

static bool scan_one(struct image_task *self, const struct ops_context *context,
                     const struct image_options *options, struct outputs *outputs,
                     struct arena *arena, struct error *e)
{
    struct scan_task *task = CONTAINER_OF(self, struct scan_task, base);
    struct scan scan = {0};
    if (!ops_scan(context, options, task->policy, arena, &scan, e)) {
        return false;
    }
    if (task->fail_on_any && has_findings(&scan)) {
        scan.fails = true;
    }
    task->fails = task->fails || scan.fails;
    if (context->progress != NULL) {
        progress_clear(CONTAINER_OF(context->progress, struct progress_bar, base));
    }
    outputs_scan(outputs, &scan);
    images_tell(task->in, outputs, &scan.inventory);
    if (!scan.judged) {
        task->unjudged = task->unjudged || scan.inventory.packages_count > 0;
        say("cannot judge '" STR_FMT "': " STR_FMT "%s", STR_ARG(options->source),
            STR_ARG(reason(&scan.inventory.notes)),
            scan.inventory.packages_count == 0 ? "" : "; --distro NAME/VERSION says which it is");
    }
    return true;
}

/* -- policy --------------------------------------------------------------------------------- */

static bool read_ignorefiles(const struct scan_settings *s, struct arena *arena,
                             struct option_list *ids, struct error *e)
{
    struct ignorefile_reading reading = {.now_s = clock_report_s(), .ids = s->ignore};
    bool found;
    if (s->ignorefile.len > 0) {
        if (!ignorefile_read(s->ignorefile.at, &reading, arena, &found, e)) {
            return false;
        }
        if (!found) {
            return error_set(e, ERROR_USAGE, "--ignorefile: there is no '" STR_FMT "'",
                             STR_ARG(s->ignorefile));
        }
    } else if (!ignorefile_read(".limpidignore", &reading, arena, &found, e) ||
               !ignorefile_read(".trivyignore", &reading, arena, &found, e)) {
        return false;
    }
    if (reading.expired > 0 && !s->image.common.quiet) {
        say("%zu entries of the ignore file have expired and do not count any more",
            reading.expired);
    }
    *ids = reading.ids;
    return true;
}

static bool make_policy(const struct scan_settings *s, struct arena *arena, struct policy *out,
                        struct error *e)
{
    struct option_list ids = {0};
    policy_init(out);
    if (s->severity.len > 0 && !policy_parse_severity(out, s->severity, e)) {
        return error_wrap(e, "--severity");
    }
    if (s->fail_on.len > 0 && !policy_parse_fail_on(out, s->fail_on, e)) {
        return error_wrap(e, "--fail-on");
    }
    if (s->ignore_status.len > 0 && !policy_parse_ignore_status(out, s->ignore_status, e)) {
        return error_wrap(e, "--ignore-status");
    }
    for (int state = 0; s->fixed_only && state < FIX_STATE_COUNT; state++) {
        out->states[state] = out->states[state] && state == FIX_AVAILABLE;
    }
    if (!read_ignorefiles(s, arena, &ids, e)) {
        return false;
    }
    out->ignored = ids.at;
    out->ignored_count = ids.count;
    out->order = (enum finding_order)s->sort.value;
    return true;
}

/* What the report says is shown, where that is not everything. */
static bool describe_filter(const struct scan_settings *s, struct arena *arena, str *out,
                            struct error *e)
{
    if (s->severity.len + s->ignore_status.len == 0 && !s->fixed_only) {
        return true;
    }
    const char *fixed = s->fixed_only ? "with a fix" : "";
    return arena_printf(
        arena, out, e, "%s" STR_FMT "%s%s%s%s" STR_FMT, s->severity.len > 0 ? "severity " : "",
        STR_ARG(s->severity), s->severity.len > 0 && s->fixed_only ? ", " : "", fixed,
        (s->severity.len > 0 || s->fixed_only) && s->ignore_status.len > 0 ? ", " : "",
        s->ignore_status.len > 0 ? "not " : "", STR_ARG(s->ignore_status));
}

static int scan_run(const struct invocation *in)
{
    const struct scan_settings *s = in->settings;
    struct error e = {0};
    struct policy policy;
    struct scan_task task = {
        .base = {.run = scan_one,
                 .db = s->which.db,
                 .as_of = s->which.as_of,
                 .report = {.show_ignored = s->show_ignored, .explain = s->explain}},
        .in = in,
        .policy = &policy,
        .fail_on_any = s->exit_code.given && s->exit_code.value != 0 && s->fail_on.len == 0,
    };
    if (!make_policy(s, in->arena, &policy, &e) ||
        !describe_filter(s, in->arena, &task.base.report.filter, &e)) {
        return command_failed(in->command, &e);
    }
    int status = images_run(in, &s->image, &task.base);
    /* a rule that holds, as --fail-on incomplete, is what was asked about */
    if (task.unjudged && !task.fails && status == STATUS_DONE) {
        status = STATUS_UNFINISHED;
    }
    if (status == STATUS_DONE && task.fails) {
        return s->exit_code.given ? (int)s->exit_code.value : STATUS_FINDINGS;
    }
    return status;
}

#define AT(member) offsetof(struct scan_settings, member)
static const struct option_row options[] = {
    {.name = "severity",
     .letter = 's',
     .kind = OPTION_TEXT,
     .at = AT(severity),
     .value = "LIST|MIN",
     .summary = "Show only these: one word for it and worse (high), or a list (HIGH,CRITICAL) of "
                "unknown, negligible, low, medium, high, critical"},
    {.name = "fail-on",
     .kind = OPTION_TEXT,
     .at = AT(fail_on),
     .value = "RULE",
     .summary = "End with status 1 where the rule holds: a severity (that or worse), any, kev "
                "(known to be exploited), epss>=0.5 or epss>0.5 (as likely to be, by FIRST), fixed "
                "(of these, only findings that have a fix), incomplete (not everything could be "
                "judged), nothing-found (no package), none; several joined by commas: "
                "high,kev,fixed"},
    {.name = "sort",
     .kind = OPTION_CHOICE,
     .at = AT(sort),
     .value = "ORDER",
     .choices = "severity|risk|package|epss",
     .summary = "Order of the findings (default: severity); risk: those known to be exploited "
                "first, then by likelihood times severity"},
    {.name = "sort-by",
     .kind = OPTION_CHOICE,
     .at = AT(sort),
     .value = "ORDER",
     .choices = "severity|risk|package|epss",
     .hidden = true,
     .summary = "The same as --sort"},
    {.name = "exit-code",
     .kind = OPTION_NUMBER,
     .at = AT(exit_code),
     .value = "N",
     .most = 255,
     .summary = "Status for --fail-on instead of 1; without --fail-on, for any finding shown"},
    {.name = "fixed-only",
     .kind = OPTION_FLAG,
     .at = AT(fixed_only),
     .summary = "Show only findings that have a fix; --ignore-unfixed and --only-fixed are the "
                "same"},
    {.name = "ignore-unfixed",
     .kind = OPTION_FLAG,
     .at = AT(fixed_only),
     .hidden = true,
     .summary = "The same as --fixed-only"},
    {.name = "only-fixed",
     .kind = OPTION_FLAG,
     .at = AT(fixed_only),
     .hidden = true,
     .summary = "The same as --fixed-only"},
    {.name = "ignore-status",
     .kind = OPTION_TEXT,
     .at = AT(ignore_status),
     .value = "LIST",
     .summary = "Do not show findings in these states: fixed, affected, will-not-fix, "
                "fix-deferred, end-of-life"},
    {.name = "ignore-states",
     .kind = OPTION_TEXT,
     .at = AT(ignore_status),
     .value = "LIST",
     .hidden = true,
     .summary = "The same as --ignore-status"},
    {.name = "ignore",
     .kind = OPTION_LIST,
     .at = AT(ignore),
     .value = "ID",
     .summary = "Do not count this vulnerability or advisory; may be repeated"},
    {.name = "ignorefile",
     .kind = OPTION_TEXT,
     .at = AT(ignorefile),
     .value = "FILE",
     .file = true,
     .summary = "Identifiers that do not count, one a line (default: .limpidignore and "
                ".trivyignore in this folder, where they exist)"},
    {.name = "show-ignored",
     .kind = OPTION_FLAG,
     .at = AT(show_ignored),
     .summary = "List what was ignored, and by what"},
    {.name = "show-suppressed",
     .kind = OPTION_FLAG,
     .at = AT(show_ignored),
     .hidden = true,
     .summary = "The same as --show-ignored"},
    {.name = "explain",
     .kind = OPTION_TEXT,
     .at = AT(explain),
     .value = "ID",
     .summary = "Tell why this vulnerability or advisory is a finding: package, layer, row, "
                "comparison"},
    OPTIONS_WHICH(struct scan_settings, which),
    OPTIONS_IMAGE(struct scan_settings, image),
    OPTIONS_COMMON(struct scan_settings, image.common),
};

const struct command command_scan = {
    .name = "scan",
    .summary = "find known vulnerabilities in images",
    .arguments = "SOURCE…",
    .details = "SOURCE is an archive (docker save or OCI, told apart by content), an OCI layout, a "
               "folder with a root file system, or / for this machine; docker-archive:, "
               "oci-archive:, oci: and dir: make it certain.",
    .arguments_max = SIZE_MAX,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct scan_settings),
    .run = scan_run,
};
