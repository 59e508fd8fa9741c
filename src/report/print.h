/* print.h: lines for people, in pieces, with colours where they are wanted. Names and texts that
 * come from an image or an advisory go through print_name only.
 *
 * The first failure sticks: what follows does nothing; look at `ok` at the end, the reason is in
 * the error given at the start. */
#ifndef LIMPID_REPORT_PRINT_H
#define LIMPID_REPORT_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"
#include "model/severity.h"
#include "stream/writer.h"

struct print {
    struct writer *to; /* borrowed */
    struct error *e;   /* borrowed */
    bool ok;
    bool color;
    size_t width; /* columns of the terminal; 0: no bound */
};

void print_text(struct print *p, const char *literal);
void print_name(struct print *p, str name);                         /* escaped */
void print_cut(struct print *p, str name, size_t columns_max);      /* escaped, and cut */
void print_fmt(struct print *p, const char *fmt, ...) PRINTF(2, 3); /* numbers only */
void print_blanks(struct print *p, size_t count);

/* Without an epoch of 0, which some publishers write and package managers do not ("0:2.34"). */
str print_version(str version);

/* "1 finding", "3 findings". */
void print_count(struct print *p, size_t count, const char *one, const char *many);

/* Starts a style ("1": bold; SGR of ECMA-48), or ends it with NULL; nothing without colours. */
void print_style(struct print *p, const char *sgr);

/* The style of a severity, or NULL. */
const char *print_severity_sgr(enum severity s);

/* A section's title, with a line of its own. */
void print_title(struct print *p, const char *title);

/* How old something dated `then_s` is: "today", "2 days old", "of unknown age". */
void print_age(struct print *p, int64_t now_s, int64_t then_s);

#endif
