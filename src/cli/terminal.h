/* terminal.h: what standard output and standard error are connected to. */
#ifndef LIMPID_CLI_TERMINAL_H
#define LIMPID_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct terminal {
    bool out, err;    /* is a terminal */
    bool color;       /* standard output is a terminal that may have colours */
    size_t width;     /* columns of standard output; 0: not a terminal */
    size_t err_width; /* of standard error */
};

/* Colours: not with `no_color`, NO_COLOR (no-color.org: set and not empty), or TERM=dumb. */
void terminal_init(struct terminal *t, bool no_color);

#endif
