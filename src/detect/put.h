/* put.h: how detectors hand over facts, and how they tell what they could not read. Nothing here
 * allocates; false is an error of the sink. */
#ifndef LIMPID_DETECT_PUT_H
#define LIMPID_DETECT_PUT_H

#include "detect/detector.h"

/* FACT_DATABASE for the file `at`. */
bool put_database(const struct detector *self, const struct entry *at, struct fact_sink *out,
                  struct error *e) MUST_USE;

bool put_package(const struct package *package, struct fact_sink *out, struct error *e) MUST_USE;

/* FACT_RESIDUE: known to the database, but not installed. */
bool put_residue(const struct package *package, struct fact_sink *out, struct error *e) MUST_USE;

/* A FACT_NOTE or FACT_INCOMPLETE about the file `at`; at most 500 bytes. */
bool put_text(enum fact_kind kind, const struct entry *at, struct fact_sink *out, struct error *e,
              const char *fmt, ...) PRINTF(5, 6) MUST_USE;

/* True where the file is larger than the detector reads: its FACT_INCOMPLETE has been put, and
 * `*put` tells whether the sink took it. */
bool put_too_large(const struct detector *self, const struct entry *at, struct fact_sink *out,
                   bool *put, struct error *e) MUST_USE;

/* What a report shows of one text, and what a fact carries of it. */
enum { PUT_TEXT_BYTES_MAX = 64 * 1024 };

/* True for a word that a package manager could have written: not empty, without blanks and control
 * bytes, within PUT_TEXT_BYTES_MAX. Anything else would be another package in some report. */
bool is_plain(str word);

/* Why no package can have this name and version, or NULL. */
const char *package_fault(str name, str version);

/* What one database lost: told once, at its end, however much it is. */
struct losses {
    uint64_t packages; /* left out */
    uint64_t damaged;  /* listed, though something is wrong with their records */
    uint64_t line;     /* of the first */
    const char *why;   /* of the first; NULL where there is none */
};

void losses_left_out(struct losses *l, uint64_t line, const char *why);
void losses_damaged(struct losses *l, uint64_t line, const char *why);

/* Puts a FACT_INCOMPLETE, or nothing where nothing was lost. */
bool put_losses(const struct losses *l, const struct entry *at, struct fact_sink *out,
                struct error *e) MUST_USE;

#endif
