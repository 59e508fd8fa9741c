/* graph_inner.h: what the files of graph.h share: a connection with its statements, transactions,
 * keys. Nobody else includes it. */
#ifndef LIMPID_STORE_GRAPH_INNER_H
#define LIMPID_STORE_GRAPH_INNER_H

#include "store/graph.h"

enum { GRAPH_KEY_BYTES = 32, GRAPH_STATEMENTS_MAX = 128, GRAPH_BATCH = 32 };

/* A statement, once in the program. `text` is for every engine, or for SQLite where `postgres` is
 * its twin. A '@' in it stands for GRAPH_BATCH groups of `columns` parameters, numbered on from
 * those before: one round trip for many rows. */
struct graph_sql {
    const char *text, *postgres;
    int columns, before;
};

/* A connection remembers the statements that it prepared, by the address of their text. */
struct graph {
    struct db *db;
    const struct engine *engine;
    struct {
        const struct graph_sql *sql;
        struct statement *statement;
    } known[GRAPH_STATEMENTS_MAX];
    size_t known_count;
};

/* "layers" in ASCII; as in the schema */
#define GRAPH_LOCK "119165904319091"
#define GRAPH_LOCK_SHARED "SELECT pg_advisory_xact_lock_shared(" GRAPH_LOCK ")"

/* What is bound to a statement: a number, or bytes; on PostgreSQL also a list of either. */
struct graph_value {
    enum { GRAPH_NUMBER, GRAPH_BYTES, GRAPH_NUMBERS, GRAPH_TEXTS } kind;
    int64_t number;
    str bytes; /* must live until the next db_reset */
    const int64_t *numbers;
    const str *texts;
    size_t count; /* of a list */
};
#define NUMBER(n) ((struct graph_value){.kind = GRAPH_NUMBER, .number = (int64_t)(n)})
#define BYTES(s) ((struct graph_value){.kind = GRAPH_BYTES, .bytes = (s)})
#define NUMBER_LIST(list, n)                                                                       \
    ((struct graph_value){.kind = GRAPH_NUMBERS, .numbers = (list), .count = (n)})
#define TEXT_LIST(list, n)                                                                         \
    ((struct graph_value){.kind = GRAPH_TEXTS, .texts = (list), .count = (n)})
#define VALUES(...)                                                                                \
    (const struct graph_value[]){__VA_ARGS__},                                                     \
        sizeof((const struct graph_value[]){__VA_ARGS__}) / sizeof(struct graph_value)

/* The statement, ready for its first step; NULL on failure. */
struct statement *graph_ask(struct graph *g, const struct graph_sql *sql,
                            const struct graph_value *values, size_t count,
                            struct error *e) MUST_USE;

/* Runs it for its effect alone. */
bool graph_run(struct graph *g, const struct graph_sql *sql, const struct graph_value *values,
               size_t count, struct error *e) MUST_USE;

/* Runs it and reads the numbers of the first two columns of its first row (`second` may be NULL);
 * `*found` is false where there is none. */
bool graph_number(struct graph *g, const struct graph_sql *sql, const struct graph_value *values,
                  size_t count, int64_t *first, int64_t *second, bool *found,
                  struct error *e) MUST_USE;

/* Runs `work` in one transaction, and once again where a lock was in the way. `what` is its own:
 * what it writes there it must write anew at each run. */
bool graph_transact(struct graph *g, bool (*work)(struct graph *g, void *what, struct error *e),
                    void *what, struct error *e) MUST_USE;

static inline bool graph_is_postgres(const struct graph *g)
{
    return g->engine->language == SQL_POSTGRES;
}

/* The first step of each transaction that changes what an answer could show: gives `count` numbers
 * from `*first` on, higher than all before, and the database's time. Others that do the same wait.
 * A layer that is new changes no answer: its insertion does without. */
bool graph_change(struct graph *g, uint64_t count, int64_t *first, int64_t *now_s,
                  struct error *e) MUST_USE;

/* Behind graph_change, where there is one. On PostgreSQL, whoever adds to lists of layers keeps out
 * whoever takes something away that they could need, a parent or a package; and the other way
 * round. SQLite has one writer at a time. */
bool graph_lock_shared(struct graph *g, struct error *e) MUST_USE;
bool graph_lock_alone(struct graph *g, struct error *e) MUST_USE;
bool graph_now(struct graph *g, int64_t *now_s, struct error *e) MUST_USE;

/* SHA-256 over the texts with their lengths; for one text, its first eight bytes as a number. */
str graph_key(const str *texts, size_t count, uint8_t to[GRAPH_KEY_BYTES]);
int64_t graph_hash(str text);
str graph_digest_key(digest d, char to[1 + DIGEST_BYTES_MAX]);
bool graph_digest_of_key(str key, digest *out, struct error *e) MUST_USE;

/* ERROR_LIMIT where one of these is too long. */
bool graph_texts_fit(const str *texts, size_t count, struct error *e) MUST_USE;

/* A column's bytes, copied. */
bool graph_text(struct statement *st, int column, struct arena *arena, str *out,
                struct error *e) MUST_USE;

/* The number of a layer by its name; ERROR_ABSENT. */
bool graph_layer_number(struct graph *g, str name, int64_t *number, struct error *e) MUST_USE;

/* graph_links.c: what a layer installs and removes, as rows: each package with its key, in the
 * order of the keys, so that nobody waits for packages in a circle. */
enum graph_action { GRAPH_INSTALLED = 1, GRAPH_REMOVED = 2 };
struct graph_links {
    struct graph_link {
        const struct package *package;
        enum graph_action action;
        uint8_t key[GRAPH_KEY_BYTES];
    } * at;
    size_t count, bytes; /* of their texts, about */
    int64_t scope;
};
bool graph_links_make(const struct graph_layer_content *content, struct arena *scratch,
                      struct graph_links *out, struct error *e) MUST_USE;

/* Adds them to the layer's own lists (within a transaction, behind one of the locks). */
bool graph_links_add(struct graph *g, const struct graph_links *links, int64_t layer,
                     struct arena *scratch, struct error *e) MUST_USE;

/* The same as two statements that are ready, for the layer that the session numbered last. On
 * PostgreSQL alone; `links` and `scratch` must live until they have run. */
bool graph_links_ask(struct graph *g, const struct graph_links *links, struct arena *scratch,
                     struct statement *to[2], struct error *e) MUST_USE;

/* graph_insert.c: inserts a layer on PostgreSQL in one round trip: that it is not there, that its
 * parent is, and that its namespace is known, is assumed. Where that is not so, or a lock was in
 * the way, `*done` is false and nothing has changed. */
bool graph_insert_at_once(struct graph *g, const struct graph_layer_content *content,
                          const struct graph_links *links, struct arena *scratch, bool *done,
                          struct error *e) MUST_USE;

/* One state of a vulnerability as a row that never changes (within a transaction); and back. */
bool graph_state_add(struct graph *g, const struct graph_vulnerability *v, int64_t number,
                     bool current, int64_t now_s, struct error *e) MUST_USE;
bool graph_state_read(struct graph *g, int64_t number, struct arena *arena,
                      struct graph_vulnerability *out, struct error *e) MUST_USE;

/* Whether it is known with this format; an empty one asks for the namespace alone. */
bool graph_namespace_known(struct graph *g, str os, str format, bool *known,
                           struct error *e) MUST_USE;

/* A namespace of the API of 2016 is known from its first use on, its format as soon as somebody
 * tells it (within a transaction). */
bool graph_namespace_note(struct graph *g, str os, str format, struct error *e) MUST_USE;

/* Queues a notification about two states, 0 for none (within a transaction). */
bool graph_notification_queue(struct graph *g, int64_t number, int64_t now_s, int64_t old_state,
                              int64_t new_state, struct error *e) MUST_USE;

/* Writes one with its states, under GRAPH_NOTIFICATION_NUMBERS numbers from `number` on (within a
 * transaction). `staged` is the change that it waits for, 0 none. */
enum { GRAPH_NOTIFICATION_NUMBERS = 3 };
bool graph_notification_write(struct graph *g, const struct graph_notification *n, int64_t staged,
                              int64_t number, int64_t now_s, struct error *e) MUST_USE;

/* Bytes of a part from `at` on, whole chunks but for the last; and its row, in place of the one
 * that the feed has in this change (within a transaction). */
bool graph_part_bytes(struct graph *g, int64_t number, size_t at, str bytes,
                      struct error *e) MUST_USE;
bool graph_part_row(struct graph *g, int64_t number, int64_t staged, const struct graph_part *part,
                    uint64_t size_bytes, struct error *e) MUST_USE;

/* Within a transaction. */
bool graph_value_set(struct graph *g, str key, str value, struct error *e) MUST_USE;

/* Within a transaction: whether the lease is held by `fence`, and stays so to its end. */
bool graph_lease_hold(struct graph *g, str name, int64_t fence, bool *holds,
                      struct error *e) MUST_USE;

#endif
