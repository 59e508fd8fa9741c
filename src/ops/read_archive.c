/* read_archive.c: an image in one file. A seekable archive is described first, then its layers are
 * read, several at once; what can only be read in order gives both in one pass. */
#include <errno.h>

#include "base/pack.h"
#include "ops/reading.h"

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

bool read_archive(struct reading *r, bool first_round, struct error *e)
{
    struct passed passed = {.reading = r};
    struct stat st;
    bool described = false;
    if (!first_round && r->works_count > 0 && r->works[0].fd >= 0) {
        works_reset(r);
        return works_read(r, &r->source.fd, 1, e);
    }
    if (fstat(r->source.fd, &st) != 0) {
        return error_sys(e, errno, "cannot stat the archive");
    }
    passed.total_bytes = r->source.is_pipe ? 0 : (uint64_t)st.st_size;
    if (!reading_start_worker(r, &r->source.fd, 1, &r->worker, e)) {
        return false;
    }
    reading_tell_confinement(r, &r->worker.confined);
    works_free(r);
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
    ok = ok && works_make(r, false, e);
    for (size_t i = 0; ok && i < r->works_count; i++) {
        r->works[i].fd = r->source.fd;
        r->works[i].st = st;
    }
    return ok && (r->describe_only || works_read(r, &r->source.fd, 1, e));
}
