/* zip.h: ZIP archives as a stream of entries, in one pass over the local headers (PKWARE
 * APPNOTE.TXT 6.3.10, sections 4.3 to 4.5), with zip64, data descriptors, stored and deflated
 * data. At the end the central directory must describe exactly the entries that were read, in any
 * order: an archive that is cut, has gaps, overlaps or hidden entries is ERROR_FORMAT.
 *
 * For archives that are whole and made in one go, as feeds serve them. Memory: one buffer of
 * output, zlib's window, and the name of one entry. */
#ifndef LIMPID_FORMAT_ZIP_H
#define LIMPID_FORMAT_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "stream/reader.h"

enum { ZIP_ENTRIES_MAX = 4 * 1000 * 1000 };

struct zip_entry {
    str name;               /* as written; valid until the next zip_next */
    uint16_t method;        /* 0 stored, 8 deflated; a body of another one cannot be read */
    bool encrypted;         /* nor can this */
    bool size_known;        /* false: the size comes behind the data */
    uint64_t size_bytes;    /* where it is known */
    uint64_t header_offset; /* where its local header is */
};

struct zip_state;

struct zip {
    struct reader *from; /* borrowed */
    uint64_t entries;
    struct zip_state *state; /* in the arena */
};

/* The state (380 KiB) lies in `arena`; zlib's window on the heap, until zip_close. */
bool zip_open(struct zip *z, struct reader *from, struct arena *arena, struct error *e) MUST_USE;
void zip_close(struct zip *z); /* a zeroed struct is fine; twice, too */

/* The next entry; what was not read of the last one's body is skipped. STEP_END behind the end of
 * the central directory. Bytes after it are not looked at. */
enum step zip_next(struct zip *z, struct zip_entry *out, struct error *e) MUST_USE;

/* The content of the entry that zip_next gave last. Its end is reached only where size and CRC-32
 * are right; else ERROR_FORMAT. */
struct reader *zip_body(struct zip *z);

#endif
