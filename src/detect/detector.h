/* detector.h: what turns one file of a layer into facts. A detector is one file `detect/X.c` that
 * exports one row, `detector_X`, and one word in DETECTORS below. */
#ifndef LIMPID_DETECT_DETECTOR_H
#define LIMPID_DETECT_DETECTOR_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "layer/layer.h"
#include "model/fact.h"
#include "stream/reader.h"

struct detector {
    const char *name;        /* in reports, messages and --detectors */
    const char *summary;     /* the manual page's table is made from this */
    uint32_t revision;       /* raised when its facts change: layers cached before are read again */
    uint64_t file_bytes_max; /* larger files are not read, and reported as such */

    /* Where its files lie: clean paths. A path ending in '/' claims every file directly in that
     * folder. The list ends with NULL. Links, whiteouts and replacements of these paths and of
     * the folders above them become facts (see detectors_reach). */
    const char *const *paths;

    /* Reads the content of a file at one of `paths`. `role` is the path in `paths` that the file
     * plays (for a folder pattern: the path that matched); it differs from `at` when an image's
     * links lead elsewhere. Puts FACT_DATABASE or FACT_DISTRIBUTION with path `at` first, also
     * when nothing else can be read.
     *
     * A damaged file: what can be read is put, then FACT_INCOMPLETE; true. False: an error of the
     * layer's stream (reported by `body`), of the sink, or ERROR_MEMORY. Scratch memory comes
     * from `arena`, which the caller rewinds. */
    bool (*read)(const struct detector *self, str role, const struct entry *at, struct reader *body,
                 struct arena *arena, struct fact_sink *out, struct error *e);
};

#define DETECTORS(X) X(os_release) X(dpkg) X(apk) X(rpm) X(redhat_content)
#define DETECTOR_DECLARE(name) extern const struct detector detector_##name;
DETECTORS(DETECTOR_DECLARE)

/* The table, and its length. */
extern const struct detector *const detectors[];
extern const size_t detectors_count;

enum reach {
    REACH_NONE,   /* no detector cares */
    REACH_ABOVE,  /* a folder above a claimed path: links, whiteouts, replacement matter */
    REACH_CLAIMED /* a file here would be read by `*by` */
};

/* How a clean path relates to the claimed paths of all detectors. `*by` (may be NULL) is set for
 * REACH_CLAIMED. Fast: it is asked for every entry of every layer. */
enum reach detectors_reach(str path, const struct detector **by);

/* A number that changes when any detector's revision does: part of the cache's key. */
uint32_t detectors_revision(void);

#endif
