#include "report/grid.h"

#include "report/escape.h"

static void widen(struct grid_column *c, size_t columns)
{
    if (columns > c->width) {
        c->width = c->most > 0 && columns > c->most ? c->most : columns;
    }
}

void grid_measure(struct grid *g, const str *cells)
{
    for (size_t i = 0; i < g->count; i++) {
        widen(&g->columns[i], escape_columns(cells[i]));
    }
}

void grid_restart(struct grid *g)
{
    for (size_t i = 0; i < g->count; i++) {
        g->columns[i].width = 0;
    }
}

static bool can_narrow(const struct grid_column *c)
{
    return c->width > c->least;
}

/* The column to take from, or g->count: the last one, which holds prose, before the others. */
static size_t column_to_narrow(const struct grid *g)
{
    size_t best = g->count;
    if (g->count > 0 && can_narrow(&g->columns[g->count - 1])) {
        return g->count - 1;
    }
    for (size_t i = 0; i < g->count; i++) {
        if (can_narrow(&g->columns[i]) &&
            (best == g->count || g->columns[i].width > g->columns[best].width)) {
            best = i;
        }
    }
    return best;
}

void grid_fit(struct grid *g, size_t width)
{
    size_t total = g->indent + (g->count > 0 ? (g->count - 1) * GRID_GAP : 0);
    for (size_t i = 0; i < g->count; i++) {
        widen(&g->columns[i], escape_columns(str_from(g->columns[i].title)));
        total += g->columns[i].width;
    }
    while (width > 0 && total > width) {
        size_t i = column_to_narrow(g);
        if (i == g->count) {
            break;
        }
        g->columns[i].width--;
        total--;
    }
}

void grid_row(const struct grid *g, struct print *p, const str *cells, const char *sgr)
{
    size_t blanks = g->indent;
    for (size_t i = 0; i < g->count; i++) {
        size_t width = g->columns[i].width;
        size_t columns = escape_columns(cells[i]);
        if (columns > 0) {
            print_blanks(p, blanks);
            blanks = 0;
            if (i == 0 && sgr != NULL) {
                print_style(p, sgr);
            }
            print_cut(p, cells[i], width);
            if (i == 0 && sgr != NULL) {
                print_style(p, NULL);
            }
        }
        blanks += width - (columns < width ? columns : width) + GRID_GAP;
    }
    print_text(p, "\n");
}

void grid_header(const struct grid *g, struct print *p)
{
    str titles[GRID_COLUMNS_MAX];
    for (size_t i = 0; i < g->count; i++) {
        titles[i] = str_from(g->columns[i].title);
    }
    print_style(p, "1");
    grid_row(g, p, titles, NULL);
    print_style(p, NULL);
}
