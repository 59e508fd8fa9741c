#include "report/print.h"

#include <stdarg.h>
#include <stdio.h>

#include "report/escape.h"

void print_text(struct print *p, const char *literal)
{
    p->ok = p->ok && writer_add(p->to, str_from(literal), p->e);
}

void print_name(struct print *p, str name)
{
    p->ok = p->ok && escape_terminal(p->to, name, SIZE_MAX, p->e);
}

void print_cut(struct print *p, str name, size_t columns_max)
{
    p->ok = p->ok && escape_terminal(p->to, name, columns_max, p->e);
}

void print_fmt(struct print *p, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len > 0) {
        print_text(p, text);
    }
}

void print_blanks(struct print *p, size_t count)
{
    static const char blanks[] = "                                ";
    while (count > 0) {
        size_t now = count < sizeof(blanks) - 1 ? count : sizeof(blanks) - 1;
        p->ok = p->ok && writer_add(p->to, (str){.at = blanks, .len = now}, p->e);
        count -= now;
    }
}

str print_version(str version)
{
    return str_starts(version, STR("0:")) ? str_slice(version, 2, version.len) : version;
}

void print_count(struct print *p, size_t count, const char *one, const char *many)
{
    print_fmt(p, "%zu %s", count, count == 1 ? one : many);
}

void print_style(struct print *p, const char *sgr)
{
    if (p->color) {
        print_text(p, "\x1b[");
        print_text(p, sgr == NULL ? "0" : sgr);
        print_text(p, "m");
    }
}

const char *print_severity_sgr(enum severity s)
{
    switch (s) {
    case SEVERITY_CRITICAL:
        return "1;31";
    case SEVERITY_HIGH:
        return "31";
    case SEVERITY_MEDIUM:
        return "33";
    case SEVERITY_LOW:
        return "36";
    case SEVERITY_NEGLIGIBLE:
        return "2";
    case SEVERITY_UNKNOWN:
    case SEVERITY_COUNT:
        break;
    }
    return NULL;
}

void print_title(struct print *p, const char *title)
{
    print_text(p, "\n");
    print_style(p, "1");
    print_text(p, title);
    print_style(p, NULL);
    print_text(p, "\n");
}

void print_age(struct print *p, int64_t now_s, int64_t then_s)
{
    if (then_s == 0) {
        print_text(p, "of unknown age");
        return;
    }
    long long days = now_s <= then_s ? 0 : (long long)((now_s - then_s) / 86400);
    if (days == 0) {
        print_text(p, "today");
    } else {
        print_fmt(p, "%lld %s old", days, days == 1 ? "day" : "days");
    }
}
