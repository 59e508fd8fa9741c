#include "store/migrate.h"

/* What a database of `count` steps says of itself. */
static struct schema_mark mark_of(const struct schema *schema)
{
    struct schema_mark mark = {.application = schema->application,
                               .version = (uint32_t)schema->count, /* a handful */
                               .readable = (uint32_t)schema->count};
    if (schema->readable != NULL) {
        mark.readable = 0;
        for (size_t i = 0; i < schema->count; i++) {
            mark.readable =
                schema->readable[i] > mark.readable ? schema->readable[i] : mark.readable;
        }
    }
    return mark;
}

bool schema_look(struct db *db, const struct schema *schema, enum schema_state *state,
                 uint32_t *version, struct error *e)
{
    struct schema_mark at = {.version = 0};
    bool empty = false;
    if (!db->engine->schema_get(db, &at, &empty, e)) {
        return false;
    }
    if (empty && at.version == 0) {
        *state = SCHEMA_EMPTY;
    } else if (at.application != schema->application || at.version == 0) {
        *state = SCHEMA_FOREIGN;
    } else if (at.version > schema->count) {
        *state = at.readable <= schema->count ? SCHEMA_ADDED : SCHEMA_NEWER;
    } else {
        *state = at.version == schema->count ? SCHEMA_CURRENT : SCHEMA_OLDER;
    }
    *version = at.version;
    return true;
}

static bool refuse(const struct schema *schema, enum schema_state state, uint32_t version,
                   struct error *e)
{
    switch (state) {
    case SCHEMA_NEWER:
        error_set(e, ERROR_FORMAT, "is of schema %u, made by a newer limpid; this one knows %zu",
                  version, schema->count);
        return error_hint(e, "use that limpid, or another --cache-dir");
    case SCHEMA_OLDER:
        error_set(e, ERROR_FORMAT, "is of schema %u, made by an older limpid; this one reads %zu",
                  version, schema->count);
        return error_hint(e, "run 'limpid update'");
    case SCHEMA_FOREIGN:
    case SCHEMA_EMPTY:
    case SCHEMA_ADDED:
    case SCHEMA_CURRENT:
        break;
    }
    return error_set(e, ERROR_FORMAT, "is not a database of limpid's %s", schema->name);
}

bool schema_require(struct db *db, const struct schema *schema, struct error *e)
{
    enum schema_state state;
    uint32_t version;
    if (!schema_look(db, schema, &state, &version, e)) {
        return false;
    }
    return state == SCHEMA_CURRENT || state == SCHEMA_ADDED || refuse(schema, state, version, e);
}

static bool steps_run(struct db *db, const struct schema *schema, struct error *e)
{
    /* looked at again: another process may have been here while this one waited to begin */
    enum schema_state state;
    uint32_t version;
    if (!schema_look(db, schema, &state, &version, e)) {
        return false;
    }
    switch (state) {
    case SCHEMA_CURRENT:
    case SCHEMA_ADDED:
        return true;
    case SCHEMA_NEWER:
    case SCHEMA_FOREIGN:
        return refuse(schema, state, version, e);
    case SCHEMA_EMPTY:
    case SCHEMA_OLDER:
        break;
    }
    for (size_t i = version; i < schema->count; i++) {
        if (!db_exec(db, schema->steps[i], e)) {
            return error_wrap(e, "schema step %zu of '%s'", i + 1, schema->name);
        }
    }
    const struct schema_mark mark = mark_of(schema);
    return db->engine->schema_set(db, &mark, e);
}

bool schema_migrate(struct db *db, const struct schema *schema, struct error *e)
{
    enum schema_state state;
    uint32_t version;
    if (!schema_look(db, schema, &state, &version, e)) {
        return false;
    }
    if (state == SCHEMA_CURRENT || state == SCHEMA_ADDED) {
        return true;
    }
    if (state == SCHEMA_NEWER || state == SCHEMA_FOREIGN) {
        return refuse(schema, state, version, e);
    }
    if (!db_begin(db, e)) {
        return false;
    }
    if (!steps_run(db, schema, e) || !db_commit(db, e)) {
        db_rollback(db);
        return false;
    }
    return true;
}
