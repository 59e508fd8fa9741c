/* docker_v1.h: the layout that `docker save` wrote before Docker 1.10 (Moby image spec v1,
 * "Combined Image JSON + Filesystem Changeset Format"): no manifest.json; `repositories` names the
 * top image of each tag, ID/json its parent, ID/layer.tar its layer. No digests. Runs in a worker.
 */
#ifndef LIMPID_SOURCE_DOCKER_V1_H
#define LIMPID_SOURCE_DOCKER_V1_H

#include "source/archive.h"

/* True where the archive has what only this layout has, and neither of the others' descriptions. */
bool docker_v1_matches(const struct archive *archive);

/* Chooses one tag. Several images and no choice: ERROR_ABSENT naming them. */
bool docker_v1_describe(struct archive *archive, const struct image_choice *choice,
                        struct arena *arena, struct image_description *out,
                        struct error *e) MUST_USE;

#endif
