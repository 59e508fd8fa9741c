/* grid.h: rows of text in columns that are as wide as they need to be and, on a terminal, narrow
 * enough for its width. First grid_measure every row, then grid_fit, then print them. */
#ifndef LIMPID_REPORT_GRID_H
#define LIMPID_REPORT_GRID_H

#include "report/print.h"

enum { GRID_COLUMNS_MAX = 8, GRID_GAP = 2 };

struct grid_column {
    const char *title;
    size_t least; /* never cut below this many columns; SIZE_MAX: never cut */
    size_t most;  /* always cut to this many columns; 0: no bound */
    size_t width; /* found by grid_measure and grid_fit */
};

struct grid {
    size_t count;  /* columns */
    size_t indent; /* blanks before each row */
    struct grid_column columns[GRID_COLUMNS_MAX];
};

/* `cells` has grid->count texts, not yet escaped. */
void grid_measure(struct grid *g, const str *cells);

/* Narrows to `width` columns (0: no bound): the last column first, then always the widest. */
void grid_fit(struct grid *g, size_t width);

/* As before the first grid_measure. */
void grid_restart(struct grid *g);

void grid_header(const struct grid *g, struct print *p);

/* The first cell gets the style `sgr` (may be NULL). No trailing blanks. */
void grid_row(const struct grid *g, struct print *p, const str *cells, const char *sgr);

#endif
