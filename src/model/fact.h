/* fact.h: what one layer says, and nothing but that layer: its facts depend on its bytes alone,
 * so they are cached by its verified digest. An image's inventory is the fold of its layers'
 * facts, bottom to top (inventory/fold.h).
 *
 * Order: a FACT_DATABASE or FACT_DISTRIBUTION names a file; the FACT_PACKAGEs,
 * FACT_RESIDUEs and FACT_REPOSITORYs that follow, up to the next fact of another kind, are that
 * file's. */
#ifndef LIMPID_MODEL_FACT_H
#define LIMPID_MODEL_FACT_H

#include "base/error.h"
#include "base/str.h"
#include "model/distribution.h"
#include "model/package.h"

enum fact_kind {
    FACT_DATABASE = 1,     /* the file `path` is a package database (or a part: status.d/NAME) */
    FACT_PACKAGE = 2,      /* a package of the last database */
    FACT_DISTRIBUTION = 3, /* the file `path` names the distribution */
    FACT_REMOVED = 4,      /* whiteout: what lower layers had at and below `path` is gone */
    FACT_OPAQUE = 5,       /* opaque whiteout: what lower layers had below `path` is gone */
    FACT_REPLACED = 6,     /* `path` is now something else than a file that was read: what lower
                              layers and earlier entries of this one had at and below it is gone */
    FACT_SYMLINK = 7,      /* `path` is a symbolic link to `text` (as written) */
    FACT_HARDLINK = 8,     /* `path` is a hard link to the clean path `text` of this layer */
    FACT_NOTE = 9,         /* worth knowing: `text` about `path` */
    FACT_INCOMPLETE = 10,  /* not read, or not whole: `text` about `path` */
    FACT_DIRECTORY = 11,   /* `path` is a folder: a link or file at it is gone, what lower layers
                              had below it stays */
    FACT_REPOSITORY = 12,  /* the file `path`, of the last FACT_DATABASE, says that packages come
                              from the repository `text`, or that the image is the product with
                              the CPE `text` ("cpe:/…"); Red Hat */
    FACT_RESIDUE = 13,     /* as FACT_PACKAGE: one that the database still knows, but that is not
                              installed (dpkg: config-files); for Clair's APIs alone */
};

struct fact {
    enum fact_kind kind;
    str path; /* clean; empty for FACT_PACKAGE and FACT_RESIDUE */
    str text; /* detector's name for DATABASE and DISTRIBUTION; see above for the others */
    /* FACT_DISTRIBUTION: how sure the file is: os-release 100, fallbacks less; the highest wins.
     * FACT_DATABASE: the size of the file in MiB, rounded up */
    uint32_t rank;
    struct package package;           /* FACT_PACKAGE, FACT_RESIDUE */
    struct distribution distribution; /* FACT_DISTRIBUTION */
};

/* Where facts go: over the worker's pipe, or into a list in tests. Text is borrowed during put. */
struct fact_sink {
    bool (*put)(struct fact_sink *self, const struct fact *fact, struct error *e);
};

#endif
