#include "base/fd.h"
#include "ops/documents.h"
#include "ops/feed_network.h"
#include "ops/plan_answer.h"

str remote_own_path(const struct network *n, str name)
{
    size_t scheme = str_find(name, STR("://"));
    if (n->mirror || scheme == name.len) {
        return plan_url_path(name);
    }
    str path = str_slice(name, scheme + 3, name.len);
    return str_slice(path, 0, str_find_char(path, '?'));
}

static struct remote *remote_new(struct network *n, str name, struct error *e)
{
    struct arena *arena = n->in->arena;
    struct remote *r = ARENA_NEW(arena, struct remote, e);
    void *items = n->remotes;
    if (r == NULL || !arena_str(arena, name, &r->name, e) ||
        !arena_grow(arena, &items, n->count, &n->room, sizeof(*n->remotes), e)) {
        return NULL;
    }
    n->remotes = items;
    n->remotes[n->count++] = r;
    r->path = remote_own_path(n, r->name);
    return map_put(&n->by_name, r->name, r, e) ? r : NULL;
}

bool remote_add(struct network *n, const struct plan_document *d, struct error *e)
{
    struct remote *r = map_get(&n->by_name, d->url);
    str id;
    if (d->id.len > 0) {
        const struct remote *other = map_get(&n->by_id, d->id);
        if (other != NULL && other->wanted && other != r) {
            return true;
        }
    }
    if (r == NULL && (r = remote_new(n, d->url, e)) == NULL) {
        return false;
    }
    if (d->id.len > 0 &&
        (!arena_str(n->in->arena, d->id, &id, e) || !map_put(&n->by_id, id, r, e))) {
        return false;
    }
    r->index = (r->wanted && r->index) || d->index;
    r->data = (r->wanted && r->data) || d->data;
    r->optional = d->optional;
    r->want = d->packed;
    r->content = d->content;
    r->wanted = true;
    return true;
}

bool remote_add_list(struct network *n, const char *const *list, bool index, struct error *e)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        str name = str_from(list[i]);
        bool optional = str_starts(name, STR("?"));
        const struct plan_document document = {
            .url = str_slice(name, optional ? 1 : 0, name.len),
            .optional = optional,
            .index = index,
            .data = !index,
        };
        if (!remote_add(n, &document, e)) {
            return false;
        }
    }
    return true;
}

/* What is known of it: what was fetched last, even if in vain. */
static const struct known_document *known(const struct network *n, const struct remote *r)
{
    const struct known_document *k = memory_find(&n->pending, r->name);
    k = k != NULL ? k : memory_find(&n->committed, r->name);
    return k != NULL && !k->missing ? k : NULL;
}

static void settle_same(struct network *n, struct remote *r)
{
    const struct known_document *before = memory_find(&n->committed, r->name);
    r->same = before != NULL && (r->state == REMOTE_MISSING
                                     ? before->missing
                                     : !before->missing && digest_eq(before->packed, r->packed));
}

static void take_known(struct remote *r, const struct known_document *k)
{
    r->state = REMOTE_HERE;
    r->packed = k->packed;
    r->size_bytes = k->size_bytes;
    r->etag = k->etag;
    r->modified = k->modified;
    r->date_s = download_date(k->modified);
    r->path = k->path.len > 0 ? k->path : r->path;
}

static void take_new(struct remote *r, const struct downloaded *got)
{
    r->state = REMOTE_HERE;
    r->packed = got->packed;
    r->size_bytes = got->size_bytes;
    r->etag = got->etag;
    r->modified = got->modified;
    r->date_s = got->date_s;
}

/* Is it compressed as it lies there? Then the server need not do it on the way. */
static bool is_packed(str path)
{
    static const str suffixes[] = {STR_INIT(".gz"),  STR_INIT(".bz2"), STR_INIT(".xz"),
                                   STR_INIT(".zst"), STR_INIT(".zip"), STR_INIT(".tgz")};
    for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
        if (str_ends(path, suffixes[i])) {
            return true;
        }
    }
    return false;
}

/* One request. `*found` is false where it is missing. */
static bool get(struct network *n, struct remote *r, str url, str path,
                const struct known_document *k, bool *found, struct error *e)
{
    struct downloaded got;
    const struct download what = {
        .url = url,
        .allow_http = plan_url_is_http(r->name), /* the row or its plan says so: plan_url_check */
        .pack = r->want.algorithm == DIGEST_NONE && !is_packed(path),
        .known = k,
        .want = r->want,
    };
    if (!download_run(&n->downloads, &what, &got, e)) {
        return false;
    }
    *found = got.outcome == DOWNLOAD_NEW || got.outcome == DOWNLOAD_SAME;
    if (got.outcome == DOWNLOAD_NEW) {
        take_new(r, &got);
        r->path = path;
    } else if (got.outcome == DOWNLOAD_SAME) {
        take_known(r, k);
        r->path = path;
    } else if (got.outcome == DOWNLOAD_REFUSED && !n->mirror) {
        return error_set(e, ERROR_REMOTE, "'" STR_FMT "': the server says 403", STR_ARG(url));
    }
    return true;
}

static bool get_at_site(struct network *n, struct remote *r, const struct known_document *k,
                        struct error *e)
{
    str url = r->name;
    bool found = false;
    if (!plan_url_is_whole(r->name) &&
        !arena_printf(n->in->arena, &url, e, "%.*s%.*s", (int)n->base.len, n->base.at,
                      (int)r->name.len, r->name.at)) {
        return false;
    }
    if (!get(n, r, url, remote_own_path(n, r->name), k, &found, e)) {
        return false;
    }
    if (!found && !r->optional) {
        return error_set(e, ERROR_REMOTE, "'" STR_FMT "': the server says 404", STR_ARG(url));
    }
    r->state = found ? REMOTE_HERE : REMOTE_MISSING;
    return true;
}

/* -- a mirror ------------------------------------------------------------------------------- */

static bool try_on_mirror(struct network *n, struct remote *r, str path,
                          const struct known_document *k, bool *found, struct error *e)
{
    str url;
    if (k != NULL && !str_eq(k->path.len > 0 ? k->path : plan_url_path(r->name), path)) {
        k = NULL; /* its validators are those of another place */
    }
    return arena_printf(n->in->arena, &url, e, "%.*s%.*s", (int)n->base.len, n->base.at,
                        (int)path.len, path.at) &&
           get(n, r, url, path, k, found, e);
}

/* On a mirror a document may be compressed, and the mirror may begin further down than the site:
 * the first that answers is taken. Where it was the last time is tried first. */
static bool get_on_mirror(struct network *n, struct remote *r, const struct known_document *k,
                          struct error *e)
{
    static const char *const suffixes[] = {"", ".zst", ".xz", ".gz", ".bz2"};
    str rest = plan_url_is_whole(r->name)
                   ? str_slice(r->name, str_find(r->name, STR("://")) + 3, r->name.len)
                   : r->name;
    if (plan_url_is_whole(r->name)) {
        rest = str_slice(rest, str_find_char(rest, '/') + 1, rest.len);
    }
    bool found = false;
    if (k != NULL && k->path.len > 0 && !try_on_mirror(n, r, k->path, k, &found, e)) {
        return false;
    }
    size_t tries = r->data && !r->index ? ARRAY_COUNT(suffixes) : 1;
    while (!found && rest.len > 0) {
        for (size_t i = 0; !found && i < tries; i++) {
            str path;
            if (!arena_printf(n->in->arena, &path, e, "%.*s%s", (int)rest.len, rest.at,
                              suffixes[i]) ||
                !try_on_mirror(n, r, path, k, &found, e)) {
                return false;
            }
        }
        size_t slash = str_find_char(rest, '/');
        rest = slash == rest.len ? STR_NONE : str_slice(rest, slash + 1, rest.len);
        if (r->index || !n->in->feed->claims(rest)) {
            break;
        }
    }
    r->state = found ? REMOTE_HERE : REMOTE_MISSING;
    return true;
}

bool remote_fetch(struct network *n, struct remote *r, bool whole, struct error *e)
{
    const struct known_document *k = whole ? NULL : known(n, r);
    if (r->state != REMOTE_UNKNOWN && !whole) {
        return true;
    }
    if (k != NULL && r->want.algorithm != DIGEST_NONE && digest_eq(k->packed, r->want)) {
        take_known(r, k); /* the index says that it is the same: nothing to ask */
    } else if (!(n->mirror ? get_on_mirror(n, r, k, e) : get_at_site(n, r, k, e))) {
        return false;
    }
    settle_same(n, r);
    return true;
}

bool remote_ensure(struct network *n, struct remote *r, struct error *e)
{
    CLEANUP(fd_close) int fd = -1;
    if (r->state != REMOTE_HERE) {
        return true;
    }
    if (!document_store_find(&n->store, r->packed, &fd, e)) {
        return false;
    }
    if (fd >= 0) {
        return true;
    }
    if (!remote_fetch(n, r, true, e)) {
        return false;
    }
    return r->state == REMOTE_HERE || r->optional || n->mirror ||
           error_set(e, ERROR_REMOTE, "'" STR_FMT "' was there, and is not any more",
                     STR_ARG(r->name));
}

bool send_remote(struct network *n, const struct remote *r, str path, int fd, struct error *e)
{
    CLEANUP(fd_close) int from = -1;
    if (!document_store_find(&n->store, r->packed, &from, e)) {
        return false;
    }
    if (from < 0) {
        return error_set(e, ERROR_IO, "the copy of '" STR_FMT "' is damaged", STR_ARG(r->name));
    }
    const struct document_head head = {.path = path, .date_s = r->date_s, .content = r->content};
    return document_file(fd, &head, from, e);
}
