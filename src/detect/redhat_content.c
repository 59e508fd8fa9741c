/* redhat_content.c: which repositories the packages of a Red Hat image come from. Its build system
 * leaves a manifest a layer, /root/buildinfo/content_manifests/NAME.json, since 2024
 * /usr/share/buildinfo/content-sets.json:
 *     { metadata: {…}, content_sets: [ "rhel-9-for-x86_64-baseos-rpms" ], from_dnf_hint: true }
 * and, beside them, labels.json with the labels of the image, of which `cpe` names its product. */
#include "detect/put.h"
#include "format/json.h"

enum {
    CONTENT_FILE_BYTES_MAX = 4 * 1024 * 1024,
    CONTENT_DEPTH_MAX = 64,
    CONTENT_NAMES_MAX = 10000, /* of one file; an image has a dozen */
    CONTENT_NAME_BYTES_MAX = 1024,
};

static const char *const content_paths[] = {
    "root/buildinfo/content_manifests/",
    "root/buildinfo/labels.json",
    "usr/share/buildinfo/",
    NULL,
};

struct content {
    struct json_handler base;
    const struct entry *at;
    struct fact_sink *out;
    size_t names, odd, too_many;
    bool hint, sink_failed;
};

static bool put_name(struct content *c, str name, struct error *e)
{
    if (name.len > CONTENT_NAME_BYTES_MAX || !is_plain(name)) {
        c->odd++;
        return true;
    }
    if (c->names == CONTENT_NAMES_MAX) {
        c->too_many++;
        return true;
    }
    struct fact fact = {.kind = FACT_REPOSITORY, .path = c->at->path, .text = name};
    c->names++;
    if (!c->out->put(c->out, &fact, e)) {
        c->sink_failed = true;
        return false;
    }
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct content *c = CONTAINER_OF(self, struct content, base);
    const struct json_place *path = event->path;
    if (event->depth == 0) {
        return true;
    }
    bool set = event->depth == 2 && str_eq(path[0].key, STR("content_sets"));
    bool cpe = event->depth == 1 && str_eq(path[0].key, STR("cpe"));
    if (event->kind == JSON_STRING && (set || (cpe && str_starts(event->text, STR("cpe:"))))) {
        return put_name(c, event->text, e);
    }
    if (event->depth == 1 && event->kind == JSON_BOOL &&
        str_eq(path[0].key, STR("from_dnf_hint"))) {
        c->hint = str_eq(event->text, STR("true"));
    }
    return true;
}

static bool put_problems(struct content *c, struct error *e)
{
    if (c->odd > 0 && !put_text(FACT_INCOMPLETE, c->at, c->out, e,
                                "%zu names of repositories left out: blanks, control bytes, or "
                                "over the limit of %d bytes",
                                c->odd, CONTENT_NAME_BYTES_MAX)) {
        return false;
    }
    if (c->too_many > 0 && !put_text(FACT_INCOMPLETE, c->at, c->out, e,
                                     "%zu names of repositories over the limit of %d left out",
                                     c->too_many, CONTENT_NAMES_MAX)) {
        return false;
    }
    return !c->hint || c->names > 0 ||
           put_text(FACT_NOTE, c->at, c->out, e,
                    "names no repository: they are in the history of dnf, which is not read");
}

static bool content_read(const struct detector *self, str role, const struct entry *at,
                         struct reader *body, struct arena *arena, struct fact_sink *out,
                         struct error *e)
{
    struct content c = {.base = {.event = on_event}, .at = at, .out = out};
    bool put;
    (void)role;
    if (!put_database(self, at, out, e)) {
        return false;
    }
    if (!str_ends(at->path, STR(".json"))) {
        return true;
    }
    if (put_too_large(self, at, out, &put, e)) {
        return put;
    }
    size_t room = (size_t)at->size_bytes, len; /* at most CONTENT_FILE_BYTES_MAX */
    char *text = arena_alloc(arena, room, 1, 1, e);
    if (text == NULL || !reader_read(body, text, room, &len, e)) {
        return false;
    }
    struct error own;
    error_clear(&own);
    if (json_read_text((str){.at = text, .len = len}, CONTENT_DEPTH_MAX, &c.base, &own)) {
        return put_problems(&c, e);
    }
    if (c.sink_failed || (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT)) {
        *e = own;
        return false;
    }
    return put_problems(&c, e) &&
           put_text(FACT_INCOMPLETE, at, out, e, "not read to its end: %s", own.text);
}

const struct detector detector_redhat_content = {
    .name = "redhat-content",
    .summary = "Red Hat's content manifests: the repositories that packages come from",
    .revision = 1,
    .file_bytes_max = CONTENT_FILE_BYTES_MAX,
    .paths = content_paths,
    .read = content_read,
};
