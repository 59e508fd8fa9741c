/* facts_test.h: for the detectors' tests: a sink that writes facts as lines of text, readers that
 * give a file in one window or in small moving ones, and what another program prints. */
#ifndef LIMPID_DETECT_FACTS_TEST_H
#define LIMPID_DETECT_FACTS_TEST_H

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "check.h"
#include "detect/detector.h"

/* A window of `step` bytes more at each fill, in new memory each time: whoever keeps a pointer
 * over a call is found by the sanitizer. */
struct moving_reader {
    struct reader base;
    str rest;
    size_t step;
    uint8_t *room;
    int fails_after; /* fills until one fails; -1: none does */
};

static inline enum step moving_fill(struct reader *base, size_t want, struct error *e)
{
    struct moving_reader *m = CONTAINER_OF(base, struct moving_reader, base);
    (void)want;
    if (m->fails_after >= 0 && m->fails_after-- == 0) {
        error_set(e, ERROR_IO, "the disk is on fire");
        return STEP_FAILED;
    }
    if (m->rest.len == 0) {
        return STEP_END;
    }
    size_t ready = reader_ready(base), more = m->step < m->rest.len ? m->step : m->rest.len;
    uint8_t *room = malloc(ready + more);
    if (room == NULL) {
        error_set(e, ERROR_MEMORY, "no memory");
        return STEP_FAILED;
    }
    if (ready > 0) {
        memcpy(room, base->at, ready);
    }
    memcpy(room + ready, m->rest.at, more);
    free(m->room);
    m->room = room;
    m->rest = str_slice(m->rest, more, m->rest.len);
    base->at = room;
    base->end = room + ready + more;
    base->end_offset += more;
    return STEP_GOT;
}

static inline void moving_close(struct reader *base)
{
    struct moving_reader *m = CONTAINER_OF(base, struct moving_reader, base);
    free(m->room);
    m->room = NULL;
}

static inline void moving_reader_init(struct moving_reader *m, str bytes, size_t step)
{
    static const struct reader_ops ops = {
        .name = "moving", .fill = moving_fill, .close = moving_close};
    *m = (struct moving_reader){
        .base = {.ops = &ops}, .rest = bytes, .step = step, .fails_after = -1};
}

/* Facts as lines: NAME VERSION SOURCE SOURCE_VERSION ARCH for a package; "database PATH",
 * "distribution PATH RANK ID VERSION_ID CODENAME PRETTY_NAME", "note TEXT", "incomplete TEXT". */
struct fact_lines {
    struct fact_sink base;
    struct buf text;
    bool licenses; /* adds a column to packages */
    size_t packages, residues, repositories, incomplete, notes, others;
    int fails_after; /* facts until one is refused; -1: none is */
};

static inline bool fact_line_put(struct fact_sink *sink, const struct fact *f, struct error *e)
{
    struct fact_lines *l = CONTAINER_OF(sink, struct fact_lines, base);
    const struct package *p = &f->package;
    const struct distribution *d = &f->distribution;
    if (l->fails_after >= 0 && l->fails_after-- == 0) {
        return error_set(e, ERROR_IO, "the sink is full");
    }
    switch (f->kind) {
    case FACT_DATABASE:
        l->others++;
        return buf_printf(&l->text, e, "database " STR_FMT "\n", STR_ARG(f->path));
    case FACT_PACKAGE:
        l->packages++;
        return buf_printf(
            &l->text, e, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT "%s" STR_FMT "\n",
            STR_ARG(p->name), STR_ARG(p->version), STR_ARG(p->source), STR_ARG(p->source_version),
            STR_ARG(p->arch), l->licenses ? " " : "", STR_ARG(l->licenses ? p->license : STR_NONE));
    case FACT_DISTRIBUTION:
        l->others++;
        return buf_printf(&l->text, e,
                          "distribution " STR_FMT " %" PRIu32 " id=" STR_FMT " version=" STR_FMT
                          " codename=" STR_FMT " name=" STR_FMT "\n",
                          STR_ARG(f->path), f->rank, STR_ARG(d->id), STR_ARG(d->version_id),
                          STR_ARG(d->codename), STR_ARG(d->pretty_name));
    case FACT_NOTE:
        l->notes++;
        return buf_printf(&l->text, e, "note " STR_FMT "\n", STR_ARG(f->text));
    case FACT_INCOMPLETE:
        l->incomplete++;
        return buf_printf(&l->text, e, "incomplete " STR_FMT "\n", STR_ARG(f->text));
    case FACT_REPOSITORY:
        l->repositories++;
        return buf_printf(&l->text, e, "repository " STR_FMT "\n", STR_ARG(f->text));
    case FACT_RESIDUE: /* not in a line, so that lines are what is installed */
        l->residues++;
        return true;
    case FACT_REMOVED:
    case FACT_OPAQUE:
    case FACT_REPLACED:
    case FACT_SYMLINK:
    case FACT_HARDLINK:
    case FACT_DIRECTORY:
        break;
    }
    return error_set(e, ERROR_FORMAT, "a fact that no detector makes");
}

static inline void fact_lines_init(struct fact_lines *l)
{
    *l = (struct fact_lines){.base = {.put = fact_line_put}, .fails_after = -1};
    buf_init(&l->text, 256 * 1024 * 1024);
}

static inline void fact_lines_done(struct fact_lines *l)
{
    buf_done(&l->text);
}

/* Reads `content` as the file `role`; `step` 0: in one window. */
static inline bool detect_text(const struct detector *d, str role, str content, size_t step,
                               struct fact_lines *out, struct error *e)
{
    struct arena arena;
    struct memory_reader memory;
    struct moving_reader moving;
    struct reader *body = &moving.base;
    struct entry at = {.kind = ENTRY_FILE, .path = role, .size_bytes = content.len};
    arena_init(&arena, 64 * 1024 * 1024, "a detector's test");
    moving_reader_init(&moving, content, step);
    if (step == 0) {
        memory_reader_init(&memory, content);
        body = &memory.base;
    }
    bool ok = d->read(d, role, &at, body, &arena, &out->base, e);
    reader_close(body);
    arena_done(&arena);
    return ok;
}

/* Frees what check_file and tool_output gave. */
static inline void heap_free(str s)
{
    char *at;
    memcpy(&at, &s.at, sizeof(at)); /* a str's bytes are const */
    free(at);
}

/* What `argv[0]` prints, on the heap (heap_free); STR_NONE where it cannot be run or fails. */
static inline str tool_output(const char *const *argv)
{
    static const char *const clean[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    char name[] = "/tmp/limpid-test-XXXXXX";
    int file = mkostemp(name, O_CLOEXEC), status = -1;
    posix_spawn_file_actions_t actions;
    pid_t child;
    str all = STR_NONE;
    if (file < 0) {
        return all;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, file, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    /* posix_spawn takes char *const[] and changes none of them */
    char **args, **env;
    memcpy(&args, &argv, sizeof(args));
    const char *const *environment = clean;
    memcpy(&env, &environment, sizeof(env));
    if (posix_spawnp(&child, argv[0], &actions, NULL, args, env) == 0 &&
        waitpid(child, &status, 0) == child && status == 0) {
        all = check_file(name);
    }
    posix_spawn_file_actions_destroy(&actions);
    unlink(name);
    close(file);
    return all;
}

#endif
