#include "format/lines.h"

void lines_init(struct lines *l, struct reader *from, struct arena *arena)
{
    *l = (struct lines){.from = from, .arena = arena};
}

/* A line that no window holds: piece by piece, its first LINES_BYTES_MAX bytes kept. */
static enum step line_assemble(struct lines *l, struct line *out, struct error *e)
{
    struct reader *from = l->from;
    if (l->room == NULL && (l->room = arena_alloc(l->arena, LINES_BYTES_MAX, 1, 1, e)) == NULL) {
        return STEP_FAILED;
    }
    size_t len = 0;
    bool too_long = false, ended = false;
    enum step got = STEP_GOT;
    while (!ended && (got = reader_need(from, 1, e)) == STEP_GOT) {
        size_t ready = reader_ready(from);
        const uint8_t *lf = memchr(from->at, '\n', ready);
        size_t piece = lf == NULL ? ready : (size_t)(lf - from->at);
        size_t keep = piece < LINES_BYTES_MAX - len ? piece : LINES_BYTES_MAX - len;
        memcpy(l->room + len, from->at, keep);
        len += keep;
        too_long = too_long || keep < piece;
        ended = lf != NULL;
        from->at += piece + (ended ? 1 : 0);
    }
    if (got == STEP_FAILED) {
        return STEP_FAILED;
    }
    *out = (struct line){
        .text =
            too_long ? (str){.at = l->room, .len = len} : lines_text((const uint8_t *)l->room, len),
        .too_long = too_long,
        .unterminated = !ended,
    };
    l->number++;
    return STEP_GOT;
}

enum step lines_beyond_window(struct lines *l, struct line *out, struct error *e)
{
    struct reader *from = l->from;
    size_t seen = reader_ready(from);
    if (seen >= READER_NEED_MAX) {
        return line_assemble(l, out, e);
    }
    enum step got = reader_need(from, READER_NEED_MAX, e);
    size_t ready = reader_ready(from);
    if (got == STEP_FAILED) {
        return STEP_FAILED;
    }
    const uint8_t *lf = ready == seen ? NULL : memchr(from->at + seen, '\n', ready - seen);
    size_t len = lf == NULL ? ready : (size_t)(lf - from->at);
    if (len > LINES_BYTES_MAX || (lf == NULL && got == STEP_GOT)) {
        return line_assemble(l, out, e);
    }
    if (ready == 0) {
        return STEP_END;
    }
    *out = (struct line){.text = lines_text(from->at, len), .unterminated = lf == NULL};
    from->at += len + (lf == NULL ? 0 : 1);
    l->number++;
    return STEP_GOT;
}

bool kept_add(struct kept *k, str text, struct error *e)
{
    if (text.len > k->room - k->len) {
        size_t room = k->room == 0 ? 1024 : k->room;
        while (room - k->len < text.len) {
            if (room > SIZE_MAX / 2) {
                return error_set(e, ERROR_LIMIT, "text too long");
            }
            room *= 2;
        }
        char *grown = arena_alloc(k->arena, room, 1, 1, e);
        if (grown == NULL) {
            return false;
        }
        if (k->len > 0) {
            memcpy(grown, k->at, k->len);
        }
        k->at = grown;
        k->room = room;
    }
    if (text.len > 0) {
        memcpy(k->at + k->len, text.at, text.len);
        k->len += text.len;
    }
    return true;
}

str kept_str(const struct kept *k, struct kept_part part)
{
    if (!part.present) {
        return STR_NONE;
    }
    return (str){.at = part.len == 0 ? "" : k->at + part.from, .len = part.len};
}
