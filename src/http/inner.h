/* inner.h: the parts of the server among themselves.
 *
 * Threads: `threads` of libmicrohttpd serve connections and call on_request; `workers` answer what
 * was put off; one watch cuts what takes too long. A request's way:
 *
 *     on_target ─► on_request … (body) ─► request_answer ──────────────► queued ─► on_completed
 *                                              │ later                     ▲
 *                                              └► work_put ─► work_run ─► resumed
 *                                                    └─ watch: out of time ─┘
 *
 * A connection's fields belong to the thread that serves it, but for those under the server's lock:
 * the list, the deadline, and the work. */
#ifndef LIMPID_HTTP_INNER_H
#define LIMPID_HTTP_INNER_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>

#include "http/server.h"

struct tls;
struct tls_session;

enum work_state { WORK_QUEUED, WORK_RUNNING, WORK_DONE, WORK_ABANDONED };

/* A request that was put off: it has its own copy of everything. */
struct work {
    struct connection *connection;
    struct work *next;
    enum work_state state;
    uint64_t begun_ns, deadline_ns; /* 0: none */
    struct arena arena;
    struct http_request request;
    struct http_response response;
};

/* A worker's thread. What is put off goes to the one that waits the shortest time: its connections
 * and caches are warm, and those that are not needed never open any. */
struct helper {
    struct http_server *server;
    unsigned number; /* from 0 */
    pthread_t thread;
    pthread_cond_t wake;
    bool waits;           /* it is in the list */
    struct helper *below; /* waits longer */
};

struct connection {
    struct http_server *server;
    struct connection *before, *after;
    struct MHD_Connection *mhd;
    int fd;
    char peer[INET6_ADDRSTRLEN];
    struct tls_session *tls;

    /* of the request */
    struct buf target, body;
    char id[65];
    bool seen, body_too_large, counted;
    unsigned serving;  /* the number of its thread, + 1; 0: not asked yet */
    uint64_t whole_ns; /* when its last byte came */

    /* under the lock */
    uint64_t deadline_ns; /* 0: somebody else watches */
    bool cut;
    struct work *work;
    bool out_of_time;
};

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_server_options options; /* texts are copies in `arena` */
    struct arena arena;
    struct tls *tls; /* NULL: none */
    uint16_t port;
    unsigned threads;
    unsigned id_start; /* requests' ids: by chance for the server, and a number */
    atomic_ullong id_next;

    pthread_mutex_t lock;
    pthread_cond_t tick; /* the watch, whose clock is monotonic */
    struct connection *connections;
    struct work *first, *last; /* queued */
    struct work *running;      /* those a worker has; and those of them that were abandoned */
    unsigned active;           /* requests between their last byte and their answer's last byte */
    unsigned busy;             /* workers in the handler */
    bool ending;

    struct helper *helpers; /* the workers, then the watch */
    unsigned helpers_count;
    struct helper *waiting; /* workers without work, the last one first */
    pthread_t *serving;     /* libmicrohttpd's threads, as they turn up */
    struct arena *arenas;   /* one for each of them */
    unsigned serving_count;
};

/* -- connections (connection.c): libmicrohttpd's callbacks ----------------------------------- */

void connection_notify(void *server, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code);
void *connection_target(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result connection_request(void *server, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_bytes, void **context);
void connection_completed(void *server, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code);

/* -- answers (answer.c) ---------------------------------------------------------------------- */

void response_init(struct http_response *r);
void response_done(struct http_response *r); /* frees the body of one that is not sent */

/* Gives it to libmicrohttpd, which frees its body in time. `gzip`: the client takes it. */
enum MHD_Result response_send(struct MHD_Connection *mhd, struct http_response *r, bool gzip,
                              uint64_t *bytes);

/* -- work (work.c) --------------------------------------------------------------------------- */

/* Puts the request off: copies it and suspends the connection. False: no memory. */
bool work_put(struct connection *c, const struct http_request *request);
void work_free(struct work *w);
void *work_run(void *helper);   /* a worker's thread */
void *work_watch(void *helper); /* the watch's */

/* Gives all that is put off its 503. */
void work_abandon_all(struct http_server *s);

/* -- TLS (tls.c) ----------------------------------------------------------------------------- */

struct http_credentials {
    const char *certificate, *key, *client_ca;
};

bool tls_new(const struct http_credentials *texts, struct tls **out, struct error *e) MUST_USE;
bool tls_change(struct tls *t, const struct http_credentials *texts, struct error *e) MUST_USE;
void tls_free(struct tls *t); /* NULL is fine */

/* Makes a connection's session use what is current; held until tls_leave. NULL: refused. */
struct tls_session *tls_enter(struct tls *t, struct MHD_Connection *mhd);
void tls_leave(struct tls *t, struct tls_session *session);

#endif
