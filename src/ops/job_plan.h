/* job_plan.h: the worker's job of reading index documents (feed/plan.h): a stream of documents on
 * descriptor 0, each named as it was asked for; a struct plan_request; answers struct plan_answer.
 */
#ifndef LIMPID_OPS_JOB_PLAN_H
#define LIMPID_OPS_JOB_PLAN_H

#include "worker/child.h"

bool job_plan(struct worker_child *child, str request, struct error *e);

#endif
