#include "store/migrate.h"

bool schema_look(struct db *db, const struct schema *schema, enum schema_state *state,
                 uint32_t *version, struct error *e)
{
    uint32_t application = 0, at = 0;
    bool empty = false;
    if (!db->engine->schema_get(db, &application, &at, &empty, e)) {
        return false;
    }
    if (empty && at == 0) {
        *state = SCHEMA_EMPTY;
    } else if (application != schema->application || at == 0) {
        *state = SCHEMA_FOREIGN;
    } else if (at > schema->count) {
        *state = SCHEMA_NEWER;
    } else {
        *state = at == schema->count ? SCHEMA_CURRENT : SCHEMA_OLDER;
    }
    *version = at;
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
    return state == SCHEMA_CURRENT || refuse(schema, state, version, e);
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
    return db->engine->schema_set(db, schema->application, (uint32_t)schema->count, e);
}

bool schema_migrate(struct db *db, const struct schema *schema, struct error *e)
{
    enum schema_state state;
    uint32_t version;
    if (!schema_look(db, schema, &state, &version, e)) {
        return false;
    }
    if (state == SCHEMA_CURRENT) {
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
