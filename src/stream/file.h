/* file.h: a reader over a part of an open file (pread, so that several readers share one
 * descriptor and no file that is cut while it is read can raise SIGBUS), or over a pipe.
 *
 * It reads ahead by what the consumer does: small reads while headers are hopped over (skip moves
 * the offset without reading), large ones while data is read. Memory: one buffer of
 * FILE_BUFFER_BYTES. Descriptors are borrowed. */
#ifndef LIMPID_STREAM_FILE_H
#define LIMPID_STREAM_FILE_H

#include "stream/reader.h"

enum { FILE_BUFFER_BYTES = 256 * 1024 };

struct file_reader {
    struct reader base;
    int fd;          /* borrowed */
    bool is_pipe;    /* read(2) in order; offset, skip and read_at do not apply */
    uint64_t start;  /* where the part begins in the file */
    uint64_t length; /* bytes in the part; UINT64_MAX: to the end of the file */
    uint8_t *buffer; /* owned */
    size_t ahead;    /* how much the next read asks for */
};

/* The bytes [start, start + length) of a regular file. A file that ends before is STEP_END. */
bool file_reader_open(struct file_reader *f, int fd, uint64_t start, uint64_t length,
                      struct error *e) MUST_USE;

/* A pipe or socket, from where it is to its end. */
bool pipe_reader_open(struct file_reader *f, int fd, struct error *e) MUST_USE;

#endif
