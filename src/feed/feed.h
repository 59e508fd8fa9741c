/* feed.h: one publisher's collection of advisories: where its documents are, and how one becomes
 * advisories. A feed is one file `feed/X.c` that exports one row, `feed_X`, and one word in FEEDS.
 *
 * Reading happens in a worker without network and store: a reader sees a document's path and
 * bytes, and a sink. */
#ifndef LIMPID_FEED_FEED_H
#define LIMPID_FEED_FEED_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "feed/plan.h"
#include "model/advisory.h"
#include "stream/reader.h"

struct feed_document {
    str path;       /* below the mirror: "tracker/data/json", "v3.18/main.json"; compression suffix
                       (.zst .xz .gz .bz2) removed, body decompressed */
    int64_t date_s; /* Last-Modified or mtime, or 0 */
};

struct feed {
    const char *name;    /* "debian" */
    const char *summary; /* for `status`, help and manual */
    const char *publisher;
    const char *licence;  /* of the data, as far as stated */
    bool redistributable; /* may `bundle export` contain it */
    bool on_request;      /* fetched only where it is named */

    /* The publisher's site, with '/' at the end, and the documents below it; ends with NULL. A
     * URL of a document is site + path. `site` may differ a document: then it is a whole URL.
     * A '?' in front: the publisher may have no such document (any more, or yet). */
    const char *site;
    const char *const *documents;

    /* How the documents are found where the list above is not all (feed/plan.h); or NULL. On a
     * mirror without the plan's index documents, and in a folder, the list above counts. */
    const struct feed_plan *plan;

    /* Does this feed read a document at `path` below a mirror? Matches by the end of the path, so
     * that a folder above the publisher's own paths does not matter. */
    bool (*claims)(str path);

    /* Reads one document. Scratch memory in `arena` (rewound by the caller afterwards). A document
     * that is not whole or not in the format: ERROR_FORMAT, and the feed keeps its last state. */
    bool (*read)(const struct feed *self, const struct feed_document *document, struct reader *body,
                 struct arena *arena, struct advisory_sink *out, struct error *e);
};

#define FEEDS(X)                                                                                   \
    X(debian)                                                                                      \
    X(alpine)                                                                                      \
    X(almalinux)                                                                                   \
    X(amazon)                                                                                      \
    X(fedora)                                                                                      \
    X(bottlerocket)                                                                                \
    X(osv)                                                                                         \
    X(nvd)                                                                                         \
    X(cve)                                                                                         \
    X(kev)                                                                                         \
    X(epss)                                                                                        \
    X(oracle)                                                                                      \
    X(suse)                                                                                        \
    X(azurelinux)                                                                                  \
    X(photon)                                                                                      \
    X(redhat)                                                                                      \
    X(redhat_repositories)                                                                         \
    X(openeuler)                                                                                   \
    X(debian_elts_tracker)                                                                         \
    X(debian_support)                                                                              \
    X(ubuntu)                                                                                      \
    X(wolfi)                                                                                       \
    X(chainguard)                                                                                  \
    X(minimos)                                                                                     \
    X(arch)                                                                                        \
    X(bellsoft)                                                                                    \
    X(bitnami)                                                                                     \
    X(chainguard_libraries)                                                                        \
    X(debian_elts)                                                                                 \
    X(echo)                                                                                        \
    X(ghsa)                                                                                        \
    X(go)                                                                                          \
    X(rocky)                                                                                       \
    X(rootio)                                                                                      \
    X(rubysec)                                                                                     \
    X(seal)
#define FEED_DECLARE(name) extern const struct feed feed_##name;
FEEDS(FEED_DECLARE)

extern const struct feed *const feeds[];
extern const size_t feeds_count;

const struct feed *feed_find(str name); /* NULL where there is none */

#endif
