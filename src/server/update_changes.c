#include "api/feed_changes.h"
#include "base/fd.h"
#include "server/update.h"

/* What follows from new advisories. The value "updater/generation" names the generation up to which
 * there are notifications. It moves in the transaction that makes those of a change visible, so
 * that whoever is killed before leaves nothing but the need to do it again.
 *
 * On SQLite the folder is the database's own: what its advisories are now is compared with what the
 * value names, whoever changed them. On PostgreSQL the database has the advisories, and a folder is
 * brought to them first: what it is then is what the change is compared with. */

static const str marker = STR_INIT("updater/generation");

bool update_go_on(struct update *u, struct error *e)
{
    return update_lease_renew(&u->lease, e) &&
           (!thread_is_stopping(u->thread) || error_set(e, ERROR_IO, "the service ends"));
}

static bool current_name(struct update *u, str *out, struct error *e)
{
    return feed_changes_generation(u->options->service, u->options->worker, u->arena, out, e);
}

/* -- the database's parts ------------------------------------------------------------------- */

static bool watch(struct part_watch *self, struct error *e)
{
    return update_go_on(CONTAINER_OF(self, struct update, watch), e);
}

static bool idle_watch(struct part_watch *self, struct error *e)
{
    struct update *u = CONTAINER_OF(self, struct update, watch);
    return !thread_is_stopping(u->thread) || error_set(e, ERROR_IO, "the service ends");
}

static struct shared_parts_options parts_of(struct update *u, bool held)
{
    u->watch.go_on = held ? watch : idle_watch;
    return (struct shared_parts_options){.graph = u->graph,
                                         .data_dir = service_options(u->options->service)->data_dir,
                                         .arena = u->arena,
                                         .memory = u->memory,
                                         .watch = &u->watch,
                                         .held = held};
}

/* What is wrong with parts alone the update makes good. */
static bool pull(struct update *u, bool held, struct error *e)
{
    const struct shared_parts_options options = parts_of(u, held);
    struct error why;
    size_t feeds = 0;
    error_clear(&why);
    bool done = shared_parts_pull(&options, &feeds, &why);
    if (feeds > 0) {
        LOG(u->options->log, LOG_INFO, "updater", "%zu %s taken from the database", feeds,
            feeds == 1 ? "feed" : "feeds");
    }
    if (!done && shared_parts_damage(&why)) {
        LOG(u->options->log, LOG_ERROR, "updater", "%s%s%s", why.text,
            why.hint[0] != '\0' ? "; " : "", why.hint);
        return true;
    }
    if (!done && e != NULL) {
        *e = why;
    }
    return done;
}

bool update_pull(struct update *u, struct error *e)
{
    return pull(u, false, e);
}

/* -- before and after ----------------------------------------------------------------------- */

bool update_changes_begin(struct update *u, struct error *e)
{
    str now;
    if (u->is_shared && !pull(u, true, e)) {
        return false;
    }
    if (!current_name(u, &now, e) || !graph_value_get(u->graph, marker, u->arena, &u->from, e)) {
        return false;
    }
    if (u->is_shared) {
        u->from = now;
        return true;
    }
    if (u->from.len == 0 && now.len > 0) { /* they were there before there were notifications */
        u->from = now;
        return graph_value_put(u->graph, marker, now, u->lease.name, u->lease.fence, e);
    }
    return true;
}

bool update_changes_left(struct update *u, bool *left, struct error *e)
{
    str now, upto;
    *left = false;
    if (!current_name(u, &now, e) || !graph_value_get(u->graph, marker, u->arena, &upto, e)) {
        return false;
    }
    *left = now.len > 0 && !str_eq(upto, now);
    return true;
}

static bool go_on(void *arg, struct error *e)
{
    return update_go_on(arg, e);
}

/* Stages what is to be told. What will never be possible, however often it is tried, is said and
 * left out: everything after it would wait for it. `*upto` is where it ends. */
static bool stage(struct update *u, int64_t *change, struct feed_changes_result *told,
                  struct error *e)
{
    struct error why;
    bool gone = false;
    const struct feed_changes_options options = {.service = u->options->service,
                                                 .worker = u->options->worker,
                                                 .from = u->from,
                                                 .change = *change,
                                                 .go_on = go_on,
                                                 .arg = u};
    error_clear(&why);
    if (u->from.len > 0 && feed_changes_stage(&options, u->arena, told, &gone, &why)) {
        return true;
    }
    if (u->from.len > 0 && !gone && why.kind != ERROR_LIMIT) {
        if (e != NULL) {
            *e = why;
        }
        return false;
    }
    if (u->from.len > 0) {
        LOG(u->options->log, LOG_ERROR, "updater",
            "no notifications of what changed since " STR_FMT ": %s", STR_ARG(u->from), why.text);
    }
    *told = (struct feed_changes_result){.looked_at = 0};
    return current_name(u, &told->to, e) &&
           graph_change_begin(u->graph, u->lease.name, u->lease.fence, change, e);
}

bool update_changes_publish(struct update *u, struct error *e)
{
    struct feed_changes_result told = {.looked_at = 0};
    int64_t change = 0;
    size_t feeds = 0;
    str now;
    if (!current_name(u, &now, e)) {
        return false;
    }
    if (now.len == 0 || (!u->is_shared && str_eq(now, u->from))) {
        return true;
    }
    if (!graph_change_begin(u->graph, u->lease.name, u->lease.fence, &change, e) ||
        !stage(u, &change, &told, e)) {
        return false;
    }
    if (u->is_shared) {
        const struct shared_parts_options options = parts_of(u, true);
        if (!shared_parts_stage(&options, change, &feeds, e)) {
            return false;
        }
    }
    if (!graph_change_publish(u->graph, change, u->lease.name, u->lease.fence, marker, told.to,
                              e)) {
        return false;
    }
    if (told.notifications > 0) {
        LOG(u->options->log, LOG_INFO, "updater",
            "%llu %s of %llu vulnerabilities that have changed",
            (unsigned long long)told.notifications,
            told.notifications == 1 ? "notification" : "notifications",
            (unsigned long long)told.looked_at);
    }
    return true;
}
