/* worker_main.c: the jobs that a worker process can do: the table of worker/child.h. */
#include "ops/job_feed.h"
#include "ops/job_image.h"
#include "ops/job_plan.h"
#include "ops/jobs.h"

static const struct worker_job_kind jobs[] = {
    {JOB_ARCHIVE, "archive", job_archive}, {JOB_OCI, "oci", job_oci},
    {JOB_LAYER, "layer", job_layer},       {JOB_FEED, "feed", job_feed},
    {JOB_PLAN, "plan", job_plan},
};

int worker_main(int argc, char **argv)
{
    return worker_serve(argc, argv, jobs, ARRAY_COUNT(jobs));
}
