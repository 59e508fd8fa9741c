/* migrate.h: the schemas of limpid's databases, as numbered steps (schema/NNNN_DATABASE.sql, built
 * into the program), and how a database gets to the newest one: forwards only, in one transaction.
 * A step that has been released is never edited; a change is a step of its own.
 *
 * A step that only adds what older programs need not know (a table, an index, a column with a
 * default) says so by a line of its own:
 *
 *     -- readable from schema 1
 *
 * Then programs that know schema 1 go on with the database after the step, in the middle of a
 * rolling upgrade and after a way back. Without that line they refuse it. Of several steps, the
 * strictest holds. The number stands in the database (`readable`), for programs that never heard
 * of the step. */
#ifndef LIMPID_STORE_MIGRATE_H
#define LIMPID_STORE_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "store/engine.h"

/* In the file's header, so that `file` and we know whose database it is. */
enum {
    SCHEMA_APPLICATION_LAYERS = 0x6c6d4c79,
    SCHEMA_APPLICATION_ADVISORIES = 0x6c6d4164,
    SCHEMA_APPLICATION_SERVICE = 0x6c6d5376,
};

struct schema {
    const char *name;
    uint32_t application;
    const char *const *steps; /* SQL; step i leads from version i to i + 1 */
    size_t count;             /* the newest version */
    /* Of step i, the oldest schema whose programs go on after it; NULL: each step's own. */
    const uint32_t *readable;
};

/* made by schema/embed.py */
extern const struct schema schema_layers, schema_advisories, schema_service;

enum schema_state {
    SCHEMA_EMPTY,   /* nothing in it yet */
    SCHEMA_CURRENT, /* the newest that this program knows */
    SCHEMA_OLDER,
    SCHEMA_ADDED, /* a newer one, which this program can use as well */
    SCHEMA_NEWER,
    SCHEMA_FOREIGN, /* somebody else's tables */
};

/* Which of these `db` is; `*version` is its number. */
bool schema_look(struct db *db, const struct schema *schema, enum schema_state *state,
                 uint32_t *version, struct error *e) MUST_USE;

/* ERROR_FORMAT with a hint unless the schema is current, or newer and usable: for databases that
 * are only read, and to look again at one that is open. */
bool schema_require(struct db *db, const struct schema *schema, struct error *e) MUST_USE;

/* Brings an empty or older database to the newest schema. Two processes may do so at once. A newer
 * one that is usable stays as it is; any other, and a foreign one, is ERROR_FORMAT, and is not
 * touched. */
bool schema_migrate(struct db *db, const struct schema *schema, struct error *e) MUST_USE;

#endif
