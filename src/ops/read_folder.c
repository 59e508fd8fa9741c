/* read_folder.c: a root file system: a thread walks it and writes what detectors claim into a pipe,
 * as a tar; a worker reads that as it does a layer. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/fd.h"
#include "detect/detector.h"
#include "ops/reading.h"
#include "source/directory.h"

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

bool read_folder(struct reading *r, bool first_round, struct error *e)
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
        if (!works_make(r, false, e)) {
            return false;
        }
    } else {
        works_reset(r);
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
        reading_tell_confinement(r, &r->worker.confined);
    }
    t.out_fd = ends[1];
    arena_init(&t.arena, 256 * 1024 * 1024, "names in the folder");
    diag_init(&t.notes, &t.arena);
    bool ok = run_folder(r, &t, e);
    arena_done(&t.arena);
    return ok;
}
