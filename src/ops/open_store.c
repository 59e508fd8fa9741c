#include "ops/open_store.h"

#include <stdio.h>

#include "ops/trust.h"

static void tell_unsigned(const struct ops_context *context, const struct bundle_import_result *r)
{
    char line[400];
    if (context->notice != NULL && !r->is_verified) {
        snprintf(line, sizeof(line), "'" STR_FMT "' is %s", STR_ARG(context->db),
                 r->is_signed ? "signed, but there is no trusted key to check that with"
                              : "not signed");
        context->notice(context->notice_arg, line);
    }
}

static bool use_bundle(const struct ops_context *context, struct store *store, struct arena *arena,
                       struct error *e)
{
    struct sign_keys keys;
    struct bundle_import_result result;
    if (!trust_keys(STR_NONE, arena, &keys, e)) {
        return false;
    }
    const struct bundle_import_options options = {
        .file = context->db, .allow_older = true, .keys = &keys};
    if (!store_use_bundle(store, &options, &result, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(context->db));
    }
    tell_unsigned(context, &result);
    return true;
}

bool ops_open_store(const struct ops_context *context, struct arena *arena, struct store **out,
                    struct error *e)
{
    str dir;
    struct store *store = NULL;
    if (context->db.len > 0 && context->as_of.len > 0) {
        return error_set(e, ERROR_USAGE, "--as-of: a bundle has one generation");
    }
    if (!store_default_dir(context->data_dir, arena, &dir, e) || !store_open(dir, &store, e)) {
        return false;
    }
    if (context->keep_generations > 0) {
        store_keep_generations(store, context->keep_generations - 1);
    }
    if ((context->db.len > 0 && !use_bundle(context, store, arena, e)) ||
        (context->as_of.len > 0 && !store_as_of(store, context->as_of, e))) {
        store_close(store);
        return false;
    }
    *out = store;
    return true;
}
