#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Text in messages may come from an image: no byte of it may steer a terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f) {
            *text = '?';
        }
    }
}

static PRINTF(3, 0) void format_into(char *to, size_t size, const char *fmt, va_list args)
{
    if (vsnprintf(to, size, fmt, args) < 0) {
        to[0] = '\0';
    }
    make_printable(to);
}

bool error_set(struct error *e, enum error_kind kind, const char *fmt, ...)
{
    if (e == NULL) {
        return false;
    }
    e->kind = kind;
    e->sys = 0;
    e->hint[0] = '\0';
    va_list args;
    va_start(args, fmt);
    format_into(e->text, sizeof(e->text), fmt, args);
    va_end(args);
    return false;
}

bool error_sys(struct error *e, int sys, const char *fmt, ...)
{
    if (e == NULL) {
        return false;
    }
    e->kind = sys == ENOMEM ? ERROR_MEMORY : ERROR_IO;
    e->sys = sys;
    e->hint[0] = '\0';
    va_list args;
    va_start(args, fmt);
    format_into(e->text, sizeof(e->text), fmt, args);
    va_end(args);
    size_t used = strlen(e->text);
    char words[128];
    snprintf(e->text + used, sizeof(e->text) - used, ": %s", strerror_r(sys, words, sizeof(words)));
    return false;
}

bool error_wrap(struct error *e, const char *fmt, ...)
{
    if (e == NULL) {
        return false;
    }
    char inner[sizeof(e->text)];
    memcpy(inner, e->text, sizeof(inner));
    va_list args;
    va_start(args, fmt);
    format_into(e->text, sizeof(e->text), fmt, args);
    va_end(args);
    size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof(e->text) - used, ": %s", inner);
    return false;
}

bool error_hint(struct error *e, const char *fmt, ...)
{
    if (e == NULL || e->hint[0] != '\0') {
        return false;
    }
    va_list args;
    va_start(args, fmt);
    format_into(e->hint, sizeof(e->hint), fmt, args);
    va_end(args);
    return false;
}

void error_clear(struct error *e)
{
    e->kind = ERROR_NONE;
    e->sys = 0;
    e->text[0] = '\0';
    e->hint[0] = '\0';
}

const char *error_kind_name(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return "none";
    case ERROR_FORMAT:
        return "format";
    case ERROR_LIMIT:
        return "limit";
    case ERROR_IO:
        return "io";
    case ERROR_MEMORY:
        return "memory";
    case ERROR_REMOTE:
        return "remote";
    case ERROR_USAGE:
        return "usage";
    case ERROR_ABSENT:
        return "absent";
    case ERROR_DIGEST:
        return "digest";
    }
    return "unknown";
}
