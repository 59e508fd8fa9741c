#include "ops/advisory_pack.h"

#include "base/pack.h"

static bool pack_affected(const struct affected *row, struct buf *to, struct error *e)
{
    return pack_str(to, row->namespace_, e) && pack_str(to, row->product, e) &&
           pack_str(to, row->package, e) && pack_u8(to, (uint8_t)row->scope, e) &&
           pack_str(to, row->arch, e) && pack_str(to, row->module, e) &&
           pack_u8(to, (uint8_t)row->state, e) && pack_str(to, row->introduced, e) &&
           pack_str(to, row->fixed, e) && pack_str(to, row->last_affected, e) &&
           pack_str(to, row->word, e) && pack_u8(to, (uint8_t)row->severity, e);
}

static bool pack_exploitation(const struct exploitation *x, struct buf *to, struct error *e)
{
    return pack_u32(to, x->epss, e) && pack_u32(to, x->epss_percentile, e) &&
           pack_u64(to, (uint64_t)x->kev_added_s, e) && pack_u64(to, (uint64_t)x->kev_due_s, e) &&
           pack_u8(to, x->kev_ransomware ? 1 : 0, e);
}

bool advisory_pack(const struct advisory *a, struct buf *to, struct error *e)
{
    bool ok = pack_str(to, a->id, e) && pack_u32(to, (uint32_t)a->ids_count, e);
    for (size_t i = 0; ok && i < a->ids_count; i++) {
        ok = pack_str(to, a->ids[i], e);
    }
    ok = ok && pack_u8(to, (uint8_t)a->severity, e) && pack_str(to, a->severity_source, e) &&
         pack_str(to, a->cvss, e) && pack_str(to, a->description, e) && pack_str(to, a->url, e) &&
         pack_exploitation(&a->exploitation, to, e) && pack_u64(to, (uint64_t)a->published_s, e) &&
         pack_u64(to, (uint64_t)a->modified_s, e) && pack_u64(to, (uint64_t)a->withdrawn_s, e) &&
         pack_u8(to, a->whole ? 1 : 0, e) && pack_u32(to, (uint32_t)a->affected_count, e);
    for (size_t i = 0; ok && i < a->affected_count; i++) {
        ok = pack_affected(&a->affected[i], to, e);
    }
    return ok;
}

enum { TEXT_BYTES_MAX = 64 * 1024 };

static bool take(str *from, str *out, struct error *e)
{
    return unpack_str(from, TEXT_BYTES_MAX, out, e);
}

static bool take_enum(str *from, unsigned count, unsigned *out, struct error *e)
{
    uint8_t n = 0;
    if (!unpack_u8(from, &n, e)) {
        return false;
    }
    *out = n;
    return n < count || error_set(e, ERROR_FORMAT, "a value of %u where %u are known", n, count);
}

static bool take_time(str *from, int64_t *out, struct error *e)
{
    uint64_t n = 0;
    bool ok = unpack_u64(from, &n, e);
    *out = (int64_t)n;
    return ok;
}

static bool unpack_exploitation(str *from, struct exploitation *out, struct error *e)
{
    unsigned ransomware = 0;
    bool ok = unpack_u32(from, &out->epss, e) && unpack_u32(from, &out->epss_percentile, e) &&
              take_time(from, &out->kev_added_s, e) && take_time(from, &out->kev_due_s, e) &&
              take_enum(from, 2, &ransomware, e);
    out->kev_ransomware = ransomware == 1;
    if (ok && (out->epss > EPSS_WHOLE || out->epss_percentile > EPSS_WHOLE)) {
        return error_set(e, ERROR_FORMAT, "a probability of more than 1");
    }
    return ok;
}

static bool unpack_affected(str *from, struct affected *row, struct error *e)
{
    unsigned scope = 0, state = 0, severity = 0;
    bool ok = take(from, &row->namespace_, e) && take(from, &row->product, e) &&
              take(from, &row->package, e) && take_enum(from, SCOPE_BINARY + 1, &scope, e) &&
              take(from, &row->arch, e) && take(from, &row->module, e) &&
              take_enum(from, FIX_STATE_COUNT, &state, e) && take(from, &row->introduced, e) &&
              take(from, &row->fixed, e) && take(from, &row->last_affected, e) &&
              take(from, &row->word, e) && take_enum(from, SEVERITY_COUNT, &severity, e);
    row->scope = (enum package_scope)scope;
    row->state = (enum fix_state)state;
    row->severity = (enum severity)severity;
    return ok;
}

bool advisory_unpack(str *from, struct arena *arena, struct advisory *out, struct error *e)
{
    struct advisory a = {0};
    uint32_t count = 0;
    unsigned severity = 0, whole = 0;
    if (!take(from, &a.id, e) || !unpack_u32(from, &count, e)) {
        return false;
    }
    if (a.id.len == 0 || count > ADVISORY_IDS_MAX) {
        return error_set(e, ERROR_FORMAT, "an advisory '" STR_FMT "' with %u ids", STR_ARG(a.id),
                         count);
    }
    str *ids = ARENA_ARRAY(arena, count, str, e);
    for (uint32_t i = 0; ids != NULL && i < count; i++) {
        if (!take(from, &ids[i], e)) {
            return false;
        }
    }
    a.ids = ids;
    a.ids_count = count;
    if (ids == NULL || !take_enum(from, SEVERITY_COUNT, &severity, e) ||
        !take(from, &a.severity_source, e) || !take(from, &a.cvss, e) ||
        !take(from, &a.description, e) || !take(from, &a.url, e) ||
        !unpack_exploitation(from, &a.exploitation, e) || !take_time(from, &a.published_s, e) ||
        !take_time(from, &a.modified_s, e) || !take_time(from, &a.withdrawn_s, e) ||
        !take_enum(from, 2, &whole, e) || !unpack_u32(from, &count, e)) {
        return false;
    }
    if (count > ADVISORY_AFFECTED_MAX) {
        return error_set(e, ERROR_FORMAT, "an advisory of %u rows", count);
    }
    struct affected *rows = ARENA_ARRAY(arena, count, struct affected, e);
    for (uint32_t i = 0; rows != NULL && i < count; i++) {
        if (!unpack_affected(from, &rows[i], e)) {
            return false;
        }
    }
    a.severity = (enum severity)severity;
    a.whole = whole == 1;
    a.affected = rows;
    a.affected_count = count;
    *out = a;
    return rows != NULL;
}
