/* fd.h: file descriptors: who closes them, and whole reads and writes. */
#ifndef LIMPID_BASE_FD_H
#define LIMPID_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

/* For CLEANUP, on descriptors opened for reading only; who writes closes by hand and checks. */
void fd_close(int *fd);

/* Moves ownership out of a CLEANUP variable. */
int fd_take(int *fd);

/* Writes all `len` bytes, over EINTR and short writes. Error: ERROR_IO. */
bool fd_write_all(int fd, const void *at, size_t len, struct error *e) MUST_USE;

/* Reads up to `len` bytes until the end of input; `*got` tells how many. Error: ERROR_IO. */
bool fd_read_full(int fd, void *to, size_t len, size_t *got, struct error *e) MUST_USE;

/* The same at an offset (pread). */
bool fd_pread_full(int fd, void *to, size_t len, uint64_t offset, size_t *got,
                   struct error *e) MUST_USE;

#endif
