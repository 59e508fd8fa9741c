/* layer_files.h: the layers of an image as files FOLDER/ID/layer.tar, for a server that is told
 * paths: the stored bytes as they are. */
#ifndef LIMPID_OPS_LAYER_FILES_H
#define LIMPID_OPS_LAYER_FILES_H

#include "ops/scan.h"

enum { LAYER_ID_BYTES_MAX = 128 };

struct layer_files {
    str *ids; /* base first; letters, digits and "_.-" only */
    size_t count;
};

/* Describes the image `options->source` and copies its layers. IDs are `known` where there are as
 * many as layers, all different and fit for a path. Otherwise a layer's ID is made of the SHA-256
 * of its bytes and of the ID below it (OCI image-spec, config.md, "Layer ChainID"), so that equal
 * bytes on other layers are another layer. ERROR_ABSENT for a root file system: it has no layers.
 */
bool layer_files_write(const struct ops_context *context, const struct image_options *options,
                       const char *folder, const struct layer_files *known, struct arena *arena,
                       struct layer_files *out, struct error *e) MUST_USE;

#endif
