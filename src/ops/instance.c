#include "ops/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "fetch/client.h"
#include "ops/bundle_left_out.h"
#include "ops/open_store.h"
#include "ops/trust.h"
#include "ops/update_changes.h"

enum {
    GRACE_S = 24 * 60 * 60, /* a client is done long before */
    MANIFEST_BYTES_MAX = 4 * 1024 * 1024,
    ANSWER_BYTES_MAX = 1024 * 1024, /* of a request's head */
};

static const char manifest_name[] = "limpid.manifest";

/* -- publishing ---------------------------------------------------------------------------------
 */

bool ops_publish(const struct ops_context *context, const struct publish_request *request,
                 struct arena *arena, struct published *out, struct error *e)
{
    CLEANUP(sign_secret_clear) struct sign_secret key = {0};
    struct store *store = NULL;
    struct publish_result result;
    struct left_out left = {0};
    if ((request->sign.len > 0 &&
         !trust_secret(request->sign, request->password, arena, &key, e)) ||
        !ops_open_store(context, arena, &store, e)) {
        return false;
    }
    bool ok = left_out_read(store, arena, &left, e);
    const struct publish_options options = {.dir = request->dir,
                                            .leave_out = left.names,
                                            .leave_out_count = left.count,
                                            .sign = request->sign.len > 0 ? &key : NULL,
                                            .grace_s = GRACE_S};
    ok = ok && store_publish(store, &options, &result, e);
    store_close(store);
    if (ok) {
        *out = (struct published){.feeds = result.feeds,
                                  .changed = result.changed,
                                  .objects = result.objects,
                                  .objects_new = result.objects_new,
                                  .bytes_new = result.bytes_new,
                                  .objects_removed = result.objects_removed,
                                  .left_out = left.names,
                                  .left_out_count = left.there};
    }
    return ok;
}

/* -- where the files come from ------------------------------------------------------------------
 */

struct place {
    struct pull_source base;
    str from; /* without '/' at its end, a NUL behind */
    bool remote, started;
    struct fetch_client client;
    const struct from_limpid_request *request;
    struct progress *progress;
    uint64_t bytes;
    str validator; /* header that asks whether the manifest has changed; then of the new one */
    bool unchanged;
};

static bool is_url(str from)
{
    return str_find(from, STR("://")) < from.len;
}

static bool body_add(struct place *p, struct buf *to, struct error *e)
{
    struct reader *body = fetch_body(&p->client);
    for (;;) {
        enum step got = reader_need(body, 1, e);
        if (got != STEP_GOT) {
            return got == STEP_END;
        }
        if (!buf_add(to, body->at, reader_ready(body), e)) {
            return false;
        }
        p->bytes += reader_ready(body);
        body->at = body->end;
        if (p->progress != NULL) {
            p->progress->update(p->progress, p->from, p->bytes, 0);
        }
    }
}

/* One GET. `validator` in: a header that makes it conditional; out: the one for the next time. */
static bool remote_get(struct place *p, const char *path, str *validator, struct arena *arena,
                       struct buf *to, bool *same, struct error *e)
{
    struct fetch_response response;
    str url;
    if (!arena_printf(arena, &url, e, "%.*s/%s", (int)p->from.len, p->from.at, path)) {
        return false;
    }
    const struct fetch_request request = {
        .url = url,
        .headers = validator,
        .headers_count = validator != NULL && validator->len > 0,
        .allow_private = true, /* the user named it */
        .allow_http = str_starts(url, STR("http:")),
        .body_bytes_max = to->bytes_max,
        .timeout_s = p->request->timeout_s,
    };
    if (!fetch_get(&p->client, &request, arena, &response, e)) {
        return false;
    }
    *same = response.status == 304 && request.headers_count > 0;
    if (*same) {
        return reader_drain(fetch_body(&p->client), NULL, e);
    }
    if (response.status != 200) {
        error_set(e, response.status == 404 ? ERROR_ABSENT : ERROR_REMOTE,
                  "'" STR_FMT "': the server says %u", STR_ARG(url), response.status);
        return error_hint(e, "--from-limpid wants the address of a folder that 'limpid bundle "
                             "publish' wrote");
    }
    if (validator != NULL) {
        str tag = fetch_header(&response, "etag");
        str modified = fetch_header(&response, "last-modified");
        *validator = STR_NONE;
        if ((tag.len > 0 &&
             !arena_printf(arena, validator, e, "If-None-Match: %.*s", (int)tag.len, tag.at)) ||
            (tag.len == 0 && modified.len > 0 &&
             !arena_printf(arena, validator, e, "If-Modified-Since: %.*s", (int)modified.len,
                           modified.at))) {
            return false;
        }
    }
    return body_add(p, to, e);
}

static bool local_get(struct place *p, const char *path, struct buf *to, struct error *e)
{
    char whole[4096 + 128];
    int len = snprintf(whole, sizeof(whole), "%s/%s", p->from.at, path);
    CLEANUP(fd_close)
    int fd = len < 0 || (size_t)len >= sizeof(whole)
                 ? -1
                 : open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t got = 0, room = to->bytes_max;
    if (fd < 0) {
        return error_sys(e, errno, "cannot open '%s'", whole);
    }
    if (!buf_reserve(to, room, e) || !fd_read_full(fd, to->at, room, &got, e)) {
        return error_wrap(e, "'%s'", whole);
    }
    to->len = got;
    return got < room || error_set(e, ERROR_LIMIT, "'%s' has %zu bytes or more", whole, room);
}

static bool place_get(struct pull_source *self, const char *path, struct buf *to, struct error *e)
{
    struct place *p = CONTAINER_OF(self, struct place, base);
    CLEANUP(arena_done) struct arena arena;
    bool same = false;
    arena_init(&arena, ANSWER_BYTES_MAX, "an answer");
    return p->remote ? remote_get(p, path, NULL, &arena, to, &same, e) : local_get(p, path, to, e);
}

static bool place_open(struct place *p, const struct from_limpid_request *request,
                       struct arena *arena, struct error *e)
{
    str from = request->from;
    while (from.len > 1 && str_ends(from, STR("/"))) {
        from.len--;
    }
    *p = (struct place){.base.get = place_get, .request = request, .remote = is_url(from)};
    if (!arena_str(arena, from, &p->from, e)) {
        return false;
    }
    p->started = p->remote && fetch_start(&p->client, STR_NONE, e);
    return !p->remote || p->started;
}

static void place_close(struct place *p)
{
    if (p->started) {
        fetch_stop(&p->client);
        p->started = false;
    }
}

/* -- taking over --------------------------------------------------------------------------------
 */

struct taking {
    const struct ops_context *context;
    const struct from_limpid_request *request;
    struct arena *arena;
    struct store *store;
    struct place place;
    str origin;
    struct update_result *results;
    size_t count;
};

/* What the last time kept, if every feed that came from there has the same: else some are missing
 * that a "nothing new" would leave so. */
static bool validator_find(struct taking *t, const struct feed_state *states, size_t count)
{
    str found = STR_NONE;
    size_t of_there = 0;
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(states[i].origin, t->origin)) {
            continue;
        }
        if (states[i].validator.len == 0 || (of_there > 0 && !str_eq(states[i].validator, found))) {
            return false;
        }
        found = states[i].validator;
        of_there++;
    }
    t->place.validator = found;
    return found.len > 0;
}

/* "Nothing new" of everything that came from there. */
static bool all_unchanged(struct taking *t, const struct feed_state *states, size_t count,
                          struct error *e)
{
    t->results = ARENA_ARRAY(t->arena, count, struct update_result, e);
    if (t->results == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(states[i].origin, t->origin)) {
            continue;
        }
        t->results[t->count++] = (struct update_result){.feed = states[i].feed,
                                                        .ok = true,
                                                        .unchanged = true,
                                                        .advisories = states[i].advisories,
                                                        .rows = states[i].rows,
                                                        .advisories_before = states[i].advisories};
        if (!store_feed_unchanged(t->store, states[i].feed, e)) {
            return false;
        }
    }
    return true;
}

static bool result_add(struct taking *t, const struct pull_feed *f, struct error *e)
{
    struct update_result *r = &t->results[t->count++];
    *r = (struct update_result){.feed = f->feed,
                                .ok = true,
                                .unchanged = f->unchanged || f->is_older,
                                .advisories = f->advisories,
                                .rows = f->rows,
                                .advisories_before = f->advisories_before};
    if (!f->is_older) {
        return true;
    }
    str *note = ARENA_NEW(t->arena, str, e);
    if (note == NULL) {
        return false;
    }
    *note = STR("what is here is newer, and stays");
    r->notes = note;
    r->notes_count = 1;
    return true;
}

static void tell(struct taking *t, const struct pull_result *r)
{
    char line[400];
    if (t->context->notice == NULL) {
        return;
    }
    if (!r->is_verified) {
        snprintf(line, sizeof(line), "'" STR_FMT "' is %s", STR_ARG(t->request->from),
                 r->is_signed ? "signed, but there is no trusted key to check that with"
                              : "not signed");
        t->context->notice(t->context->notice_arg, line);
    }
}

static bool take(struct taking *t, str manifest, struct error *e)
{
    struct sign_keys keys;
    struct pull_result result;
    if (!trust_keys(t->request->key, t->arena, &keys, e)) {
        return false;
    }
    const struct pull_options options = {
        .manifest = manifest,
        .from = &t->place.base,
        .keys = &keys,
        .origin = t->origin,
        /* of a part of it, "nothing new" would say too much */
        .validator = t->request->feeds_count == 0 ? t->place.validator : STR_NONE,
        .feeds = t->request->feeds,
        .feeds_count = t->request->feeds_count,
        .allow_older = t->request->allow_older,
        .arena = t->arena,
    };
    if (!store_pull(t->store, &options, &result, e)) {
        return false;
    }
    tell(t, &result);
    t->results = ARENA_ARRAY(t->arena, result.feeds_count, struct update_result, e);
    if (t->results == NULL) {
        return false;
    }
    for (size_t i = 0; i < result.feeds_count; i++) {
        if (!result_add(t, &result.feeds[i], e)) {
            return false;
        }
    }
    return t->count > 0 || error_set(e, ERROR_ABSENT, "none of these feeds is published there");
}

static bool run(struct taking *t, struct error *e)
{
    CLEANUP(buf_done) struct buf manifest;
    const struct feed_state *states;
    size_t count = 0;
    bool same = false;
    str before;
    buf_init(&manifest, MANIFEST_BYTES_MAX);
    if (!store_generation(t->store, t->arena, &before, e) ||
        !store_feeds(t->store, t->arena, &states, &count, e)) {
        return false;
    }
    if (t->request->feeds_count > 0 || !validator_find(t, states, count)) {
        t->place.validator = STR_NONE;
    }
    if (t->place.remote ? !remote_get(&t->place, manifest_name, &t->place.validator, t->arena,
                                      &manifest, &same, e)
                        : !local_get(&t->place, manifest_name, &manifest, e)) {
        return false;
    }
    if (same) {
        return all_unchanged(t, states, count, e);
    }
    return take(t, buf_str(&manifest), e) &&
           update_changes(t->store, before, t->arena, t->results, t->count, e);
}

bool ops_update_from_limpid(const struct ops_context *context,
                            const struct from_limpid_request *request, struct arena *arena,
                            const struct update_result **results, size_t *count, struct error *e)
{
    struct taking t = {.context = context, .request = request, .arena = arena};
    bool ok = place_open(&t.place, request, arena, e) &&
              arena_printf(arena, &t.origin, e, "limpid '" STR_FMT "'", STR_ARG(t.place.from)) &&
              ops_open_store(context, arena, &t.store, e);
    t.place.progress = context->progress;
    ok = ok && run(&t, e);
    store_close(t.store);
    place_close(&t.place);
    *results = t.results;
    *count = ok ? t.count : 0;
    return ok;
}
