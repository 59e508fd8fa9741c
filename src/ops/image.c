#include "ops/image.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pack.h"
#include "detect/detector.h"
#include "inventory/encode.h"
#include "model/namespace.h"
#include "ops/open_blob.h"
#include "ops/reading.h"
#include "source/directory.h"
#include "stream/hash.h"

enum { FACTS_OF_LAYER_BYTES_MAX = 512 * 1024 * 1024 };

bool reading_start_worker(struct reading *r, const int *fds, size_t count, struct worker *out,
                          struct error *e)
{
    struct worker_options options = {
        .fds = fds,
        .fds_count = count,
        .confine = {.off = r->context->sandbox == SANDBOX_OFF,
                    .cpu_s = WORKER_CPU_S_MAX,
                    .memory_bytes = WORKER_MEMORY_BYTES_MAX},
        .required = r->context->sandbox == SANDBOX_REQUIRED,
    };
    return worker_start(&options, out, e);
}

static void tell_confinement(const struct reading *r, const struct confine_report *c)
{
    if (r->context->notice == NULL || r->context->sandbox == SANDBOX_OFF) {
        return;
    }
    if (c->landlock_abi == 0 && c->seccomp) {
        r->context->notice(r->context->notice_arg, "Landlock is not in this kernel; workers are "
                                                   "confined by seccomp alone");
    } else if (!c->seccomp) {
        r->context->notice(r->context->notice_arg,
                           c->landlock_abi > 0
                               ? "seccomp is not in use; workers are confined by Landlock alone"
                               : "neither seccomp nor Landlock is in use; workers are confined by "
                                 "resource limits alone");
    }
}

/* -- works ---------------------------------------------------------------------------------- */

static void work_init(struct layer_work *w, size_t index, const struct image_layer *l)
{
    *w = (struct layer_work){.index = index,
                             .fd = -1,
                             .offset = l->offset,
                             .size_bytes = l->size_bytes,
                             .claimed = l->blob,
                             .diff_claimed = l->diff_id};
    buf_init(&w->facts, FACTS_OF_LAYER_BYTES_MAX);
}

static bool same_bytes(const struct layer_work *w, const struct image_layer *l, bool by_digest)
{
    return (by_digest ? digest_eq(w->claimed, l->blob)
                      : w->offset == l->offset && w->size_bytes == l->size_bytes) &&
           digest_eq(w->diff_claimed, l->diff_id);
}

/* One work for each layer, equal ones shared: by place in an archive, by digest of a blob. */
static bool make_works(struct reading *r, bool by_digest, struct error *e)
{
    size_t count = r->image.layers_count;
    r->works = ARENA_ARRAY(r->arena, count, struct layer_work, e);
    r->work_of = ARENA_ARRAY(r->arena, count, size_t, e);
    if (r->works == NULL || r->work_of == NULL) {
        return false;
    }
    r->works_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < r->works_count && !same_bytes(&r->works[k], &r->image.layers[i], by_digest)) {
            k++;
        }
        if (k == r->works_count) {
            work_init(&r->works[r->works_count++], i, &r->image.layers[i]);
        }
        r->work_of[i] = k;
    }
    return true;
}

static uint32_t cache_revision(void)
{
    return detectors_revision() * 31 + FACT_FORMAT_REVISION;
}

/* What the cache knows of a layer before a byte of it is read: by the file's identity, its digest;
 * by its digest, its facts. A digest that only the image claims is checked by hashing first. */
static bool look_up(struct reading *r, struct layer_work *w, struct error *e)
{
    bool known = false, found = false;
    digest blob = w->claimed;
    str facts;
    if (r->store == NULL || r->options->no_cache || r->options->verify == VERIFY_NEVER) {
        return true;
    }
    if (S_ISREG(w->st.st_mode) &&
        !store_file_digest_find(r->store, &w->st, w->offset, w->size_bytes, &blob, &known, e)) {
        return false;
    }
    if (!known) {
        /* an uncompressed layer's digest is its diff ID; hashing a large one costs more than
         * hopping over it */
        blob = w->claimed;
        if (blob.algorithm == DIGEST_NONE && w->size_bytes <= VERIFY_AUTO_BYTES_MAX) {
            blob = w->diff_claimed;
        }
        if (blob.algorithm == DIGEST_NONE) {
            return true;
        }
    }
    if (!store_facts_find(r->store, blob, cache_revision(), r->arena, &facts, &w->diff_id, &found,
                          e) ||
        !found) {
        return found || e->kind != ERROR_MEMORY;
    }
    if (!known) {
        w->hash_decides = w->want_hash = true;
        w->expected = blob;
        return true;
    }
    w->blob = blob;
    w->hashed = w->done = w->cached = true;
    return buf_add_str(&w->facts, facts, e);
}

/* Looks up, reads what is not known, and reads again what the cache lost meanwhile. */
static bool read_works(struct reading *r, const int *fds, size_t fds_count, struct error *e)
{
    for (size_t i = 0; i < r->works_count; i++) {
        struct layer_work *w = &r->works[i];
        if (r->wanted_count == 0 && !look_up(r, w, e)) {
            return false;
        }
    }
    if (!layers_read(r, fds, fds_count, e)) {
        return false;
    }
    bool again = false;
    for (size_t i = 0; i < r->works_count; i++) {
        again = again || !r->works[i].done;
        r->works[i].hash_decides = false;
    }
    return !again || layers_read(r, fds, fds_count, e);
}

/* Forgets the facts, for another round with other wanted files. */
static void reset_works(struct reading *r)
{
    for (size_t i = 0; i < r->works_count; i++) {
        struct layer_work *w = &r->works[i];
        w->facts.len = 0;
        w->done = false;
        w->want_hash = w->hash_decides = false;
    }
}

static void free_works(struct reading *r)
{
    for (size_t i = 0; i < r->works_count; i++) {
        buf_done(&r->works[i].facts);
        if (r->works[i].fd != r->source.fd) {
            fd_close(&r->works[i].fd);
        }
    }
}

/* -- archives ------------------------------------------------------------------------------- */

/* The layers of an archive that is read in order, by the name of their entry. */
struct passed {
    struct layer_listener base;
    struct layer_work *list;
    struct layer_answer *answers;
    size_t count, room, room2;
    struct reading *reading;
    struct buf facts; /* of the layer being read */
    uint64_t total_bytes;
};

static bool take_passed(struct passed *p, const struct layer_answer *answer, struct error *e)
{
    struct arena *arena = p->reading->arena;
    void *list = p->list, *answers = p->answers;
    if (!arena_grow(arena, &list, p->count, &p->room, sizeof(*p->list), e) ||
        !arena_grow(arena, &answers, p->count, &p->room2, sizeof(*p->answers), e)) {
        return false;
    }
    p->list = list;
    p->answers = answers;
    p->answers[p->count] = *answer;
    if (!arena_str(arena, answer->name, &p->answers[p->count].name, e)) {
        return false;
    }
    p->list[p->count] = (struct layer_work){.fd = -1, .facts = p->facts, .done = true};
    buf_init(&p->facts, FACTS_OF_LAYER_BYTES_MAX);
    p->count++;
    return true;
}

static bool take_answer(struct passed *p, uint8_t type, str payload, bool *described,
                        struct error *e)
{
    struct reading *r = p->reading;
    struct layer_answer answer = {0};
    uint64_t bytes = 0;
    switch (type) {
    case ANSWER_FACTS:
        return buf_add_str(&p->facts, payload, e);
    case ANSWER_CODEC:
        return true;
    case ANSWER_PROGRESS:
        if (unpack_u64(&payload, &bytes, e) && r->context->progress != NULL) {
            r->context->progress->update(r->context->progress, STR("reading the archive"), bytes,
                                         p->total_bytes);
        }
        return true;
    case ANSWER_LAYER:
        return layer_answer_unpack(payload, &answer, e) && take_passed(p, &answer, e);
    case ANSWER_IMAGE:
        *described = true;
        return image_unpack(payload, r->arena, &r->image, e);
    default:
        return error_set(e, ERROR_REMOTE, "the worker sent a message of type %u", type);
    }
}

/* Gives each layer of the image what was read under its name. */
static bool assign_passed(struct reading *r, struct passed *p, struct error *e)
{
    r->works = ARENA_ARRAY(r->arena, p->count, struct layer_work, e);
    r->work_of = ARENA_ARRAY(r->arena, r->image.layers_count, size_t, e);
    if (r->works == NULL || r->work_of == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        r->works[i] = p->list[i];
        r->works_count++;
    }
    for (size_t i = 0; i < r->image.layers_count; i++) {
        const struct image_layer *l = &r->image.layers[i];
        size_t k = p->count;
        while (k > 0 && !str_eq(p->answers[k - 1].name, l->name)) {
            k--;
        }
        if (k == 0 || !p->answers[k - 1].is_layer) {
            if (l->size_bytes == 0) {
                return error_set(e, ERROR_FORMAT, "layer %zu of %zu is empty", i + 1,
                                 r->image.layers_count);
            }
            return error_set(e, ERROR_FORMAT, "layer %zu of %zu, '" STR_FMT "', is no tar archive",
                             i + 1, r->image.layers_count, STR_ARG(l->name));
        }
        struct layer_work check = r->works[k - 1];
        const struct layer_answer *a = &p->answers[k - 1];
        check.claimed = l->blob;
        check.diff_claimed = l->diff_id;
        check.blob = a->blob;
        check.hashed = true;
        check.compressed = a->compressed;
        check.diff_id = a->diff_id;
        if (r->options->verify != VERIFY_NEVER && !layer_check(r, &check, e)) {
            return error_wrap(e, "layer %zu of %zu", i + 1, r->image.layers_count);
        }
        r->works[k - 1].verified = true;
        r->works[k - 1].blob = a->blob;
        r->works[k - 1].hashed = a->blob.algorithm != DIGEST_NONE;
        r->work_of[i] = k - 1;
    }
    return true;
}

static bool ask_archive(struct reading *r, struct passed *p, bool *described, struct error *e)
{
    struct archive_request request = {
        .in_order = r->source.is_pipe,
        .choice = {.reference = r->options->image.len > 0 ? r->options->image : r->source.reference,
                   .platform = r->options->platform,
                   .wants = str_from(r->source.source->wants)},
        .wanted = r->wanted,
        .wanted_count = r->wanted_count,
    };
    struct buf payload;
    uint8_t type;
    str answer;
    enum step got = STEP_FAILED;
    buf_init(&payload, 4 * 1024 * 1024);
    bool ok = archive_request_pack(&request, &payload, e) &&
              worker_job(&r->worker, JOB_ARCHIVE, buf_str(&payload), e);
    buf_done(&payload);
    while (ok && (got = worker_answer(&r->worker, &type, &answer, e)) == STEP_GOT) {
        ok = take_answer(p, type, answer, described, e);
    }
    return ok && got == STEP_END;
}

static bool read_archive(struct reading *r, bool first_round, struct error *e)
{
    struct passed passed = {.reading = r};
    struct stat st;
    bool described = false;
    if (!first_round && r->works_count > 0 && r->works[0].fd >= 0) {
        reset_works(r);
        return read_works(r, &r->source.fd, 1, e);
    }
    if (fstat(r->source.fd, &st) != 0) {
        return error_sys(e, errno, "cannot stat the archive");
    }
    passed.total_bytes = r->source.is_pipe ? 0 : (uint64_t)st.st_size;
    if (!reading_start_worker(r, &r->source.fd, 1, &r->worker, e)) {
        return false;
    }
    tell_confinement(r, &r->worker.confined);
    free_works(r);
    r->works_count = 0;
    buf_init(&passed.facts, FACTS_OF_LAYER_BYTES_MAX);
    bool ok = ask_archive(r, &passed, &described, e);
    if (ok && !described) {
        ok = error_set(e, ERROR_REMOTE, "the worker described no image");
    }
    if (passed.count > 0) {
        ok = ok && assign_passed(r, &passed, e);
        for (size_t i = r->works_count; i < passed.count; i++) {
            buf_done(&passed.list[i].facts);
        }
        buf_done(&passed.facts);
        worker_stop(&r->worker);
        return ok;
    }
    buf_done(&passed.facts);
    ok = ok && make_works(r, false, e);
    for (size_t i = 0; ok && i < r->works_count; i++) {
        r->works[i].fd = r->source.fd;
        r->works[i].st = st;
    }
    return ok && read_works(r, &r->source.fd, 1, e);
}

/* -- layouts in a folder -------------------------------------------------------------------- */

static bool give_blob(struct reading *r, str need, struct error *e)
{
    digest name = {0};
    uint64_t size_bytes = 0;
    struct buf payload;
    struct error failed = {0};
    if (!unpack_digest(&need, &name, e) || !unpack_u64(&need, &size_bytes, e)) {
        return false;
    }
    struct arena_mark mark = arena_mark(r->arena);
    str content = STR_NONE;
    bool have = blob_read_small(r->source.fd, name, size_bytes, r->arena, &content, &failed);
    buf_init(&payload, 16 * 1024 * 1024);
    bool ok;
    if (have) {
        ok = pack_u8(&payload, 1, e) && buf_add_str(&payload, content, e);
    } else {
        ok = pack_u8(&payload, 0, e) && pack_u8(&payload, (uint8_t)failed.kind, e) &&
             pack_u32(&payload, (uint32_t)failed.sys, e) &&
             pack_str(&payload, str_from(failed.text), e) &&
             pack_str(&payload, str_from(failed.hint), e);
    }
    ok = ok && wire_send(&r->worker.wire, GIVE_BLOB, buf_str(&payload), e) &&
         wire_flush(&r->worker.wire, e);
    buf_done(&payload);
    arena_rewind(r->arena, mark);
    return ok;
}

static bool describe_layout(struct reading *r, struct error *e)
{
    struct archive_request request = {
        .choice = {.reference = r->options->image.len > 0 ? r->options->image : r->source.reference,
                   .platform = r->options->platform}};
    struct buf payload;
    str index = STR_NONE, answer;
    uint8_t type;
    enum step got = STEP_FAILED;
    bool described = false;
    buf_init(&payload, 16 * 1024 * 1024);
    bool ok = file_read_small(r->source.fd, "index.json", r->arena, &index, e) &&
              pack_str(&payload, index, e) && archive_request_pack(&request, &payload, e) &&
              worker_job(&r->worker, JOB_OCI, buf_str(&payload), e);
    buf_done(&payload);
    while (ok && (got = worker_answer(&r->worker, &type, &answer, e)) == STEP_GOT) {
        if (type == ANSWER_NEED) {
            ok = give_blob(r, answer, e);
        } else if (type == ANSWER_IMAGE) {
            described = true;
            ok = image_unpack(answer, r->arena, &r->image, e);
        } else {
            ok = error_set(e, ERROR_REMOTE, "the worker sent a message of type %u", type);
        }
    }
    if (ok && got == STEP_END && !described) {
        return error_set(e, ERROR_REMOTE, "the worker described no image");
    }
    return ok && got == STEP_END;
}

static bool read_layout(struct reading *r, bool first_round, struct error *e)
{
    int fds[IMAGE_LAYERS_MAX];
    if (first_round) {
        if (!reading_start_worker(r, NULL, 0, &r->worker, e)) {
            return false;
        }
        tell_confinement(r, &r->worker.confined);
        bool ok = describe_layout(r, e);
        worker_stop(&r->worker);
        if (!ok || !make_works(r, true, e)) {
            return false;
        }
    } else {
        reset_works(r);
    }
    for (size_t i = 0; i < r->works_count; i++) {
        struct layer_work *w = &r->works[i];
        if (first_round && !blob_open(r->source.fd, w->claimed, w->size_bytes, &w->fd, &w->st, e)) {
            return error_wrap(e, "layer %zu of %zu", w->index + 1, r->image.layers_count);
        }
        w->worker_fd = i;
        fds[i] = w->fd;
    }
    return read_works(r, fds, r->works_count, e);
}

/* -- root file systems ---------------------------------------------------------------------- */

struct folder_thread {
    struct reading *reading;
    struct directory_path *paths;
    size_t count;
    int out_fd;
    struct arena arena;
    struct diag notes;
    struct error failed;
    bool ok;
};

static void *stream_folder(void *arg)
{
    struct folder_thread *t = arg;
    t->ok = directory_stream(t->reading->source.fd, t->paths, t->count, t->out_fd, &t->arena,
                             &t->notes, &t->failed);
    close(t->out_fd);
    return NULL;
}

static bool folder_paths(struct reading *r, struct folder_thread *t, struct error *e)
{
    size_t most = r->wanted_count;
    for (size_t i = 0; i < detectors_count; i++) {
        for (const char *const *p = detectors[i]->paths; *p != NULL; p++) {
            most++;
        }
    }
    t->paths = ARENA_ARRAY(r->arena, most, struct directory_path, e);
    if (t->paths == NULL) {
        return false;
    }
    for (size_t i = 0; i < detectors_count; i++) {
        for (const char *const *p = detectors[i]->paths; *p != NULL; p++) {
            t->paths[t->count++] = (struct directory_path){
                .path = str_from(*p), .bytes_max = detectors[i]->file_bytes_max};
        }
    }
    for (size_t i = 0; i < r->wanted_count; i++) {
        const struct detector *by = NULL;
        (void)detectors_reach(r->wanted[i].role, &by);
        t->paths[t->count++] = (struct directory_path){
            .path = r->wanted[i].path, .bytes_max = by == NULL ? 0 : by->file_bytes_max};
    }
    return true;
}

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

static bool run_folder(struct reading *r, struct folder_thread *t, struct error *e)
{
    struct layer_listener listener = {.codec = no_codec, .progress = no_progress};
    struct layer_request request = {.size_bytes = UINT64_MAX,
                                    .in_order = true,
                                    .wanted = r->wanted,
                                    .wanted_count = r->wanted_count};
    struct buf payload;
    pthread_t thread;
    if (pthread_create(&thread, NULL, stream_folder, t) != 0) {
        close(t->out_fd);
        return error_set(e, ERROR_MEMORY, "no thread could be started");
    }
    buf_init(&payload, 4 * 1024 * 1024);
    bool ok = layer_request_pack(&request, &payload, e) &&
              worker_job(&r->worker, JOB_LAYER, buf_str(&payload), e) &&
              layer_answers(&r->worker, &r->works[0], &listener, e);
    buf_done(&payload);
    /* a worker that has ended closes its end of the pipe: the thread cannot hang on it */
    worker_stop(&r->worker);
    pthread_join(thread, NULL);
    if (ok && !t->ok) {
        *e = t->failed;
        ok = false;
    }
    for (size_t i = 0; ok && i < t->notes.count; i++) {
        ok = diag_add(&r->notes, t->notes.notes[i].kind, t->notes.notes[i].path,
                      t->notes.notes[i].text, e);
    }
    r->works[0].done = ok;
    return ok;
}

static bool read_folder(struct reading *r, bool first_round, struct error *e)
{
    struct folder_thread t = {.reading = r};
    int ends[2];
    if (first_round) {
        struct image_layer *layer = ARENA_NEW(r->arena, struct image_layer, e);
        if (layer == NULL) {
            return false;
        }
        r->image =
            (struct image_description){.kind = STR("dir"), .layers = layer, .layers_count = 1};
        if (!make_works(r, false, e)) {
            return false;
        }
    } else {
        reset_works(r);
    }
    if (!folder_paths(r, &t, e)) {
        return false;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_sys(e, errno, "cannot make a pipe");
    }
    CLEANUP(fd_close) int from = ends[0];
    if (!reading_start_worker(r, &from, 1, &r->worker, e)) {
        close(ends[1]);
        return false;
    }
    fd_close(&from);
    if (first_round) {
        tell_confinement(r, &r->worker.confined);
    }
    t.out_fd = ends[1];
    arena_init(&t.arena, 256 * 1024 * 1024, "names in the folder");
    diag_init(&t.notes, &t.arena);
    bool ok = run_folder(r, &t, e);
    arena_done(&t.arena);
    return ok;
}

/* -- all together --------------------------------------------------------------------------- */

static bool read_round(struct reading *r, bool first_round, struct error *e)
{
    switch (r->source.source->shape) {
    case SHAPE_ARCHIVE:
        return read_archive(r, first_round, e);
    case SHAPE_BLOBS:
        return read_layout(r, first_round, e);
    case SHAPE_FILES:
        return read_folder(r, first_round, e);
    }
    return false;
}

static bool fold(struct reading *r, bool last_round, struct inventory *out, size_t *more,
                 struct error *e)
{
    size_t count = r->image.layers_count, wanted_count = 0;
    const struct wanted_file *wanted = NULL;
    str *facts = ARENA_ARRAY(r->arena, count, str, e);
    if (facts == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        /* a copy: the works' own buffers go before the result does */
        if (!arena_str(r->arena, buf_str(&r->works[r->work_of[i]].facts), &facts[i], e)) {
            return false;
        }
    }
    struct fold_input in = {.layers = facts,
                            .layers_count = count,
                            .wanted = r->wanted,
                            .wanted_count = r->wanted_count,
                            .last_round = last_round};
    if (!inventory_fold(&in, r->arena, out, &wanted, &wanted_count, e)) {
        return false;
    }
    struct wanted_file *all =
        ARENA_ARRAY(r->arena, r->wanted_count + wanted_count, struct wanted_file, e);
    if (all == NULL) {
        return false;
    }
    for (size_t i = 0; i < r->wanted_count; i++) {
        all[i] = r->wanted[i];
    }
    for (size_t i = 0; i < wanted_count; i++) {
        all[r->wanted_count + i] = wanted[i];
    }
    *more = wanted_count;
    r->wanted = all;
    r->wanted_count += wanted_count;
    return true;
}

static bool fill_image(struct reading *r, struct inventory *out, struct error *e)
{
    struct layer_info *layers = ARENA_ARRAY(r->arena, r->image.layers_count, struct layer_info, e);
    if (layers == NULL) {
        return false;
    }
    for (size_t i = 0; i < r->image.layers_count; i++) {
        const struct image_layer *l = &r->image.layers[i];
        const struct layer_work *w = &r->works[r->work_of[i]];
        layers[i] = (struct layer_info){
            .blob = w->hashed ? w->blob : l->blob,
            .diff_id = l->diff_id,
            .created_by = l->created_by,
            .size_bytes = l->size_bytes,
            .cached = w->cached,
            .verified = w->verified || w->hashed,
        };
    }
    out->image = (struct image_info){
        .source = r->options->source,
        .kind = r->image.kind,
        .tag = r->image.tag,
        .id = r->image.id,
        .manifest = r->image.manifest,
        .os = r->image.os,
        .arch = r->image.arch,
        .variant = r->image.variant,
        .layers = layers,
        .layers_count = r->image.layers_count,
    };
    for (size_t i = 0; i < r->notes.count; i++) {
        const struct diag_note *n = &r->notes.notes[i];
        if (!diag_add(&out->notes, n->kind, n->path, n->text, e)) {
            return false;
        }
    }
    return true;
}

/* --distro: "debian/12", "alpine@3.18", "debian:12". */
static void override_distribution(str text, struct inventory *out)
{
    static const char separators[] = "/@:";
    str id = text, version = STR_NONE;
    for (const char *s = separators; *s != '\0' && version.len == 0; s++) {
        str rest = text;
        if (str_cut(&rest, *s, &id)) {
            version = rest;
        } else {
            id = text;
        }
    }
    out->has_distribution = true;
    out->distribution = (struct distribution){.id = id, .version_id = version};
}

static bool fill_namespace(struct reading *r, struct inventory *out, struct error *e)
{
    struct distribution_match match = {0};
    if (r->options->distro.len > 0) {
        override_distribution(r->options->distro, out);
    }
    if (!out->has_distribution) {
        return true;
    }
    if (!namespace_of(&out->distribution, r->arena, &match, e)) {
        return false;
    }
    out->namespace_ = match.namespace_;
    return match.note.len == 0 || diag_add(&out->notes, DIAG_NOTE, STR_NONE, match.note, e);
}

static bool read_all(struct reading *r, struct inventory *out, struct error *e)
{
    size_t more = 0;
    for (int round = 1;; round++) {
        bool last = round == FOLD_ROUNDS_MAX || r->source.is_pipe;
        if (!read_round(r, round == 1, e) || !fold(r, last, out, &more, e)) {
            return false;
        }
        if (more == 0) {
            break;
        }
        worker_stop(&r->worker);
    }
    return fill_image(r, out, e) && fill_namespace(r, out, e);
}

bool image_read(const struct ops_context *context, const struct image_options *options,
                struct store *store, struct arena *arena, struct inventory *out, struct error *e)
{
    struct reading r = {
        .context = context,
        .options = options,
        .store = options->no_cache ? NULL : store,
        .arena = arena,
    };
    if (!source_open(options->source, arena, &r.source, e)) {
        return false;
    }
    diag_init(&r.notes, arena);
    *out = (struct inventory){0};
    bool ok = read_all(&r, out, e);
    worker_stop(&r.worker);
    free_works(&r);
    source_close(&r.source);
    return ok;
}
