/* oci.h: the OCI image layout (image-spec: image-layout.md, image-index.md, manifest.md): from an
 * index through nested ones to the manifest of one platform. Runs in a worker. */
#ifndef LIMPID_SOURCE_OCI_H
#define LIMPID_SOURCE_OCI_H

#include "source/blobs.h"
#include "source/image.h"

enum { OCI_INDEX_DEPTH_MAX = 4, OCI_MANIFESTS_MAX = 10000 };

/* `index` is the content of index.json. */
bool oci_describe(str index, struct blobs *blobs, const struct image_choice *choice,
                  struct arena *arena, struct image_description *out, struct error *e) MUST_USE;

#endif
