/* read_layout.c: an OCI layout in a folder: the parent opens blobs by their digests, the worker
 * says which. */
#include "base/pack.h"
#include "ops/open_blob.h"
#include "ops/reading.h"

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

bool read_layout(struct reading *r, bool first_round, struct error *e)
{
    int fds[IMAGE_LAYERS_MAX];
    if (first_round) {
        if (!reading_start_worker(r, NULL, 0, &r->worker, e)) {
            return false;
        }
        reading_tell_confinement(r, &r->worker.confined);
        bool ok = describe_layout(r, e);
        worker_stop(&r->worker);
        if (!ok || !works_make(r, true, e)) {
            return false;
        }
    } else {
        works_reset(r);
    }
    for (size_t i = 0; i < r->works_count; i++) {
        struct layer_work *w = &r->works[i];
        if (first_round && !blob_open(r->source.fd, w->claimed, w->size_bytes, &w->fd, &w->st, e)) {
            return error_wrap(e, "layer %zu of %zu", w->index + 1, r->image.layers_count);
        }
        w->worker_fd = i;
        fds[i] = w->fd;
    }
    return r->describe_only || works_read(r, fds, r->works_count, e);
}
