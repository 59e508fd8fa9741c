/* source.h: what a person names on the command line, told apart by prefix and by content. The
 * table is in sources.c; a new kind of source is one file and one row there.
 *
 * The parent opens; a worker reads (image.h). The parent never parses a byte of an image: it
 * looks at file types, and at the names in a folder. */
#ifndef LIMPID_SOURCE_SOURCE_H
#define LIMPID_SOURCE_SOURCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/* How the bytes of a source reach a worker. */
enum source_shape {
    SHAPE_ARCHIVE, /* one file (or pipe) with everything in it */
    SHAPE_BLOBS,   /* a folder of blobs named by digest */
    SHAPE_FILES,   /* a root file system */
};

struct source {
    const char *name;    /* "docker-archive": the prefix, and `kind` in reports */
    const char *summary; /* for help and manual */
    enum source_shape shape;
    /* Of an archive: the description that must be in it ("manifest.json", "index.json"), or NULL
     * where either will do. */
    const char *wants;
};

/* The i-th row, or NULL past the last. */
const struct source *source_at(size_t i);

struct source_opened {
    const struct source *source;
    str path;      /* as named, without prefix and reference */
    str reference; /* which image in it: tag or image ID; may be empty */
    int fd;        /* the file, or the folder; owned: source_close */
    bool is_pipe;  /* standard input, or a pipe: can be read once, in order */
};

/* Opens what `text` names: "FILE", "FOLDER", "-" (standard input), "PREFIX:PATH[:REFERENCE]".
 * ERROR_ABSENT: there is no such thing, with what was tried; ERROR_USAGE: an unknown prefix. */
bool source_open(str text, struct arena *arena, struct source_opened *out,
                 struct error *e) MUST_USE;
void source_close(struct source_opened *s);

#endif
