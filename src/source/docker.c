#include "source/docker.h"

#include "base/buf.h"
#include "format/json.h"
#include "stream/hash.h"

static digest digest_of(str bytes)
{
    struct hash hash;
    hash_init(&hash, DIGEST_SHA256);
    hash_update(&hash, bytes.at, bytes.len);
    return hash_done(&hash);
}

/* The digest that a name claims: "HEX.json", "HEX.tar", "HEX/layer.tar", "blobs/sha256/HEX".
 * Docker's classic "HEX/layer.tar" is an old image ID, not a digest of anything here. */
static digest claimed_digest(str name)
{
    char text[7 + 64] = "sha256:";
    digest claimed = {0};
    str hex = str_slice(
        name, str_find_last_char(name, '/') == name.len ? 0 : str_find_last_char(name, '/') + 1,
        name.len);
    if (str_ends(hex, STR(".json")) || str_ends(hex, STR(".tar"))) {
        hex.len = str_find_last_char(hex, '.');
    }
    if (hex.len == 64) {
        for (size_t i = 0; i < 64; i++) {
            text[7 + i] = hex.at[i];
        }
        if (!digest_parse((str){.at = text, .len = sizeof(text)}, &claimed, NULL)) {
            claimed = (digest){0};
        }
    }
    return claimed;
}

static bool is_chosen(const struct json_node *image, str reference)
{
    const struct json_node *tags = json_member(image, "RepoTags");
    for (const struct json_node *t = tags == NULL ? NULL : tags->first; t != NULL; t = t->next) {
        if (t->kind == JSON_STRING && reference_matches(reference, t->text)) {
            return true;
        }
    }
    str id = reference;
    if (str_starts(id, STR("sha256:"))) {
        id = str_slice(id, 7, id.len);
    }
    str config = json_member_str(image, "Config");
    config = str_slice(config, str_find(config, STR("blobs/sha256/")) == 0 ? 13 : 0, config.len);
    return id.len >= 12 && str_starts(config, id);
}

/* "alpine:3.6, legacy/alpine:old, sha256:…" for the message. */
static void list_images(const struct json_node *list, struct buf *names)
{
    struct error unused;
    bool ok = true;
    for (const struct json_node *image = list->first; ok && image != NULL; image = image->next) {
        const struct json_node *tags = json_member(image, "RepoTags");
        const struct json_node *tag = tags == NULL ? NULL : tags->first;
        str config = json_member_str(image, "Config");
        if (tag == NULL) {
            ok = buf_printf(names, &unused, "%s" STR_FMT, names->len == 0 ? "" : ", ",
                            STR_ARG(config));
        }
        for (; ok && tag != NULL; tag = tag->next) {
            ok = buf_printf(names, &unused, "%s" STR_FMT, names->len == 0 ? "" : ", ",
                            STR_ARG(tag->text));
        }
    }
}

static bool no_choice(const struct json_node *list, str reference, struct error *e)
{
    struct buf names;
    buf_init(&names, 64 * 1024);
    list_images(list, &names);
    if (reference.len > 0) {
        error_set(e, ERROR_ABSENT, "no image '" STR_FMT "' in the archive; there is " STR_FMT,
                  STR_ARG(reference), STR_ARG(buf_str(&names)));
    } else {
        error_set(e, ERROR_ABSENT, "%zu images in the archive: " STR_FMT, list->count,
                  STR_ARG(buf_str(&names)));
        error_hint(e, "choose one with --image NAME");
    }
    buf_done(&names);
    return false;
}

static bool choose(const struct json_node *list, str reference, const struct json_node **out,
                   struct error *e)
{
    if (list->kind != JSON_ARRAY) {
        return error_set(e, ERROR_FORMAT, "it is not a list");
    }
    if (list->count == 0) {
        return error_set(e, ERROR_FORMAT, "it lists no image");
    }
    for (const struct json_node *image = list->first; image != NULL; image = image->next) {
        if (image->kind != JSON_OBJECT) {
            return error_set(e, ERROR_FORMAT, "an image in it is not an object");
        }
        bool chosen = reference.len == 0 ? list->count == 1 : is_chosen(image, reference);
        if (chosen) {
            *out = image;
            return true;
        }
    }
    return no_choice(list, reference, e);
}

/* What the first RepoTag says, or the one that was asked for. */
static str tag_of(const struct json_node *image, str reference)
{
    const struct json_node *tags = json_member(image, "RepoTags");
    for (const struct json_node *t = tags == NULL ? NULL : tags->first; t != NULL; t = t->next) {
        if (t->kind == JSON_STRING &&
            (reference.len == 0 || reference_matches(reference, t->text))) {
            return t->text;
        }
    }
    return STR_NONE;
}

static bool read_layers(struct archive *archive, const struct json_node *layers,
                        struct arena *arena, struct image_description *image, struct error *e)
{
    if (layers == NULL || (layers->kind != JSON_ARRAY && layers->kind != JSON_NULL)) {
        return error_set(e, ERROR_FORMAT, "its image has no list 'Layers'");
    }
    if (layers->count > IMAGE_LAYERS_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu layers are over the limit of %d", layers->count,
                         IMAGE_LAYERS_MAX);
    }
    image->layers = ARENA_ARRAY(arena, layers->count, struct image_layer, e);
    if (image->layers == NULL) {
        return false;
    }
    for (const struct json_node *l = layers->first; l != NULL; l = l->next) {
        struct archive_entry *entry;
        struct image_layer *layer = &image->layers[image->layers_count];
        if (l->kind != JSON_STRING) {
            return error_set(e, ERROR_FORMAT, "layer %zu is not a name", image->layers_count + 1);
        }
        if (!archive_find(archive, l->text, &entry, e)) {
            return error_wrap(e, "layer %zu of %zu", image->layers_count + 1, layers->count);
        }
        layer->name = entry->name;
        layer->offset = entry->offset;
        layer->size_bytes = entry->size_bytes;
        if (str_starts(entry->name, STR("blobs/sha256/"))) {
            layer->blob = claimed_digest(entry->name);
        }
        image->layers_count++;
    }
    return true;
}

static bool read_config(struct archive *archive, str name, struct arena *arena,
                        struct image_description *image, struct error *e)
{
    struct archive_entry *entry;
    str json;
    char is[DIGEST_TEXT_BYTES], says[DIGEST_TEXT_BYTES];
    if (!archive_find(archive, name, &entry, e) || !archive_json(archive, entry, &json, e)) {
        return false;
    }
    image->id = digest_of(json);
    digest claimed = claimed_digest(entry->name);
    if (claimed.algorithm != DIGEST_NONE && !digest_eq(claimed, image->id)) {
        return error_set(e, ERROR_DIGEST, "it is %s, its name says %s", digest_text(image->id, is),
                         digest_text(claimed, says));
    }
    return image_read_config(json, arena, image, e);
}

bool docker_describe(struct archive *archive, const struct image_choice *choice,
                     struct arena *arena, struct image_description *out, struct error *e)
{
    struct archive_entry *entry;
    const struct json_node *list = NULL, *chosen = NULL;
    struct image_description image = {.kind = STR("docker-archive")};
    str json;
    if (!archive_find(archive, STR("manifest.json"), &entry, e)) {
        return false;
    }
    if (!archive_json(archive, entry, &json, e) || !json_tree(json, arena, &list, e) ||
        !choose(list, choice->reference, &chosen, e) ||
        !read_layers(archive, json_member(chosen, "Layers"), arena, &image, e)) {
        return error_wrap(e, "'manifest.json'");
    }
    image.tag = tag_of(chosen, choice->reference);
    str config = json_member_str(chosen, "Config");
    if (config.len == 0) {
        return error_set(e, ERROR_FORMAT, "'manifest.json': its image has no 'Config'");
    }
    if (!read_config(archive, config, arena, &image, e)) {
        return error_wrap(e, "config '" STR_FMT "'", STR_ARG(config));
    }
    if (choice->platform.len > 0 &&
        !platform_matches(choice->platform, image.os, image.arch, image.variant)) {
        return error_set(e, ERROR_ABSENT,
                         "no image for '" STR_FMT "'; there is " STR_FMT "/" STR_FMT,
                         STR_ARG(choice->platform), STR_ARG(image.os), STR_ARG(image.arch));
    }
    *out = image;
    return true;
}
