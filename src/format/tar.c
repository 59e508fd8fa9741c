#include "format/tar.h"

#include <assert.h>
#include <string.h>

#include "base/checked.h"
#include "base/num.h"
#include "format/tar_header.h"
#include "format/tar_pax.h"
#include "format/tar_sparse.h"

/* Bytes kept from one header to the entry it belongs to; the room is used again. */
struct kept {
    char *at;
    size_t room;
};

struct tar_state {
    struct tar_header header; /* of the entry, its ustar names */
    struct tar_pax pax;
    struct kept pax_text, long_path_text, long_link_text;
    str long_path, long_link; /* GNU 'L' and 'K' */
    bool extended;            /* one of the above is set, for the next entry */
    str path;                 /* of the entry, for messages */

    struct part_reader part;
    struct tar_sparse sparse;
    bool is_sparse, body_made;

    /* In `from`: the data, and the header block behind them and their padding. */
    uint64_t data_offset, data_bytes, next_offset;
    uint64_t blocks; /* headers and zero blocks seen */
    bool ended;
};

enum { KEPT_BYTES_MIN = 4096 };

bool tar_open(struct tar *t, struct reader *from, struct arena *arena, struct error *e)
{
    struct tar_state *s = ARENA_NEW(arena, struct tar_state, e);
    if (s == NULL) {
        return false;
    }
    tar_sparse_init(&s->sparse, from, arena);
    s->data_offset = s->next_offset = reader_offset(from);
    *t = (struct tar){.from = from, .arena = arena, .state = s};
    return true;
}

static bool set_data(struct tar *t, uint64_t bytes, struct error *e)
{
    struct tar_state *s = t->state;
    uint64_t padded, next;
    s->data_offset = reader_offset(t->from);
    if (bytes > INT64_MAX || !checked_add(bytes, TAR_BLOCK_BYTES - 1, &padded) ||
        !checked_add(s->data_offset, padded & ~(uint64_t)(TAR_BLOCK_BYTES - 1), &next)) {
        return error_set(e, ERROR_FORMAT, "%llu bytes of data at byte %llu end past any file",
                         (unsigned long long)bytes, (unsigned long long)s->data_offset);
    }
    s->data_bytes = bytes;
    s->next_offset = next;
    s->is_sparse = s->body_made = false;
    return true;
}

/* The data that the size field promises. */
static bool header_size(const struct tar_header *h, uint64_t *out, struct error *e)
{
    if (h->size < 0) {
        return error_set(e, ERROR_FORMAT, "the size %lld is negative", (long long)h->size);
    }
    *out = (uint64_t)h->size;
    return true;
}

static enum step data_is_cut(struct tar *t, struct error *e)
{
    /* how many there are is not known where a reader seeks */
    struct tar_state *s = t->state;
    error_set(e, ERROR_FORMAT, "ends within the %llu bytes of '" STR_FMT "'",
              (unsigned long long)s->data_bytes, STR_ARG(s->path));
    return STEP_FAILED;
}

static bool is_zeros(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
}

/* What is left where a header block had to be: nothing, a cut end block, or a cut header. */
static enum step short_block(struct tar *t, struct error *e)
{
    size_t ready = reader_ready(t->from);
    if (is_zeros(t->from->at, ready)) {
        t->from->at += ready;
        return STEP_END;
    }
    error_set(e, ERROR_FORMAT, "ends after %zu of %d bytes of a header", ready, TAR_BLOCK_BYTES);
    return STEP_FAILED;
}

/* Skips the rest of the data and makes the block behind ready. STEP_END: there is none. A reader
 * that seeks cannot tell that it went past the end; so the last block of the data is made ready
 * together with the header behind it, which costs no second read. */
static enum step next_block(struct tar *t, struct error *e)
{
    struct tar_state *s = t->state;
    struct reader *from = t->from;
    uint64_t here = reader_offset(from);
    assert(here <= s->next_offset);
    uint64_t left = s->next_offset - here;
    if (reader_ready(from) >= TAR_BLOCK_BYTES && left <= reader_ready(from) - TAR_BLOCK_BYTES) {
        from->at += left;
        return STEP_GOT;
    }
    if (left > TAR_BLOCK_BYTES) {
        enum step skipped = reader_skip(from, left - TAR_BLOCK_BYTES, e);
        if (skipped != STEP_GOT) {
            return skipped == STEP_END ? data_is_cut(t, e) : STEP_FAILED;
        }
        left = TAR_BLOCK_BYTES;
    }
    enum step got = reader_need(from, (size_t)left + TAR_BLOCK_BYTES, e);
    if (got != STEP_END) {
        from->at += got == STEP_GOT ? left : 0;
        return got;
    }
    if (reader_offset(from) + reader_ready(from) < s->data_offset + s->data_bytes) {
        return data_is_cut(t, e);
    }
    size_t padding = reader_ready(from) < left ? reader_ready(from) : (size_t)left;
    from->at += padding;
    return short_block(t, e);
}

/* Keeps the first `len` bytes of the data behind a special header. */
static bool keep(struct tar *t, struct kept *k, size_t len, str *out, struct error *e)
{
    if (len > k->room) {
        size_t room = k->room * 2 < len ? len : k->room * 2;
        room = room < KEPT_BYTES_MIN ? KEPT_BYTES_MIN : room;
        char *at = ARENA_ARRAY(t->arena, room, char, e);
        if (at == NULL) {
            return false;
        }
        *k = (struct kept){.at = at, .room = room};
    }
    size_t got;
    if (!reader_read(t->from, k->at, len, &got, e)) {
        return false;
    }
    if (got < len) {
        return error_set(e, ERROR_FORMAT, "ends after %zu of %zu bytes of a long header", got, len);
    }
    *out = (str){.at = len == 0 ? NULL : k->at, .len = len};
    return true;
}

/* A name that ends at its NUL; more than the limit is not even read. */
static bool read_long_name(struct tar *t, struct kept *k, str *out, struct error *e)
{
    uint64_t bytes = t->state->data_bytes;
    size_t len = bytes <= TAR_PATH_BYTES_MAX ? (size_t)bytes : TAR_PATH_BYTES_MAX + 1;
    if (!keep(t, k, len, out, e)) {
        return false;
    }
    out->len = str_find_char(*out, '\0');
    return true;
}

static void drop_extended(struct tar_state *s)
{
    s->pax = (struct tar_pax){0};
    s->long_path = s->long_link = STR_NONE;
    s->extended = false;
}

/* The header of a header: pax 'x' and 'g', GNU 'L' and 'K'. */
static bool read_special(struct tar *t, struct error *e)
{
    struct tar_state *s = t->state;
    if (s->data_bytes > TAR_PAX_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%llu bytes are more than the limit of %d",
                         (unsigned long long)s->data_bytes, TAR_PAX_BYTES_MAX);
    }
    s->path = STR("the extended header");
    if (s->header.flag == 'L' || s->header.flag == 'K') {
        s->extended = true;
        return s->header.flag == 'L' ? read_long_name(t, &s->long_path_text, &s->long_path, e)
                                     : read_long_name(t, &s->long_link_text, &s->long_link, e);
    }
    str records;
    if (!keep(t, &s->pax_text, (size_t)s->data_bytes, &records, e)) {
        return false;
    }
    if (s->header.flag == 'g') {
        /* Defaults for all that follows. Go's reader, and with it every container runtime, passes
         * them over, so they are checked and dropped: a global `path` names no file. What came
         * before for the next entry is dropped with them, as there. */
        struct tar_pax ignored;
        drop_extended(s);
        return tar_pax_parse(records, &ignored, NULL, e);
    }
    s->extended = true;
    tar_sparse_clear(&s->sparse);
    return tar_pax_parse(records, &s->pax, &s->sparse, e);
}

static bool pax_number(str value, const char *what, uint64_t *out, struct error *e)
{
    if (value.len == 0 || num_parse(value, 10, INT64_MAX, out)) {
        return true;
    }
    return error_set(e, ERROR_FORMAT, "pax %s '" STR_FMT "' is no size", what, STR_ARG(value));
}

/* "seconds[.fraction]", rounded down; anything else changes nothing. */
static void pax_time(str value, int64_t *out)
{
    bool negative = str_starts(value, STR("-"));
    str fraction = str_slice(value, negative ? 1 : 0, value.len);
    str whole;
    uint64_t n;
    if (!str_cut(&fraction, '.', &whole)) {
        whole = fraction;
        fraction = STR_NONE;
    }
    if (!num_parse(whole, 10, INT64_MAX - 1, &n)) {
        return;
    }
    *out = (int64_t)n;
    if (negative) {
        bool down = false;
        for (size_t i = 0; i < fraction.len; i++) {
            down = down || fraction.at[i] != '0';
        }
        *out = -*out - (down ? 1 : 0);
    }
}

static enum tar_type type_of(uint8_t flag, str path)
{
    switch (flag) {
    case '\0': /* v7: a directory by its slash */
        return str_ends(path, STR("/")) ? TAR_DIRECTORY : TAR_FILE;
    case '0':
    case '7': /* contiguous */
    case 'S': /* old GNU sparse */
        return TAR_FILE;
    case '1':
        return TAR_HARDLINK;
    case '2':
        return TAR_SYMLINK;
    case '3':
        return TAR_CHAR_DEVICE;
    case '4':
        return TAR_BLOCK_DEVICE;
    case '5':
        return TAR_DIRECTORY;
    case '6':
        return TAR_FIFO;
    }
    return TAR_OTHER;
}

/* Links, directories and devices have none, whatever their size field says (so do Go, bsdtar). */
static bool has_data(enum tar_type type)
{
    return type == TAR_FILE || type == TAR_OTHER;
}

/* Of the names an entry has, the one that counts. */
static str choose_name(str ustar, str pax, str gnu, bool *too_long)
{
    str name = gnu.len > 0 ? gnu : pax.len > 0 ? pax : ustar;
    if (name.len > TAR_PATH_BYTES_MAX) {
        name.len = TAR_PATH_BYTES_MAX;
        *too_long = true;
    }
    return name;
}

static void set_names(struct tar_state *s, struct tar_entry *out)
{
    struct tar_header *h = &s->header;
    out->path = (str){.at = h->path, .len = h->path_len};
    out->link = (str){.at = h->link, .len = h->link_len};
    if (s->extended) {
        out->path = choose_name(out->path, s->pax.path, s->long_path, &out->name_too_long);
    }
    out->type = type_of(h->flag, out->path);
    if (out->type != TAR_HARDLINK && out->type != TAR_SYMLINK) {
        out->link = STR_NONE;
    } else if (s->extended) {
        out->link = choose_name(out->link, s->pax.link, s->long_link, &out->name_too_long);
    }
}

static bool start_old_sparse(struct tar *t, const uint8_t *header, struct tar_entry *out,
                             struct error *e)
{
    struct tar_state *s = t->state;
    if (!s->header.is_gnu) {
        return error_set(e, ERROR_FORMAT, "a sparse file without a GNU header");
    }
    tar_sparse_clear(&s->sparse);
    if (!tar_header_real_size(header, &out->size_bytes, e) ||
        !tar_sparse_read_old(&s->sparse, header, e) || !set_data(t, s->data_bytes, e) ||
        !tar_sparse_start(&s->sparse, out->size_bytes, s->data_bytes, e)) {
        return false;
    }
    s->is_sparse = true;
    return true;
}

/* The map of pax 0.0 is there already; that of 0.1 is text in a record. */
static bool read_map_0(struct tar_state *s, struct error *e)
{
    uint64_t blocks = UINT64_MAX;
    size_t pairs = s->pax.sparse_pairs;
    if (pairs == 0) {
        str map = s->pax.sparse_map;
        for (size_t i = 0; i < map.len; i++) {
            pairs += map.at[i] == ',';
        }
        pairs = (pairs + 1) / 2;
        tar_sparse_clear(&s->sparse);
        if (!tar_sparse_add_text(&s->sparse, map, e)) {
            return false;
        }
    }
    if (!pax_number(s->pax.sparse_blocks, "GNU.sparse.numblocks", &blocks, e)) {
        return false;
    }
    if (blocks != UINT64_MAX && blocks != pairs) {
        return error_set(e, ERROR_FORMAT, "sparse map: has %zu of %llu pairs", pairs,
                         (unsigned long long)blocks);
    }
    return true;
}

static bool start_pax_sparse(struct tar *t, enum tar_pax_sparse kind, struct tar_entry *out,
                             struct error *e)
{
    struct tar_state *s = t->state;
    const struct tar_pax *pax = &s->pax;
    if (!has_data(out->type)) {
        return error_set(e, ERROR_FORMAT, "a sparse map of what is no file");
    }
    out->path = choose_name(out->path, pax->sparse_name, STR_NONE, &out->name_too_long);
    str size = pax->sparse_size.len > 0 ? pax->sparse_size : pax->sparse_real_size;
    if (!pax_number(size, "GNU.sparse.size", &out->size_bytes, e)) {
        return false;
    }
    uint64_t map_bytes = 0;
    if (kind == TAR_PAX_SPARSE_1) {
        tar_sparse_clear(&s->sparse);
        if (!tar_sparse_read_ahead(&s->sparse, s->data_bytes, &map_bytes, e)) {
            return false;
        }
    } else if (!read_map_0(s, e)) {
        return false;
    }
    if (!tar_sparse_start(&s->sparse, out->size_bytes, s->data_bytes - map_bytes, e)) {
        return false;
    }
    s->is_sparse = true;
    return true;
}

/* An entry of its own. `header` is its block, valid until `from` moves. */
static bool finish_entry(struct tar *t, const uint8_t *header, struct tar_entry *out,
                         struct error *e)
{
    struct tar_state *s = t->state;
    out->mode = s->header.mode;
    out->mtime_s = s->header.mtime_s;
    out->size_bytes = 0;
    out->name_too_long = false;
    set_names(s, out);
    if (has_data(out->type) && (!header_size(&s->header, &out->size_bytes, e) ||
                                !pax_number(s->pax.size, "size", &out->size_bytes, e))) {
        return false;
    }
    if (s->extended) {
        pax_time(s->pax.mtime, &out->mtime_s);
    }
    if (!set_data(t, out->size_bytes, e)) {
        return false;
    }
    if (s->header.flag == 'S') {
        uint8_t block[TAR_BLOCK_BYTES];
        memcpy(block, header, sizeof(block));
        return start_old_sparse(t, block, out, e);
    }
    enum tar_pax_sparse kind = s->extended ? tar_pax_sparse(&s->pax) : TAR_PAX_NOT_SPARSE;
    return kind == TAR_PAX_NOT_SPARSE || start_pax_sparse(t, kind, out, e);
}

static enum step end_of_input(struct tar *t, struct error *e)
{
    struct tar_state *s = t->state;
    if (s->blocks == 0) {
        error_set(e, ERROR_FORMAT, "no tar archive: it is empty");
        return STEP_FAILED;
    }
    if (s->extended) {
        error_set(e, ERROR_FORMAT, "ends between an extended header and its entry");
        return STEP_FAILED;
    }
    t->ended_early = true;
    s->ended = true;
    return STEP_END;
}

/* One zero block is in the window: the second makes the end. Between entries it is refused, as
 * Go's reader does: GNU tar and bsdtar end here, others go on, and none of them can be right. */
static enum step end_blocks(struct tar *t, struct error *e)
{
    struct tar_state *s = t->state;
    s->blocks++;
    enum step got = reader_need(t->from, 2 * (size_t)TAR_BLOCK_BYTES, e);
    if (got == STEP_FAILED) {
        return STEP_FAILED;
    }
    if (got == STEP_END) {
        t->from->at += TAR_BLOCK_BYTES;
        t->ended_early = true;
        s->ended = true;
        return short_block(t, e);
    }
    if (!is_zeros(t->from->at + TAR_BLOCK_BYTES, TAR_BLOCK_BYTES)) {
        error_set(e, ERROR_FORMAT, "a single zero block inside, at byte %llu",
                  (unsigned long long)reader_offset(t->from));
        return STEP_FAILED;
    }
    t->from->at += 2 * (size_t)TAR_BLOCK_BYTES;
    s->ended = true;
    return STEP_END;
}

/* One header block: an entry (STEP_GOT), something about the next one (`*special`), or the end. */
static enum step next_header(struct tar *t, struct tar_entry *out, bool *special, struct error *e)
{
    struct tar_state *s = t->state;
    enum step got = next_block(t, e);
    if (got != STEP_GOT) {
        return got == STEP_END ? end_of_input(t, e) : STEP_FAILED;
    }
    const uint8_t *block = t->from->at;
    uint64_t offset = reader_offset(t->from);
    switch (tar_block_kind(block)) {
    case TAR_BLOCK_HEADER:
        break;
    case TAR_BLOCK_ZERO:
        return end_blocks(t, e);
    case TAR_BLOCK_BAD:
        error_set(e, ERROR_FORMAT, "no tar header at byte %llu", (unsigned long long)offset);
        return STEP_FAILED;
    }
    s->blocks++;
    if (!*special) {
        out->header_offset = offset;
    }
    bool ok = tar_header_parse(block, &s->header, e);
    uint8_t flag = s->header.flag;
    *special = flag == 'x' || flag == 'g' || flag == 'L' || flag == 'K';
    t->from->at += TAR_BLOCK_BYTES;
    uint64_t bytes = 0;
    if (ok && *special) {
        ok = header_size(&s->header, &bytes, e) && set_data(t, bytes, e) && read_special(t, e);
    } else if (ok) {
        ok = finish_entry(t, block, out, e);
    }
    if (!ok) {
        error_wrap(e, "tar header at byte %llu", (unsigned long long)offset);
        return STEP_FAILED;
    }
    return STEP_GOT;
}

enum step tar_next(struct tar *t, struct tar_entry *out, struct error *e)
{
    struct tar_state *s = t->state;
    if (s->ended) {
        return STEP_END;
    }
    if (s->extended) {
        drop_extended(s);
    }
    struct tar_entry entry;
    bool special = false;
    enum step got;
    do {
        got = next_header(t, &entry, &special, e);
    } while (got == STEP_GOT && special);
    if (got == STEP_GOT) {
        s->path = entry.path;
        t->entries++;
        *out = entry;
    } else {
        s->data_bytes = 0;
        s->is_sparse = s->body_made = false;
    }
    return got;
}

struct reader *tar_body(struct tar *t)
{
    struct tar_state *s = t->state;
    if (s->is_sparse) {
        return &s->sparse.base;
    }
    if (!s->body_made) {
        part_reader_init(&s->part, t->from, s->data_bytes);
        s->body_made = true;
    }
    return &s->part.base;
}

uint64_t tar_body_offset(const struct tar *t)
{
    return t->state->data_offset;
}

bool tar_body_is_sparse(const struct tar *t)
{
    return t->state->is_sparse;
}
