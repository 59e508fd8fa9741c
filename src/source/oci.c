#include "source/oci.h"

#include "base/buf.h"
#include "base/num.h"
#include "format/json.h"

struct descriptor {
    digest name;
    uint64_t size_bytes;
    str reference, full_name; /* annotations of the layout's index */
    bool has_platform;
    str os, arch, variant;
    size_t depth;
};

struct search {
    struct blobs *blobs;
    const struct image_choice *choice;
    struct arena *arena;
    struct descriptor *queue; /* indexes and manifests, in the order they were found */
    size_t count, room;
    size_t manifests;       /* of `queue`, those that turned out to be manifests */
    struct descriptor only; /* the last of them */
    struct buf platforms;   /* for the message */
};

static bool read_descriptor(const struct json_node *node, struct descriptor *out, struct error *e)
{
    const struct json_node *size = json_member(node, "size");
    const struct json_node *platform = json_member(node, "platform");
    const struct json_node *notes = json_member(node, "annotations");
    struct descriptor d = {0};
    if (node->kind != JSON_OBJECT) {
        return error_set(e, ERROR_FORMAT, "a descriptor is not an object");
    }
    if (!digest_parse(json_member_str(node, "digest"), &d.name, e)) {
        return false;
    }
    if (size == NULL || size->kind != JSON_NUMBER ||
        !num_parse(size->text, 10, INT64_MAX, &d.size_bytes)) {
        return error_set(e, ERROR_FORMAT, "the size '" STR_FMT "' of a descriptor is no size",
                         STR_ARG(size == NULL ? STR_NONE : size->text));
    }
    d.reference = json_member_str(notes, "org.opencontainers.image.ref.name");
    d.full_name = json_member_str(notes, "io.containerd.image.name");
    if (platform != NULL && platform->kind == JSON_OBJECT) {
        d.has_platform = true;
        d.os = json_member_str(platform, "os");
        d.arch = json_member_str(platform, "architecture");
        d.variant = json_member_str(platform, "variant");
    }
    *out = d;
    return true;
}

/* BuildKit's attestations are manifests of the platform "unknown/unknown". */
static bool is_attestation(const struct json_node *node, const struct descriptor *d)
{
    str type = json_member_str(json_member(node, "annotations"), "vnd.docker.reference.type");
    return type.len > 0 ||
           (d->has_platform && str_eq(d->os, STR("unknown")) && str_eq(d->arch, STR("unknown")));
}

static bool seen_before(const struct search *s, const struct descriptor *d)
{
    for (size_t i = 0; i < s->count; i++) {
        if (digest_eq(s->queue[i].name, d->name) && str_eq(s->queue[i].reference, d->reference)) {
            return true;
        }
    }
    return false;
}

static bool push_all(struct search *s, const struct json_node *list, size_t depth, struct error *e)
{
    if (depth > OCI_INDEX_DEPTH_MAX) {
        return error_set(e, ERROR_LIMIT, "indexes nested deeper than the limit of %d",
                         OCI_INDEX_DEPTH_MAX);
    }
    for (const struct json_node *node = list->first; node != NULL; node = node->next) {
        struct descriptor d;
        if (!read_descriptor(node, &d, e)) {
            return false;
        }
        if (is_attestation(node, &d) || (s->count < 1000 && seen_before(s, &d))) {
            continue;
        }
        if (s->count >= OCI_MANIFESTS_MAX) {
            return error_set(e, ERROR_LIMIT, "more than the limit of %d manifests",
                             OCI_MANIFESTS_MAX);
        }
        d.depth = depth;
        void *items = s->queue;
        if (!arena_grow(s->arena, &items, s->count, &s->room, sizeof(d), e)) {
            return false;
        }
        s->queue = items;
        s->queue[s->count++] = d;
    }
    return true;
}

static bool is_referred_to(const struct descriptor *d, str wanted)
{
    char text[DIGEST_TEXT_BYTES];
    str name = str_from(digest_text(d->name, text));
    return (d->reference.len > 0 && reference_matches(wanted, d->reference)) ||
           (d->full_name.len > 0 && reference_matches(wanted, d->full_name)) ||
           str_eq(wanted, name) ||
           (wanted.len >= 12 && str_starts(str_slice(name, 7, name.len), wanted));
}

static str name_of(const struct descriptor *d)
{
    return d->full_name.len > 0 ? d->full_name : d->reference;
}

static bool several_images(struct search *s, str wanted, struct error *e)
{
    struct buf names;
    struct error unused;
    bool ok = true;
    buf_init(&names, 64 * 1024);
    for (size_t i = 0; ok && i < s->count; i++) {
        char text[DIGEST_TEXT_BYTES];
        str name = name_of(&s->queue[i]);
        ok = buf_printf(
            &names, &unused, "%s" STR_FMT, i == 0 ? "" : ", ",
            STR_ARG(name.len > 0 ? name : str_from(digest_text(s->queue[i].name, text))));
    }
    if (wanted.len > 0) {
        error_set(e, ERROR_ABSENT, "no image '" STR_FMT "' in the layout; there is " STR_FMT,
                  STR_ARG(wanted), STR_ARG(buf_str(&names)));
    } else {
        error_set(e, ERROR_ABSENT, "%zu images in the layout: " STR_FMT, s->count,
                  STR_ARG(buf_str(&names)));
        error_hint(e, "choose one with --image NAME");
    }
    buf_done(&names);
    return false;
}

/* Of the layout's own list, those of the image that was asked for. Entries of one name are
 * platforms of one image. */
static bool choose_image(struct search *s, struct error *e)
{
    str wanted = s->choice->reference;
    size_t kept = 0;
    if (s->count == 0) {
        return error_set(e, ERROR_FORMAT, "it lists no image");
    }
    if (wanted.len > 0) {
        for (size_t i = 0; i < s->count; i++) {
            if (is_referred_to(&s->queue[i], wanted)) {
                s->queue[kept++] = s->queue[i];
            }
        }
        if (kept == 0) {
            return several_images(s, wanted, e);
        }
        s->count = kept;
        return true;
    }
    for (size_t i = 1; i < s->count; i++) {
        if (!str_eq(name_of(&s->queue[i]), name_of(&s->queue[0]))) {
            return several_images(s, wanted, e);
        }
    }
    return true;
}

static bool read_layers(struct search *s, const struct json_node *layers,
                        struct image_description *image, struct error *e)
{
    if (layers == NULL || layers->kind != JSON_ARRAY) {
        return error_set(e, ERROR_FORMAT, "it has no list 'layers'");
    }
    if (layers->count > IMAGE_LAYERS_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu layers are over the limit of %d", layers->count,
                         IMAGE_LAYERS_MAX);
    }
    image->layers = ARENA_ARRAY(s->arena, layers->count, struct image_layer, e);
    if (image->layers == NULL) {
        return false;
    }
    for (const struct json_node *node = layers->first; node != NULL; node = node->next) {
        struct descriptor d;
        struct image_layer *layer = &image->layers[image->layers_count];
        if (!read_descriptor(node, &d, e)) {
            return error_wrap(e, "layer %zu of %zu", image->layers_count + 1, layers->count);
        }
        layer->blob = d.name;
        layer->size_bytes = d.size_bytes;
        if (!s->blobs->place(s->blobs, d.name, d.size_bytes, &layer->offset, &layer->name, e)) {
            if (json_member(node, "urls") != NULL) {
                error_hint(e, "it is a foreign layer, kept elsewhere: limpid follows no such URLs");
            }
            return error_wrap(e, "layer %zu of %zu", image->layers_count + 1, layers->count);
        }
        image->layers_count++;
    }
    return true;
}

static bool read_manifest(struct search *s, const struct descriptor *d,
                          const struct json_node *manifest, struct image_description *out,
                          struct error *e)
{
    struct image_description image = {.manifest = d->name, .tag = name_of(d)};
    struct descriptor config;
    str json;
    const struct json_node *node = json_member(manifest, "config");
    if (node == NULL) {
        return error_set(e, ERROR_FORMAT,
                         json_member(manifest, "fsLayers") != NULL
                             ? "it is a manifest of schema 1, which is not read"
                             : "it has no 'config'");
    }
    if (!read_descriptor(node, &config, e) ||
        !read_layers(s, json_member(manifest, "layers"), &image, e)) {
        return false;
    }
    image.id = config.name;
    if (!s->blobs->read(s->blobs, config.name, config.size_bytes, s->arena, &json, e) ||
        !image_read_config(json, s->arena, &image, e)) {
        return error_wrap(e, "config");
    }
    *out = image;
    return true;
}

/* Takes one manifest of the queue: is it of the platform that is wanted? */
static bool try_manifest(struct search *s, const struct descriptor *d,
                         const struct json_node *manifest, bool *found,
                         struct image_description *out, struct error *e)
{
    struct image_description image;
    str wanted = s->choice->platform.len > 0 ? s->choice->platform : platform_of_this_machine();
    struct descriptor seen = *d;
    *found = false;
    if (!seen.has_platform) {
        if (!read_manifest(s, d, manifest, &image, e)) {
            return false;
        }
        seen.os = image.os;
        seen.arch = image.arch;
        seen.variant = image.variant;
    }
    s->manifests++;
    s->only = *d;
    if (!buf_printf(&s->platforms, e, "%s" STR_FMT "/" STR_FMT "%s" STR_FMT,
                    s->manifests > 1 ? ", " : "", STR_ARG(seen.os), STR_ARG(seen.arch),
                    seen.variant.len > 0 ? "/" : "", STR_ARG(seen.variant))) {
        return false;
    }
    if (!platform_matches(wanted, seen.os, seen.arch, seen.variant)) {
        return true;
    }
    *found = true;
    if (!seen.has_platform) {
        *out = image;
        return true;
    }
    return read_manifest(s, d, manifest, out, e);
}

static bool read_document(struct search *s, const struct descriptor *d,
                          const struct json_node **out, struct error *e)
{
    str json;
    return s->blobs->read(s->blobs, d->name, d->size_bytes, s->arena, &json, e) &&
           json_tree(json, s->arena, out, e);
}

static bool search_queue(struct search *s, bool *found, struct image_description *out,
                         struct error *e)
{
    *found = false;
    for (size_t i = 0; i < s->count && !*found; i++) {
        struct descriptor d = s->queue[i]; /* the queue may move while it grows */
        const struct json_node *document;
        char text[DIGEST_TEXT_BYTES];
        bool ok = read_document(s, &d, &document, e);
        if (ok) {
            const struct json_node *list = json_member(document, "manifests");
            if (list != NULL && list->kind == JSON_ARRAY) {
                /* names of the layout's index hold for what is nested in it */
                ok = push_all(s, list, d.depth + 1, e);
                for (size_t k = i + 1; ok && k < s->count; k++) {
                    if (name_of(&s->queue[k]).len == 0) {
                        s->queue[k].reference = d.reference;
                        s->queue[k].full_name = d.full_name;
                    }
                }
            } else {
                ok = try_manifest(s, &d, document, found, out, e);
            }
        }
        if (!ok) {
            return error_wrap(e, "manifest %s", digest_text(d.name, text));
        }
    }
    return true;
}

static bool describe(struct search *s, str index, struct image_description *out, struct error *e)
{
    const struct json_node *top, *document;
    bool found;
    if (!json_tree(index, s->arena, &top, e)) {
        return error_wrap(e, "'index.json'");
    }
    const struct json_node *list = json_member(top, "manifests");
    if (list == NULL || list->kind != JSON_ARRAY) {
        return error_set(e, ERROR_FORMAT, "'index.json': it has no list 'manifests'");
    }
    if (!push_all(s, list, 1, e) || !choose_image(s, e)) {
        return error_wrap(e, "'index.json'");
    }
    if (!search_queue(s, &found, out, e) || found) {
        return found;
    }
    /* one image, of another platform, and nobody asked for a particular one */
    if (s->manifests == 1 && s->choice->platform.len == 0) {
        return read_document(s, &s->only, &document, e) &&
               read_manifest(s, &s->only, document, out, e);
    }
    str wanted = s->choice->platform.len > 0 ? s->choice->platform : platform_of_this_machine();
    error_set(e, ERROR_ABSENT, "no image for '" STR_FMT "'; there is " STR_FMT, STR_ARG(wanted),
              STR_ARG(s->manifests == 0 ? STR("none at all") : buf_str(&s->platforms)));
    return error_hint(e, "choose one with --platform OS/ARCH");
}

bool oci_describe(str index, struct blobs *blobs, const struct image_choice *choice,
                  struct arena *arena, struct image_description *out, struct error *e)
{
    struct search s = {.blobs = blobs, .choice = choice, .arena = arena};
    buf_init(&s.platforms, 1024 * 1024);
    bool ok = describe(&s, index, out, e);
    buf_done(&s.platforms);
    return ok;
}
