#include "ops/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "feed/feed.h"
#include "ops/bundle_left_out.h"
#include "ops/open_store.h"
#include "ops/trust.h"

bool left_out_read(struct store *store, struct arena *arena, struct left_out *out, struct error *e)
{
    const struct feed_state *states;
    size_t states_count = 0;
    str *names = ARENA_ARRAY(arena, feeds_count, str, e);
    if (names == NULL || !store_feeds(store, arena, &states, &states_count, e)) {
        return false;
    }
    *out = (struct left_out){.names = names};
    for (size_t i = 0; i < feeds_count; i++) {
        str name = str_from(feeds[i]->name);
        bool there = false;
        if (feeds[i]->redistributable) {
            continue;
        }
        for (size_t k = 0; k < states_count; k++) {
            there = there || (states[k].fetched_s != 0 && str_eq(states[k].feed, name));
        }
        names[out->count++] = name;
        if (there) { /* to the front */
            names[out->count - 1] = names[out->there];
            names[out->there++] = name;
        }
    }
    return true;
}

bool ops_bundle_export(const struct ops_context *context,
                       const struct bundle_export_request *request, struct arena *arena,
                       const str **left_out, size_t *left_out_count, struct error *e)
{
    CLEANUP(sign_secret_clear) struct sign_secret key = {0};
    struct store *store = NULL;
    size_t left = 0;
    struct left_out out = {0};
    if ((request->sign.len > 0 &&
         !trust_secret(request->sign, request->password, arena, &key, e)) ||
        !ops_open_store(context, arena, &store, e)) {
        return false;
    }
    bool ok = left_out_read(store, arena, &out, e);
    struct bundle_export_options options = {.file = request->file,
                                            .leave_out = out.names,
                                            .leave_out_count = out.count,
                                            .sign = request->sign.len > 0 ? &key : NULL};
    ok = ok && store_bundle_export(store, &options, &left, e);
    store_close(store);
    *left_out = out.names;
    *left_out_count = out.there;
    return ok;
}

bool ops_bundle_import(const struct ops_context *context,
                       const struct bundle_import_request *request, struct arena *arena,
                       struct bundle_imported *out, struct error *e)
{
    struct store *store = NULL;
    struct sign_keys keys;
    struct bundle_import_result result;
    char text[SIGN_PUBLIC_TEXT_BYTES];
    if (!trust_keys(request->key, arena, &keys, e)) {
        return false;
    }
    const struct bundle_import_options options = {
        .file = request->file, .allow_older = request->allow_older, .keys = &keys};
    bool ok = ops_open_store(context, arena, &store, e) &&
              store_bundle_import(store, &options, &result, e);
    store_close(store);
    if (!ok) {
        return false;
    }
    *out = (struct bundle_imported){
        .feeds = result.feeds, .is_signed = result.is_signed, .is_verified = result.is_verified};
    return !result.is_verified ||
           arena_str(arena, str_from(sign_public_text(&result.by, text)), &out->by, e);
}

/* -- keys -------------------------------------------------------------------------------------- */

static bool new_file(str path, mode_t mode, const struct buf *bytes, struct error *e)
{
    int fd = open(path.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make '%s'", path.at);
    }
    bool done = fd_write_all(fd, bytes->at, bytes->len, e);
    if (close(fd) != 0 && done) {
        done = error_sys(e, errno, "cannot write '%s'", path.at);
    }
    return done;
}

bool ops_keygen(str name, struct arena *arena, str *key, struct error *e)
{
    CLEANUP(sign_secret_clear) struct sign_secret secret = {0};
    CLEANUP(buf_done) struct buf secret_text, public_text;
    char text[SIGN_PUBLIC_TEXT_BYTES];
    str secret_path, public_path;
    buf_init(&secret_text, SIGN_TEXT_BYTES_MAX);
    buf_init(&public_text, SIGN_TEXT_BYTES_MAX);
    return arena_printf(arena, &secret_path, e, "%.*s.key", (int)name.len, name.at) &&
           arena_printf(arena, &public_path, e, "%.*s.pub", (int)name.len, name.at) &&
           sign_generate(&secret, e) && sign_secret_write(&secret, &secret_text, e) &&
           sign_public_write(&secret.public_key, &public_text, e) &&
           new_file(secret_path, 0600, &secret_text, e) &&
           new_file(public_path, 0644, &public_text, e) &&
           arena_str(arena, str_from(sign_public_text(&secret.public_key, text)), key, e);
}

bool ops_key_is_locked(str file, bool *locked, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    str text;
    arena_init(&arena, 1024 * 1024, "a key");
    if (!trust_read(file, &arena, &text, e)) {
        return error_wrap(e, "the key '" STR_FMT "'", STR_ARG(file));
    }
    *locked = sign_secret_is_locked(text);
    return true;
}
