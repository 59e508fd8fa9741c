#include "ops/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "feed/feed.h"
#include "ops/open_store.h"
#include "ops/trust.h"
#include "store/store.h"

/* Feeds whose publishers do not let them be passed on. */
static size_t kept_back(str *names)
{
    size_t count = 0;
    for (size_t i = 0; i < feeds_count; i++) {
        if (!feeds[i]->redistributable) {
            names[count++] = str_from(feeds[i]->name);
        }
    }
    return count;
}

/* Which of them the store has: they are what is missing in the bundle. */
static bool left_out_names(struct store *store, struct arena *arena, str *names, size_t *count,
                           struct error *e)
{
    const struct feed_state *states;
    size_t states_count = 0, left = 0;
    if (!store_feeds(store, arena, &states, &states_count, e)) {
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        bool there = false;
        for (size_t k = 0; k < states_count; k++) {
            there = there || (states[k].fetched_s != 0 && str_eq(states[k].feed, names[i]));
        }
        if (there) {
            names[left++] = names[i];
        }
    }
    *count = left;
    return true;
}

bool ops_bundle_export(const struct ops_context *context,
                       const struct bundle_export_request *request, struct arena *arena,
                       const str **left_out, size_t *left_out_count, struct error *e)
{
    CLEANUP(sign_secret_clear) struct sign_secret key = {0};
    struct store *store = NULL;
    size_t left = 0;
    str *names = ARENA_ARRAY(arena, feeds_count, str, e);
    if (names == NULL ||
        (request->sign.len > 0 &&
         !trust_secret(request->sign, request->password, arena, &key, e)) ||
        !ops_open_store(context, arena, &store, e)) {
        return false;
    }
    size_t count = kept_back(names);
    struct bundle_export_options options = {.file = request->file,
                                            .leave_out = names,
                                            .leave_out_count = count,
                                            .sign = request->sign.len > 0 ? &key : NULL};
    bool ok = store_bundle_export(store, &options, &left, e) &&
              left_out_names(store, arena, names, &count, e);
    store_close(store);
    *left_out = names;
    *left_out_count = count;
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
