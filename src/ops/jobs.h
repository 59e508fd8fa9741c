/* jobs.h: what the parent asks of a worker, and what it answers: the messages of worker/wire.h
 * that know what images and feeds are. Both sides pack and unpack by the functions here. */
#ifndef LIMPID_OPS_JOBS_H
#define LIMPID_OPS_JOBS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "inventory/fold.h"
#include "source/image.h"
#include "worker/wire.h"

enum job_kind {
    JOB_ARCHIVE = 1, /* descriptor 0 is an archive: describe its image; read its layers too where
                        it can only be read in order */
    JOB_OCI = 2,     /* an index.json; blobs are asked for by ANSWER_NEED */
    JOB_LAYER = 3,   /* a part of a descriptor is a layer: its facts */
    JOB_FEED = 4,    /* descriptor 0 is a stream of documents: its advisories */
    JOB_PLAN = 5,    /* descriptor 0 is a stream of index documents: what to fetch */
};

enum answer_type {
    ANSWER_FACTS = WIRE_ANSWER, /* encoded facts, one after the other */
    ANSWER_CODEC,               /* a layer begins: is it compressed */
    ANSWER_PROGRESS,            /* stored bytes read so far */
    ANSWER_LAYER,               /* a layer has ended: struct layer_answer */
    ANSWER_IMAGE,               /* packed image_description */
    ANSWER_NEED,                /* a blob that the parent shall send: digest, size */
    ANSWER_ADVISORY,
    ANSWER_ADVISORY_NOTE,
    ANSWER_PLAN, /* struct plan_answer (ops/plan_answer.h) */
    GIVE_BLOB,   /* parent → worker: whether it could be read; bytes or reason */
};

struct archive_request {
    bool in_order; /* a pipe */
    struct image_choice choice;
    const struct wanted_file *wanted;
    size_t wanted_count;
};

struct layer_request {
    uint32_t fd;
    uint64_t offset, size_bytes; /* size UINT64_MAX: to the end */
    bool in_order;               /* a pipe */
    str root;                    /* collect_options.root */
    const struct wanted_file *wanted;
    size_t wanted_count;
};

struct layer_answer {
    str name;      /* entry of the archive, or empty */
    bool is_layer; /* false: a file of the archive that is no tar */
    bool compressed;
    digest blob;    /* of the stored bytes; only in archives read in order */
    digest diff_id; /* of the tar; DIGEST_NONE where it was not read whole */
    uint64_t size_bytes, tar_bytes;
    uint64_t trailing_bytes; /* ignored after the compressed data */
};

bool archive_request_pack(const struct archive_request *r, struct buf *to,
                          struct error *e) MUST_USE;
bool archive_request_unpack(str from, struct arena *arena, struct archive_request *out,
                            struct error *e) MUST_USE;
bool layer_request_pack(const struct layer_request *r, struct buf *to, struct error *e) MUST_USE;
bool layer_request_unpack(str from, struct arena *arena, struct layer_request *out,
                          struct error *e) MUST_USE;
bool layer_answer_pack(const struct layer_answer *a, struct buf *to, struct error *e) MUST_USE;
bool layer_answer_unpack(str from, struct layer_answer *out, struct error *e) MUST_USE;

#endif
