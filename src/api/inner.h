/* inner.h: the inside of the service, for its own files: service.c (open, seats, health),
 * answers.c (remembered answers), features.c (packages as features), judge.c (which vulnerabilities
 * apply), unjudged.c (which cannot be told), named.c (vulnerabilities by name), listed.c (lists of
 * them), analyse.c (layers that come in). */
#ifndef LIMPID_API_INNER_H
#define LIMPID_API_INNER_H

#include <pthread.h>

#include "api/counters.h"
#include "api/figures.h"
#include "api/page_token.h"
#include "api/service.h"
#include "base/diag.h"
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
    atomic_bool refusing;   /* the database cannot be used at all, for the reason `refusal` */
    struct error refusal;   /* under the lock */
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
    struct diag incomplete; /* what could not be judged of them, once they are */
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

/* named.c: what feeds tell of one vulnerability, advisory by advisory: `here` where it speaks of
 * the system that was asked for, `severity` the highest that its rows there have. Borrows the
 * texts. */
struct told {
    str link, description, cvss;
    enum severity severity, other; /* of those that are here; of anybody */
    bool any;                      /* some advisory is here */
};
void told_take(struct told *t, const struct advisory *a, bool here, enum severity severity);

/* Fills all of `out` but its fixes and its system, with what is known of it whatever package has it
 * (NULL: nothing). */
bool told_settle(struct told *t, const struct vulnerability *general, str name, struct arena *arena,
                 struct service_vulnerability *out, struct error *e) MUST_USE;

/* unjudged.c: why nothing can be said of packages of a namespace; empty: it can. NULL advisories:
 * there are none at all. And why what was found lately cannot: the release is past its end. */
bool unjudged_why(struct advisories *advisories, str namespace_, struct arena *arena, str *why,
                  struct error *e) MUST_USE;
bool unjudged_since(str namespace_, struct arena *arena, str *why, struct error *e) MUST_USE;

/* What Clair calls a severity, and its metadata for a CVSS vector: "" where there is none. */
str clair_severity(enum severity severity);
bool clair_metadata(str cvss, struct arena *arena, str *out, struct error *e) MUST_USE;

/* named.c: what the feeds of one generation say of a name. Looked up once, told of each system.
 * `advisories` may be NULL. */
struct named_query {
    str name;
    struct advisories *advisories;
    const struct known_advisory *known;
    size_t known_count;
    struct vulnerability general; /* where it is known */
    bool is_general_known, has_general;
};
bool named_look(struct advisories *advisories, str name, struct arena *arena,
                struct named_query *out, struct error *e) MUST_USE;
bool named_tell(struct named_query *n, str os, struct arena *arena,
                struct service_vulnerability *out, bool *found, struct error *e) MUST_USE;

/* Which packages a fix may mean, and whether one of them is below it. */
enum { NAMED_QUESTIONS_MAX = 4 };
bool named_questions(const struct graph_fix *fix, bool of_feed, struct arena *arena,
                     struct graph_question out[NAMED_QUESTIONS_MAX], size_t *count,
                     struct error *e) MUST_USE;
bool named_affects(const struct graph_fix *fix, const struct graph_question *question,
                   const struct package *package);

#endif
