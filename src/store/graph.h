/* graph.h: what the service keeps, apart from the feeds' advisories: layers as a graph, with what
 * each adds and removes; vulnerabilities that clients wrote; notifications; and the leases by which
 * instances share work. A SQLite file (service.db in the data folder), or one PostgreSQL database
 * for any number of instances.
 *
 * A struct graph is one connection: one thread at a time. Each function is one transaction, durable
 * when it returns. Errors as in engine.h; ERROR_ABSENT where something that was named is not there;
 * ERROR_LIMIT for a text above GRAPH_TEXT_BYTES_MAX. Texts may be any bytes, NUL included, and come
 * back as they were. Text that is returned lies in `arena`. */
#ifndef LIMPID_STORE_GRAPH_H
#define LIMPID_STORE_GRAPH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "model/package.h"
#include "store/engine.h"

enum {
    GRAPH_TEXT_BYTES_MAX = 4 * 1024 * 1024, /* bodies of requests are at most 1 MiB */
    GRAPH_NAME_BYTES_MAX = 1024,            /* of leases, owners, values' keys */
    GRAPH_DEPTH_MAX = 10000,                /* layers of one chain; images have at most 127 */
};

struct graph;

struct graph_options {
    const struct engine *engine; /* engine_sqlite, engine_postgres */
    const char *path;            /* file, or connection string */
    unsigned busy_ms;
};

/* Opens it and brings its schema to the newest (several instances may do so at once). */
bool graph_open(const struct graph_options *options, struct graph **out, struct error *e) MUST_USE;
void graph_close(struct graph *g); /* NULL is fine */

/* Does the database answer, and is its schema still one that this program can use? Another instance
 * may have brought it to a newer one; ERROR_FORMAT where that is none for this program. */
bool graph_look(struct graph *g, struct error *e) MUST_USE;

/* A number that is another one after every change of what was there, whoever made it: answers that
 * were given are valid for one epoch. A layer that is inserted changes none of those that speak of
 * one layer or of one vulnerability, and not the epoch; lists of the layers that install something
 * it does change, so that these must not be kept. Made to be asked for every request. */
bool graph_epoch(struct graph *g, uint64_t *epoch, struct error *e) MUST_USE;

/* -- layers --------------------------------------------------------------------------------- */

/* Which API a layer was posted by: each shows only its own. */
enum graph_api { GRAPH_API_2015 = 1, GRAPH_API_2016 = 2 };

struct graph_layer {
    int64_t number; /* by the store; above its parent's, else in no order that means anything */
    str name;       /* the client's own text */
    str parent;     /* empty: none */
    enum graph_api api;
    str os;          /* as the API says: "debian:8", "ubuntu:14.04"; empty: unknown */
    str namespace_;  /* limpid's (model/namespace.h), by which advisories are found; or empty */
    str format;      /* "Docker", or empty */
    uint32_t engine; /* version of what analysed it */
    digest blob;     /* of its stored bytes, or DIGEST_NONE */
    bool
        has_packages; /* it has a package database of its own; else its parent's list is its list */
    int64_t created_s;
};

/* A package in the list of a layer. `layer` is the one that installed it at this version: the
 * lowest one since it was last removed; for a removed package, the one below that installed it
 * last. Vendor and license are not kept. */
struct graph_package {
    struct package package;
    str os, namespace_; /* of the layer that installed it */
    int64_t layer;
    str layer_name;
};

bool graph_layer_find(struct graph *g, str name, struct arena *arena, struct graph_layer *out,
                      bool *found, struct error *e) MUST_USE;

/* Inserts the layer with the packages that it installs and removes against its parent's effective
 * list. One of that name: nothing is changed unless its engine is older; then everything but the
 * parent is replaced, and layers upon it that were analysed before it, but by the newer engine,
 * get its old one, for they are to be analysed again. `*fresh` tells which. ERROR_ABSENT: the
 * parent is not there; ERROR_IO with EAGAIN in `sys`: its list is another one by now. */
struct graph_layer_content {
    struct graph_layer layer;
    const struct package *installed, *removed;
    size_t installed_count, removed_count;
    uint32_t parent_engine; /* the parent's, when its list was read; 0: does not matter */
};
bool graph_layer_put(struct graph *g, const struct graph_layer_content *content, bool *fresh,
                     struct error *e) MUST_USE;

/* Deletes it and all of its descendants; ERROR_ABSENT. */
bool graph_layer_delete(struct graph *g, str name, struct error *e) MUST_USE;

/* The effective list of a layer: what it and its ancestors installed and nobody above removed,
 * sorted by ecosystem, name, version, arch. ERROR_ABSENT: no such layer. */
bool graph_layer_packages(struct graph *g, str name, struct arena *arena,
                          const struct graph_package **out, size_t *count,
                          struct error *e) MUST_USE;

/* The layer's own two lists, each in the same order. */
bool graph_layer_own(struct graph *g, str name, struct arena *arena,
                     const struct graph_package **installed, size_t *installed_count,
                     const struct graph_package **removed, size_t *removed_count,
                     struct error *e) MUST_USE;

/* Every package of that name in that namespace which some layer itself installs, each with its
 * layer, ascending by layer: an index look-up, whatever the number of layers. `source`: the name
 * is a source package's. `after`: only layers with a higher number; at most `limit` layers (0:
 * all), each with all that it has. A layer that is inserted meanwhile may have a number below
 * `after`. */
struct graph_question {
    str namespace_, name;
    bool source;
    int64_t after;
    size_t limit;
};
bool graph_installers(struct graph *g, const struct graph_question *question, struct arena *arena,
                      const struct graph_package **out, size_t *count, struct error *e) MUST_USE;

bool graph_layers_count(struct graph *g, uint64_t *layers, struct error *e) MUST_USE;

/* The systems that layers have, each pair of names once. Looks at every layer. */
struct graph_system {
    str os, namespace_;
};
bool graph_systems(struct graph *g, struct arena *arena, const struct graph_system **out,
                   size_t *count, struct error *e) MUST_USE;

/* Each version of the package that some layer of `os` itself installs, once; `after` and `limit` do
 * not count. Looks at versions, not at layers. */
bool graph_installed(struct graph *g, const struct graph_question *question, str os,
                     struct arena *arena, const struct package **out, size_t *count,
                     struct error *e) MUST_USE;

/* -- vulnerabilities that clients wrote ----------------------------------------------------- */

struct graph_fix { /* affected below `version`; all versions where that is empty */
    str os;        /* the API's namespace: "debian:8" */
    str name;      /* a source package (dpkg), else the binary one */
    str version;
    str format; /* 2016: "dpkg", "rpm" */
};

struct graph_vulnerability {
    int64_t number; /* by the store; a changed one gets a new, higher number */
    enum graph_api api;
    str name;
    str os; /* 2016: its namespace; 2015: empty, each fix has its own */
    str link, description;
    str severity; /* "Unknown" … "Defcon1" */
    str metadata; /* 2016: JSON as sent, or empty */
    const struct graph_fix *fixes;
    size_t fixes_count;
    int64_t changed_s; /* by the store */
    bool quiet;        /* put: no notification is queued */
};

bool graph_vulnerability_find(struct graph *g, enum graph_api api, str os, str name,
                              struct arena *arena, struct graph_vulnerability *out, bool *found,
                              struct error *e) MUST_USE;

/* Inserts or replaces (the number and time are the store's); where that changes anything, a
 * notification with the old and the new state is queued in the same transaction. `*changed` tells.
 */
bool graph_vulnerability_put(struct graph *g, const struct graph_vulnerability *v, bool *changed,
                             struct error *e) MUST_USE;
/* ERROR_ABSENT. A notification is queued too, but not of one of 2015, whose clients know of none.
 */
bool graph_vulnerability_delete(struct graph *g, enum graph_api api, str os, str name,
                                struct error *e) MUST_USE;

/* Those of a 2016 namespace, ascending by number, from `from` on, at most `limit`; fixes are left
 * out. */
bool graph_vulnerability_list(struct graph *g, str os, int64_t from, size_t limit,
                              struct arena *arena, const struct graph_vulnerability **out,
                              size_t *count, struct error *e) MUST_USE;

/* Those that name this package of this namespace, each with that one fix only; of both APIs. For
 * matching: one question for all packages of a layer. */
struct graph_name {
    str os, name;
};
bool graph_vulnerability_about(struct graph *g, const struct graph_name *names, size_t names_count,
                               struct arena *arena, const struct graph_vulnerability **out,
                               size_t *count, struct error *e) MUST_USE;

/* Namespaces of layers and vulnerabilities of the API of 2016, with their version format. */
struct graph_namespace {
    str os, format;
};
bool graph_namespaces(struct graph *g, struct arena *arena, const struct graph_namespace **out,
                      size_t *count, struct error *e) MUST_USE;
bool graph_namespace_put(struct graph *g, str os, str format, struct error *e) MUST_USE;

/* -- notifications -------------------------------------------------------------------------- */

struct graph_notification {
    str name;                                 /* a UUID */
    int64_t created_s, notified_s, deleted_s; /* 0: not yet */
    unsigned attempts;
    /* The states before and after; has_old false: new, has_new false: deleted. Those of feeds have
     * api 0 and come from the updater. */
    bool has_old, has_new;
    struct graph_vulnerability old, after;
};

bool graph_notification_add(struct graph *g, const struct graph_notification *n,
                            struct error *e) MUST_USE; /* name and times are the store's */
bool graph_notification_find(struct graph *g, str name, struct arena *arena,
                             struct graph_notification *out, bool *found, struct error *e) MUST_USE;

/* Takes the oldest one that is due (not yet notified, or notified before `again_before_s`; not
 * deleted; not to be retried later) and that nobody holds, for `lease_s` seconds. `*fence` must be
 * given back. `attempts` counts this one; it begins anew when one was sent. */
bool graph_notification_take(struct graph *g, str owner, int64_t again_before_s, unsigned lease_s,
                             struct arena *arena, struct graph_notification *out, int64_t *fence,
                             bool *found, struct error *e) MUST_USE;

/* The outcome: sent, or to be tried again at `retry_s`. ERROR_ABSENT: the lease was lost to
 * somebody else or has been given back, and nothing is changed. */
bool graph_notification_done(struct graph *g, str name, int64_t fence, bool sent, int64_t retry_s,
                             struct error *e) MUST_USE;

/* Marks it; again is fine; ERROR_ABSENT. */
bool graph_notification_delete(struct graph *g, str name, struct error *e) MUST_USE;

/* How many were neither sent nor deleted, those that somebody holds included. */
bool graph_notifications_pending(struct graph *g, uint64_t *count, struct error *e) MUST_USE;

/* -- leases, values ------------------------------------------------------------------------- */

/* Takes the lease called `name` for `owner`, or renews what it has; `*taken` is false where another
 * owner's has not ended. The fence is a number that grows with each change of owner, from the time
 * of the first on, so that it grows too where a lease was collected in between: a write that
 * brings an old one is refused. Time is the database's. */
bool graph_lease_take(struct graph *g, str name, str owner, unsigned seconds, int64_t *fence,
                      bool *taken, struct error *e) MUST_USE;
/* Who has it now; empty: nobody. */
bool graph_lease_owner(struct graph *g, str name, struct arena *arena, str *owner,
                       struct error *e) MUST_USE;
bool graph_lease_check(struct graph *g, str name, int64_t fence, bool *holds,
                       struct error *e) MUST_USE;
bool graph_lease_release(struct graph *g, str name, int64_t fence, struct error *e) MUST_USE;

bool graph_value_get(struct graph *g, str key, struct arena *arena, str *value,
                     struct error *e) MUST_USE; /* empty: none */
/* `lease` may be empty; else the write is refused (ERROR_ABSENT) unless `fence` still holds it. */
bool graph_value_put(struct graph *g, str key, str value, str lease, int64_t fence,
                     struct error *e) MUST_USE;

/* -- advisories shared by instances --------------------------------------------------------- */

/* On PostgreSQL, the feeds' parts (store/part.h) lie in the database; instances bring their own
 * files up to them. A part is published under the updater's lease; all of one call become visible
 * in one step. */
struct graph_part {
    str feed;
    digest content;      /* of the part */
    int64_t date_s;      /* of the data */
    uint64_t size_bytes; /* packed; by the store */
};
bool graph_parts(struct graph *g, struct arena *arena, const struct graph_part **out, size_t *count,
                 struct error *e) MUST_USE;

/* Its packed bytes, chunk by chunk: each but the last has 1 MiB, and together they have
 * `size_bytes` (part_reader.h reads them so). ERROR_ABSENT: a newer part has taken its place. */
struct graph_part_place {
    str feed; /* borrowed */
    int64_t number;
    uint64_t size_bytes;
};
bool graph_part_find(struct graph *g, str feed, digest content, struct graph_part_place *out,
                     struct error *e) MUST_USE;
bool graph_part_chunk(struct graph *g, const struct graph_part_place *part, uint64_t n,
                      struct buf *to, struct error *e) MUST_USE;

/* Adds all of them to `to`; ERROR_ABSENT as above. */
bool graph_part_read(struct graph *g, str feed, digest content, struct buf *to,
                     struct error *e) MUST_USE;

/* -- a change of advisories ----------------------------------------------------------------- */

/* An update's notifications and parts are staged, in as many calls as it takes, and become visible
 * in one step, together with a value that says how far they go. Whoever is killed before leaves
 * nothing that anybody sees: the next one drops it and does it again. One change at a time. */

/* Begins one; whatever another that was never published left is removed. ERROR_ABSENT without the
 * lease. */
bool graph_change_begin(struct graph *g, str lease, int64_t fence, int64_t *change,
                        struct error *e) MUST_USE;

/* Stages notifications (names and times are the store's): nobody sees them before the change is
 * published. One transaction for all of the call. ERROR_ABSENT: another change has begun since. */
bool graph_change_notifications(struct graph *g, int64_t change, const struct graph_notification *n,
                                size_t count, struct error *e) MUST_USE;

/* Stages a feed's part, in place of one that this change has of it already. A few short
 * transactions; after a failure nothing of it is there. ERROR_ABSENT as above. */
bool graph_change_part(struct graph *g, int64_t change, const struct graph_part *part, str packed,
                       struct error *e) MUST_USE;

/* The same of what a file has from its start, with 1 MiB of memory. */
bool graph_change_part_file(struct graph *g, int64_t change, const struct graph_part *part, int fd,
                            uint64_t size_bytes, struct error *e) MUST_USE;

/* All of it becomes visible in one step: notifications are due, parts take their feeds' place, and
 * the value `key` is set. ERROR_ABSENT and nothing changed where the fence no longer holds the
 * lease, or another change has begun since. */
bool graph_change_publish(struct graph *g, int64_t change, str lease, int64_t fence, str key,
                          str value, struct error *e) MUST_USE;

/* -- what nothing refers to ----------------------------------------------------------------- */

/* Removed are: packages that no layer has any more; notifications some time after a client deleted
 * them, and the states of vulnerabilities that nothing names since; leases that ended long ago,
 * given back or not; values below a prefix that say a time (in seconds, decimal) long ago. No
 * answer shows any of these but a deleted notification. */
struct graph_limits {
    size_t rows; /* that one call looks at; of them it removes at most 128 */
    int64_t notification_s, lease_s, value_s;
    str value_prefix; /* empty: no values */
};

/* Where a collection is, and what it has removed. Zeroed to begin with; it may begin anew any
 * time, and two at once do no harm. */
struct graph_collection {
    enum {
        GRAPH_COLLECT_PACKAGES,
        GRAPH_COLLECT_NOTIFICATIONS,
        GRAPH_COLLECT_STATES,
        GRAPH_COLLECT_LEASES
    } table;
    int64_t at;
    bool whole; /* everything has been looked at once: the next call begins anew */
    uint64_t packages, notifications, states, leases, values;
};

/* Does a little, in short transactions that others need not wait for; call it again until
 * `c->whole`. What is in use at the moment is left for the next time. */
bool graph_collect(struct graph *g, const struct graph_limits *limits, struct graph_collection *c,
                   struct error *e) MUST_USE;

#endif
