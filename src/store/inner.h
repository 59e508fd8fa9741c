/* inner.h: what the files of this folder know of each other: the open directory, its one lock for
 * whoever changes advisories, and how a file is replaced so that a crash leaves the old or the
 * new one whole. Nothing outside src/store includes this. */
#ifndef LIMPID_STORE_INNER_H
#define LIMPID_STORE_INNER_H

#include <pthread.h>

#include "base/arena.h"
#include "store/engine.h"
#include "store/store.h"

enum layers_state {
    LAYERS_CLOSED,
    LAYERS_READ, /* only to read: the directory or the file may not be written */
    LAYERS_WRITE,
    LAYERS_DAMAGED, /* not a database of ours: the next keep puts it aside */
    LAYERS_BROKEN,  /* cannot be used, and is left alone (a newer schema, …) */
};

enum layers_statement {
    LAYER_FIND,
    LAYER_TOUCH,
    LAYER_KNOWN,
    LAYER_KEEP,
    LAYER_KEEP_FACTS,
    LAYER_OLDEST,
    LAYER_DROP,
    LAYER_DROP_FACTS,
    FILE_FIND,
    FILE_KNOWN,
    FILE_KEEP,
    FILE_TRIM,
    FILE_COUNT,
    USAGE_ADD,
    USAGE_FIND,
    LAYERS_STATEMENT_COUNT,
};

struct layers { /* layers.db, opened at its first use */
    enum layers_state state;
    unsigned busy_opens; /* how often another process was in the way */
    struct db *db;
    struct statement *statements[LAYERS_STATEMENT_COUNT];
};

struct store {
    struct arena arena; /* this struct lives in it */
    str dir;            /* with a NUL behind */
    str advisories;     /* the folder of advisories: of `dir`, or of an opened bundle */
    str reading;        /* its file that readers take: "current", or a kept generation's */
    str temporary;      /* a folder that goes with this store; empty: none */
    const char *shut;   /* why advisories can only be read; NULL: they can be written */
    struct layers layers;
    uint64_t facts_bytes_max, facts_layers_max, files_max; /* of layers.db; less in tests */
    pthread_mutex_t lock;                                  /* guards the next three */
    int lock_fd;         /* the process has the directory's lock */
    unsigned lock_depth; /* writers of several feeds share it */
    struct advisories_writer *writers;
    pthread_mutex_t change; /* held from reading `current` to replacing it */
    size_t budget_bytes;    /* of memory for a feed, before temporary files are used */
    unsigned lock_wait_ms;  /* for another updater; less in tests */
    unsigned grace_s;       /* files no longer named are kept that long for slow readers */
    unsigned keep_generations, keep_s; /* how many that were current before, and how long */
    uint64_t keep_bytes_max;           /* of files that only they name */
    bool kept;                         /* this run has kept the generation that it found */
};

void layers_close(struct store *s);

/* Removes `temporary`, if there is one (bundle_use.c). */
void store_temporary_remove(struct store *s);

/* "DIR/NAME" or "DIR/advisories/NAME", with a NUL behind, in `arena`. */
bool store_path(const struct store *s, struct arena *arena, const char *name, str *out,
                struct error *e) MUST_USE;
bool store_advisories_path(const struct store *s, struct arena *arena, str name, str *out,
                           struct error *e) MUST_USE;

/* Makes the directory and all above it. */
bool store_make_dir(const char *path, struct error *e) MUST_USE;

/* The lock of whoever changes advisories: one process at a time, waited for lock_wait_ms, then
 * ERROR_IO with EBUSY "another update is running". Counts: each lock needs its unlock. Taking it
 * clears away what a killed writer left. A killed process's lock ends with it. */
bool store_lock(struct store *s, struct error *e) MUST_USE;
void store_unlock(struct store *s);

/* Around each change of `current`, from reading it to replacing it: threads that write different
 * feeds take turns. Under the lock. */
void store_change_begin(struct store *s);
void store_change_end(struct store *s);

/* Whether nobody else of this process writes, and until the end nobody begins to: only then may
 * files that `current` does not name be removed. Under the lock. */
bool store_alone_begin(struct store *s);
void store_alone_end(struct store *s); /* in any case */

/* Puts `bytes` into advisories/NAME in one step: a temporary file, fsync, rename, fsync of the
 * directory. Under the lock. */
bool store_replace(struct store *s, const char *name, str bytes, struct error *e) MUST_USE;

/* fsyncs a file by path and gives it its final name in advisories/, then fsyncs the directory.
 * Under the lock. */
bool store_settle(struct store *s, str temporary, str name, struct error *e) MUST_USE;

/* For temporary files of whoever only reads the store: TMPDIR, else /var/tmp or /tmp.
 */
const char *store_scratch_dir(void);

/* A file without a name in `dir`: gone when it is closed. */
bool store_scratch_open(const char *dir, int *out, struct error *e) MUST_USE;

/* A feed's name is part of a file's: 1 to 64 of [a-z0-9-], a letter or digit first. */
bool store_feed_name_check(str feed, struct error *e) MUST_USE;

#endif
