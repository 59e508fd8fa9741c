/* redhat_repositories.c: Red Hat's map from repositories to products, which tells what an image
 * with these repositories is made of:
 *     { data: { "rhel-9-for-x86_64-baseos-rpms": { cpes: [ "cpe:/o:redhat:…" ], … } } }
 * A repository becomes an advisory about no vulnerability, with a row a CPE: namespace
 * "redhat-repository", package the repository's name, product the CPE, "not affected". */
#include "feed/document.h"
#include "feed/feed.h"
#include "format/json.h"

enum { MAP_DEPTH_MAX = 16 };

struct repositories {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena;
    struct arena_mark mark;
    str name;
    struct affected *rows;
    size_t count, room;
    bool has_data;
    uint64_t without_cpe;
};

static bool add_cpe(struct repositories *r, str cpe, struct error *e)
{
    struct affected row = {
        .namespace_ = STR("redhat-repository"),
        .package = r->name,
        .scope = SCOPE_SOURCE,
        .state = FIX_NOT_AFFECTED,
    };
    cpe = str_trim(cpe);
    for (size_t i = 0; i < r->count; i++) {
        if (str_eq(r->rows[i].product, cpe)) {
            return true;
        }
    }
    if (cpe.len == 0) {
        return true;
    }
    if (r->count == ADVISORY_AFFECTED_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d products of '" STR_FMT "'",
                         ADVISORY_AFFECTED_MAX, STR_ARG(r->name));
    }
    if (!arena_str(r->arena, cpe, &row.product, e) ||
        !arena_grow(r->arena, (void **)&r->rows, r->count, &r->room, sizeof(row), e)) {
        return false;
    }
    r->rows[r->count++] = row;
    return true;
}

static bool repository_end(struct repositories *r, struct error *e)
{
    struct advisory a = {.id = r->name, .affected = r->rows, .affected_count = r->count};
    r->without_cpe += r->count == 0;
    bool done = r->count == 0 || r->name.len == 0 || r->out->put(r->out, &a, e);
    arena_rewind(r->arena, r->mark);
    r->name = STR_NONE;
    r->rows = NULL;
    r->count = r->room = 0;
    return done;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct repositories *r = CONTAINER_OF(self, struct repositories, base);
    const struct json_place *path = event->path;
    if (event->depth < 1 || !str_eq(path[0].key, STR("data"))) {
        return true;
    }
    if (event->depth == 1) {
        r->has_data = r->has_data || event->kind == JSON_OBJECT;
        return true;
    }
    if (event->depth == 2 && event->kind == JSON_OBJECT) {
        r->mark = arena_mark(r->arena);
        return path[1].key.len == 0 || arena_str(r->arena, path[1].key, &r->name, e);
    }
    if (event->depth == 2 && event->kind == JSON_END) {
        return repository_end(r, e);
    }
    bool cpe = event->depth == 4 && event->kind == JSON_STRING && r->name.len > 0 &&
               str_eq(path[2].key, STR("cpes"));
    return !cpe || add_cpe(r, event->text, e);
}

static bool claims(str path)
{
    return document_path_ends(path, STR("repository-to-cpe.json"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    struct repositories r = {.base = {.event = on_event}, .out = out, .arena = arena};
    (void)self;
    if (!json_read(body, MAP_DEPTH_MAX, &r.base, e)) {
        return false;
    }
    if (!r.has_data) {
        return error_set(e, ERROR_FORMAT, "has no 'data', as the map of repositories has");
    }
    return r.without_cpe == 0 ||
           document_note(out, document->path, e, "left out: %llu repositories without a product",
                         (unsigned long long)r.without_cpe);
}

static const char *const documents[] = {"metrics/repository-to-cpe.json", NULL};

const struct feed feed_redhat_repositories = {
    .name = "redhat-repositories",
    .summary = "Red Hat's map from repositories to products, for the feed redhat",
    .publisher = "Red Hat Product Security",
    .licence = "CC BY 4.0",
    .redistributable = true,
    .site = "https://security.access.redhat.com/data/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
