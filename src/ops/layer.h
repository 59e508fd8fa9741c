/* layer.h: one layer by itself, as clients of Clair's APIs name it: a local file or a URL. Its
 * bytes go to a worker and through a hash; what the cache knows of them is not read again. */
#ifndef LIMPID_OPS_LAYER_H
#define LIMPID_OPS_LAYER_H

#include "model/result.h"
#include "ops/context.h"
#include "store/store.h"

enum {
    LAYER_FILE_MIB_MAX = 200, /* of a package database or another file that is wanted, as Clair */
    LAYER_PATH_BYTES_MAX = 16 * 1024,
    LAYER_FETCH_S_MAX = 900,
    LAYER_ROUNDS_MAX = 4, /* of reading; each follows one more link, a URL is fetched in each */
};

struct layer_source {
    str path;           /* a file, or "http://…", "https://…" */
    const str *headers; /* "Name: value", sent with a download */
    size_t headers_count;
    /* Local files: anywhere, or below one of these folders only; links are resolved first. */
    bool local_paths;
    const str *roots;
    size_t roots_count;
    bool private_addresses; /* may be downloaded from */
    bool insecure_tls;      /* certificates of servers are not checked */
    bool aci;               /* an App Container image: its files lie below rootfs/ */
    bool gzip_only;         /* tar and gzip alone, as in 2015: xz and bzip2 are no archive */
};

/* What became of it, as the APIs tell it apart. All but LAYER_READ have an error too. */
enum layer_outcome {
    LAYER_READ,
    LAYER_ABSENT,     /* no such file */
    LAYER_UNFETCHED,  /* no connection, or an answer that is not 2xx */
    LAYER_FORBIDDEN,  /* a path or an address that may not be read */
    LAYER_NO_ARCHIVE, /* not a tar, cut, damaged */
    LAYER_TOO_LARGE,  /* a wanted file is above LAYER_FILE_MIB_MAX */
    LAYER_FAILED,     /* memory, the worker, the store */
};

struct layer_content {
    digest blob; /* of the stored bytes, computed here */
    /* The layer as an image of its own: distribution, namespace, packages, with those that are
     * known but not installed (fold_input.residues). */
    struct inventory inventory;
    /* Which package managers' databases it has; deb_part: only files of status.d, which add to
     * what lower layers have. */
    bool has_deb, deb_part, has_apk, has_rpm;
    bool cached; /* nothing was read but to hash it */
};

/* `store` may be NULL: nothing is cached. Text in `out` is in `arena`. Starts a worker and, for a
 * URL, a fetch program, both of which are gone when it returns. */
enum layer_outcome layer_analyse(const struct ops_context *context, struct store *store,
                                 const struct layer_source *source, struct arena *arena,
                                 struct layer_content *out, struct error *e) MUST_USE;

/* Is there anything to read at all? What Clair looks at before it looks at the format. A URL is
 * not asked. */
enum layer_outcome layer_reachable(const struct layer_source *source, struct arena *arena,
                                   struct error *e) MUST_USE;

#endif
