#include "source/image.h"

#include "base/num.h"
#include "base/pack.h"
#include "format/json.h"

bool image_pack(const struct image_description *image, struct buf *to, struct error *e)
{
    bool ok = pack_str(to, image->kind, e) && pack_str(to, image->tag, e) &&
              pack_digest(to, image->id, e) && pack_digest(to, image->manifest, e) &&
              pack_str(to, image->os, e) && pack_str(to, image->arch, e) &&
              pack_str(to, image->variant, e) && pack_u32(to, (uint32_t)image->layers_count, e);
    for (size_t i = 0; ok && i < image->layers_count; i++) {
        const struct image_layer *l = &image->layers[i];
        ok = pack_str(to, l->name, e) && pack_u64(to, l->offset, e) &&
             pack_u64(to, l->size_bytes, e) && pack_digest(to, l->blob, e) &&
             pack_digest(to, l->diff_id, e) && pack_str(to, l->created_by, e);
    }
    return ok;
}

static bool take_text(str *from, size_t max, struct arena *arena, str *out, struct error *e)
{
    str text = STR_NONE;
    return unpack_str(from, max, &text, e) && arena_str(arena, text, out, e);
}

static bool take_layer(str *from, struct arena *arena, struct image_layer *l, struct error *e)
{
    return take_text(from, 64 * 1024, arena, &l->name, e) && unpack_u64(from, &l->offset, e) &&
           unpack_u64(from, &l->size_bytes, e) && unpack_digest(from, &l->blob, e) &&
           unpack_digest(from, &l->diff_id, e) &&
           take_text(from, IMAGE_JSON_BYTES_MAX, arena, &l->created_by, e);
}

bool image_unpack(str from, struct arena *arena, struct image_description *out, struct error *e)
{
    struct image_description image = {0};
    uint32_t count = 0;
    if (!take_text(&from, 64, arena, &image.kind, e) ||
        !take_text(&from, 64 * 1024, arena, &image.tag, e) || !unpack_digest(&from, &image.id, e) ||
        !unpack_digest(&from, &image.manifest, e) || !take_text(&from, 1024, arena, &image.os, e) ||
        !take_text(&from, 1024, arena, &image.arch, e) ||
        !take_text(&from, 1024, arena, &image.variant, e) || !unpack_u32(&from, &count, e)) {
        return false;
    }
    if (count > IMAGE_LAYERS_MAX) {
        return error_set(e, ERROR_LIMIT, "%u layers are over the limit of %d", count,
                         IMAGE_LAYERS_MAX);
    }
    image.layers_count = count;
    image.layers = ARENA_ARRAY(arena, count, struct image_layer, e);
    if (image.layers == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!take_layer(&from, arena, &image.layers[i], e)) {
            return false;
        }
    }
    *out = image;
    return true;
}

/* created_by of those history entries that made a layer, in order. */
static void fill_history(const struct json_node *history, struct image_description *image)
{
    size_t layer = 0, made = 0;
    for (const struct json_node *h = history == NULL ? NULL : history->first; h != NULL;
         h = h->next) {
        const struct json_node *empty = json_member(h, "empty_layer");
        made += empty == NULL || !str_eq(empty->text, STR("true"));
    }
    if (made != image->layers_count) {
        return; /* an image without history, or with one that does not fit: no claim */
    }
    for (const struct json_node *h = history->first; h != NULL; h = h->next) {
        const struct json_node *empty = json_member(h, "empty_layer");
        if (empty == NULL || !str_eq(empty->text, STR("true"))) {
            str by = json_member_str(h, "created_by");
            image->layers[layer++].created_by = by.len > 0 ? by : json_member_str(h, "comment");
        }
    }
}

bool image_read_config(str json, struct arena *arena, struct image_description *image,
                       struct error *e)
{
    const struct json_node *config;
    if (!json_tree(json, arena, &config, e)) {
        return false;
    }
    const struct json_node *ids = json_member(json_member(config, "rootfs"), "diff_ids");
    if (config->kind != JSON_OBJECT || ids == NULL || ids->kind != JSON_ARRAY) {
        return error_set(e, ERROR_FORMAT, "it has no list 'rootfs.diff_ids'");
    }
    if (ids->count != image->layers_count) {
        return error_set(e, ERROR_FORMAT, "it has %zu diff IDs for %zu layers", ids->count,
                         image->layers_count);
    }
    size_t i = 0;
    for (const struct json_node *id = ids->first; id != NULL; id = id->next, i++) {
        if (id->kind != JSON_STRING) {
            return error_set(e, ERROR_FORMAT, "diff ID %zu is not a string", i + 1);
        }
        if (!digest_parse(id->text, &image->layers[i].diff_id, e)) {
            return error_wrap(e, "diff ID %zu", i + 1);
        }
    }
    image->os = json_member_str(config, "os");
    image->arch = json_member_str(config, "architecture");
    image->variant = json_member_str(config, "variant");
    const struct json_node *history = json_member(config, "history");
    if (history != NULL && history->kind == JSON_ARRAY) {
        fill_history(history, image);
    }
    return true;
}

/* -- platforms and references --------------------------------------------------------------- */

static const struct {
    str alias, arch, variant;
} aliases[] = {
    {STR_INIT("x86_64"), STR_INIT("amd64"), {NULL, 0}},
    {STR_INIT("x86-64"), STR_INIT("amd64"), {NULL, 0}},
    {STR_INIT("aarch64"), STR_INIT("arm64"), {NULL, 0}},
    {STR_INIT("i386"), STR_INIT("386"), {NULL, 0}},
    {STR_INIT("i686"), STR_INIT("386"), {NULL, 0}},
    {STR_INIT("armhf"), STR_INIT("arm"), STR_INIT("v7")},
    {STR_INIT("armel"), STR_INIT("arm"), STR_INIT("v6")},
};

static bool is_system(str word)
{
    static const char *const systems[] = {"linux", "windows", "darwin", "freebsd"};
    for (size_t i = 0; i < ARRAY_COUNT(systems); i++) {
        if (str_eq_nocase(word, str_from(systems[i]))) {
            return true;
        }
    }
    return false;
}

static void resolve_alias(str *arch, str *variant)
{
    for (size_t i = 0; i < ARRAY_COUNT(aliases); i++) {
        if (str_eq_nocase(*arch, aliases[i].alias)) {
            *arch = aliases[i].arch;
            if (variant->len == 0) {
                *variant = aliases[i].variant;
            }
            return;
        }
    }
}

bool platform_matches(str wanted, str os, str arch, str variant)
{
    str part, want_os = STR_NONE, want_arch, want_variant = STR_NONE;
    if (str_cut(&wanted, '/', &part)) {
        if (is_system(part)) {
            want_os = part;
            want_arch = wanted;
            if (str_cut(&wanted, '/', &part)) {
                want_arch = part;
                want_variant = wanted;
            }
        } else {
            want_arch = part;
            want_variant = wanted;
        }
    } else if (is_system(wanted)) {
        want_os = wanted;
        want_arch = STR_NONE;
    } else {
        want_arch = wanted;
    }
    resolve_alias(&want_arch, &want_variant);
    resolve_alias(&arch, &variant);
    bool same_variant = want_variant.len == 0 || str_eq_nocase(want_variant, variant) ||
                        (variant.len == 0 && str_eq(want_variant, STR("v8")));
    return (want_os.len == 0 || str_eq_nocase(want_os, os)) &&
           (want_arch.len == 0 || str_eq_nocase(want_arch, arch)) && same_variant;
}

str platform_of_this_machine(void)
{
#if defined(__x86_64__)
    return STR("linux/amd64");
#elif defined(__aarch64__)
    return STR("linux/arm64");
#elif defined(__i386__)
    return STR("linux/386");
#elif defined(__arm__)
    return STR("linux/arm");
#elif defined(__s390x__)
    return STR("linux/s390x");
#elif defined(__powerpc64__)
    return STR("linux/ppc64le");
#elif defined(__riscv)
    return STR("linux/riscv64");
#else
    return STR("linux");
#endif
}

/* Without the registry and the "library/" that Docker puts in front of short names. */
static str short_name(str reference)
{
    static const str prefixes[] = {STR_INIT("docker.io/"), STR_INIT("index.docker.io/"),
                                   STR_INIT("library/")};
    for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++) {
        if (str_starts(reference, prefixes[i])) {
            reference = str_slice(reference, prefixes[i].len, reference.len);
        }
    }
    return reference;
}

static bool has_tag(str reference)
{
    str base = str_slice(reference, str_find_last_char(reference, '/'), reference.len);
    return str_find_char(base.len == 0 ? reference : base, ':') <
           (base.len == 0 ? reference.len : base.len);
}

bool reference_matches(str wanted, str reference)
{
    str w = short_name(wanted), r = short_name(reference);
    if (str_eq(w, r)) {
        return true;
    }
    if (!has_tag(w) && r.len > w.len && str_starts(r, w) &&
        str_eq(str_slice(r, w.len, r.len), STR(":latest"))) {
        return true;
    }
    /* an OCI layout's reference may be the tag alone */
    size_t colon = str_find_last_char(w, ':');
    return !has_tag(r) && colon < w.len && str_eq(str_slice(w, colon + 1, w.len), r);
}
