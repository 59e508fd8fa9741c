/* bundle_file.h: a bundle that is being read: its sum, its signature, its manifest, its frames. */
#ifndef LIMPID_STORE_BUNDLE_FILE_H
#define LIMPID_STORE_BUNDLE_FILE_H

#include "store/bundle.h"
#include "stream/codec.h"
#include "stream/file.h"
#include "stream/sign.h"

struct bundle_file {
    struct arena arena;
    str path;
    int fd;
    digest sum;           /* of all bytes but the last line */
    uint64_t parts_start; /* behind the manifest */
    uint64_t signed_end;  /* where the end begins, which is not signed itself */
    str signature;        /* in it, or beside the file; empty: it is not signed */
    bool detached;        /* beside the file, over all of it */
    struct bundle_manifest m;
};

/* Opens it and looks at its last line: all bytes must have that digest. Then at the signature;
 * nothing else is read yet. */
bool bundle_file_open(struct bundle_file *b, str file, struct error *e) MUST_USE;
void bundle_file_close(struct bundle_file *b); /* twice is fine, and after a failed open */

/* The signature must be of one of the keys. ERROR_DIGEST where it is not, or there is none. */
bool bundle_file_trust(struct bundle_file *b, const struct sign_keys *keys, struct sign_public *by,
                       struct error *e) MUST_USE;

/* Reads the manifest; its sizes must add up to the file. */
bool bundle_file_manifest(struct bundle_file *b, struct error *e) MUST_USE;

/* The bytes of part `i`, whose frame has its digest. */
struct bundle_frame {
    struct file_reader file;
    struct reader *part; /* what is read */
};
bool bundle_frame_open(struct bundle_frame *f, const struct bundle_file *b, size_t i,
                       struct error *e) MUST_USE;
void bundle_frame_close(struct bundle_frame *f); /* twice is fine, and after a failed open */

#endif
