/* lines.h: a text file line by line, in one pass over the reader's window. A line that lies whole
 * in the window is not copied; only one that is longer than a window is put together.
 *
 * Memory: nothing, or LINES_BYTES_MAX from the arena once a line is longer than the window.
 * Errors are those of the reader and the arena. One thread at a time. */
#ifndef LIMPID_FORMAT_LINES_H
#define LIMPID_FORMAT_LINES_H

#include <string.h>

#include "base/arena.h"
#include "stream/reader.h"

enum { LINES_BYTES_MAX = 1024 * 1024 };

struct lines {
    struct reader *from; /* borrowed */
    struct arena *arena; /* borrowed */
    char *room;          /* of LINES_BYTES_MAX bytes, in the arena; NULL until it is needed */
    uint64_t number;     /* of the line given last; the first is 1 */
};

struct line {
    str text;          /* without its LF, and a CR before that; valid until the next lines_next */
    bool too_long;     /* `text` is only its first LINES_BYTES_MAX bytes */
    bool unterminated; /* the file ends in it, without a LF */
};

void lines_init(struct lines *l, struct reader *from, struct arena *arena);

/* What lines_next does where the window holds no whole line; not for others. */
enum step lines_beyond_window(struct lines *l, struct line *out, struct error *e) MUST_USE;

/* The `len` bytes at `at` as a line, without a CR at their end. */
static inline str lines_text(const uint8_t *at, size_t len)
{
    if (len > 0 && at[len - 1] == '\r') {
        len--;
    }
    return (str){.at = (const char *)at, .len = len};
}

/* The next line; an empty one has no text. STEP_END after the last. In the header because package
 * databases have millions of lines, and nearly all are looked at only to be passed over. */
static inline MUST_USE enum step lines_next(struct lines *l, struct line *out, struct error *e)
{
    struct reader *from = l->from;
    size_t ready = reader_ready(from);
    const uint8_t *lf = ready == 0 ? NULL : memchr(from->at, '\n', ready);
    if (lf == NULL || lf - from->at > LINES_BYTES_MAX) {
        return lines_beyond_window(l, out, e);
    }
    *out = (struct line){.text = lines_text(from->at, (size_t)(lf - from->at))};
    from->at = lf + 1;
    l->number++;
    return STEP_GOT;
}

/* Pieces of text that are kept while lines come and go: one buffer, used again and again. */
struct kept {
    struct arena *arena; /* borrowed */
    char *at;
    size_t len, room;
};

/* A piece: where it is in `kept`, which may move. */
struct kept_part {
    size_t from, len;
    bool present;
};

/* Appends `text`. */
bool kept_add(struct kept *k, str text, struct error *e) MUST_USE;

/* The piece's text, until the next kept_add; STR_NONE for one that is not present. */
str kept_str(const struct kept *k, struct kept_part part);

#endif
