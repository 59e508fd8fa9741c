/* docker.h: the layout of `docker save`: manifest.json names config and layers (Moby image spec
 * v1.2, "Combined Image JSON + Filesystem Changeset Format"; Docker 25 and later write the same
 * manifest.json beside an OCI layout). Runs in a worker. */
#ifndef LIMPID_SOURCE_DOCKER_H
#define LIMPID_SOURCE_DOCKER_H

#include "source/archive.h"

/* Chooses one image of the archive. Several and no choice: ERROR_ABSENT naming them. */
bool docker_describe(struct archive *archive, const struct image_choice *choice,
                     struct arena *arena, struct image_description *out, struct error *e) MUST_USE;

#endif
