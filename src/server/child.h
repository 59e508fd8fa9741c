/* child.h: `limpid update` as a child process, and its lines one by one. */
#ifndef LIMPID_SERVER_CHILD_H
#define LIMPID_SERVER_CHILD_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum { CHILD_LINE_BYTES_MAX = 4096, CHILD_WORDS_MAX = 1024 };

struct child {
    pid_t pid;        /* 0: none */
    int from;         /* its standard output and error */
    size_t len, told; /* bytes in `line`, and those of them that the last call told */
    char line[CHILD_LINE_BYTES_MAX];
};

struct child_words {
    char *at[CHILD_WORDS_MAX + 1];
    size_t count;
};

bool child_word(struct child_words *w, struct arena *arena, str word, struct error *e) MUST_USE;

/* Starts words->at[0], a path. It is killed when the thread that called this ends, however it
 * does. */
bool child_start(struct child *c, struct child_words *words, struct error *e) MUST_USE;

enum child_got { CHILD_LINE, CHILD_NOTHING, CHILD_END };

/* The next line, within so many milliseconds; it is valid until the next call. Longer lines come
 * in parts. */
enum child_got child_line(struct child *c, unsigned ms, str *line);

/* Asks it to end, and kills it after a while where `ends` is set. Waits; its exit status, or 128
 * and its signal. */
int child_finish(struct child *c, bool ends);

#endif
