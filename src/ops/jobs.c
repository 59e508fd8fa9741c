#include "ops/jobs.h"

#include "base/pack.h"

static bool pack_wanted(const struct wanted_file *wanted, size_t count, struct buf *to,
                        struct error *e)
{
    bool ok = pack_u32(to, (uint32_t)count, e);
    for (size_t i = 0; ok && i < count; i++) {
        ok = pack_str(to, wanted[i].path, e) && pack_str(to, wanted[i].role, e);
    }
    return ok;
}

static bool unpack_wanted(str *from, struct arena *arena, const struct wanted_file **out,
                          size_t *count, struct error *e)
{
    uint32_t n = 0;
    if (!unpack_u32(from, &n, e)) {
        return false;
    }
    if (n > from->len) {
        return error_set(e, ERROR_FORMAT, "%u wanted files in %zu bytes", n, from->len);
    }
    struct wanted_file *wanted = ARENA_ARRAY(arena, n, struct wanted_file, e);
    if (wanted == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!unpack_str(from, PACK_STR_BYTES_MAX, &wanted[i].path, e) ||
            !unpack_str(from, PACK_STR_BYTES_MAX, &wanted[i].role, e)) {
            return false;
        }
    }
    *out = wanted;
    *count = n;
    return true;
}

static bool unpack_bool(str *from, bool *out, struct error *e)
{
    uint8_t n = 0;
    if (!unpack_u8(from, &n, e)) {
        return false;
    }
    if (n > 1) {
        return error_set(e, ERROR_FORMAT, "a truth value of %u", n);
    }
    *out = n == 1;
    return true;
}

bool archive_request_pack(const struct archive_request *r, struct buf *to, struct error *e)
{
    return pack_u8(to, r->in_order, e) && pack_str(to, r->choice.reference, e) &&
           pack_str(to, r->choice.platform, e) && pack_str(to, r->choice.wants, e) &&
           pack_wanted(r->wanted, r->wanted_count, to, e);
}

bool archive_request_unpack(str from, struct arena *arena, struct archive_request *out,
                            struct error *e)
{
    return unpack_bool(&from, &out->in_order, e) &&
           unpack_str(&from, PACK_STR_BYTES_MAX, &out->choice.reference, e) &&
           unpack_str(&from, PACK_STR_BYTES_MAX, &out->choice.platform, e) &&
           unpack_str(&from, PACK_STR_BYTES_MAX, &out->choice.wants, e) &&
           unpack_wanted(&from, arena, &out->wanted, &out->wanted_count, e);
}

bool layer_request_pack(const struct layer_request *r, struct buf *to, struct error *e)
{
    return pack_u32(to, r->fd, e) && pack_u64(to, r->offset, e) && pack_u64(to, r->size_bytes, e) &&
           pack_u8(to, r->in_order, e) && pack_str(to, r->root, e) &&
           pack_wanted(r->wanted, r->wanted_count, to, e);
}

bool layer_request_unpack(str from, struct arena *arena, struct layer_request *out, struct error *e)
{
    return unpack_u32(&from, &out->fd, e) && unpack_u64(&from, &out->offset, e) &&
           unpack_u64(&from, &out->size_bytes, e) && unpack_bool(&from, &out->in_order, e) &&
           unpack_str(&from, PACK_STR_BYTES_MAX, &out->root, e) &&
           unpack_wanted(&from, arena, &out->wanted, &out->wanted_count, e);
}

bool layer_answer_pack(const struct layer_answer *a, struct buf *to, struct error *e)
{
    return pack_str(to, a->name, e) && pack_u8(to, a->is_layer, e) &&
           pack_u8(to, a->compressed, e) && pack_digest(to, a->blob, e) &&
           pack_digest(to, a->diff_id, e) && pack_u64(to, a->size_bytes, e) &&
           pack_u64(to, a->tar_bytes, e) && pack_u64(to, a->trailing_bytes, e);
}

bool layer_answer_unpack(str from, struct layer_answer *out, struct error *e)
{
    return unpack_str(&from, 64 * 1024, &out->name, e) && unpack_bool(&from, &out->is_layer, e) &&
           unpack_bool(&from, &out->compressed, e) && unpack_digest(&from, &out->blob, e) &&
           unpack_digest(&from, &out->diff_id, e) && unpack_u64(&from, &out->size_bytes, e) &&
           unpack_u64(&from, &out->tar_bytes, e) && unpack_u64(&from, &out->trailing_bytes, e);
}
