/* diag.h: what could not be read or judged, beside a result that otherwise stands ("a damaged
 * file spoils that file only"). Notes live in an arena and are printed with the report. */
#ifndef LIMPID_BASE_DIAG_H
#define LIMPID_BASE_DIAG_H

#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

enum diag_kind {
    DIAG_NOTE,       /* worth knowing; the result is whole */
    DIAG_INCOMPLETE, /* something was not read or not judged: the result may lack findings */
};

struct diag_note {
    enum diag_kind kind;
    str path; /* the file in the image, or empty */
    str text; /* what and why, in the form of an error text */
};

enum { DIAG_NOTES_MAX = 1000 };

struct diag {
    struct arena *arena; /* borrowed; copies of the texts live here */
    struct diag_note *notes;
    size_t count, room;
    size_t left_out; /* notes past DIAG_NOTES_MAX are counted only */
    bool incomplete; /* some note was DIAG_INCOMPLETE, kept or left out */
};

void diag_init(struct diag *d, struct arena *arena);

/* Adds a note; equal ones are kept once. Past DIAG_NOTES_MAX it is only counted. */
bool diag_add(struct diag *d, enum diag_kind kind, str path, str text, struct error *e) MUST_USE;

#endif
