/* tar_pax.h: the records of a pax extended header (POSIX pax(1), "pax Extended Header"), of which
 * the ones that say what an entry is are kept (for tar.c; others include tar.h). */
#ifndef LIMPID_FORMAT_TAR_PAX_H
#define LIMPID_FORMAT_TAR_PAX_H

#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"
#include "format/tar_sparse.h"

/* Values point into the header's bytes. Empty: the record is absent, or empty, which changes
 * nothing either. Of records with one key the last one counts. */
struct tar_pax {
    str path, link, size, mtime;
    str sparse_major, sparse_minor, sparse_name, sparse_size, sparse_real_size;
    str sparse_blocks, sparse_map;
    size_t sparse_pairs; /* pax 0.0: pairs that were added to the map */
};

/* `records` is the content of the header. The pairs of pax 0.0 (GNU.sparse.offset and .numbytes,
 * repeated) are added to `map`, where it is not NULL. ERROR_FORMAT at the first odd record. */
bool tar_pax_parse(str records, struct tar_pax *out, struct tar_sparse *map,
                   struct error *e) MUST_USE;

enum tar_pax_sparse {
    TAR_PAX_NOT_SPARSE, /* or of a version nobody knows: the data as they are */
    TAR_PAX_SPARSE_0,   /* the map is in the records */
    TAR_PAX_SPARSE_1,   /* the map is before the data */
};

/* The kind of sparse file that the records describe. */
enum tar_pax_sparse tar_pax_sparse(const struct tar_pax *pax);

#endif
