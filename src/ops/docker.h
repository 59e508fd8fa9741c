/* docker.h: the `docker` program of this machine, where there is one: images by name. */
#ifndef LIMPID_OPS_DOCKER_H
#define LIMPID_OPS_DOCKER_H

#include "base/arena.h"
#include "base/error.h"

enum { DOCKER_HISTORY_BYTES_MAX = 1024 * 1024, DOCKER_IDS_MAX = 4096 };

/* Is there a `docker` in $PATH? */
bool docker_is_there(void);

/* `docker save IMAGE` into the file `path`. */
bool docker_save(const char *image, const char *path, struct error *e) MUST_USE;

/* `docker history -q --no-trunc IMAGE`: its IDs, base first. */
bool docker_history(const char *image, struct arena *arena, str **ids, size_t *count,
                    struct error *e) MUST_USE;

#endif
