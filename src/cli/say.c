#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "report/escape.h"

static void say_line(str text)
{
    struct writer w;
    writer_to_fd(&w, STDERR_FILENO);
    /* where standard error cannot be written there is nobody to tell */
    bool ok = writer_add(&w, STR("limpid: "), NULL) && escape_field(&w, text, NULL) &&
              writer_add(&w, STR("\n"), NULL) && writer_flush(&w, NULL);
    (void)ok;
    writer_done(&w);
}

void say(const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    say_line(str_from(text));
}

void say_error(const struct error *e)
{
    if (e->kind == ERROR_IO && e->sys == EPIPE) {
        return;
    }
    say("%s%s%s", e->text, e->hint[0] != '\0' ? "; " : "", e->hint);
}

int say_status(const struct error *e)
{
    return e->kind == ERROR_USAGE ? STATUS_USAGE : STATUS_UNFINISHED;
}

int say_failed(const struct error *e)
{
    say_error(e);
    return say_status(e);
}
