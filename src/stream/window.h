/* window.h: what stages share that show bytes of another window (reader.c's part and limit, and
 * hash.c), and those that own one (file.c, decoder.c). Inside src/stream only.
 *
 * A stage that shows part of the window below has *passed* those bytes below at once
 * (from->at == base.end): whoever goes on with `from` stands behind the window. Before it asks
 * for more it hands the unread ones back, so that they stay when the window moves. */
#ifndef LIMPID_STREAM_WINDOW_H
#define LIMPID_STREAM_WINDOW_H

#include <string.h>

#include "stream/reader.h"

/* Gives the unread bytes back to `from` and asks it for at least one more behind them. On
 * STEP_GOT the bytes of `from` are [from->at, from->end); the caller shows them anew. */
static inline enum step window_pull(struct reader *base, struct reader *from, size_t want,
                                    struct error *e)
{
    from->at = base->at;
    size_t ready = reader_ready(from);
    if (ready > reader_ready(base)) {
        return STEP_GOT; /* below there was more than this stage has shown */
    }
    enum step step = from->ops->fill(from, want, e);
    base->at = from->at; /* they may have moved, and stay even at the end */
    base->end = base->at + ready;
    if (step != STEP_GOT) {
        from->at = base->end;
    }
    return step;
}

/* Shows `bytes` of the window of `from`, which are passed there. */
static inline void window_show(struct reader *base, struct reader *from, size_t bytes)
{
    base->end_offset += bytes - reader_ready(base);
    base->at = from->at;
    base->end = from->at + bytes;
    from->at = base->end;
}

/* Moves the unread bytes to the front of the stage's own `buffer`. */
static inline void window_compact(struct reader *base, uint8_t *buffer)
{
    size_t ready = reader_ready(base);
    if (ready > 0 && base->at != buffer) {
        memmove(buffer, base->at, ready);
    }
    base->at = buffer;
    base->end = buffer + ready;
}

#endif
