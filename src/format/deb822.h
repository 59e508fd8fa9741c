/* deb822.h: the stanzas of Debian's control files (deb822(5)), as dpkg's status file has them, one
 * after the other from a reader; of each, the fields that the caller names.
 *
 *     Package: adduser
 *     Status: install ok installed
 *     Description: add and remove users
 *      a line that goes on begins with a blank
 *
 * Field names are compared without regard to letter case. A line of nothing but blanks separates
 * stanzas, as an empty one does. Lines that begin with '#' are comments. CRLF is accepted.
 *
 * What is wrong inside a stanza makes it `problem`; it and those after it are still given. Memory:
 * the wanted fields of one stanza, and what format/lines.h says. One thread at a time. */
#ifndef LIMPID_FORMAT_DEB822_H
#define LIMPID_FORMAT_DEB822_H

#include "format/lines.h"

enum {
    DEB822_FIELDS_MAX = 16,                   /* that a caller can want */
    DEB822_VALUES_BYTES_MAX = 4 * 1024 * 1024 /* wanted values of one stanza; LINES_BYTES_MAX
                                                 is the limit of one line */
};

struct deb822_stanza {
    /* In the order in which they are wanted; NULL where the field is absent or too long to keep.
     * Blanks around are gone; the lines of a value that goes on are joined by LF, without the
     * blank that begins them. The first of two fields with one name. */
    str values[DEB822_FIELDS_MAX];
    uint64_t line;       /* number of its first line */
    const char *problem; /* the first thing that is wrong with it, or NULL */
    bool unterminated;   /* the file ends in it without a LF: its last value may be cut */
};

struct deb822 {
    struct lines lines;
    struct kept kept;
    const str *wanted; /* borrowed */
    size_t wanted_count;
    struct kept_part parts[DEB822_FIELDS_MAX];
    bool initials[256]; /* whether a wanted name begins with this byte */
};

/* `wanted` (at most DEB822_FIELDS_MAX names) and `from` are borrowed until the last deb822_next;
 * scratch memory comes from `arena`. */
void deb822_init(struct deb822 *d, struct reader *from, const str *wanted, size_t wanted_count,
                 struct arena *arena);

/* The next stanza; its text is valid until the next call. Fails where the reader or the arena
 * does, and for no content of the file. */
enum step deb822_next(struct deb822 *d, struct deb822_stanza *out, struct error *e) MUST_USE;

#endif
