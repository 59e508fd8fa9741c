#include "api/figures.h"

#include <string.h>

#define NAME "clair_api_response_duration_milliseconds"

/* Clair's: ten from 9.375 ms, each twice the one before; in microseconds. */
enum { FIRST_US = 9375 };

void figures_init(struct figures *f)
{
    pthread_mutex_init(&f->lock, NULL);
}

void figures_done(struct figures *f)
{
    pthread_mutex_destroy(&f->lock);
}

static struct figure *row_of(struct figures *f, const char *route, unsigned status)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->rows[i].status == status && strcmp(f->rows[i].route, route) == 0) {
            return &f->rows[i];
        }
    }
    if (f->count == FIGURES_ROWS_MAX) {
        return NULL; /* more than all routes with all statuses */
    }
    f->rows[f->count] = (struct figure){.route = route, .status = status};
    return &f->rows[f->count++];
}

void figures_count(struct figures *f, const char *route, unsigned status, uint64_t took_ns)
{
    uint64_t us = took_ns / 1000, bound = FIRST_US;
    pthread_mutex_lock(&f->lock);
    struct figure *row = row_of(f, route, status);
    if (row != NULL) {
        unsigned bucket = 0;
        while (bucket < FIGURES_BUCKETS && us > bound) {
            bucket++;
            bound *= 2;
        }
        if (bucket < FIGURES_BUCKETS) {
            row->buckets[bucket]++;
        }
        row->count++;
        row->sum_us += us;
    }
    pthread_mutex_unlock(&f->lock);
}

static bool say_row(const struct figure *row, struct buf *to, struct error *e)
{
    uint64_t sum = 0, bound = FIRST_US;
    bool ok = true;
    for (unsigned i = 0; ok && i < FIGURES_BUCKETS; i++) {
        sum += row->buckets[i];
        ok = buf_printf(to, e, NAME "_bucket{code=\"%u\",route=\"%s\",le=\"%llu.%03llu\"} %llu\n",
                        row->status, row->route, (unsigned long long)(bound / 1000),
                        (unsigned long long)(bound % 1000), (unsigned long long)sum);
        bound *= 2;
    }
    return ok && buf_printf(to, e,
                            NAME "_bucket{code=\"%u\",route=\"%s\",le=\"+Inf\"} %llu\n" NAME
                                 "_sum{code=\"%u\",route=\"%s\"} %llu.%03llu\n" NAME
                                 "_count{code=\"%u\",route=\"%s\"} %llu\n",
                            row->status, row->route, (unsigned long long)row->count, row->status,
                            row->route, (unsigned long long)(row->sum_us / 1000),
                            (unsigned long long)(row->sum_us % 1000), row->status, row->route,
                            (unsigned long long)row->count);
}

bool figures_say(struct figures *f, struct buf *to, struct error *e)
{
    bool ok = buf_printf(to, e,
                         "# HELP " NAME " The duration of time it takes to receive and write a "
                         "response to an API request\n# TYPE " NAME " histogram\n");
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; ok && i < f->count; i++) {
        ok = say_row(&f->rows[i], to, e);
    }
    pthread_mutex_unlock(&f->lock);
    return ok;
}
