#include "format/tar_pax.h"

#include <stddef.h>

#include "base/num.h"

static const struct {
    str key;
    size_t value_at; /* in struct tar_pax */
} keys[] = {
    {STR_INIT("path"), offsetof(struct tar_pax, path)},
    {STR_INIT("linkpath"), offsetof(struct tar_pax, link)},
    {STR_INIT("size"), offsetof(struct tar_pax, size)},
    {STR_INIT("mtime"), offsetof(struct tar_pax, mtime)},
    {STR_INIT("GNU.sparse.major"), offsetof(struct tar_pax, sparse_major)},
    {STR_INIT("GNU.sparse.minor"), offsetof(struct tar_pax, sparse_minor)},
    {STR_INIT("GNU.sparse.name"), offsetof(struct tar_pax, sparse_name)},
    {STR_INIT("GNU.sparse.size"), offsetof(struct tar_pax, sparse_size)},
    {STR_INIT("GNU.sparse.realsize"), offsetof(struct tar_pax, sparse_real_size)},
    {STR_INIT("GNU.sparse.numblocks"), offsetof(struct tar_pax, sparse_blocks)},
    {STR_INIT("GNU.sparse.map"), offsetof(struct tar_pax, sparse_map)},
};

/* pax 0.0 gives a pair by two records, in this order. */
struct pair {
    bool has_offset;
    uint64_t offset;
};

static bool take_pair(struct pair *pair, bool is_offset, str value, struct tar_pax *out,
                      struct tar_sparse *map, struct error *e)
{
    uint64_t n;
    if (is_offset == pair->has_offset || !num_parse(value, 10, INT64_MAX, &n)) {
        return error_set(e, ERROR_FORMAT, "sparse map: no pairs of offset and numbytes");
    }
    pair->has_offset = is_offset;
    if (is_offset) {
        pair->offset = n;
        return true;
    }
    out->sparse_pairs++;
    return map == NULL || tar_sparse_add(map, pair->offset, n, e);
}

/* "%d key=value\n", the number being the length of all that. */
static bool next_record(str *rest, str *key, str *value)
{
    str tail = *rest;
    str number;
    uint64_t len;
    if (!str_cut(&tail, ' ', &number) || !num_parse(number, 10, rest->len, &len) ||
        len < number.len + 4) { /* at least " k=\n" */
        return false;
    }
    str record = str_slice(*rest, number.len + 1, (size_t)len);
    if (record.at[record.len - 1] != '\n') {
        return false;
    }
    record.len--;
    *rest = str_slice(*rest, (size_t)len, rest->len);
    *value = record;
    return str_cut(value, '=', key) && key->len > 0;
}

static void keep(str key, str value, struct tar_pax *out)
{
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        if (str_eq(key, keys[i].key)) {
            *(str *)(void *)((char *)out + keys[i].value_at) = value;
            return;
        }
    }
}

bool tar_pax_parse(str records, struct tar_pax *out, struct tar_sparse *map, struct error *e)
{
    *out = (struct tar_pax){0};
    struct pair pair = {0};
    str rest = records;
    while (rest.len > 0) {
        str key, value;
        size_t at = records.len - rest.len;
        if (!next_record(&rest, &key, &value)) {
            return error_set(e, ERROR_FORMAT, "no pax record at byte %zu of its header", at);
        }
        bool is_offset = str_eq(key, STR("GNU.sparse.offset"));
        if (is_offset || str_eq(key, STR("GNU.sparse.numbytes"))) {
            if (!take_pair(&pair, is_offset, value, out, map, e)) {
                return false;
            }
            continue;
        }
        keep(key, value, out);
    }
    if (pair.has_offset) {
        return error_set(e, ERROR_FORMAT, "sparse map: an offset without its numbytes");
    }
    return true;
}

enum tar_pax_sparse tar_pax_sparse(const struct tar_pax *pax)
{
    bool is_0 = str_eq(pax->sparse_major, STR("0"));
    bool is_1 = str_eq(pax->sparse_major, STR("1"));
    bool minor_0 = str_eq(pax->sparse_minor, STR("0"));
    if (is_0 && (minor_0 || str_eq(pax->sparse_minor, STR("1")))) {
        return TAR_PAX_SPARSE_0;
    }
    if (is_1 && minor_0) {
        return TAR_PAX_SPARSE_1;
    }
    if (pax->sparse_major.len > 0 || pax->sparse_minor.len > 0) {
        return TAR_PAX_NOT_SPARSE;
    }
    /* the first versions did not say theirs */
    bool has_map = pax->sparse_map.len > 0 || pax->sparse_pairs > 0;
    return has_map ? TAR_PAX_SPARSE_0 : TAR_PAX_NOT_SPARSE;
}
