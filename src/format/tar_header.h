/* tar_header.h: one header block of a tar archive, decoded (for tar.c; others include tar.h).
 *
 * What unpackers differ in is decided as Go's archive/tar does, since Docker, containerd and
 * Podman unpack with it: what they would refuse, nobody can run. */
#ifndef LIMPID_FORMAT_TAR_HEADER_H
#define LIMPID_FORMAT_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

enum { TAR_HEADER_PATH_BYTES_MAX = 155 + 1 + 100, TAR_HEADER_LINK_BYTES_MAX = 100 };

enum tar_block { TAR_BLOCK_HEADER, TAR_BLOCK_ZERO, TAR_BLOCK_BAD };

struct tar_header {
    int64_t size; /* the size field; negative ones are for the caller to refuse */
    int64_t mtime_s;
    uint32_t mode; /* permission bits, 07777 */
    uint8_t flag;  /* the type flag as written */
    bool is_gnu;   /* magic "ustar  \0" */
    size_t path_len, link_len;
    char path[TAR_HEADER_PATH_BYTES_MAX]; /* prefix joined */
    char link[TAR_HEADER_LINK_BYTES_MAX]; /* of hard and symbolic links only */
};

/* What TAR_BLOCK_BYTES bytes are, by their checksum. */
enum tar_block tar_block_kind(const uint8_t *block);

/* A number field: octal digits with blanks or NULs around, or base-256 (GNU tar manual, "Basic
 * Tar Format"). A field of blanks is 0. False where it is neither or does not fit. */
bool tar_number(const uint8_t *field, size_t len, int64_t *out) MUST_USE;

/* Decodes a TAR_BLOCK_HEADER. ERROR_FORMAT where the size is no number. */
bool tar_header_parse(const uint8_t *block, struct tar_header *out, struct error *e) MUST_USE;

/* For type flag 'S': the fields of an old GNU sparse file. `real_size` is that with its holes. */
bool tar_header_real_size(const uint8_t *block, uint64_t *real_size, struct error *e) MUST_USE;

#endif
