/* layer_text.h: a layer in a few words: which of how many, and the command that made it. */
#ifndef LIMPID_REPORT_LAYER_TEXT_H
#define LIMPID_REPORT_LAYER_TEXT_H

#include "base/arena.h"
#include "base/attr.h"
#include "model/result.h"

enum { LAYER_TEXT_BYTES_MAX = 160 };

/* The Dockerfile's line out of a history entry: without "/bin/sh -c", "#(nop)", BuildKit's mark and
 * runs of blanks; its first LAYER_TEXT_BYTES_MAX bytes. Text is in `arena`, not yet escaped. */
bool layer_command(str created_by, struct arena *arena, str *out, struct error *e) MUST_USE;

/* "3/7 RUN apt-get install curl" for each layer of `image`, as an array in `arena`. */
bool layer_texts(const struct image_info *image, struct arena *arena, str **out,
                 struct error *e) MUST_USE;

/* Leaves "3/7" of each: for columns too narrow to say more. */
void layer_texts_shorten(str *texts, size_t count);

#endif
