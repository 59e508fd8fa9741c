/* documents.h: a feed's documents on their way from the parent to the worker that reads them, one
 * after the other over a pipe. Lengths need not be known ahead, as in an HTTP answer.
 *
 *   'D' path date digest   a document begins     'B' bytes   some of it, at most 64 KiB
 *   'E'                    it ends, whole        'X'         it cannot be had whole
 *   'Z'                    there are no more
 * Numbers and texts as in base/pack.h. */
#ifndef LIMPID_OPS_DOCUMENTS_H
#define LIMPID_OPS_DOCUMENTS_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "stream/reader.h"

enum { DOCUMENT_CHUNK_BYTES_MAX = 64 * 1024 };

/* "data/json.zst" is the document "data/json": a path without the suffix of a compression. */
str document_name(str path);

struct document_head {
    str path;
    int64_t date_s;
    digest content; /* SHA-256 that the publisher gives for what it unpacks to, or DIGEST_NONE */
};

/* Writing. Each may fail with EPIPE (error's `sys`) when the worker has ended. */
bool document_begin(int fd, const struct document_head *head, struct error *e) MUST_USE;
bool document_bytes(int fd, str bytes, struct error *e) MUST_USE; /* any length */
bool document_end(int fd, bool whole, struct error *e) MUST_USE;
bool documents_end(int fd, struct error *e) MUST_USE;

/* A whole document: what is in the file `from`, from its start. */
bool document_file(int fd, const struct document_head *head, int from, struct error *e) MUST_USE;

/* Reading. */
struct documents {
    struct reader base;        /* the body of the current document */
    struct reader *from;       /* borrowed */
    struct document_head head; /* its path is valid until the next documents_next */
    char path_room[4096];
    size_t chunk_left; /* bytes of the current chunk not yet in the window */
    uint8_t *window;   /* in the arena */
    bool ended;        /* the current document's end was seen */
};
bool documents_open(struct documents *d, struct reader *from, struct arena *arena,
                    struct error *e) MUST_USE;

/* The next document; what was not read of the last one is skipped. */
enum step documents_next(struct documents *d, struct error *e) MUST_USE;

#endif
