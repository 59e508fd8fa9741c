/* works.c: the layers of an image as work: which there are, and what the cache knows of them. */
#include "base/fd.h"
#include "detect/detector.h"
#include "inventory/encode.h"
#include "ops/reading.h"

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
bool works_make(struct reading *r, bool by_digest, struct error *e)
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

uint32_t facts_revision(void)
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
    if (!store_facts_find(r->store, blob, facts_revision(), r->arena, &facts, &w->diff_id, &found,
                          e)) {
        return false;
    }
    if (!found) {
        return true;
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
bool works_read(struct reading *r, const int *fds, size_t fds_count, struct error *e)
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
void works_reset(struct reading *r)
{
    for (size_t i = 0; i < r->works_count; i++) {
        struct layer_work *w = &r->works[i];
        w->facts.len = 0;
        w->done = false;
        w->want_hash = w->hash_decides = false;
    }
}

void works_free(struct reading *r)
{
    for (size_t i = 0; i < r->works_count; i++) {
        buf_done(&r->works[i].facts);
        if (r->works[i].fd != r->source.fd) {
            fd_close(&r->works[i].fd);
        }
    }
}
