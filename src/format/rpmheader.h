/* rpmheader.h: an rpm package header as it stands in a package database (rpm's
 * docs/manual/format_header.md, without the magic): two big-endian counts, an index of tags, their
 * data. It is parsed piece by piece, and what nobody asks for is passed over: memory is the few
 * texts that are kept, whatever the header's size.
 *
 * Checked as rpm checks: both counts, their sum against the size of the blob, and of each index
 * entry type, offset and length; that texts end inside the data is checked for those kept. */
#ifndef LIMPID_FORMAT_RPMHEADER_H
#define LIMPID_FORMAT_RPMHEADER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum {
    RPMHEADER_TAGS_MAX = 65535,                       /* rpm's own limit */
    RPMHEADER_DATA_BYTES_MAX = 256 * 1024 * 1024 - 1, /* rpm's own limit */
    RPMHEADER_TEXT_BYTES_MAX = 64 * 1024, /* longer vendor and licence are cut, others refused */
};

enum rpmheader_text {
    RPMHEADER_NAME,
    RPMHEADER_VERSION,
    RPMHEADER_RELEASE,
    RPMHEADER_VENDOR,
    RPMHEADER_LICENSE,
    RPMHEADER_ARCH,
    RPMHEADER_SOURCERPM,
    RPMHEADER_MODULARITYLABEL,
    RPMHEADER_TEXTS
};

struct rpmheader {
    str text[RPMHEADER_TEXTS]; /* empty where the tag is absent; name, version, release are not */
    uint32_t epoch;            /* 0 where absent */
};

struct rpmheader_field {
    bool wanted, whole; /* has an index entry; all of it was read */
    uint32_t offset;    /* in the data */
    struct buf bytes;
};

/* The state of parsing one header; used again for the next. One thread at a time. */
struct rpmheader_parser {
    uint64_t size_bytes, at; /* of the blob; how far it was fed */
    uint32_t tags, tags_seen, data_bytes;
    uint8_t part[16]; /* the intro or an index entry that lies across pieces */
    size_t part_len;
    struct rpmheader_field fields[RPMHEADER_TEXTS + 1]; /* the last is the epoch */
};

/* For a zeroed struct; takes no memory. */
void rpmheader_init(struct rpmheader_parser *p);
void rpmheader_done(struct rpmheader_parser *p); /* frees; may be called twice */

/* A new header of `size_bytes`; the texts of the one before are gone. */
void rpmheader_begin(struct rpmheader_parser *p, uint64_t size_bytes);

/* The next bytes of the header. ERROR_FORMAT, ERROR_LIMIT or ERROR_MEMORY: begin another. */
bool rpmheader_feed(struct rpmheader_parser *p, str piece, struct error *e) MUST_USE;

/* After the last piece. The texts are borrowed from `p`, valid until the next begin. */
bool rpmheader_end(const struct rpmheader_parser *p, struct rpmheader *out,
                   struct error *e) MUST_USE;

#endif
