#include "format/zip.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "base/num.h"

enum {
    LOCAL_HEADER = 0x04034b50,
    CENTRAL_HEADER = 0x02014b50,
    DIRECTORY_END = 0x06054b50,
    DIRECTORY_END_64 = 0x06064b50,
    LOCATOR_64 = 0x07064b50,
    DESCRIPTOR = 0x08074b50,
    FLAG_ENCRYPTED = 1,
    FLAG_DESCRIPTOR = 8,
    METHOD_STORED = 0,
    METHOD_DEFLATED = 8,
    EXTRA_ZIP64 = 1,
    OUT_BYTES = 128 * 1024,
    NAME_BYTES_MAX = 65535,
};

/* What both the local header and the directory say of an entry. */
struct record {
    uint16_t flags, method, name_len, extra_len, comment_len;
    uint32_t crc;
    uint64_t packed, size, offset;
    bool zip64;
};

struct zip_state {
    struct reader body;
    struct zip *zip;
    z_stream inflate;
    bool inflate_open;
    uint64_t start;    /* offset of the archive in `from` */
    struct record now; /* the entry whose body is open */
    bool opened;       /* there is one */
    bool passed;       /* its data and descriptor lie behind us */
    uint64_t in_bytes;
    uint64_t out_bytes;
    uint32_t crc;
    bool out_full;      /* the last run filled its room: zlib may have more without input */
    uint64_t local_sum; /* over all entries, in any order; the directory's must be the same */
    uint8_t name[NAME_BYTES_MAX];
    uint8_t extra[NAME_BYTES_MAX];
    uint8_t out[OUT_BYTES + READER_NEED_MAX];
};

/* -- headers -------------------------------------------------------------------------------- */

static bool need(struct zip *z, size_t bytes, const char *what, struct error *e)
{
    enum step step = reader_need(z->from, bytes, e);
    if (step == STEP_END) {
        return error_set(e, ERROR_FORMAT, "the zip archive ends in %s at byte %" PRIu64, what,
                         reader_offset(z->from));
    }
    return step == STEP_GOT;
}

static bool copy(struct zip *z, uint8_t *to, size_t bytes, const char *what, struct error *e)
{
    size_t got;
    if (!reader_read(z->from, to, bytes, &got, e)) {
        return false;
    }
    return got == bytes || need(z, 1, what, e);
}

static bool skip(struct zip *z, uint64_t bytes, const char *what, struct error *e)
{
    enum step step = reader_skip(z->from, bytes, e);
    return step == STEP_GOT || (step == STEP_END && need(z, 1, what, e));
}

/* The zip64 field has those of size, packed size and offset that are all ones in the header. */
static bool extra_read(struct record *r, str extra, bool central, struct error *e)
{
    const uint8_t *at = (const uint8_t *)extra.at;
    size_t left = extra.len;
    while (left >= 4) {
        size_t len = num_le16(at + 2);
        if (len > left - 4) {
            break; /* other fields are often odd: only ours must be whole */
        }
        if (num_le16(at) == EXTRA_ZIP64) {
            r->zip64 = true;
            uint64_t *const wanted[] = {&r->size, &r->packed, &r->offset};
            const uint8_t *value = at + 4;
            for (size_t i = 0; i < (central ? 3U : 2U); i++) {
                if (*wanted[i] != UINT32_MAX) {
                    continue;
                }
                if (at + 4 + len - value < 8) {
                    return error_set(e, ERROR_FORMAT, "a zip64 field of %zu bytes is too short",
                                     len);
                }
                *wanted[i] = num_le64(value);
                value += 8;
            }
        }
        at += 4 + len;
        left -= 4 + len;
    }
    return true;
}

/* Order does not matter: the sum over all entries is compared. */
static uint64_t record_sum(const struct record *r, str name)
{
    uint64_t how = (uint64_t)(r->flags & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR)) << 16 | r->method;
    const uint64_t values[] = {r->crc, r->packed, r->size, r->offset, how};
    uint64_t sum = str_hash(name);
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        sum = (sum ^ values[i]) * 0x9e3779b97f4a7c15U;
        sum ^= sum >> 29;
    }
    return sum;
}

static str name_of(const struct zip_state *s, const struct record *r)
{
    return (str){.at = (const char *)s->name, .len = r->name_len};
}

static bool local_header(struct zip *z, struct error *e)
{
    struct zip_state *s = z->state;
    struct record *r = &s->now;
    uint64_t offset = reader_offset(z->from) - s->start;
    if (!need(z, 30, "a local header", e)) {
        return false;
    }
    const uint8_t *at = z->from->at;
    *r = (struct record){
        .flags = num_le16(at + 6),
        .method = num_le16(at + 8),
        .crc = num_le32(at + 14),
        .packed = num_le32(at + 18),
        .size = num_le32(at + 22),
        .name_len = num_le16(at + 26),
        .extra_len = num_le16(at + 28),
        .offset = offset,
    };
    z->from->at += 30;
    if (!copy(z, s->name, r->name_len, "a name", e) ||
        !copy(z, s->extra, r->extra_len, "an extra field", e)) {
        return false;
    }
    str extra = {.at = (const char *)s->extra, .len = r->extra_len};
    if (!extra_read(r, extra, false, e)) {
        return false;
    }
    if (z->entries == ZIP_ENTRIES_MAX) {
        return error_set(e, ERROR_LIMIT, "a zip archive of more than the limit of %d entries",
                         ZIP_ENTRIES_MAX);
    }
    z->entries++;
    s->opened = true;
    s->passed = false;
    s->in_bytes = s->out_bytes = 0;
    s->crc = 0;
    s->out_full = false;
    return true;
}

/* -- one body ------------------------------------------------------------------------------- */

static bool has_descriptor(const struct record *r)
{
    return (r->flags & FLAG_DESCRIPTOR) != 0;
}

static bool is_readable(const struct record *r)
{
    return (r->flags & FLAG_ENCRYPTED) == 0 &&
           (r->method == METHOD_STORED || r->method == METHOD_DEFLATED);
}

/* Sizes and CRC behind the data; the signature before them is optional, and the sizes have 8
 * bytes where the local header has a zip64 field (4.3.9). */
static bool descriptor(struct zip_state *s, struct error *e)
{
    struct record *r = &s->now;
    struct reader *from = s->zip->from;
    size_t sizes = r->zip64 ? 16 : 8;
    if (!need(s->zip, 4 + sizes, "a data descriptor", e)) {
        return false;
    }
    if (num_le32(from->at) == DESCRIPTOR) {
        if (!need(s->zip, 8 + sizes, "a data descriptor", e)) {
            return false;
        }
        from->at += 4;
    }
    r->crc = num_le32(from->at);
    r->packed = r->zip64 ? num_le64(from->at + 4) : num_le32(from->at + 4);
    r->size = r->zip64 ? num_le64(from->at + 12) : num_le32(from->at + 8);
    from->at += 4 + sizes;
    return true;
}

/* At the end of the data: what was said of it must hold. */
static bool finish(struct zip_state *s, struct error *e)
{
    struct record *r = &s->now;
    if (has_descriptor(r) && !descriptor(s, e)) {
        return false;
    }
    if (s->in_bytes != r->packed || s->out_bytes != r->size) {
        return error_set(e, ERROR_FORMAT,
                         "has %" PRIu64 " bytes, packed %" PRIu64 ", instead of %" PRIu64
                         ", packed %" PRIu64,
                         s->out_bytes, s->in_bytes, r->size, r->packed);
    }
    if (s->crc != r->crc) {
        return error_set(e, ERROR_FORMAT, "has CRC-32 %08" PRIx32 " instead of %08" PRIx32, s->crc,
                         r->crc);
    }
    s->passed = true;
    return true;
}

/* How much of the window below belongs to the entry. */
static size_t input_ready(const struct zip_state *s)
{
    size_t ready = reader_ready(s->zip->from);
    if (has_descriptor(&s->now)) {
        return ready;
    }
    uint64_t left = s->now.packed - s->in_bytes;
    return ready < left ? ready : (size_t)left;
}

enum run { RUN_FAILED, RUN_GOING, RUN_DONE };

static enum run run_stored(struct zip_state *s, uint8_t *to, size_t room, size_t *made)
{
    size_t bytes = input_ready(s);
    bytes = bytes < room ? bytes : room;
    if (bytes > 0) {
        memcpy(to, s->zip->from->at, bytes);
    }
    s->zip->from->at += bytes;
    s->in_bytes += bytes;
    *made = bytes;
    return bytes == 0 && s->in_bytes == s->now.packed ? RUN_DONE : RUN_GOING;
}

static enum run run_deflated(struct zip_state *s, uint8_t *to, size_t room, size_t *made,
                             struct error *e)
{
    struct reader *from = s->zip->from;
    size_t ready = input_ready(s);
    s->inflate.next_in = (uint8_t *)(uintptr_t)from->at; /* zlib does not write there */
    s->inflate.avail_in = ready < UINT32_MAX ? (uInt)ready : UINT32_MAX;
    s->inflate.next_out = to;
    s->inflate.avail_out = (uInt)room; /* at most OUT_BYTES */
    int code = inflate(&s->inflate, Z_NO_FLUSH);
    s->in_bytes += (size_t)(s->inflate.next_in - from->at);
    from->at = s->inflate.next_in;
    *made = (size_t)(s->inflate.next_out - to);
    if (code == Z_STREAM_END) {
        return RUN_DONE;
    }
    if (code == Z_OK || code == Z_BUF_ERROR) {
        return RUN_GOING;
    }
    error_set(e, code == Z_MEM_ERROR ? ERROR_MEMORY : ERROR_FORMAT, "deflate: %s",
              s->inflate.msg != NULL ? s->inflate.msg : "invalid data");
    return RUN_FAILED;
}

/* More input for the entry; false where there is none, or it has had its share. */
static bool refill(struct zip_state *s, struct error *e)
{
    if (input_ready(s) > 0 || s->out_full) {
        return true;
    }
    if (!has_descriptor(&s->now) && s->in_bytes == s->now.packed) {
        return s->now.method == METHOD_STORED ||
               error_set(e, ERROR_FORMAT, "the deflated data does not end in %" PRIu64 " bytes",
                         s->now.packed);
    }
    return need(s->zip, 1, "the data of an entry", e);
}

static enum step body_produce(struct zip_state *s, uint8_t *to, size_t room, struct error *e)
{
    for (;;) {
        size_t made = 0;
        enum run run = RUN_FAILED;
        if (!refill(s, e)) {
            return STEP_FAILED;
        }
        if (s->now.method == METHOD_STORED) {
            run = run_stored(s, to, room, &made);
        } else {
            run = run_deflated(s, to, room, &made, e);
        }
        if (run == RUN_FAILED) {
            return STEP_FAILED;
        }
        s->out_full = made == room;
        s->crc = (uint32_t)crc32(s->crc, to, (uInt)made);
        s->out_bytes += made;
        s->body.end += made;
        s->body.end_offset += made;
        if (run == RUN_DONE && !finish(s, e)) {
            return STEP_FAILED;
        }
        if (made > 0) {
            return STEP_GOT;
        }
        if (run == RUN_DONE) {
            return STEP_END;
        }
    }
}

static enum step body_fill(struct reader *self, size_t want, struct error *e)
{
    struct zip_state *s = CONTAINER_OF(self, struct zip_state, body);
    (void)want;
    if (s->passed) {
        return STEP_END;
    }
    if (!is_readable(&s->now)) {
        str name = name_of(s, &s->now);
        error_set(e, ERROR_FORMAT,
                  "'" STR_FMT "' in the zip archive is encrypted or packed by "
                  "method %u, which is not read",
                  STR_ARG(name), s->now.method);
        return STEP_FAILED;
    }
    size_t ready = reader_ready(self);
    if (ready > 0 && self->at != s->out) {
        memmove(s->out, self->at, ready);
    }
    self->at = s->out;
    self->end = s->out + ready;
    size_t room = sizeof(s->out) - ready;
    enum step step = body_produce(s, s->out + ready, room < OUT_BYTES ? room : OUT_BYTES, e);
    if (step == STEP_FAILED) {
        str name = name_of(s, &s->now);
        error_wrap(e, "'" STR_FMT "' in the zip archive", STR_ARG(name));
    }
    return step;
}

static const struct reader_ops body_ops = {.name = "zip entry", .fill = body_fill};

static bool body_open(struct zip_state *s, struct error *e)
{
    s->body = (struct reader){.ops = &body_ops, .at = s->out, .end = s->out};
    const struct record *r = &s->now;
    if (has_descriptor(r) && (!is_readable(r) || r->method == METHOD_STORED)) {
        str name = name_of(s, r);
        return error_set(e, ERROR_FORMAT,
                         "nothing says where '" STR_FMT "' in the zip archive ends: it is not "
                         "deflated, and its size comes behind it",
                         STR_ARG(name));
    }
    if (r->method != METHOD_DEFLATED) {
        return true;
    }
    int code = s->inflate_open ? inflateReset(&s->inflate) : inflateInit2(&s->inflate, -15);
    s->inflate_open = s->inflate_open || code == Z_OK;
    return code == Z_OK || error_set(e, ERROR_MEMORY, "no memory for zlib's state");
}

/* Passes what is left of the open entry, and adds it to the sum. */
static bool entry_leave(struct zip *z, struct error *e)
{
    struct zip_state *s = z->state;
    if (!s->opened) {
        return true;
    }
    s->opened = false;
    struct record *r = &s->now;
    if (!s->passed && !has_descriptor(r) && s->in_bytes == 0) {
        if (!skip(z, r->packed, "the data of an entry", e)) {
            return false;
        }
    } else if (!s->passed && !reader_drain(&s->body, NULL, e)) {
        return false;
    }
    s->local_sum += record_sum(r, name_of(s, r));
    return true;
}

/* -- the directory -------------------------------------------------------------------------- */

static bool central_header(struct zip *z, uint64_t *sum, struct error *e)
{
    struct zip_state *s = z->state;
    if (!need(z, 46, "its directory", e)) {
        return false;
    }
    const uint8_t *at = z->from->at;
    struct record r = {
        .flags = num_le16(at + 8),
        .method = num_le16(at + 10),
        .crc = num_le32(at + 16),
        .packed = num_le32(at + 20),
        .size = num_le32(at + 24),
        .name_len = num_le16(at + 28),
        .extra_len = num_le16(at + 30),
        .comment_len = num_le16(at + 32),
        .offset = num_le32(at + 42),
    };
    z->from->at += 46;
    if (!copy(z, s->name, r.name_len, "its directory", e) ||
        !copy(z, s->extra, r.extra_len, "its directory", e) ||
        !skip(z, r.comment_len, "its directory", e)) {
        return false;
    }
    str extra = {.at = (const char *)s->extra, .len = r.extra_len};
    if (!extra_read(&r, extra, true, e)) {
        return false;
    }
    *sum += record_sum(&r, name_of(s, &r));
    return true;
}

static bool signature(struct zip *z, uint32_t *out, struct error *e)
{
    if (!need(z, 4, "its directory", e)) {
        return false;
    }
    *out = num_le32(z->from->at);
    return true;
}

/* The records behind the directory (4.3.14 to 4.3.16). */
static bool directory_end(struct zip *z, uint64_t count, struct error *e)
{
    uint32_t what;
    uint64_t said = UINT64_MAX;
    if (!signature(z, &what, e)) {
        return false;
    }
    if (what == DIRECTORY_END_64) {
        if (!need(z, 56, "the end of its directory", e)) {
            return false;
        }
        uint64_t size = num_le64(z->from->at + 4);
        said = num_le64(z->from->at + 32);
        if (size < 44 || size > 1024 * 1024) {
            return error_set(e, ERROR_FORMAT, "the end of the zip directory has %" PRIu64 " bytes",
                             size);
        }
        if (!skip(z, size + 12, "the end of its directory", e) || !signature(z, &what, e) ||
            (what == LOCATOR_64 &&
             (!skip(z, 20, "the end of its directory", e) || !signature(z, &what, e)))) {
            return false;
        }
    }
    if (what != DIRECTORY_END) {
        return error_set(e, ERROR_FORMAT, "the zip directory has no end at byte %" PRIu64,
                         reader_offset(z->from));
    }
    if (!need(z, 22, "the end of its directory", e)) {
        return false;
    }
    uint64_t here = num_le16(z->from->at + 10);
    size_t comment = num_le16(z->from->at + 20);
    z->from->at += 22;
    said = said == UINT64_MAX ? here : said;
    if (said != count) {
        return error_set(e, ERROR_FORMAT,
                         "the zip directory has %" PRIu64 " of %" PRIu64 " entries", count, said);
    }
    return skip(z, comment, "its comment", e);
}

static bool directory(struct zip *z, struct error *e)
{
    uint64_t sum = 0, count = 0;
    uint32_t what;
    for (;;) {
        if (!signature(z, &what, e)) {
            return false;
        }
        if (what != CENTRAL_HEADER) {
            break;
        }
        if (!central_header(z, &sum, e)) {
            return false;
        }
        count++;
    }
    if (!directory_end(z, count, e)) {
        return false;
    }
    if (count != z->entries || sum != z->state->local_sum) {
        return error_set(e, ERROR_FORMAT,
                         "the zip directory (%" PRIu64 " entries) does not describe the %" PRIu64
                         " entries before it",
                         count, z->entries);
    }
    return true;
}

/* -- the walk ------------------------------------------------------------------------------- */

bool zip_open(struct zip *z, struct reader *from, struct arena *arena, struct error *e)
{
    *z = (struct zip){.from = from};
    z->state = ARENA_NEW(arena, struct zip_state, e);
    if (z->state == NULL) {
        return false;
    }
    z->state->zip = z;
    z->state->start = reader_offset(from);
    return true;
}

void zip_close(struct zip *z)
{
    if (z->state != NULL && z->state->inflate_open) {
        inflateEnd(&z->state->inflate);
        z->state->inflate_open = false;
    }
    z->state = NULL;
}

enum step zip_next(struct zip *z, struct zip_entry *out, struct error *e)
{
    struct zip_state *s = z->state;
    if (!entry_leave(z, e)) {
        return STEP_FAILED;
    }
    uint32_t what;
    if (!signature(z, &what, e)) {
        return STEP_FAILED;
    }
    if (what == CENTRAL_HEADER || what == DIRECTORY_END || what == DIRECTORY_END_64) {
        return directory(z, e) ? STEP_END : STEP_FAILED;
    }
    if (what != LOCAL_HEADER) {
        error_set(e, ERROR_FORMAT, "no zip archive: no entry begins at byte %" PRIu64,
                  reader_offset(z->from) - s->start);
        return STEP_FAILED;
    }
    if (!local_header(z, e) || !body_open(s, e)) {
        return STEP_FAILED;
    }
    const struct record *r = &s->now;
    *out = (struct zip_entry){
        .name = name_of(s, r),
        .method = r->method,
        .encrypted = (r->flags & FLAG_ENCRYPTED) != 0,
        .size_known = !has_descriptor(r),
        .size_bytes = r->size,
        .header_offset = r->offset,
    };
    return STEP_GOT;
}

struct reader *zip_body(struct zip *z)
{
    return &z->state->body;
}
