/* job_image.c: the worker's half of reading an image: describe it, read its layers. */
#include "ops/job_image.h"

#include <string.h>

#include "base/pack.h"
#include "format/tar.h"
#include "inventory/collect.h"
#include "inventory/encode.h"
#include "ops/jobs.h"
#include "ops/looks.h"
#include "source/archive.h"
#include "source/docker.h"
#include "source/docker_v1.h"
#include "source/oci.h"
#include "stream/codec.h"
#include "stream/file.h"
#include "stream/hash.h"

enum { FACTS_BYTES_PENDING = 64 * 1024, PROGRESS_BYTES = 4 * 1024 * 1024 };

/* -- facts into the pipe -------------------------------------------------------------------- */

struct wire_sink {
    struct fact_sink base;
    struct worker_child *child;
    struct buf pending;
    const struct reader *stored; /* for progress */
    uint64_t told_bytes;
};

static bool sink_flush(struct wire_sink *s, struct error *e)
{
    bool ok =
        s->pending.len == 0 || wire_send(&s->child->wire, ANSWER_FACTS, buf_str(&s->pending), e);
    s->pending.len = 0;
    return ok;
}

static bool sink_put(struct fact_sink *self, const struct fact *fact, struct error *e)
{
    struct wire_sink *s = CONTAINER_OF(self, struct wire_sink, base);
    return fact_encode(fact, &s->pending, e) &&
           (s->pending.len < FACTS_BYTES_PENDING || sink_flush(s, e));
}

static void sink_init(struct wire_sink *s, struct worker_child *child)
{
    *s = (struct wire_sink){.base = {.put = sink_put}, .child = child};
    buf_init(&s->pending, 16 * 1024 * 1024);
}

static void at_file(void *arg, str path)
{
    worker_at(arg, path);
}

static bool send_packed(struct worker_child *child, uint8_t type, const struct buf *payload,
                        struct error *e)
{
    return wire_send(&child->wire, type, buf_str(payload), e);
}

static bool send_codec(struct worker_child *child, bool compressed, struct error *e)
{
    uint8_t byte = compressed;
    return wire_send(&child->wire, ANSWER_CODEC, (str){.at = (char *)&byte, .len = 1}, e) &&
           wire_flush(&child->wire, e);
}

/* -- progress: a stage that tells the parent how far the stored bytes are ------------------- */

struct progress_reader {
    struct reader base;
    struct reader *from;
    struct worker_child *child;
    uint64_t told_bytes;
};

static enum step progress_fill(struct reader *self, size_t want, struct error *e)
{
    struct progress_reader *p = (struct progress_reader *)self;
    p->from->at = self->at;
    enum step got = p->from->ops->fill(p->from, want, e);
    self->at = p->from->at;
    self->end = p->from->end;
    self->end_offset = p->from->end_offset;
    if (self->end_offset - p->told_bytes >= PROGRESS_BYTES) {
        struct buf payload;
        buf_init(&payload, 16);
        bool ok = pack_u64(&payload, self->end_offset, e) &&
                  send_packed(p->child, ANSWER_PROGRESS, &payload, e) &&
                  wire_flush(&p->child->wire, e);
        buf_done(&payload);
        p->told_bytes = self->end_offset;
        return ok ? got : STEP_FAILED;
    }
    return got;
}

static bool progress_skip(struct reader *self, uint64_t bytes, struct error *e)
{
    struct progress_reader *p = (struct progress_reader *)self;
    p->from->at = self->at;
    bool ok = p->from->ops->skip(p->from, bytes, e);
    self->at = p->from->at;
    self->end = p->from->end;
    self->end_offset = p->from->end_offset;
    return ok;
}

static bool progress_read_at(struct reader *self, uint64_t offset, void *to, size_t len,
                             struct error *e)
{
    struct progress_reader *p = (struct progress_reader *)self;
    return p->from->ops->read_at(p->from, offset, to, len, e);
}

static void progress_close(struct reader *self)
{
    self->at = self->end = NULL;
}

static const struct reader_ops progress_seekable = {"progress", progress_fill, progress_skip,
                                                    progress_read_at, progress_close};
static const struct reader_ops progress_in_order = {"progress", progress_fill, NULL, NULL,
                                                    progress_close};

static void progress_init(struct progress_reader *p, struct reader *from,
                          struct worker_child *child)
{
    bool seekable = from->ops->skip != NULL && from->ops->read_at != NULL;
    *p = (struct progress_reader){
        .base = {.ops = seekable ? &progress_seekable : &progress_in_order,
                 .at = from->at,
                 .end = from->end,
                 .end_offset = from->end_offset},
        .from = from,
        .child = child,
    };
}

/* -- one layer ------------------------------------------------------------------------------ */

struct layer_job {
    struct worker_child *child;
    str root; /* collect_options.root */
    const struct wanted_file *wanted;
    size_t wanted_count;
};

/* Is there a tar in it at all? An empty stream is a layer without entries. */
static bool check_tar(struct reader *tar, const struct codec *outer, struct error *e)
{
    const struct codec *inner;
    enum step got = reader_need(tar, TAR_BLOCK_BYTES, e);
    if (got == STEP_FAILED) {
        return false;
    }
    if (reader_ready(tar) == 0 || tar_looks_like(tar->at, reader_ready(tar))) {
        return true;
    }
    if (!codec_sniff(tar, &inner, e)) {
        return false;
    }
    if (inner != NULL && outer != NULL) {
        return error_set(e, ERROR_FORMAT, "it is %s data inside %s data", inner->name, outer->name);
    }
    size_t ready = reader_ready(tar) < TAR_BLOCK_BYTES ? reader_ready(tar) : TAR_BLOCK_BYTES;
    return error_set(e, ERROR_FORMAT, "it is no tar archive%s%s, but looks like %s",
                     outer == NULL ? "" : " inside ", outer == NULL ? "" : outer->name,
                     looks_like(tar->at, ready));
}

/* Reads the tar in `tar` (decompressed) and, where it has to be hashed, all of it. */
static bool collect_tar(const struct layer_job *job, struct reader *tar, struct error *e)
{
    struct wire_sink sink;
    struct collect_options options = {.wanted = job->wanted,
                                      .wanted_count = job->wanted_count,
                                      .root = job->root,
                                      .at_file = at_file,
                                      .arg = job->child};
    sink_init(&sink, job->child);
    bool ok =
        collect_layer(tar, &options, job->child->arena, &sink.base, e) && sink_flush(&sink, e);
    buf_done(&sink.pending);
    return ok;
}

/* `stored` holds the layer as it is stored. Fills the rest of `answer`. */
static bool read_layer(const struct layer_job *job, struct reader *stored,
                       struct layer_answer *answer, struct error *e)
{
    struct reader *tar = NULL;
    const struct codec *codec = NULL;
    if (!codec_open(stored, &tar, &codec, e)) {
        return false;
    }
    answer->compressed = codec != NULL;
    bool ok = send_codec(job->child, answer->compressed, e) && check_tar(tar, codec, e);
    if (ok && !answer->compressed) {
        ok = collect_tar(job, tar, e);
    } else if (ok) {
        struct hash_reader hashed;
        hash_reader_init(&hashed, tar, DIGEST_SHA256, job->child->hasher);
        ok = collect_tar(job, &hashed.base, e) && hash_reader_digest(&hashed, &answer->diff_id, e);
        answer->tar_bytes = hashed.base.end_offset;
        answer->trailing_bytes = ok ? codec_trailing(tar) : 0;
        reader_close(&hashed.base);
    }
    codec_close(tar, stored);
    return ok;
}

static bool put_note(struct worker_child *child, str text, struct error *e)
{
    struct wire_sink sink;
    struct fact fact = {.kind = FACT_NOTE, .text = text};
    sink_init(&sink, child);
    bool ok = sink_put(&sink.base, &fact, e) && sink_flush(&sink, e);
    buf_done(&sink.pending);
    return ok;
}

static bool send_layer(struct worker_child *child, const struct layer_answer *answer,
                       struct error *e)
{
    struct buf payload;
    str text;
    buf_init(&payload, 128 * 1024);
    bool ok = true;
    if (answer->trailing_bytes > 0) {
        ok = arena_printf(child->arena, &text, e,
                          "%llu bytes behind the compressed layer were "
                          "ignored",
                          (unsigned long long)answer->trailing_bytes) &&
             put_note(child, text, e);
    }
    ok = ok && layer_answer_pack(answer, &payload, e) &&
         send_packed(child, ANSWER_LAYER, &payload, e);
    buf_done(&payload);
    return ok;
}

bool job_layer(struct worker_child *child, str request, struct error *e)
{
    struct layer_request r = {0};
    struct file_reader file;
    struct progress_reader progress;
    if (!layer_request_unpack(request, child->arena, &r, e)) {
        return false;
    }
    if (r.fd >= child->fds_count) {
        return error_set(e, ERROR_REMOTE, "descriptor %u of %zu", r.fd, child->fds_count);
    }
    int fd = WORKER_FD_DATA + (int)r.fd;
    if (r.in_order ? !pipe_reader_open(&file, fd, e)
                   : !file_reader_open(&file, fd, r.offset, r.size_bytes, e)) {
        return false;
    }
    struct layer_job job = {
        .child = child, .root = r.root, .wanted = r.wanted, .wanted_count = r.wanted_count};
    struct layer_answer answer = {.is_layer = true, .size_bytes = r.size_bytes};
    progress_init(&progress, &file.base, child);
    bool ok = read_layer(&job, &progress.base, &answer, e) && send_layer(child, &answer, e);
    reader_close(&file.base);
    return ok;
}

/* -- an archive ----------------------------------------------------------------------------- */

struct pass {
    struct archive_visitor base;
    struct layer_job job;
};

/* A file of an archive that is read in order: a layer, if it is a tar. */
static bool pass_layer(struct archive_visitor *self, struct archive_entry *entry,
                       struct reader *body, struct error *e)
{
    struct pass *p = CONTAINER_OF(self, struct pass, base);
    struct layer_answer answer = {.name = entry->name, .size_bytes = entry->size_bytes};
    const struct codec *codec;
    struct hash_reader stored;
    hash_reader_init(&stored, body, DIGEST_SHA256, NULL);
    if (!codec_sniff(&stored.base, &codec, e)) {
        return false;
    }
    enum step got = codec != NULL ? STEP_GOT : reader_need(&stored.base, TAR_BLOCK_BYTES, e);
    if (got == STEP_FAILED) {
        return false;
    }
    answer.is_layer = codec != NULL || tar_looks_like(stored.base.at, reader_ready(&stored.base));
    if (answer.is_layer && !read_layer(&p->job, &stored.base, &answer, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(entry->name));
    }
    if (!hash_reader_digest(&stored, &answer.blob, e)) {
        return false;
    }
    reader_close(&stored.base);
    entry->blob = answer.blob;
    if (answer.is_layer && !answer.compressed) {
        answer.diff_id = answer.blob;
    }
    return send_layer(p->job.child, &answer, e);
}

static bool send_image(struct worker_child *child, const struct image_description *image,
                       struct error *e)
{
    struct buf payload;
    buf_init(&payload, 16 * 1024 * 1024);
    bool ok = image_pack(image, &payload, e) && send_packed(child, ANSWER_IMAGE, &payload, e);
    buf_done(&payload);
    return ok;
}

static bool describe(struct archive *archive, const struct image_choice *choice,
                     struct image_description *image, struct error *e)
{
    struct archive_entry *entry;
    struct archive_blobs blobs;
    bool docker = map_get(&archive->entries, STR("manifest.json")) != NULL;
    bool oci = map_get(&archive->entries, STR("index.json")) != NULL;
    if (choice->wants.len > 0) {
        docker = docker && str_eq(choice->wants, STR("manifest.json"));
        oci = oci && str_eq(choice->wants, STR("index.json"));
    }
    if (docker) {
        return docker_describe(archive, choice, archive->arena, image, e);
    }
    if (oci) {
        str index;
        archive_blobs_init(&blobs, archive);
        if (!archive_find(archive, STR("index.json"), &entry, e) ||
            !archive_json(archive, entry, &index, e) ||
            !oci_describe(index, &blobs.base, choice, archive->arena, image, e)) {
            return false;
        }
        image->kind = STR("oci-archive");
        return true;
    }
    if (docker_v1_matches(archive) && !str_eq(choice->wants, STR("index.json"))) {
        return docker_v1_describe(archive, choice, archive->arena, image, e);
    }
    if (archive->ended_early) {
        return error_set(e, ERROR_FORMAT, "the archive is cut before its 'manifest.json'");
    }
    if (choice->wants.len > 0) {
        return error_set(e, ERROR_FORMAT,
                         "it is a tar archive of %zu files without '" STR_FMT
                         "': not an image of the kind that was named",
                         archive->count, STR_ARG(choice->wants));
    }
    error_set(e, ERROR_FORMAT,
              "it is a tar archive of %zu files without 'manifest.json' or "
              "'index.json': not an image",
              archive->count);
    return error_hint(e, "images are written by 'docker save', 'skopeo copy' or 'podman save'");
}

/* Content that is no tar: one line that says what it seems to be. */
static bool check_archive(struct reader *from, const struct codec *codec, struct error *e)
{
    enum step got = reader_need(from, TAR_BLOCK_BYTES, e);
    if (got == STEP_FAILED) {
        return false;
    }
    size_t ready = reader_ready(from) < TAR_BLOCK_BYTES ? reader_ready(from) : TAR_BLOCK_BYTES;
    static const uint8_t zeros[TAR_BLOCK_BYTES];
    bool zero = ready > 0 && memcmp(from->at, zeros, ready) == 0;
    if (!zero && tar_looks_like(from->at, ready)) {
        return true;
    }
    return error_set(e, ERROR_FORMAT, "not an image%s%s: it looks like %s",
                     codec == NULL ? "" : ": inside ", codec == NULL ? "" : codec->name,
                     looks_like(from->at, ready));
}

bool job_archive(struct worker_child *child, str request, struct error *e)
{
    struct archive_request r = {0};
    struct archive archive;
    struct file_reader file;
    struct progress_reader progress;
    struct image_description image;
    const struct codec *codec = NULL;
    struct reader *tar = NULL;
    if (!archive_request_unpack(request, child->arena, &r, e)) {
        return false;
    }
    if (r.in_order ? !pipe_reader_open(&file, WORKER_FD_DATA, e)
                   : !file_reader_open(&file, WORKER_FD_DATA, 0, UINT64_MAX, e)) {
        return false;
    }
    progress_init(&progress, &file.base, child);
    bool ok = codec_open(&progress.base, &tar, &codec, e) && check_archive(tar, codec, e);
    bool in_order = r.in_order || codec != NULL;
    archive_init(&archive, child->arena, in_order ? -1 : WORKER_FD_DATA);
    if (ok && in_order) {
        struct pass pass = {
            .base = {.layer = pass_layer},
            .job = {.child = child, .wanted = r.wanted, .wanted_count = r.wanted_count}};
        ok = archive_pass(&archive, tar, &pass.base, e);
        /* the rest, so that a cut or a wrong checksum behind the tar is seen */
        ok = ok && (codec == NULL || reader_drain(tar, NULL, e));
    } else if (ok) {
        ok = archive_index(&archive, tar, e);
    }
    ok = ok && describe(&archive, &r.choice, &image, e) && send_image(child, &image, e);
    codec_close(tar, &progress.base);
    reader_close(&file.base);
    return ok;
}

/* -- an OCI layout whose blobs the parent opens --------------------------------------------- */

struct asked_blobs {
    struct blobs base;
    struct worker_child *child;
};

static bool asked_read(struct blobs *self, digest name, uint64_t size_bytes, struct arena *arena,
                       str *out, struct error *e)
{
    struct asked_blobs *b = CONTAINER_OF(self, struct asked_blobs, base);
    struct buf payload;
    uint8_t type, given = 0;
    str answer;
    if (size_bytes > IMAGE_JSON_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%llu bytes are over the limit of %d",
                         (unsigned long long)size_bytes, IMAGE_JSON_BYTES_MAX);
    }
    buf_init(&payload, 256);
    bool ok = pack_digest(&payload, name, e) && pack_u64(&payload, size_bytes, e) &&
              send_packed(b->child, ANSWER_NEED, &payload, e) && wire_flush(&b->child->wire, e);
    buf_done(&payload);
    if (!ok || wire_receive(&b->child->wire, &type, &answer, e) != STEP_GOT || type != GIVE_BLOB ||
        !unpack_u8(&answer, &given, e)) {
        return ok && error_set(e, ERROR_REMOTE, "the parent gave no blob");
    }
    if (given == 0) {
        wire_read_error(answer, e);
        return false;
    }
    return arena_str(arena, answer, out, e);
}

static bool asked_place(struct blobs *self, digest name, uint64_t size_bytes, uint64_t *offset,
                        str *entry, struct error *e)
{
    struct asked_blobs *b = CONTAINER_OF(self, struct asked_blobs, base);
    char text[DIGEST_TEXT_BYTES];
    (void)size_bytes; /* the parent checks when it opens */
    *offset = 0;
    return arena_str(b->child->arena, str_from(digest_text(name, text)), entry, e);
}

bool job_oci(struct worker_child *child, str request, struct error *e)
{
    struct asked_blobs blobs = {.base = {.read = asked_read, .place = asked_place}, .child = child};
    struct archive_request r = {0};
    struct image_description image;
    str index = STR_NONE;
    if (!unpack_str(&request, IMAGE_JSON_BYTES_MAX, &index, e) ||
        !archive_request_unpack(request, child->arena, &r, e) ||
        !oci_describe(index, &blobs.base, &r.choice, child->arena, &image, e)) {
        return false;
    }
    image.kind = STR("oci");
    return send_image(child, &image, e);
}
