#include "cli/password.h"

#include <errno.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_BYTES_MAX = 1024 };

static bool line_read(str *line, char bytes[PASSWORD_BYTES_MAX], struct error *e)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, bytes + len, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_sys(e, errno, "cannot read the password");
        }
        if (got == 0 || bytes[len] == '\n') {
            break;
        }
        if (++len == PASSWORD_BYTES_MAX) {
            return error_set(e, ERROR_USAGE, "the password has %d bytes or more",
                             PASSWORD_BYTES_MAX);
        }
    }
    *line = (str){.at = bytes, .len = len};
    return true;
}

bool password_read(const char *prompt, struct arena *arena, str *out, struct error *e)
{
    char bytes[PASSWORD_BYTES_MAX];
    struct termios before;
    str line;
    bool asked = tcgetattr(STDIN_FILENO, &before) == 0;
    if (asked) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        fprintf(stderr, "%s: ", prompt);
    }
    bool done = line_read(&line, bytes, e);
    if (asked) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fprintf(stderr, "\n");
    }
    return done && arena_str(arena, line, out, e);
}
