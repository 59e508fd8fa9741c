#include "source/docker_v1.h"

#include "base/buf.h"
#include "format/json.h"

bool docker_v1_matches(const struct archive *archive)
{
    return map_get(&archive->entries, STR("repositories")) != NULL &&
           map_get(&archive->entries, STR("manifest.json")) == NULL &&
           map_get(&archive->entries, STR("index.json")) == NULL;
}

static bool read_json(struct archive *archive, str name, struct arena *arena,
                      const struct json_node **out, struct error *e)
{
    struct archive_entry *entry;
    str json;
    if (!archive_find(archive, name, &entry, e)) {
        return false;
    }
    return (archive_json(archive, entry, &json, e) && json_tree(json, arena, out, e)) ||
           error_wrap(e, "'" STR_FMT "'", STR_ARG(name));
}

struct choosing {
    struct arena *arena;
    str wanted;
    str id, tag;   /* what was chosen */
    size_t images; /* different top images */
    struct buf names;
};

static bool take_tag(struct choosing *c, str name, const struct json_node *tag, struct error *e)
{
    str full;
    if (tag->kind != JSON_STRING) {
        return error_set(e, ERROR_FORMAT, "'repositories': a tag that names no image");
    }
    if (!arena_printf(c->arena, &full, e, "%.*s:%.*s", (int)name.len, name.at, (int)tag->key.len,
                      tag->key.len > 0 ? tag->key.at : "") ||
        !buf_printf(&c->names, e, "%s" STR_FMT, c->names.len == 0 ? "" : ", ", STR_ARG(full))) {
        return false;
    }
    bool matches = c->wanted.len == 0 || reference_matches(c->wanted, full) ||
                   (c->wanted.len >= 12 && str_starts(tag->text, c->wanted));
    if (matches && !str_eq(c->id, tag->text)) {
        c->images++;
        c->id = tag->text;
        c->tag = full;
    }
    return true;
}

static bool choose(struct choosing *c, const struct json_node *repositories, struct error *e)
{
    if (repositories->kind != JSON_OBJECT) {
        return error_set(e, ERROR_FORMAT, "'repositories' is not an object");
    }
    for (const struct json_node *r = repositories->first; r != NULL; r = r->next) {
        for (const struct json_node *t = r->first; t != NULL; t = t->next) {
            if (!take_tag(c, r->key, t, e)) {
                return false;
            }
        }
    }
    if (c->images == 1) {
        return true;
    }
    if (c->wanted.len > 0 || c->names.len == 0) {
        return error_set(e, ERROR_ABSENT,
                         "no image '" STR_FMT "' in the archive; there is " STR_FMT,
                         STR_ARG(c->wanted), STR_ARG(buf_str(&c->names)));
    }
    error_set(e, ERROR_ABSENT, "several images in the archive: " STR_FMT,
              STR_ARG(buf_str(&c->names)));
    return error_hint(e, "choose one with --image NAME");
}

/* The command that made a layer, as `docker history` shows it. */
static bool created_by(const struct json_node *image, struct arena *arena, str *out,
                       struct error *e)
{
    const struct json_node *cmd = json_member(json_member(image, "container_config"), "Cmd");
    struct buf words;
    bool ok = true;
    buf_init(&words, 1024 * 1024);
    for (const struct json_node *w = cmd == NULL ? NULL : cmd->first; ok && w != NULL;
         w = w->next) {
        ok = (words.len == 0 || buf_add_char(&words, ' ', e)) && buf_add_str(&words, w->text, e);
    }
    ok = ok && arena_str(arena, buf_str(&words), out, e);
    buf_done(&words);
    return ok;
}

/* One image of the chain: its layer, and its parent's ID. Layers come top first. */
static bool take_image(struct archive *archive, str id, struct arena *arena,
                       struct image_description *image, str *parent, struct error *e)
{
    const struct json_node *json = NULL;
    struct archive_entry *entry;
    str name, layer;
    if (image->layers_count >= IMAGE_LAYERS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d layers, or parents in a circle",
                         IMAGE_LAYERS_MAX);
    }
    if (!arena_printf(arena, &name, e, "%.*s/json", (int)id.len, id.at) ||
        !arena_printf(arena, &layer, e, "%.*s/layer.tar", (int)id.len, id.at) ||
        !read_json(archive, name, arena, &json, e) || !archive_find(archive, layer, &entry, e)) {
        return false;
    }
    if (image->layers_count == 0) {
        image->os = json_member_str(json, "os");
        image->arch = json_member_str(json, "architecture");
    }
    struct image_layer *l = &image->layers[image->layers_count++];
    l->name = entry->name;
    l->offset = entry->offset;
    l->size_bytes = entry->size_bytes;
    *parent = json_member_str(json, "parent");
    return created_by(json, arena, &l->created_by, e);
}

static bool read_chain(struct archive *archive, str id, struct arena *arena,
                       struct image_description *image, struct error *e)
{
    image->layers = ARENA_ARRAY(arena, IMAGE_LAYERS_MAX, struct image_layer, e);
    if (image->layers == NULL) {
        return false;
    }
    while (id.len > 0) {
        str parent = STR_NONE;
        if (!take_image(archive, id, arena, image, &parent, e)) {
            return error_wrap(e, "image '" STR_FMT "'", STR_ARG(id));
        }
        id = parent;
    }
    for (size_t i = 0, k = image->layers_count; i + 1 < k; i++) {
        struct image_layer top = image->layers[i];
        image->layers[i] = image->layers[--k];
        image->layers[k] = top;
    }
    return true;
}

bool docker_v1_describe(struct archive *archive, const struct image_choice *choice,
                        struct arena *arena, struct image_description *out, struct error *e)
{
    struct choosing c = {.arena = arena, .wanted = choice->reference};
    struct image_description image = {.kind = STR("docker-archive")};
    const struct json_node *repositories = NULL;
    buf_init(&c.names, 256 * 1024);
    bool ok = read_json(archive, STR("repositories"), arena, &repositories, e) &&
              choose(&c, repositories, e);
    buf_done(&c.names);
    if (!ok || !read_chain(archive, c.id, arena, &image, e)) {
        return false;
    }
    image.tag = c.tag;
    if (choice->platform.len > 0 &&
        !platform_matches(choice->platform, image.os, image.arch, image.variant)) {
        return error_set(e, ERROR_ABSENT,
                         "no image for '" STR_FMT "'; there is " STR_FMT "/" STR_FMT,
                         STR_ARG(choice->platform), STR_ARG(image.os), STR_ARG(image.arch));
    }
    *out = image;
    return true;
}
