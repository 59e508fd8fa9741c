#include "base/diag.h"

void diag_init(struct diag *d, struct arena *arena)
{
    *d = (struct diag){.arena = arena};
}

bool diag_add(struct diag *d, enum diag_kind kind, str path, str text, struct error *e)
{
    d->incomplete = d->incomplete || kind == DIAG_INCOMPLETE;
    for (size_t i = 0; i < d->count; i++) {
        if (str_eq(d->notes[i].path, path) && str_eq(d->notes[i].text, text)) {
            return true;
        }
    }
    if (d->count >= DIAG_NOTES_MAX) {
        d->left_out++;
        return true;
    }
    struct diag_note note = {.kind = kind};
    void *items = d->notes;
    if (!arena_grow(d->arena, &items, d->count, &d->room, sizeof(note), e) ||
        !arena_str(d->arena, path, &note.path, e) || !arena_str(d->arena, text, &note.text, e)) {
        return false;
    }
    d->notes = items;
    d->notes[d->count++] = note;
    return true;
}
