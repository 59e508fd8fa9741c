/* job_image.h: jobs of a worker on images; see jobs.h for request and answer. */
#ifndef LIMPID_OPS_JOB_IMAGE_H
#define LIMPID_OPS_JOB_IMAGE_H

#include "worker/child.h"

bool job_archive(struct worker_child *child, str request, struct error *e);
bool job_oci(struct worker_child *child, str request, struct error *e);
bool job_layer(struct worker_child *child, str request, struct error *e);

#endif
