#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    int number, failed;
    bool running, held;
    char name[300];
    char skipped[300];
} state;

void check_begin(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(state.name, sizeof(state.name), fmt, args);
    va_end(args);
    for (char *c = state.name; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == '#') {
            *c = '?';
        }
    }
    state.number++;
    state.running = true;
    state.held = true;
    state.skipped[0] = '\0';
}

bool check_running(void)
{
    return state.running;
}

void check_end(void)
{
    state.running = false;
    state.failed += !state.held;
    printf("%s %d - %s", state.held ? "ok" : "not ok", state.number, state.name);
    if (state.skipped[0] != '\0') {
        printf(" # SKIP %s", state.skipped);
    }
    printf("\n");
    fflush(stdout);
}

void check_skip(const char *why)
{
    snprintf(state.skipped, sizeof(state.skipped), "%s", why);
}

int check_done(void)
{
    printf("1..%d\n", state.number);
    return state.failed == 0 ? 0 : 1;
}

bool check_that(bool held, const char *what, const char *file, int line)
{
    if (!held) {
        state.held = false;
        printf("# %s:%d: does not hold: %s\n", file, line, what);
    }
    return held;
}

bool check_str(str got, str want, const char *what, const char *file, int line)
{
    if (!str_eq(got, want)) {
        state.held = false;
        printf("# %s:%d: %s is '" STR_FMT "', not '" STR_FMT "'\n", file, line, what, STR_ARG(got),
               STR_ARG(want));
        return false;
    }
    return true;
}

bool check_num(long long got, long long want, const char *what, const char *file, int line)
{
    if (got != want) {
        state.held = false;
        printf("# %s:%d: %s is %lld, not %lld\n", file, line, what, got, want);
        return false;
    }
    return true;
}

bool check_ok(bool ok, const struct error *e, const char *what, const char *file, int line)
{
    if (!ok) {
        state.held = false;
        printf("# %s:%d: %s failed: %s\n", file, line, what, e->text);
    }
    return ok;
}

bool check_fails(bool ok, const struct error *e, enum error_kind kind, const char *part,
                 const char *what, const char *file, int line)
{
    if (ok) {
        state.held = false;
        printf("# %s:%d: %s succeeded\n", file, line, what);
        return false;
    }
    if (e->kind != kind || strstr(e->text, part) == NULL) {
        state.held = false;
        printf("# %s:%d: %s failed with %s '%s', not %s '…%s…'\n", file, line, what,
               error_kind_name(e->kind), e->text, error_kind_name(kind), part);
        return false;
    }
    return true;
}

const char *check_shared(const char *below)
{
    static char paths[4][1024];
    static unsigned next;
    const char *root = getenv("LIMPID_SHARED");
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", root == NULL ? "../shared" : root, below);
    return access(path, R_OK) == 0 ? path : NULL;
}

str check_file(const char *path)
{
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    if (file == NULL) {
        return STR_NONE;
    }
    char *all = NULL;
    size_t len = 0, room = 0, got;
    do {
        room = room == 0 ? 65536 : room * 2;
        char *grown = realloc(all, room);
        if (grown == NULL) {
            abort();
        }
        all = grown;
        got = fread(all + len, 1, room - len, file);
        len += got;
    } while (got > 0 && len == room);
    fclose(file);
    /* what is still reachable is no leak to LeakSanitizer */
    static char *kept[4096];
    static size_t kept_count;
    if (kept_count < ARRAY_COUNT(kept)) {
        kept[kept_count++] = all;
    }
    return (str){.at = all, .len = len};
}
