/* local_image.h: one image analysed as analyze-local-images of Clair did: layer by layer by a
 * server with Clair's API of 2015, or here and now without one. */
#ifndef LIMPID_OPS_LOCAL_IMAGE_H
#define LIMPID_OPS_LOCAL_IMAGE_H

#include "ops/scan.h"
#include "stream/writer.h"

/* Clair's scale, from the least on: "Unknown", "Negligible", "Low", "Medium", "High", "Critical",
 * "Defcon1"; NULL past the last. */
const char *local_priority(size_t i);

struct local_request {
    const struct ops_context *context;
    struct image_options image; /* the source, or the name of an image that `docker` has */
    str endpoint;               /* "http://127.0.0.1:6060"; empty: no server */
    str my_address;             /* of this machine, as the server sees it */
    size_t priority;            /* the least that counts, of local_priority */
    const char *folder;         /* private_folder.h; NULL where local_needs_folder says no */
    struct writer *out;         /* what is being done, as it was said */
};

struct local_vulnerability {
    str id, priority, link, description;
};

struct local_result {
    const struct local_vulnerability *vulnerabilities;
    size_t count;
    bool unjudged; /* without a server: packages that nobody could judge; `reason` */
    str reason;
};

/* Are files to be written: layers for a server, an image that docker saves? */
bool local_needs_folder(const struct local_request *request);

/* To be called in a process of its own where there is a folder: it may change the environment.
 * Errors are in the words of the original: "- Could not analyze layer: Got response 400 …". */
bool local_image_analyze(const struct local_request *request, struct arena *arena,
                         struct local_result *out, struct error *e) MUST_USE;

#endif
