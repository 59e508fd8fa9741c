/* service.h: the operations behind the APIs: analysing a layer, its packages and vulnerabilities,
 * vulnerabilities by name, notifications, health. Everything that two APIs have in common is here,
 * in limpid's words; an API only translates. Safe from many threads; each brings the number of its
 * worker, which has a connection of its own. */
#ifndef LIMPID_API_SERVICE_H
#define LIMPID_API_SERVICE_H

#include "base/arena.h"
#include "base/error.h"
#include "http/packed.h"
#include "model/result.h"
#include "ops/context.h"
#include "store/graph.h"

enum dialect { DIALECT_2015, DIALECT_2016 };

struct service_options {
    struct graph_options graph;
    str data_dir; /* of advisories and of the cache of layers' facts */
    unsigned workers;
    enum dialect dialect;
    /* Which layers may be fetched: local paths below one of these folders (none: no local path,
     * unless `local_paths`), and addresses that are private (model: fetch/address.h). */
    bool local_paths, private_addresses, insecure_tls;
    const str *path_roots;
    size_t path_roots_count;
    str page_key;                   /* of page tokens; empty: random */
    bool has_notifier, has_updater; /* health tells of them */
    size_t answers_bytes_max;       /* of remembered answers; 0: ANSWERS_BYTES_MAX */
    /* Changes of single fixes (2016) are refused, as the old server did, whatever its document
     * says. For replays of recordings. */
    bool as_recorded;
    enum sandbox_mode sandbox; /* of the workers that read layers */
    int worker_program;        /* what they run (ops/context.h); 0: this program */
};

enum { ANSWERS_BYTES_MAX = 256 * 1024 * 1024, SERVICE_ENGINE = 3 };

struct service;

bool service_open(const struct service_options *options, struct service **out,
                  struct error *e) MUST_USE;
void service_close(struct service *s); /* NULL is fine */
const struct service_options *service_options(const struct service *s);

/* The worker's own connection, opened by its first question; NULL where that fails (service_health
 * tells of it then). */
struct graph *service_graph(struct service *s, unsigned worker);

/* -- layers --------------------------------------------------------------------------------- */

enum analysis { /* outcomes that the APIs tell apart */
                ANALYSIS_DONE,
                ANALYSIS_KNOWN, /* it was there */
                ANALYSIS_PARENT_UNKNOWN,
                ANALYSIS_FORMAT_UNKNOWN,  /* 2016: neither Docker nor ACI */
                ANALYSIS_NOT_FOUND,       /* the local file */
                ANALYSIS_DOWNLOAD_FAILED, /* an HTTP answer that is not 2xx, no connection */
                ANALYSIS_NO_ARCHIVE,
                ANALYSIS_TOO_LARGE,
                ANALYSIS_UNSUPPORTED, /* packages, but no system that is known */
                ANALYSIS_FORBIDDEN,   /* the path may not be read */
                ANALYSIS_FAILED,      /* the store, memory: `e` tells */
};

struct service_header {
    str name, value;
};

struct layer_post {
    enum graph_api api;
    str name, path, parent, format;
    const struct service_header *headers; /* sent with the download */
    size_t headers_count;
};

/* Analyses a layer and keeps it: one after the other for one name; a layer whose bytes are known is
 * not read again. What failed is told by `e` as well. */
enum analysis service_analyse(struct service *s, unsigned worker, const struct layer_post *post,
                              struct arena *arena, struct error *e);

/* A vulnerability as Clair's APIs know it, be it a feed's or a client's. */
struct service_vulnerability {
    str name, os, link, description;
    str severity; /* "Unknown" … "Defcon1" */
    str metadata; /* JSON, or empty */
    str fixed_by; /* in the package that was asked about; empty: no fix */
    bool of_feed; /* not written by a client: `fixes` may name origins of apk packages too */
    const struct graph_fix *fixes;
    size_t fixes_count;
};

struct service_feature { /* dpkg: a source package; else the binary one; each once */
    str name, version, os, format, added_by;
    int64_t layer; /* number of the one that added it */
    enum ecosystem ecosystem;
    const struct service_vulnerability *vulnerabilities;
    size_t vulnerabilities_count;
};

/* The layer's features; with the vulnerabilities of each where `vulnerabilities`. */
struct layer_view {
    struct graph_layer layer;
    const struct service_feature *features;
    size_t features_count;
};
bool service_layer(struct service *s, unsigned worker, str name, bool vulnerabilities,
                   struct arena *arena, struct layer_view *out, struct error *e) MUST_USE;

/* What the layer itself adds to its parent's features and takes from them. */
struct layer_change {
    struct graph_layer layer;
    const struct service_feature *installed, *removed;
    size_t installed_count, removed_count;
};
bool service_layer_change(struct service *s, unsigned worker, str name, bool vulnerabilities,
                          struct arena *arena, struct layer_change *out, struct error *e) MUST_USE;

/* -- vulnerabilities ------------------------------------------------------------------------ */

/* By name: the client's own, else what the feeds say. `os` empty: of every namespace (2015). */
bool service_vulnerability(struct service *s, unsigned worker, enum graph_api api, str os, str name,
                           struct arena *arena, struct service_vulnerability *out, bool *found,
                           struct error *e) MUST_USE;

/* Is the feature's version below the fix? By the order of the feature's package manager. */
bool service_affects(const struct graph_fix *fix, enum ecosystem ecosystem, str version);

/* Layers that themselves install something that `v` affects, ascending; `after`, `limit` as in
 * graph.h. */
struct layer_name {
    int64_t number;
    str name;
};
bool service_introducing(struct service *s, unsigned worker, const struct service_vulnerability *v,
                         int64_t after, size_t limit, struct arena *arena,
                         const struct layer_name **out, size_t *count, struct error *e) MUST_USE;

/* -- remembered answers --------------------------------------------------------------------- */

/* The answer to `key` of this epoch and generation, or NULL; pinned until answer_release. Where
 * there is none, the worker makes one and gives it with service_answer_keep, which is NULL where it
 * could not be kept. An answer that was begun before a change is never found after it. */
struct answer;
struct answer *service_answer_find(struct service *s, unsigned worker, str key);
struct answer *service_answer_keep(struct service *s, unsigned worker, str key, str body);
str answer_body(const struct answer *a);
struct http_packed *answer_packed(struct answer *a);
void answer_release(void *answer);

/* -- what belongs to the APIs alone, but lives as long as the service -------------------------- */

struct page_key;
const struct page_key *service_page_key(const struct service *s); /* page_token.h */
struct figures;
struct figures *service_figures(struct service *s); /* figures.h */

/* -- health, figures ------------------------------------------------------------------------ */

struct service_health {
    bool database;
    bool has_notifier, has_updater;
    uint64_t pending_notifications;
    int64_t updated_s; /* last successful update; 0: never */
    uint64_t layers;
};
void service_health(struct service *s, unsigned worker, struct service_health *out);

#endif
