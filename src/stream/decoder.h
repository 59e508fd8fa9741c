/* decoder.h: what the four decoders share: the window, the walk from member to member, what may
 * follow the last one, and errors that wait until the bytes before them were read. Inside
 * src/stream only; a format is a `struct decoder_format` and a state behind `struct decoder`.
 *
 * The words: a *member* is what the format puts one after the other (gzip's member, zstd's frame,
 * the stream of xz and bzip2). */
#ifndef LIMPID_STREAM_DECODER_H
#define LIMPID_STREAM_DECODER_H

#include "stream/codec.h"

enum {
    /* What one fill decodes at most. Half of it is enough for one fill, so that ISA-L, which
     * saves 32 KiB of history a call, is not called for a little room. */
    DECODER_OUT_BYTES = 256 * 1024,
    /* Unread bytes stay in front of it. */
    DECODER_BUFFER_BYTES = DECODER_OUT_BYTES + READER_NEED_MAX,
    DECODER_ENOUGH_BYTES = DECODER_OUT_BYTES / 2,
    DECODER_MAGIC_BYTES_MAX = 10,
};

struct decoder;

/* What is read and what is written; a format moves `in` and `out` forwards. */
struct decoder_io {
    const uint8_t *in, *in_end;
    uint8_t *out, *out_end;
};

enum part {
    PART_FAILED = -1,
    PART_GOING, /* the member goes on: give it input, or room for output */
    PART_DONE,  /* the member has ended, all its output is written */
    PART_CUT,   /* the input ended before (from `begin`) */
};

struct decoder_format {
    const char *unit;     /* "member", "frame", "stream" */
    bool garbage_ignored; /* behind a whole member */
    bool (*matches)(const uint8_t *at, size_t len);
    /* Where it does not match and the input ends with these bytes: was a member cut here? */
    bool (*is_cut)(const uint8_t *at, size_t len);
    /* At the first byte of a member. PART_DONE where nothing of it is to be decoded. */
    enum part (*begin)(struct decoder *d, struct error *e);
    enum part (*run)(struct decoder *d, struct decoder_io *io, struct error *e);
    void (*free)(struct decoder *d); /* what the library keeps; not `d` */
};

struct decoder {
    struct reader base;
    struct reader *from; /* borrowed */
    const struct decoder_format *format;
    uint8_t *buffer;            /* DECODER_BUFFER_BYTES behind the state, one allocation */
    uint64_t members, trailing; /* whole members; bytes behind the last of them */
    bool inside;                /* of a member */
    bool out_full;              /* the last run had no room left: it may have more without input */
    bool ended, failed;
    struct error error; /* where failed */
};

/* A zeroed state of `state_bytes`, which begins with its struct decoder. */
struct decoder *decoder_new(size_t state_bytes, const struct reader_ops *ops,
                            const struct decoder_format *format, struct reader *from,
                            struct error *e);

/* For the reader_ops of every format. */
enum step decoder_fill(struct reader *self, size_t want, struct error *e);
void decoder_close(struct reader *self); /* frees `self` too */

/* gzip_header.c: passes the header of a gzip member (RFC 1952, section 2.3). PART_GOING when the
 * deflate data begins. */
enum part gzip_header_pass(struct reader *from, struct error *e);
bool gzip_matches(const uint8_t *at, size_t len);
bool gzip_is_cut(const uint8_t *at, size_t len);

extern const struct codec codec_gzip_zlib, codec_zstd, codec_xz, codec_bzip2;
#ifdef LIMPID_ISAL
extern const struct codec codec_gzip_isal;
#endif

#endif
