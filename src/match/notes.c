#include <stdarg.h>
#include <stdio.h>

#include "match/rules.h"

bool note_add(struct inventory *inventory, struct arena *arena, enum diag_kind kind,
              struct error *e, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0) {
        text[0] = '\0';
    }
    if (inventory->notes.arena == NULL) {
        diag_init(&inventory->notes, arena);
    }
    return diag_add(&inventory->notes, kind, STR_NONE, str_from(text), e);
}
