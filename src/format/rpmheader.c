#include "format/rpmheader.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/num.h"

enum { INTRO_BYTES = 8, ENTRY_BYTES = 16, EPOCH = RPMHEADER_TEXTS, EPOCH_BYTES = 4 };

enum type {
    TYPE_NULL,
    TYPE_CHAR,
    TYPE_INT8,
    TYPE_INT16,
    TYPE_INT32,
    TYPE_INT64,
    TYPE_STRING,
    TYPE_BIN,
    TYPE_STRING_ARRAY,
    TYPE_I18NSTRING,
    TYPES
};

static const struct {
    uint32_t tag;
    const char *name;
    bool required, may_be_cut;
} tags[RPMHEADER_TEXTS + 1] = {
    [RPMHEADER_NAME] = {1000, "name", .required = true},
    [RPMHEADER_VERSION] = {1001, "version", .required = true},
    [RPMHEADER_RELEASE] = {1002, "release", .required = true},
    [RPMHEADER_VENDOR] = {1011, "vendor", .may_be_cut = true},
    [RPMHEADER_LICENSE] = {1014, "license", .may_be_cut = true},
    [RPMHEADER_ARCH] = {1022, "arch", .required = false},
    [RPMHEADER_SOURCERPM] = {1044, "source rpm", .required = false},
    [RPMHEADER_MODULARITYLABEL] = {5096, "modularity label", .required = false},
    [EPOCH] = {1003, "epoch", .required = false},
};

void rpmheader_init(struct rpmheader_parser *p)
{
    *p = (struct rpmheader_parser){.size_bytes = 0};
    for (size_t i = 0; i < ARRAY_COUNT(p->fields); i++) {
        buf_init(&p->fields[i].bytes, RPMHEADER_TEXT_BYTES_MAX);
    }
}

void rpmheader_done(struct rpmheader_parser *p)
{
    for (size_t i = 0; i < ARRAY_COUNT(p->fields); i++) {
        buf_done(&p->fields[i].bytes);
    }
}

void rpmheader_begin(struct rpmheader_parser *p, uint64_t size_bytes)
{
    p->size_bytes = size_bytes;
    p->at = 0;
    p->tags = p->tags_seen = p->data_bytes = 0;
    p->part_len = 0;
    for (size_t i = 0; i < ARRAY_COUNT(p->fields); i++) {
        struct rpmheader_field *field = &p->fields[i];
        field->wanted = field->whole = false;
        field->offset = 0;
        field->bytes.len = 0;
    }
}

static MUST_USE bool intro_read(struct rpmheader_parser *p, const uint8_t *at, struct error *e)
{
    p->tags = num_be32(at);
    p->data_bytes = num_be32(at + 4);
    if (p->tags > RPMHEADER_TAGS_MAX) {
        return error_set(e, ERROR_LIMIT, "%" PRIu32 " tags, more than the limit of %d", p->tags,
                         RPMHEADER_TAGS_MAX);
    }
    if (p->data_bytes > RPMHEADER_DATA_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%" PRIu32 " bytes of data, more than the limit of %d",
                         p->data_bytes, RPMHEADER_DATA_BYTES_MAX);
    }
    uint64_t sum = INTRO_BYTES + (uint64_t)p->tags * ENTRY_BYTES + p->data_bytes;
    if (sum != p->size_bytes) {
        return error_set(e, ERROR_FORMAT, "its counts say %" PRIu64 " bytes, it has %" PRIu64, sum,
                         p->size_bytes);
    }
    return true;
}

/* The least number of bytes that `count` items of a type take; false for no type of rpm's. */
static bool least_bytes(uint32_t type, uint32_t count, uint64_t *out)
{
    static const uint8_t sizes[TYPES] = {
        [TYPE_NULL] = 0,         [TYPE_CHAR] = 1,       [TYPE_INT8] = 1,   [TYPE_INT16] = 2,
        [TYPE_INT32] = 4,        [TYPE_INT64] = 8,      [TYPE_STRING] = 1, [TYPE_BIN] = 1,
        [TYPE_STRING_ARRAY] = 1, [TYPE_I18NSTRING] = 1,
    };
    if (type >= TYPES) {
        return false;
    }
    *out = (uint64_t)sizes[type] * count;
    return true;
}

static MUST_USE bool entry_read(struct rpmheader_parser *p, const uint8_t *at, struct error *e)
{
    uint32_t tag = num_be32(at), type = num_be32(at + 4);
    uint32_t offset = num_be32(at + 8), count = num_be32(at + 12);
    uint64_t least;
    p->tags_seen++;
    if (!least_bytes(type, count, &least)) {
        return error_set(e, ERROR_FORMAT, "tag %" PRIu32 " has the unknown type %" PRIu32, tag,
                         type);
    }
    if (!range_fits(offset, least, p->data_bytes)) {
        return error_set(e, ERROR_FORMAT,
                         "tag %" PRIu32 ": %" PRIu32 " items at byte %" PRIu32
                         " do not fit into %" PRIu32 " bytes",
                         tag, count, offset, p->data_bytes);
    }
    for (size_t i = 0; i < ARRAY_COUNT(tags); i++) {
        struct rpmheader_field *field = &p->fields[i];
        if (tags[i].tag != tag || field->wanted) {
            continue;
        }
        bool right =
            i == EPOCH ? type == TYPE_INT32 : type == TYPE_STRING || type == TYPE_I18NSTRING;
        if (!right || count == 0) {
            return error_set(e, ERROR_FORMAT, "its %s has type %" PRIu32 ", %" PRIu32 " items",
                             tags[i].name, type, count);
        }
        field->wanted = true;
        field->offset = offset;
    }
    return true;
}

/* Collects `want` bytes that may lie across pieces; NULL where the piece ends before. */
static const uint8_t *collect(struct rpmheader_parser *p, size_t want, str *piece)
{
    if (p->part_len == 0 && piece->len >= want) {
        const uint8_t *at = (const uint8_t *)piece->at;
        *piece = str_slice(*piece, want, piece->len);
        p->at += want;
        return at;
    }
    size_t take = want - p->part_len < piece->len ? want - p->part_len : piece->len;
    memcpy(p->part + p->part_len, piece->at, take);
    p->part_len += take;
    *piece = str_slice(*piece, take, piece->len);
    p->at += take;
    if (p->part_len < want) {
        return NULL;
    }
    p->part_len = 0;
    return p->part;
}

/* `more` follows what the field has already. */
static MUST_USE bool field_add(struct rpmheader_field *field, size_t which, str more,
                               struct error *e)
{
    size_t len = more.len;
    if (which == EPOCH) {
        size_t left = EPOCH_BYTES - field->bytes.len;
        len = len < left ? len : left;
        field->whole = len == left;
    } else {
        len = str_find_char(more, '\0');
        field->whole = len < more.len;
    }
    size_t room = RPMHEADER_TEXT_BYTES_MAX - field->bytes.len;
    if (len > room) {
        if (!tags[which].may_be_cut) {
            return error_set(e, ERROR_LIMIT, "its %s is longer than the limit of %d bytes",
                             tags[which].name, RPMHEADER_TEXT_BYTES_MAX);
        }
        len = room;
    }
    return buf_add(&field->bytes, more.at, len, e);
}

/* A piece of the data, which begins `offset` bytes into the data. */
static MUST_USE bool data_read(struct rpmheader_parser *p, uint64_t offset, str piece,
                               struct error *e)
{
    for (size_t i = 0; i < ARRAY_COUNT(p->fields); i++) {
        struct rpmheader_field *field = &p->fields[i];
        if (!field->wanted || field->whole || field->offset >= offset + piece.len) {
            continue;
        }
        size_t from = field->offset > offset ? (size_t)(field->offset - offset) : 0;
        if (!field_add(field, i, str_slice(piece, from, piece.len), e)) {
            return false;
        }
    }
    return true;
}

bool rpmheader_feed(struct rpmheader_parser *p, str piece, struct error *e)
{
    if (piece.len > p->size_bytes - p->at) {
        return error_set(e, ERROR_FORMAT, "more than its %" PRIu64 " bytes", p->size_bytes);
    }
    const uint8_t *at;
    while (p->at < INTRO_BYTES && piece.len > 0) {
        at = collect(p, INTRO_BYTES, &piece);
        if (at != NULL && !intro_read(p, at, e)) {
            return false;
        }
    }
    while (p->tags_seen < p->tags && piece.len > 0) {
        at = collect(p, ENTRY_BYTES, &piece);
        if (at != NULL && !entry_read(p, at, e)) {
            return false;
        }
    }
    if (piece.len == 0) {
        return true;
    }
    uint64_t offset = p->at - INTRO_BYTES - (uint64_t)p->tags * ENTRY_BYTES;
    p->at += piece.len;
    return data_read(p, offset, piece, e);
}

bool rpmheader_end(const struct rpmheader_parser *p, struct rpmheader *out, struct error *e)
{
    if (p->at < p->size_bytes || p->at < INTRO_BYTES) {
        return error_set(e, ERROR_FORMAT, "ends after %" PRIu64 " of %" PRIu64 " bytes", p->at,
                         p->size_bytes < INTRO_BYTES ? INTRO_BYTES : p->size_bytes);
    }
    struct rpmheader header = {.epoch = 0};
    for (size_t i = 0; i < ARRAY_COUNT(p->fields); i++) {
        const struct rpmheader_field *field = &p->fields[i];
        if (field->wanted && !field->whole) {
            return error_set(e, ERROR_FORMAT, "its %s does not end inside the header",
                             tags[i].name);
        }
        if (tags[i].required && field->bytes.len == 0) {
            return error_set(e, ERROR_FORMAT, "it has no %s", tags[i].name);
        }
        if (i < RPMHEADER_TEXTS) {
            header.text[i] = buf_str(&field->bytes);
        } else if (field->wanted) {
            header.epoch = num_be32(field->bytes.at);
        }
    }
    *out = header;
    return true;
}
