/* layer.c: a local file is hashed first: if its facts are known nothing else is read. What comes
 * from the network is hashed while it passes into the worker's pipe, by a thread of its own, so
 * that nobody waits for somebody who waits:
 *
 *     fetch program ─► pump thread: hash ─► pipe ─► worker ─► facts ─► this thread
 */
#include "ops/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fetch/client.h"
#include "inventory/encode.h"
#include "model/namespace.h"
#include "ops/reading.h"
#include "stream/hash.h"

enum {
    HEAD_BYTES = 6, /* of the longest magic that is looked for */
    REQUEST_BYTES_MAX = 64 * 1024,
    ACI_REVISION = 0x414349, /* the same bytes as an App Container image have other facts */
};

struct analysis {
    const struct ops_context *context;
    struct store *store;
    const struct layer_source *source;
    struct arena *arena;
    struct layer_content *out;
    struct layer_work work; /* facts, diff ID */
    enum layer_outcome outcome;
};

static enum layer_outcome fail(struct error *e, enum layer_outcome outcome, enum error_kind kind,
                               const char *why)
{
    error_set(e, kind, "%s", why);
    return outcome;
}

static bool is_url(str path)
{
    return str_starts(path, STR("http://")) || str_starts(path, STR("https://"));
}

static uint32_t revision_of(const struct layer_source *source)
{
    return facts_revision() ^ (source->aci ? ACI_REVISION : 0);
}

/* "BZh" and xz's magic: Clair of 2015 knew tar and gzip alone. */
static bool is_refused(const struct layer_source *source, const uint8_t *at, size_t len)
{
    str head = {.at = (const char *)at, .len = len};
    return source->gzip_only && (str_starts(head, STR("BZh")) || str_starts(head, STR("\xfd"
                                                                                      "7zXZ")));
}

/* -- the worker ----------------------------------------------------------------------------- */

static void no_codec(struct layer_listener *self, bool compressed)
{
    (void)self;
    (void)compressed;
}

static void no_progress(struct layer_listener *self, uint64_t bytes)
{
    (void)self;
    (void)bytes;
}

static enum layer_outcome outcome_of(const struct error *e)
{
    return e->kind == ERROR_FORMAT || e->kind == ERROR_LIMIT ? LAYER_NO_ARCHIVE : LAYER_FAILED;
}

/* Lets a worker read `fd`: a file, or a pipe. */
static bool run_worker(struct analysis *a, int fd, bool in_order, struct error *e)
{
    struct reading reading = {.context = a->context};
    struct layer_listener listener = {.codec = no_codec, .progress = no_progress};
    const struct layer_request request = {
        .fd = 0,
        .size_bytes = UINT64_MAX,
        .in_order = in_order,
        .root = a->source->aci ? STR("rootfs/") : STR_NONE,
    };
    struct worker worker = {.pid = 0};
    struct buf payload;
    buf_init(&payload, REQUEST_BYTES_MAX);
    bool ok = reading_start_worker(&reading, &fd, 1, &worker, e) &&
              layer_request_pack(&request, &payload, e) &&
              worker_job(&worker, JOB_LAYER, buf_str(&payload), e) &&
              layer_answers(&worker, &a->work, &listener, e);
    buf_done(&payload);
    a->outcome = ok ? LAYER_READ : outcome_of(e);
    worker_stop(&worker);
    return ok;
}

/* -- a local file --------------------------------------------------------------------------- */

static bool below_roots(const struct layer_source *source, const char *resolved)
{
    str path = str_from(resolved);
    bool below = source->local_paths;
    for (size_t i = 0; i < source->roots_count && !below; i++) {
        str root = source->roots[i];
        while (str_ends(root, STR("/"))) {
            root.len--;
        }
        below = str_starts(path, root) && path.len > root.len && path.at[root.len] == '/';
    }
    return below;
}

/* Opens the file that links lead to, if it is a regular one in a place that may be read. */
static enum layer_outcome open_file(const struct layer_source *source, struct arena *arena, int *fd,
                                    struct stat *st, struct error *e)
{
    char resolved[PATH_MAX];
    str path;
    if (source->path.len > LAYER_PATH_BYTES_MAX ||
        str_find_char(source->path, '\0') < source->path.len) {
        return fail(e, LAYER_ABSENT, ERROR_ABSENT, "no such file");
    }
    if (!arena_str(arena, source->path, &path, e)) {
        return LAYER_FAILED;
    }
    if (!source->local_paths && source->roots_count == 0) {
        return fail(e, LAYER_FORBIDDEN, ERROR_USAGE, "local layers may not be read");
    }
    if (realpath(path.at, resolved) == NULL) {
        error_sys(e, errno, "'" STR_FMT "'", STR_ARG(path));
        return LAYER_ABSENT;
    }
    if (!below_roots(source, resolved)) {
        return fail(e, LAYER_FORBIDDEN, ERROR_USAGE, "it lies in no folder of layers");
    }
    CLEANUP(fd_close) int file = open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (file < 0 || fstat(file, st) != 0) {
        error_sys(e, errno, "'%s'", resolved);
        return LAYER_ABSENT;
    }
    if (S_ISDIR(st->st_mode)) {
        return fail(e, LAYER_NO_ARCHIVE, ERROR_FORMAT, "it is a folder");
    }
    if (!S_ISREG(st->st_mode)) {
        return fail(e, LAYER_ABSENT, ERROR_ABSENT, "it is no regular file");
    }
    *fd = fd_take(&file);
    return LAYER_READ;
}

static bool use_cache(struct analysis *a, str *facts, struct error *e)
{
    return a->store == NULL ||
           store_facts_find(a->store, a->out->blob, revision_of(a->source), a->arena, facts,
                            &a->work.diff_id, &a->out->cached, e);
}

static bool digest_of_file(struct analysis *a, int fd, const struct stat *st, struct error *e)
{
    struct error unkept;
    bool known = false;
    if (a->store != NULL &&
        !store_file_digest_find(a->store, st, 0, (uint64_t)st->st_size, &a->out->blob, &known, e)) {
        return false;
    }
    if (known) {
        return true;
    }
    if (!hash_file(fd, 0, (uint64_t)st->st_size, DIGEST_SHA256, &a->out->blob, NULL, e)) {
        return false;
    }
    if (a->store != NULL) {
        (void)store_file_digest_keep(a->store, st, 0, (uint64_t)st->st_size, a->out->blob, &unkept);
    }
    return true;
}

static bool is_unchanged(int fd, const struct stat *then)
{
    struct stat now;
    return fstat(fd, &now) == 0 && now.st_size == then->st_size &&
           now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec &&
           now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == then->st_ctim.tv_nsec;
}

static enum layer_outcome read_file(struct analysis *a, str *facts, struct error *e)
{
    CLEANUP(fd_close) int fd = -1;
    struct stat st;
    uint8_t head[HEAD_BYTES];
    size_t got = 0;
    enum layer_outcome opened = open_file(a->source, a->arena, &fd, &st, e);
    if (opened != LAYER_READ) {
        return opened;
    }
    if (!fd_pread_full(fd, head, sizeof(head), 0, &got, e)) {
        return LAYER_FAILED;
    }
    if (is_refused(a->source, head, got)) {
        return fail(e, LAYER_NO_ARCHIVE, ERROR_FORMAT, "it is neither tar nor gzip");
    }
    if (!digest_of_file(a, fd, &st, e) || !use_cache(a, facts, e)) {
        return LAYER_FAILED;
    }
    if (a->out->cached) {
        return LAYER_READ;
    }
    if (!run_worker(a, fd, false, e)) {
        return a->outcome;
    }
    if (!is_unchanged(fd, &st)) {
        return fail(e, LAYER_FAILED, ERROR_DIGEST, "its file was changed while it was read");
    }
    *facts = buf_str(&a->work.facts);
    return LAYER_READ;
}

/* -- a URL ---------------------------------------------------------------------------------- */

struct pump {
    struct fetch_client *client;
    int to; /* the worker's pipe; written until nobody reads any more */
    struct hash hash;
    bool whole;
    struct error failed;
};

static void *pump_run(void *arg)
{
    struct pump *p = arg;
    struct reader *body = fetch_body(p->client);
    struct error unwanted;
    bool wanted = true;
    enum step got;
    while ((got = reader_need(body, 1, &p->failed)) == STEP_GOT) {
        size_t ready = reader_ready(body);
        hash_update(&p->hash, body->at, ready);
        /* a worker that has seen the archive's end is gone; the rest is only hashed */
        wanted = wanted && fd_write_all(p->to, body->at, ready, &unwanted);
        body->at = body->end;
    }
    p->whole = got == STEP_END;
    close(p->to);
    return NULL;
}

/* The body of the answer, which has begun, through the pump. */
static enum layer_outcome pump_body(struct analysis *a, struct fetch_client *client,
                                    struct error *e)
{
    int ends[2];
    pthread_t thread;
    struct pump pump = {.client = client};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_sys(e, errno, "cannot make a pipe");
        return LAYER_FAILED;
    }
    CLEANUP(fd_close) int from = ends[0];
    pump.to = ends[1];
    hash_init(&pump.hash, DIGEST_SHA256);
    if (pthread_create(&thread, NULL, pump_run, &pump) != 0) {
        close(pump.to);
        return fail(e, LAYER_FAILED, ERROR_MEMORY, "no thread could be started");
    }
    bool ok = run_worker(a, from, true, e);
    fd_close(&from);
    pthread_join(thread, NULL);
    if (!pump.whole) {
        *e = pump.failed;
        return LAYER_UNFETCHED;
    }
    a->out->blob = hash_done(&pump.hash);
    return ok ? LAYER_READ : a->outcome;
}

static enum layer_outcome fetch_layer(struct analysis *a, struct fetch_client *client,
                                      struct error *e)
{
    const struct fetch_request request = {
        .url = a->source->path,
        .headers = a->source->headers,
        .headers_count = a->source->headers_count,
        .allow_private = a->source->private_addresses,
        .allow_http = true,
        .insecure_tls = a->source->insecure_tls,
        .timeout_s = LAYER_FETCH_S_MAX,
        .retries = 1,
    };
    struct fetch_response response;
    if (!fetch_get(client, &request, a->arena, &response, e)) {
        return e->kind == ERROR_MEMORY ? LAYER_FAILED : LAYER_UNFETCHED;
    }
    if (response.status < 200 || response.status > 299) {
        error_set(e, ERROR_REMOTE, "the server says %u", response.status);
        return LAYER_UNFETCHED;
    }
    struct reader *body = fetch_body(client);
    if (reader_need(body, HEAD_BYTES, e) == STEP_FAILED) {
        return LAYER_UNFETCHED;
    }
    if (is_refused(a->source, body->at, reader_ready(body))) {
        return fail(e, LAYER_NO_ARCHIVE, ERROR_FORMAT, "it is neither tar nor gzip");
    }
    return pump_body(a, client, e);
}

static enum layer_outcome read_url(struct analysis *a, str *facts, struct error *e)
{
    struct fetch_client client = {.pid = 0};
    enum layer_outcome outcome = LAYER_FAILED;
    if (fetch_start(&client, STR_NONE, e)) {
        outcome = fetch_layer(a, &client, e);
    }
    fetch_stop(&client);
    *facts = buf_str(&a->work.facts);
    return outcome;
}

/* -- what the facts say --------------------------------------------------------------------- */

static void take_database(struct layer_content *out, const struct fact *fact)
{
    if (str_eq(fact->text, STR("dpkg"))) {
        bool part = str_starts(fact->path, STR("var/lib/dpkg/status.d/"));
        out->deb_part = part && (out->deb_part || !out->has_deb);
        out->has_deb = true;
    }
    out->has_apk = out->has_apk || str_eq(fact->text, STR("apk"));
    out->has_rpm = out->has_rpm || str_eq(fact->text, STR("rpm"));
}

static enum layer_outcome take_databases(str facts, struct layer_content *out, struct error *e)
{
    struct fact fact;
    enum step got;
    bool too_large = false;
    while ((got = fact_decode(&facts, &fact, e)) == STEP_GOT) {
        if (fact.kind == FACT_DATABASE) {
            too_large = too_large || fact.rank > LAYER_FILE_MIB_MAX;
            take_database(out, &fact);
        }
    }
    if (got == STEP_FAILED) {
        return LAYER_FAILED;
    }
    return too_large ? fail(e, LAYER_TOO_LARGE, ERROR_LIMIT, "a file is above 200 MiB")
                     : LAYER_READ;
}

static bool fold_layer(struct analysis *a, str facts, struct error *e)
{
    const struct wanted_file *wanted;
    size_t wanted_count;
    struct inventory *inventory = &a->out->inventory;
    struct distribution_match match = {.note = STR_NONE};
    str kept;
    if (!arena_str(a->arena, facts, &kept, e)) {
        return false;
    }
    const struct fold_input in = {
        .layers = &kept, .layers_count = 1, .residues = true, .last_round = true};
    if (!inventory_fold(&in, a->arena, inventory, &wanted, &wanted_count, e)) {
        return false;
    }
    if (inventory->has_distribution &&
        !namespace_of(&inventory->distribution, a->arena, &match, e)) {
        return false;
    }
    inventory->namespace_ = match.namespace_;
    return true;
}

static enum layer_outcome take_facts(struct analysis *a, str facts, struct error *e)
{
    struct error unkept;
    enum layer_outcome outcome = take_databases(facts, a->out, e);
    if (a->store != NULL && !a->out->cached && outcome != LAYER_FAILED) {
        digest diff = a->work.compressed ? a->work.diff_id : a->out->blob;
        (void)store_facts_keep(a->store, a->out->blob, revision_of(a->source), facts, diff,
                               &unkept);
    }
    if (outcome == LAYER_READ && !fold_layer(a, facts, e)) {
        return LAYER_FAILED;
    }
    return outcome;
}

enum layer_outcome layer_analyse(const struct ops_context *context, struct store *store,
                                 const struct layer_source *source, struct arena *arena,
                                 struct layer_content *out, struct error *e)
{
    struct analysis a = {
        .context = context, .store = store, .source = source, .arena = arena, .out = out};
    str facts = STR_NONE;
    *out = (struct layer_content){.cached = false};
    buf_init(&a.work.facts, FACTS_OF_LAYER_BYTES_MAX);
    enum layer_outcome outcome =
        is_url(source->path) ? read_url(&a, &facts, e) : read_file(&a, &facts, e);
    if (outcome == LAYER_READ) {
        outcome = take_facts(&a, facts, e);
    }
    buf_done(&a.work.facts);
    return outcome;
}

enum layer_outcome layer_reachable(const struct layer_source *source, struct arena *arena,
                                   struct error *e)
{
    CLEANUP(fd_close) int fd = -1;
    struct stat st;
    return is_url(source->path) ? LAYER_READ : open_file(source, arena, &fd, &st, e);
}
