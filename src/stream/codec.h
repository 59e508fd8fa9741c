/* codec.h: compression formats, told by magic bytes. The table in codec.c is the registry; a new
 * format is one file and one line there. */
#ifndef LIMPID_STREAM_CODEC_H
#define LIMPID_STREAM_CODEC_H

#include "stream/reader.h"

struct codec {
    const char *name; /* "gzip", "zstd", "xz", "bzip2", "lz4", … */
    bool (*matches)(const uint8_t *at, size_t len);
    /* NULL for a format that is recognised and not read ("lz4", "lzip", "compress").
     * A heap-allocated stage over `from` (borrowed); *out is closed and freed by codec_close. */
    bool (*open)(struct reader *from, struct reader **out, struct error *e);
};

/* Looks at the first bytes of `from` without consuming them. `*out` is NULL where no known
 * compression begins there (the stream may be empty). */
bool codec_sniff(struct reader *from, const struct codec **out, struct error *e) MUST_USE;

/* Opens the decoder for what codec_sniff finds: `*out` is `from` itself where it is not
 * compressed, else a new stage; `*codec` (may be NULL) tells which. ERROR_FORMAT for a known
 * format that is not read: the message names it.
 *
 * All decoders read every member or frame until the input ends (a gzip layer of pigz, eStargz or
 * BGZF has many), skip zstd's skippable frames, and refuse what follows that is no member; zero
 * bytes, and for gzip and zstd any garbage after at least one whole member, are ignored and told by
 * codec_trailing. A cut input is ERROR_FORMAT ("ends in the middle of …"). Windows: zstd 128 MiB,
 * xz 128 MiB of memory. */
bool codec_open(struct reader *from, struct reader **out, const struct codec **codec,
                struct error *e) MUST_USE;

/* Bytes after the last member that were ignored (0 for an uncompressed reader). */
uint64_t codec_trailing(const struct reader *r);

/* Closes and frees what codec_open opened; does nothing where `opened` is `from`, or NULL. */
void codec_close(struct reader *opened, const struct reader *from);

#endif
