/* figures.h: how long answers took, by route and status, for /v1/metrics. Safe from any thread. */
#ifndef LIMPID_API_FIGURES_H
#define LIMPID_API_FIGURES_H

#include <pthread.h>

#include "api/say.h"

enum { FIGURES_ROWS_MAX = 512, FIGURES_BUCKETS = 10 };

struct figure {
    const char *route; /* a literal */
    unsigned status;
    uint64_t buckets[FIGURES_BUCKETS]; /* not summed up; what is above the last is in `count` */
    uint64_t count;
    uint64_t sum_us;
};

struct figures {
    pthread_mutex_t lock;
    struct figure rows[FIGURES_ROWS_MAX];
    size_t count;
};

void figures_init(struct figures *f);
void figures_done(struct figures *f);
void figures_count(struct figures *f, const char *route, unsigned status, uint64_t took_ns);

/* In Prometheus' text format. */
bool figures_say(struct figures *f, struct buf *to, struct error *e) MUST_USE;

#endif
