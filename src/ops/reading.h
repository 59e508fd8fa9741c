/* reading.h: the state of reading one image, shared by the files that do it: image.c (the order
 * of the steps), read_archive.c, read_layout.c, read_folder.c (by shape of the source), works.c
 * (which layers there are, and which are known), layers.c (many layers at once). */
#ifndef LIMPID_OPS_READING_H
#define LIMPID_OPS_READING_H

#include <sys/stat.h>

#include "ops/image.h"
#include "ops/jobs.h"
#include "source/image.h"
#include "source/source.h"
#include "worker/parent.h"

/* Where one layer's stored bytes are, and what became of them. Equal layers of an image (the same
 * bytes listed twice) share one. */
struct layer_work {
    size_t index;     /* of the first layer that it is, for messages */
    int fd;           /* borrowed, or owned by `reading` */
    size_t worker_fd; /* the worker's number for it */
    uint64_t offset, size_bytes;
    digest claimed; /* of the stored bytes, as the image says; or DIGEST_NONE */
    digest diff_claimed;
    struct stat st; /* of the file, for its identity in the cache */
    /* results */
    struct buf facts;
    bool done; /* facts are there */
    bool cached, verified, compressed;
    bool want_hash;    /* the parent hashes the stored bytes */
    bool hash_decides; /* facts of the cache are used if the hash is `expected` */
    digest expected;   /* `claimed`, or a guess: the diff ID of a layer that may be plain tar */
    bool hashed;
    digest blob;    /* computed by this process, where `hashed` */
    digest diff_id; /* as the worker says, or the cache */
    struct error failed;
    bool has_failed;
};

struct reading {
    const struct ops_context *context;
    const struct image_options *options;
    struct store *store; /* or NULL */
    struct arena *arena;
    struct source_opened source;
    struct image_description image;
    struct worker worker; /* the first one, kept for the layers where it can serve */
    struct layer_work *works;
    size_t works_count;
    size_t *work_of; /* layer index → work */
    const struct wanted_file *wanted;
    size_t wanted_count;
    struct diag notes;  /* of the parent itself */
    bool describe_only; /* find out where the layers lie, and read none */
};

enum { FACTS_OF_LAYER_BYTES_MAX = 512 * 1024 * 1024 };

/* Starts a worker with these descriptors, confined as the context says; notices go out once. */
bool reading_start_worker(struct reading *r, const int *fds, size_t count, struct worker *out,
                          struct error *e) MUST_USE;

/* Tells the user, once a scan, which part of the sandbox this kernel lacks. */
void reading_tell_confinement(const struct reading *r, const struct confine_report *c);

/* read_archive.c, read_layout.c, read_folder.c: fill image, works and work_of. Later rounds read
 * the layers again for r->wanted. */
bool read_archive(struct reading *r, bool first_round, struct error *e) MUST_USE;
bool read_layout(struct reading *r, bool first_round, struct error *e) MUST_USE;
bool read_folder(struct reading *r, bool first_round, struct error *e) MUST_USE;

/* works.c: one work for each layer of r->image, equal ones shared: by place in an archive, or by
 * the digest of a blob. */
bool works_make(struct reading *r, bool by_digest, struct error *e) MUST_USE;

/* Takes from the cache what it knows, and reads the rest (layers_read). */
bool works_read(struct reading *r, const int *fds, size_t fds_count, struct error *e) MUST_USE;

/* Changes when a detector or the encoding of facts does: part of the cache's key. */
uint32_t facts_revision(void);

/* Forgets the facts, for another round with other wanted files; frees all. */
void works_reset(struct reading *r);
void works_free(struct reading *r);

/* layers.c: reads all works that are not done, several at once. `fds` are those that the workers
 * get; r->worker is used if it runs. */
bool layers_read(struct reading *r, const int *fds, size_t fds_count, struct error *e) MUST_USE;

/* Takes the answers of one layer from a worker into `work`. */
struct layer_listener {
    void (*codec)(struct layer_listener *self, bool compressed);
    void (*progress)(struct layer_listener *self, uint64_t bytes);
};
bool layer_answers(struct worker *worker, struct layer_work *work, struct layer_listener *listener,
                   struct error *e) MUST_USE;

/* Compares what was read with what the image says. */
bool layer_check(const struct reading *r, const struct layer_work *work, struct error *e) MUST_USE;

#endif
