#include "cli/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "cli/say.h"

/* -- which outputs -------------------------------------------------------------------------- */

static bool add(struct outputs *o, const struct reporter *reporter, str path, struct error *e)
{
    void *items = o->at;
    if (!arena_grow(o->arena, &items, o->count, &o->room, sizeof(*o->at), e)) {
        return false;
    }
    o->at = items;
    bool out = path.len == 0 || str_eq(path, STR("-"));
    o->at[o->count++] =
        (struct output){.reporter = reporter, .path = out ? STR_NONE : path, .fd = -1};
    return true;
}

/* What other scanners call a format: "cyclonedx-json", "sarif", "spdx-tag-value@2.3". */
static bool is_word(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '@' ||
              (c == '.' && str_find_char(s, '@') < i))) {
            return false;
        }
    }
    return s.len > 0;
}

/* "json=FILE", "json" alone (Grype's and Syft's users write that), or a file in the format of
 * --format. A file that is called like a format is written as ./json. */
static bool add_output(struct outputs *o, const struct reporter *plain, str text, bool *took_plain,
                       struct error *e)
{
    str path = text, format = STR_NONE;
    if (text.len == 0) {
        return error_set(e, ERROR_USAGE, "--output: empty; it takes FILE or FORMAT=FILE");
    }
    if (reporter_find(text) != NULL) {
        return add(o, reporter_find(text), STR_NONE, e);
    }
    if (str_cut(&path, '=', &format) && reporter_find(format) != NULL) {
        if (path.len == 0) {
            return error_set(e, ERROR_USAGE, "--output: no file after '" STR_FMT "'",
                             STR_ARG(text));
        }
        return add(o, reporter_find(format), path, e);
    }
    if (format.len > 0 && is_word(format)) {
        return error_set(e, ERROR_USAGE,
                         "--output: no format '" STR_FMT "'; a file of that name is ./" STR_FMT,
                         STR_ARG(format), STR_ARG(text));
    }
    *took_plain = true;
    return add(o, plain, text, e);
}

static bool add_all(struct outputs *o, const struct output_settings *settings, struct error *e)
{
    const struct reporter *plain = reporters[settings->format.value];
    bool took_plain = settings->output.count > 0 && !settings->format.given;
    for (size_t i = 0; i < settings->output.count; i++) {
        if (!add_output(o, plain, settings->output.at[i], &took_plain, e)) {
            return false;
        }
    }
    /* --format that no FILE has taken is for standard output, also beside FORMAT=FILE */
    return took_plain || add(o, plain, STR_NONE, e);
}

static bool check(const struct outputs *o, bool inventory, struct error *e)
{
    size_t to_stdout = 0;
    for (size_t i = 0; i < o->count; i++) {
        const struct reporter *r = o->at[i].reporter;
        if ((inventory ? r->inventory != NULL : r->scan != NULL) == false) {
            return error_set(e, ERROR_USAGE, "--format: '%s' cannot print %s", r->name,
                             inventory ? "an inventory" : "findings");
        }
        to_stdout += o->at[i].path.len == 0;
    }
    if (to_stdout > 1) {
        return error_set(e, ERROR_USAGE,
                         "--output: two formats for standard output; write FORMAT=FILE");
    }
    return true;
}

/* -- files ---------------------------------------------------------------------------------- */

enum { TEMPORARY_TRIES = 100 };

static bool open_temporary(struct outputs *o, struct output *out, struct error *e)
{
    str dir = path_dir(out->path), base = path_base(out->path);
    bool rooted = str_find_char(out->path, '/') < out->path.len;
    for (unsigned i = 0; i < TEMPORARY_TRIES; i++) {
        if (!arena_printf(o->arena, &out->temporary, e, "%.*s%s.%.*s.limpid-%d-%u", (int)dir.len,
                          dir.len > 0 ? dir.at : "", rooted ? "/" : "", (int)base.len, base.at,
                          (int)getpid(), i)) {
            return false;
        }
        out->fd =
            open(out->temporary.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (out->fd >= 0) {
            return true;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    int sys = errno;
    out->temporary = STR_NONE;
    return error_sys(e, sys, "cannot write '" STR_FMT "'", STR_ARG(out->path));
}

/* A link is followed, so that its target is replaced and not the link; what is no file (a pipe,
 * /dev/null) cannot be replaced and is written as it is. */
static bool open_output(struct outputs *o, struct output *out, struct error *e)
{
    struct stat st;
    char real[PATH_MAX];
    if (out->path.len == 0) {
        out->fd = STDOUT_FILENO;
        out->in_place = true;
        return true;
    }
    if (out->path.len >= PATH_MAX - 64 || path_base(out->path).len == 0) {
        return error_set(e, ERROR_USAGE, "--output: '" STR_FMT "' is no name of a file",
                         STR_ARG(out->path));
    }
    if (stat(out->path.at, &st) == 0) {
        if (S_ISDIR(st.st_mode)) {
            return error_set(e, ERROR_USAGE, "--output: '" STR_FMT "' is a folder",
                             STR_ARG(out->path));
        }
        if (!S_ISREG(st.st_mode)) {
            out->in_place = true;
            out->fd = open(out->path.at, O_WRONLY | O_CLOEXEC | O_NOCTTY);
            return out->fd >= 0 ||
                   error_sys(e, errno, "cannot write '" STR_FMT "'", STR_ARG(out->path));
        }
        if (realpath(out->path.at, real) != NULL &&
            !arena_str(o->arena, str_from(real), &out->path, e)) {
            return false;
        }
    }
    return open_temporary(o, out, e);
}

static void output_abandon(struct output *out)
{
    writer_done(&out->writer);
    if (out->path.len > 0 && out->fd >= 0) {
        close(out->fd);
    }
    out->fd = -1;
    if (out->temporary.len > 0) {
        unlink(out->temporary.at);
        out->temporary = STR_NONE;
    }
}

static bool output_put_in_place(struct output *out, struct error *e)
{
    if (out->path.len == 0) {
        return true;
    }
    int fd = fd_take(&out->fd);
    if (close(fd) != 0) {
        return error_sys(e, errno, "cannot write '" STR_FMT "'", STR_ARG(out->path));
    }
    if (out->in_place) {
        return true;
    }
    if (rename(out->temporary.at, out->path.at) != 0) {
        return error_sys(e, errno, "cannot replace '" STR_FMT "'", STR_ARG(out->path));
    }
    out->temporary = STR_NONE;
    return true;
}

/* -- reports -------------------------------------------------------------------------------- */

static void output_failed(struct outputs *o, struct output *out, struct error *e)
{
    if (out->path.len == 0) {
        error_wrap(e, "cannot write the report");
    } else {
        error_wrap(e, "cannot write '" STR_FMT "'", STR_ARG(out->path));
    }
    say_error(e);
    out->failed = true;
    o->failed = true;
}

static struct report_options options_for(const struct outputs *o, const struct output *out)
{
    struct report_options options = o->options;
    options.color = out->path.len == 0 && o->terminal.color;
    options.width = out->path.len == 0 ? o->terminal.width : 0;
    return options;
}

bool outputs_open(struct outputs *o, const struct invocation *in,
                  const struct outputs_request *request, struct error *e)
{
    *o =
        (struct outputs){.arena = in->arena, .options = request->options, .terminal = in->terminal};
    if (!add_all(o, request->settings, e) || !check(o, request->inventory, e)) {
        return false;
    }
    for (size_t i = 0; i < o->count; i++) {
        if (!open_output(o, &o->at[i], e)) {
            outputs_close(o);
            return false;
        }
        writer_to_fd(&o->at[i].writer, o->at[i].fd);
    }
    return true;
}

enum moment { MOMENT_BEGIN, MOMENT_RESULT, MOMENT_END };

struct part { /* what is written now */
    enum moment moment;
    const struct scan *scan;
    const struct inventory *inventory;
};

static bool write_part(const struct outputs *o, struct output *out, const struct part *part,
                       struct error *e)
{
    const struct report_options options = options_for(o, out);
    const struct reporter *r = out->reporter;
    switch (part->moment) {
    case MOMENT_BEGIN:
        return r->begin == NULL || r->begin(&options, &out->writer, e);
    case MOMENT_RESULT:
        return part->scan != NULL ? r->scan(part->scan, &options, &out->writer, e)
                                  : r->inventory(part->inventory, &options, &out->writer, e);
    case MOMENT_END:
        return r->end == NULL || r->end(&options, &out->writer, e);
    }
    return false;
}

static void write_all(struct outputs *o, const struct part *part)
{
    for (size_t i = 0; i < o->count; i++) {
        struct output *out = &o->at[i];
        struct error e = {0};
        if (!out->failed && (!write_part(o, out, part, &e) || !writer_flush(&out->writer, &e))) {
            output_failed(o, out, &e);
        }
    }
}

static void write_result(struct outputs *o, const struct part *part)
{
    if (o->options.index == 0) {
        write_all(o, &(struct part){.moment = MOMENT_BEGIN});
    }
    write_all(o, part);
    o->options.index++;
}

void outputs_scan(struct outputs *o, const struct scan *scan)
{
    write_result(o, &(struct part){.moment = MOMENT_RESULT, .scan = scan});
}

void outputs_inventory(struct outputs *o, const struct inventory *inventory)
{
    write_result(o, &(struct part){.moment = MOMENT_RESULT, .inventory = inventory});
}

bool outputs_tell_notes(const struct outputs *o)
{
    bool all = true;
    for (size_t i = 0; i < o->count; i++) {
        all = all && o->at[i].reporter->tells_notes;
    }
    return all;
}

void outputs_commit(struct outputs *o, const struct report_failure *failures, size_t count)
{
    o->options.failures = failures;
    o->options.failures_count = count;
    if (o->options.index == 0) {
        if (o->options.count <= 1) {
            return; /* nothing was found out: files stay as they were */
        }
        write_all(o, &(struct part){.moment = MOMENT_BEGIN});
    }
    write_all(o, &(struct part){.moment = MOMENT_END});
    for (size_t i = 0; i < o->count; i++) {
        struct error e = {0};
        if (!o->at[i].failed && !output_put_in_place(&o->at[i], &e)) {
            say_error(&e);
            o->failed = true;
        }
    }
}

void outputs_close(struct outputs *o)
{
    for (size_t i = 0; i < o->count; i++) {
        output_abandon(&o->at[i]);
    }
    o->count = 0;
}
