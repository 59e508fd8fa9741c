#include "cli/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"

enum { WIDTH_UNKNOWN = 80 };

static size_t width_of(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return WIDTH_UNKNOWN;
}

void terminal_init(struct terminal *t, bool no_color)
{
    *t = (struct terminal){.out = isatty(STDOUT_FILENO) == 1, .err = isatty(STDERR_FILENO) == 1};
    if (t->out) {
        bool refused = no_color || str_from(getenv("NO_COLOR")).len > 0 ||
                       str_eq(str_from(getenv("TERM")), STR("dumb"));
        t->width = width_of(STDOUT_FILENO);
        t->color = !refused;
    }
    if (t->err) {
        t->err_width = width_of(STDERR_FILENO);
    }
}
