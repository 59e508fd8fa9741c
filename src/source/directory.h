/* directory.h: a root file system in a folder, as a tar stream of just the files that detectors
 * claim. The parent walks and opens (no link is ever followed, nothing but regular files is
 * read); the worker at the other end of the pipe parses, as it does a layer. */
#ifndef LIMPID_SOURCE_DIRECTORY_H
#define LIMPID_SOURCE_DIRECTORY_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/str.h"

struct directory_path {
    str path;           /* clean; with '/' at the end: every file in that folder */
    uint64_t bytes_max; /* larger files are noted, not sent */
};

/* Writes the tar into `out_fd` (a pipe), with links and odd file types on the way to the paths as
 * entries. Notes tell what could not be read. A reader that went away (EPIPE) is no error here:
 * it has its own. */
bool directory_stream(int root_fd, const struct directory_path *paths, size_t paths_count,
                      int out_fd, struct arena *arena, struct diag *notes,
                      struct error *e) MUST_USE;

#endif
