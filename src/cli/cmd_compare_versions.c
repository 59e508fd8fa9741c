/* limpid compare-versions: the version orders, for scripts and for checking them. */
#include <errno.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/say.h"
#include "ops/versions.h"
#include "stream/writer.h"

enum { LINE_BYTES_MAX = 1024 * 1024, READ_BYTES = 64 * 1024 };

struct compare_settings {
    struct common_settings common;
};

struct comparison {
    str scheme;
    size_t lines;
    struct writer out;
};

static bool print_order(struct comparison *c, str a, str b, struct error *e)
{
    int order;
    if (!ops_compare_versions(c->scheme, a, b, &order, e)) {
        return false;
    }
    return writer_add(&c->out, order < 0 ? STR("-1\n") : order > 0 ? STR("1\n") : STR("0\n"), e);
}

static bool compare_line(struct comparison *c, str line, struct error *e)
{
    str a;
    c->lines++;
    if (!str_cut(&line, '\t', &a) || str_find_char(line, '\t') < line.len) {
        return error_set(e, ERROR_FORMAT, "line %zu is not A<TAB>B", c->lines);
    }
    return print_order(c, a, line, e);
}

/* Whole lines at the front of `pending`; at the end of the input, what is left too. */
static bool compare_pending(struct comparison *c, struct buf *pending, bool end, struct error *e)
{
    str rest = buf_str(pending), line;
    size_t all = rest.len;
    while (str_cut(&rest, '\n', &line)) {
        if (!compare_line(c, line, e)) {
            return false;
        }
    }
    if (end && rest.len > 0) {
        return compare_line(c, rest, e);
    }
    buf_drop(pending, all - rest.len);
    return true;
}

static bool compare_stdin(struct comparison *c, struct error *e)
{
    CLEANUP(buf_done) struct buf pending;
    buf_init(&pending, LINE_BYTES_MAX + READ_BYTES);
    for (;;) {
        if (!buf_reserve(&pending, READ_BYTES, e)) {
            return error_wrap(e, "line %zu", c->lines + 1);
        }
        ssize_t got = read(STDIN_FILENO, pending.at + pending.len, READ_BYTES);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_sys(e, errno, "cannot read standard input");
        }
        pending.len += (size_t)got;
        if (!compare_pending(c, &pending, got == 0, e)) {
            return false;
        }
        if (got == 0) {
            return true;
        }
    }
}

static int compare_run(const struct invocation *in)
{
    struct error e = {0};
    const str *arguments = in->arguments.at;
    struct comparison c = {.scheme = arguments[0]};
    int order;
    if (in->arguments.count == 2) {
        say("compare-versions: it takes SCHEME A B, or SCHEME alone and lines A<TAB>B; see limpid "
            "compare-versions --help");
        return STATUS_USAGE;
    }
    /* an unknown scheme is told before anything is read */
    if (!ops_compare_versions(c.scheme, STR_NONE, STR_NONE, &order, &e)) {
        return command_failed(in->command, &e);
    }
    writer_to_fd(&c.out, STDOUT_FILENO);
    bool ok = in->arguments.count == 3 ? print_order(&c, arguments[1], arguments[2], &e)
                                       : compare_stdin(&c, &e);
    struct error flush = {0};
    bool flushed = writer_flush(&c.out, &flush);
    writer_done(&c.out);
    if (!ok) {
        return command_failed(in->command, &e);
    }
    return flushed ? STATUS_DONE : say_failed(&flush);
}

static const struct option_row options[] = {OPTIONS_HELP(struct compare_settings, common)};

const struct command command_compare_versions = {
    .name = "compare-versions",
    .summary = "compare two versions by an ecosystem's own order",
    .arguments = "SCHEME [A B]",
    .details = "Prints -1, 0 or 1: A is older than, equal to or newer than B. Without A and B, "
               "reads lines A<TAB>B from standard input and prints one result a line. A version "
               "that begins with '-' stands after '--'.",
    .arguments_min = 1,
    .arguments_max = 3,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct compare_settings),
    .word = ops_scheme_at,
    .words_title = "Schemes",
    .run = compare_run,
};
