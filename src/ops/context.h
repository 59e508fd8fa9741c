/* context.h: what every operation needs from its caller. */
#ifndef LIMPID_OPS_CONTEXT_H
#define LIMPID_OPS_CONTEXT_H

#include <stdint.h>

#include "base/str.h"

/* Told how far a long operation is; called from the operation's thread, not often. `total` is 0
 * where it is not known. */
struct progress {
    void (*update)(struct progress *self, str what, uint64_t done_bytes, uint64_t total_bytes);
};

enum sandbox_mode {
    SANDBOX_AUTO,     /* what this kernel has; what it lacks is told once in `notice` */
    SANDBOX_REQUIRED, /* all of it, or ERROR_ABSENT */
    SANDBOX_OFF,
};

enum verify_mode {
    VERIFY_AUTO,   /* all stored bytes that are read anyway; small uncompressed layers too */
    VERIFY_ALWAYS, /* every byte of every layer */
    VERIFY_NEVER,  /* no layer is hashed; nothing is cached */
};

struct ops_context {
    str data_dir; /* the store's folder (--cache-dir), or empty: the default one */
    str db;       /* a bundle to answer from instead of the folder's advisories; empty: none */
    str as_of;    /* the generation to answer from: its name or a time; empty: the current one */
    unsigned keep_generations; /* + 1; 0: the store's default */
    enum sandbox_mode sandbox;
    int worker_program;        /* a descriptor of the program that workers run; 0: this one */
    struct progress *progress; /* NULL: nobody wants to know */
    /* A line for people that is no error ("Landlock is not in this kernel; …"); may be NULL. */
    void (*notice)(void *arg, const char *line);
    void *notice_arg;
};

#endif
