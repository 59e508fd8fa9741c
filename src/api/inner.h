/* inner.h: the inside of the service, for its own files: service.c (open, seats, health),
 * answers.c (remembered answers), features.c (packages as features), judge.c (which vulnerabilities
 * apply), judged.h (remembered of packages), named.c (vulnerabilities by name), analyse.c (layers
 * that come in). */
#ifndef LIMPID_API_INNER_H
#define LIMPID_API_INNER_H

#include <pthread.h>

#include "api/counters.h"
#include "api/figures.h"
#include "api/page_token.h"
#include "api/service.h"
#include "store/advisories.h"

/* What one worker has to itself; touched by that worker alone, but for `analysing`. */
struct seat {
    struct graph *graph;
    struct store *store;
    struct advisories *advisories; /* NULL: not opened yet, or there are none */
    uint64_t opened_stamp;         /* of the generation that `advisories` is of */
    uint64_t epoch, stamp;         /* when the question at hand was looked up (answers.c) */
    bool is_dated;                 /* those two are known */
    str analysing;                 /* name of the layer; under the service's lock */
};

struct answers; /* answers.c */
struct judged;  /* judged.h */

struct service {
    struct service_options options;
    struct arena arena;     /* of the options' texts and of the service itself */
    str current_path;       /* of the file that names the generation */
    struct seat *seats;     /* options.workers */
    pthread_mutex_t lock;   /* of `analysing` */
    pthread_cond_t changed; /* some layer's analysis has ended */
    struct answers *answers;
    struct judged *judged;
    struct page_key page_key;
    struct figures figures;
    struct counters counters;
};

/* The worker's seat with an open graph and store. */
bool service_seat(struct service *s, unsigned worker, struct seat **out, struct error *e) MUST_USE;

/* A number that changes with the generation of advisories; 0: there are none. */
uint64_t service_stamp(const struct service *s);

/* The current generation, reopened where it has changed; NULL where there are no advisories. */
bool service_advisories(struct service *s, struct seat *seat, struct advisories **out,
                        struct error *e) MUST_USE;

struct answers *answers_new(struct arena *arena, size_t bytes_max, struct error *e) MUST_USE;
void answers_free(struct answers *a); /* NULL is fine */

/* features.c: one list of packages as features, sorted by name, version, os; each once, with the
 * lowest layer that has it. Of 2015: without versions that Debian's rules do not know. */
struct features {
    struct service_feature *at;
    const struct graph_package **packages; /* of each, the first package that made it */
    size_t count;
};
bool features_of(const struct graph_package *packages, size_t count, enum graph_api api,
                 struct arena *arena, struct features *out, struct error *e) MUST_USE;

/* Name and version as the APIs tell them: of the source for dpkg. */
void feature_name(const struct package *p, str *name, str *version);

/* judge.c: fills the vulnerabilities of each feature, sorted by name. `packages` are those that the
 * features were made of. */
bool judge_features(struct service *s, struct seat *seat, const struct graph_package *packages,
                    size_t packages_count, struct features *features, struct arena *arena,
                    struct error *e) MUST_USE;

/* What Clair calls a severity, and its metadata for a CVSS vector: "" where there is none. */
str clair_severity(enum severity severity);
bool clair_metadata(str cvss, struct arena *arena, str *out, struct error *e) MUST_USE;

#endif
