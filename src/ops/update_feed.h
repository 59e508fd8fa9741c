/* update_feed.h: one feed brought up to date; inside ops. */
#ifndef LIMPID_OPS_UPDATE_FEED_H
#define LIMPID_OPS_UPDATE_FEED_H

#include <pthread.h>
#include <semaphore.h>

#include "feed/feed.h"
#include "ops/update.h"
#include "store/store.h"

/* What the threads of one update share. */
struct update_shared {
    const struct ops_context *context;
    const struct update_options *options;
    str data_dir;
    struct store *store;   /* of which threads write feeds at the same time (store.h) */
    sem_t reading;         /* how many feeds may be read at a time: what bounds memory */
    pthread_mutex_t watch; /* around each call of the watch */
};

/* One feed: result and what it needs; texts of the result are in `arena`. */
struct update_task {
    const struct feed *feed;
    struct arena arena;
    struct update_result result;
    bool broken; /* what failed concerns the store, not the feed: `failed` */
    struct error failed;
};

/* Safe from any thread, a task each. */
void update_feed(struct update_shared *shared, struct update_task *task);

#endif
