/* log.h: what the service says on standard output: lines for people as Clair of 2015 wrote them,
 * or one JSON object a line as Clair of 2016 did.
 *
 *     2015-12-17 18:23:25.123456 I | api: 201 POST /v1/layers (1.2ms)
 *     {"Event":"update finished","Level":"info","Location":"updater.c:83","Time":"…"}
 *
 * Requests' lines are gathered for a moment; all others are written at once. Safe from many
 * threads. Texts are escaped; secrets are the caller's care. */
#ifndef LIMPID_SERVER_LOG_H
#define LIMPID_SERVER_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

enum log_level { LOG_CRITICAL, LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG, LOG_TRACE };
enum log_format { LOG_TEXT, LOG_JSON };

struct log;

struct log_field {
    const char *name;
    str text;
    uint64_t number; /* where `text` is STR_NONE */
};

/* One event in both forms. */
struct log_event {
    enum log_level level;
    const char *package; /* "api": before the text */
    const char *event;   /* JSON: "Handled HTTP request"; NULL: the text */
    const struct log_field *fields;
    size_t fields_count;
    bool gathered; /* may wait a moment */
    const char *file;
    int line;
};

/* "info", "warning" … and the names of Clair's two loggers. */
bool log_level_parse(str text, enum log_level *out, struct error *e) MUST_USE;

/* Lines are added to `file` (kept as a copy), made with mode 0640 where there is none; empty: to
 * standard output. */
bool log_open(str file, enum log_format format, enum log_level level, struct log **out,
              struct error *e) MUST_USE;

/* Opens the file anew, which somebody may have moved away; where that fails the old one stays. */
bool log_reopen(struct log *l, struct error *e) MUST_USE;
void log_close(struct log *l); /* writes what was gathered; NULL is fine */
void log_flush(struct log *l);
void log_level_set(struct log *l, enum log_level level);
bool log_wants(const struct log *l, enum log_level level);

/* `fmt` is the text form's text. */
void log_write(struct log *l, const struct log_event *event, const char *fmt, ...) PRINTF(3, 4);

#define LOG(l, severity, from, ...)                                                                \
    log_write((l),                                                                                 \
              &(struct log_event){                                                                 \
                  .level = (severity), .package = (from), .file = __FILE__, .line = __LINE__},     \
              __VA_ARGS__)

/* The text with another event and fields for JSON. */
#define LOG_EVENT(l, severity, from, name, list, ...)                                              \
    log_write((l),                                                                                 \
              &(struct log_event){.level = (severity),                                             \
                                  .package = (from),                                               \
                                  .event = (name),                                                 \
                                  .fields = (list),                                                \
                                  .fields_count = ARRAY_COUNT(list),                               \
                                  .file = __FILE__,                                                \
                                  .line = __LINE__},                                               \
              __VA_ARGS__)

#endif
