#include "server/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/fd.h"
#include "report/escape.h"

enum { GATHERED_BYTES = 32 * 1024, TEXT_BYTES = 2048, PENDING_BYTES_MAX = 1024 * 1024 };

struct log {
    int fd;
    enum log_format format;
    _Atomic enum log_level level;
    pthread_mutex_t lock;
    struct writer out;
    time_t second; /* that `date` is of */
    char date[32];
};

static const struct {
    str name;
    enum log_level level;
} names[] = {
    {STR_INIT("critical"), LOG_CRITICAL}, {STR_INIT("fatal"), LOG_CRITICAL},
    {STR_INIT("panic"), LOG_CRITICAL},    {STR_INIT("error"), LOG_ERROR},
    {STR_INIT("warning"), LOG_WARNING},   {STR_INIT("warn"), LOG_WARNING},
    {STR_INIT("notice"), LOG_NOTICE},     {STR_INIT("info"), LOG_INFO},
    {STR_INIT("debug"), LOG_DEBUG},       {STR_INIT("trace"), LOG_TRACE},
};

bool log_level_parse(str text, enum log_level *out, struct error *e)
{
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (str_eq_nocase(text, names[i].name)) {
            *out = names[i].level;
            return true;
        }
    }
    return error_set(e, ERROR_USAGE,
                     "'" STR_FMT "' is no level: critical, error, warning, notice, info, debug and "
                     "trace are",
                     STR_ARG(text));
}

bool log_open(int fd, enum log_format format, enum log_level level, struct log **out,
              struct error *e)
{
    struct log *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for the log");
    }
    l->fd = fd;
    l->format = format;
    atomic_init(&l->level, level);
    pthread_mutex_init(&l->lock, NULL);
    writer_to_memory(&l->out, PENDING_BYTES_MAX);
    *out = l;
    return true;
}

/* Under the lock. A log that cannot be written is nobody's to tell. */
static void write_out(struct log *l)
{
    bool written = fd_write_all(l->fd, l->out.pending.at, l->out.pending.len, NULL);
    (void)written;
    l->out.pending.len = 0;
}

void log_flush(struct log *l)
{
    pthread_mutex_lock(&l->lock);
    write_out(l);
    pthread_mutex_unlock(&l->lock);
}

void log_close(struct log *l)
{
    if (l != NULL) {
        log_flush(l);
        writer_done(&l->out);
        pthread_mutex_destroy(&l->lock);
        free(l);
    }
}

void log_level_set(struct log *l, enum log_level level)
{
    atomic_store(&l->level, level);
}

bool log_wants(const struct log *l, enum log_level level)
{
    return level <= atomic_load_explicit(&l->level, memory_order_relaxed);
}

/* The date and the time of this second, which many lines have in common; *us behind it. */
static const char *date_of_now(struct log *l, long *us)
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    *us = now.tv_nsec / 1000;
    if (l->date[0] == '\0' || l->second != now.tv_sec) {
        bool local = l->format == LOG_TEXT; /* as each of Clair's generations did */
        l->second = now.tv_sec;
        if ((local ? localtime_r(&now.tv_sec, &tm) : gmtime_r(&now.tv_sec, &tm)) == NULL ||
            strftime(l->date, sizeof(l->date), "%Y-%m-%d %H:%M:%S", &tm) == 0) {
            l->date[0] = '\0';
        }
    }
    return l->date;
}

/* "2015-12-17 18:23:25.123456 I | api: text" */
static bool write_text(struct log *l, const struct log_event *event, str text)
{
    static const char letters[] = "CEWNIDT";
    struct writer *w = &l->out;
    long us;
    const char *date = date_of_now(l, &us);
    return writer_printf(w, NULL, "%s.%06ld %c | %s: ", date, us, letters[event->level],
                         event->package) &&
           escape_field(w, text, NULL) && writer_add(w, STR("\n"), NULL);
}

static bool write_field(struct writer *w, const struct log_field *f)
{
    if (!writer_printf(w, NULL, ",\"%s\":", f->name)) {
        return false;
    }
    return f->text.at != NULL ? escape_json(w, f->text, NULL)
                              : writer_printf(w, NULL, "%llu", (unsigned long long)f->number);
}

/* {"Event":…,"Level":…,"Location":…,"Time":…,fields} */
static bool write_json(struct log *l, const struct log_event *event, str text)
{
    static const char *const levels[] = {"fatal", "error", "warning", "info",
                                         "info",  "debug", "debug"};
    struct writer *w = &l->out;
    long us;
    const char *file = strrchr(event->file, '/'), *date = date_of_now(l, &us);
    bool done =
        writer_add(w, STR("{\"Event\":"), NULL) &&
        escape_json(w, event->event != NULL ? str_from(event->event) : text, NULL) &&
        writer_printf(w, NULL, ",\"Level\":\"%s\",\"Location\":\"%s:%d\",\"Time\":\"%s.%06ld\"",
                      levels[event->level], file != NULL ? file + 1 : event->file, event->line,
                      date, us);
    for (size_t i = 0; done && i < event->fields_count; i++) {
        done = write_field(w, &event->fields[i]);
    }
    return done && writer_add(w, STR("}\n"), NULL);
}

void log_write(struct log *l, const struct log_event *event, const char *fmt, ...)
{
    char text[TEXT_BYTES];
    if (!log_wants(l, event->level)) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    str line = {.at = text, .len = strnlen(text, sizeof(text))};
    (void)len;
    pthread_mutex_lock(&l->lock);
    size_t before = l->out.pending.len;
    bool whole = l->format == LOG_JSON ? write_json(l, event, line) : write_text(l, event, line);
    if (!whole) {
        l->out.pending.len = before; /* no memory: half a line is worse than none */
    }
    if (!event->gathered || l->out.pending.len >= GATHERED_BYTES) {
        write_out(l);
    }
    pthread_mutex_unlock(&l->lock);
}
