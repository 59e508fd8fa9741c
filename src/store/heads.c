#include "store/heads.h"

#include "store/ids.h"
#include "store/key.h"
#include "store/varint.h"

/* The shape: which members follow, in this order. */
enum {
    HAS_CASES = 1 << 0,
    HAS_RATING = 1 << 1,
    HAS_PUBLISHED = 1 << 2,
    HAS_MODIFIED = 1 << 3,
    HAS_WITHDRAWN = 1 << 4,
    HAS_IDS = 1 << 5,
    HAS_URL = 1 << 6,
    HAS_EPSS = 1 << 7,
    HAS_KEV = 1 << 8,
    IS_RANSOMWARE = 1 << 9,
    HAS_PACKAGES = 1 << 10,
    IS_DESCRIBED = 1 << 11,
    MODIFIED_AGAIN = 1 << 12, /* at the same time as the one before in this block */
    SHAPES = 1 << 13,
};

enum { DAY_S = 24 * 60 * 60 };

/* -- writing --------------------------------------------------------------------------------- */

bool heads_writer_init(struct heads_writer *w, struct db *db, struct words *words, struct error *e)
{
    *w = (struct heads_writer){.words = words};
    buf_init(&w->folded, SHELF_KEY_BYTES_MAX);
    buf_init(&w->entry, SIZE_MAX / 2);
    return shelf_writer_init(&w->shelf, db, "advisory", HEADS_BLOCK_BYTES, e);
}

void heads_writer_done(struct heads_writer *w)
{
    shelf_writer_done(&w->shelf);
    buf_done(&w->folded);
    buf_done(&w->entry);
}

/* The day near `*day`, which becomes it, and the time of day where that is not midnight. */
static bool date_add(struct buf *to, int64_t seconds, int64_t *day, struct error *e)
{
    int64_t now = seconds / DAY_S, rest = seconds % DAY_S;
    bool done = varint_add(to, zigzag(now - *day) << 1 | (rest != 0), e) &&
                (rest == 0 || varint_add(to, (uint64_t)rest, e));
    *day = now;
    return done;
}

static bool text_add(struct buf *to, str text, struct error *e)
{
    return varint_add(to, text.len, e) && buf_add_str(to, text, e);
}

static bool rating_add(struct heads_writer *w, const struct advisory *a, struct error *e)
{
    struct word_ref source, cvss;
    return varint_add(&w->entry, a->severity, e) &&
           words_ref(w->words, a->severity_source, &source, e) && word_add(&w->entry, source, e) &&
           words_ref(w->words, a->cvss, &cvss, e) && word_add(&w->entry, cvss, e);
}

/* The first part of a URL is one for many; the last is often the id: then a 0 is enough. */
static bool url_add(struct heads_writer *w, const struct advisory *a, struct error *e)
{
    size_t end = a->url.len;
    while (end > 0 && a->url.at[end - 1] != '/' && a->url.at[end - 1] != '=') {
        end--;
    }
    struct word_ref first;
    str rest = str_slice(a->url, end, a->url.len);
    if (!words_ref(w->words, str_slice(a->url, 0, end), &first, e) ||
        !word_add(&w->entry, first, e)) {
        return false;
    }
    if (str_eq(rest, a->id)) {
        return varint_add(&w->entry, 0, e);
    }
    return varint_add(&w->entry, rest.len + 1, e) && buf_add_str(&w->entry, rest, e);
}

static bool exploitation_add(struct heads_writer *w, const struct exploitation *x, unsigned shape,
                             struct error *e)
{
    int64_t day = 0;
    return ((shape & HAS_EPSS) == 0 ||
            (varint_add(&w->entry, x->epss, e) && varint_add(&w->entry, x->epss_percentile, e))) &&
           ((shape & HAS_KEV) == 0 || (date_add(&w->entry, x->kev_added_s, &day, e) &&
                                       date_add(&w->entry, x->kev_due_s, &day, e)));
}

/* `before_s`: when the head before in the block was changed, or 0. */
static unsigned shape_of(const struct head_said *said, str cases, int64_t before_s)
{
    const struct advisory *a = said->advisory;
    const struct exploitation *x = &a->exploitation;
    bool rating = a->severity != SEVERITY_UNKNOWN || a->severity_source.len + a->cvss.len > 0;
    unsigned modified = a->modified_s == 0          ? 0u
                        : a->modified_s == before_s ? MODIFIED_AGAIN
                                                    : HAS_MODIFIED;
    return (cases.len > 0 ? HAS_CASES : 0u) | (rating ? HAS_RATING : 0u) |
           (a->published_s != 0 ? HAS_PUBLISHED : 0u) | modified |
           (a->withdrawn_s != 0 ? HAS_WITHDRAWN : 0u) | (said->ids.len > 0 ? HAS_IDS : 0u) |
           (a->url.len > 0 ? HAS_URL : 0u) |
           (x->epss != 0 || x->epss_percentile != 0 ? HAS_EPSS : 0u) |
           (x->kev_added_s != 0 || x->kev_due_s != 0 ? HAS_KEV : 0u) |
           (x->kev_ransomware ? IS_RANSOMWARE : 0u) | (said->packages.len > 0 ? HAS_PACKAGES : 0u) |
           (a->description.len > 0 ? IS_DESCRIBED : 0u);
}

/* All that follows the shape. */
static bool members_add(struct heads_writer *w, const struct head_said *said, str cases,
                        unsigned shape, struct error *e)
{
    const struct advisory *a = said->advisory;
    struct buf *to = &w->entry;
    int64_t day = w->day;
    to->len = 0;
    bool done = ((shape & HAS_CASES) == 0 || text_add(to, cases, e)) &&
                ((shape & HAS_RATING) == 0 || rating_add(w, a, e)) &&
                ((shape & HAS_PUBLISHED) == 0 || date_add(to, a->published_s, &day, e));
    int64_t published = day;
    done = done && ((shape & HAS_MODIFIED) == 0 || date_add(to, a->modified_s, &day, e)) &&
           ((shape & HAS_WITHDRAWN) == 0 || date_add(to, a->withdrawn_s, &day, e)) &&
           ((shape & HAS_IDS) == 0 || text_add(to, said->ids, e)) &&
           ((shape & HAS_URL) == 0 || url_add(w, a, e)) &&
           exploitation_add(w, &a->exploitation, shape, e) &&
           ((shape & HAS_PACKAGES) == 0 || text_add(to, said->packages, e));
    w->day = published;
    return done;
}

bool heads_add(struct heads_writer *w, const struct head_said *said, struct error *e)
{
    w->folded.len = 0;
    if (!key_add_folded(&w->folded, said->advisory->id, e)) {
        return false;
    }
    size_t len = w->folded.len;
    if (!key_add_case(&w->folded, said->advisory->id, e)) {
        return false;
    }
    str key = str_slice(buf_str(&w->folded), 0, len);
    str cases = str_slice(buf_str(&w->folded), len, w->folded.len);
    unsigned shape = shape_of(said, cases, w->modified_s);
    bool anew = false;
    if (!members_add(w, said, cases, shape, e) ||
        !shelf_begin(&w->shelf, said->number, key, w->entry.len + key.len + 4, &anew, e)) {
        return false;
    }
    if (anew) {
        /* dates are told from what no longer lies in the same block */
        w->shape = SHAPES;
        w->day = 0;
        shape = shape_of(said, cases, 0);
        if (!members_add(w, said, cases, shape, e)) {
            return false;
        }
    }
    bool same = shape == w->shape;
    w->shape = shape;
    w->modified_s = said->advisory->modified_s;
    return shelf_key(&w->shelf, key, same, e) && (same || varint_add(&w->shelf.block, shape, e)) &&
           buf_add_str(&w->shelf.block, buf_str(&w->entry), e);
}

bool heads_end(struct heads_writer *w, struct db *db, struct error *e)
{
    return shelf_end(&w->shelf, db, e);
}

/* -- reading --------------------------------------------------------------------------------- */

bool head_has_rows(const struct raw_head *h)
{
    return (h->shape & HAS_PACKAGES) != 0;
}

bool head_is_described(const struct raw_head *h)
{
    return (h->shape & IS_DESCRIBED) != 0;
}

void heads_walk_init(struct heads_walk *w, str block, struct buf *key)
{
    *w = (struct heads_walk){.walk = {.rest = block, .key = key}, .shape = SHAPES};
    key->len = 0;
}

static bool date_take(str *rest, int64_t *out, int64_t *day, struct error *e)
{
    uint64_t said = 0, seconds = 0;
    if (!shelf_number(rest, (uint64_t)1 << 50, &said, e) ||
        ((said & 1) != 0 && !shelf_number(rest, DAY_S, &seconds, e))) {
        return false;
    }
    *day += unzigzag(said >> 1); /* a block has fewer than 2^10 of less than 2^50 */
    if (*day < 0 || *day > INT64_MAX / DAY_S - 1) {
        return error_set(e, ERROR_FORMAT, "no such day");
    }
    *out = *day * DAY_S + (int64_t)seconds;
    return true;
}

static bool url_take(str *rest, struct raw_head *h, struct error *e)
{
    uint64_t len = 0;
    if (!word_take(rest, &h->url, e) || !shelf_number(rest, rest->len + 2, &len, e)) {
        return false;
    }
    h->url_rest = STR_NONE; /* the id */
    if (len > 0) {
        if (len - 1 > rest->len) {
            return error_set(e, ERROR_FORMAT, "a block ends in a URL");
        }
        h->url_rest = (str){.at = rest->at, .len = (size_t)len - 1}; /* ≤ its length */
        *rest = str_slice(*rest, (size_t)len - 1, rest->len);
        h->url_rest.at = h->url_rest.at == NULL ? "" : h->url_rest.at;
    }
    return true;
}

static bool exploitation_take(str *rest, struct raw_head *h, struct error *e)
{
    struct exploitation *x = &h->exploitation;
    uint64_t epss = 0, percentile = 0;
    int64_t day = 0;
    if ((h->shape & HAS_EPSS) != 0 && (!shelf_number(rest, EPSS_WHOLE + 1, &epss, e) ||
                                       !shelf_number(rest, EPSS_WHOLE + 1, &percentile, e))) {
        return false;
    }
    x->epss = (uint32_t)epss; /* the two are ≤ EPSS_WHOLE */
    x->epss_percentile = (uint32_t)percentile;
    x->kev_ransomware = (h->shape & IS_RANSOMWARE) != 0;
    return (h->shape & HAS_KEV) == 0 ||
           (date_take(rest, &x->kev_added_s, &day, e) && date_take(rest, &x->kev_due_s, &day, e));
}

static bool rating_take(str *rest, struct raw_head *h, struct error *e)
{
    return shelf_number32(rest, &h->severity, e) &&
           (h->severity < SEVERITY_COUNT || error_set(e, ERROR_FORMAT, "no such severity")) &&
           word_take(rest, &h->source, e) && word_take(rest, &h->cvss, e);
}

enum step heads_walk_next(struct heads_walk *w, struct error *e)
{
    enum step got = shelf_walk_next(&w->walk, e);
    struct raw_head *h = &w->head;
    str *rest = &w->walk.rest;
    uint64_t shape = w->shape;
    if (got != STEP_GOT) {
        return got;
    }
    if ((!w->walk.flag || shape == SHAPES) && !shelf_number(rest, SHAPES, &shape, e)) {
        return STEP_FAILED;
    }
    *h = (struct raw_head){.shape = (unsigned)shape}; /* below SHAPES */
    w->shape = h->shape;
    if (((shape & HAS_CASES) != 0 && !shelf_text(rest, &h->cases, e)) ||
        ((shape & HAS_RATING) != 0 && !rating_take(rest, h, e)) ||
        ((shape & HAS_PUBLISHED) != 0 && !date_take(rest, &h->published_s, &w->day, e))) {
        return STEP_FAILED;
    }
    int64_t day = w->day;
    h->modified_s = (shape & MODIFIED_AGAIN) != 0 ? w->modified_s : 0;
    bool done = ((shape & HAS_MODIFIED) == 0 || date_take(rest, &h->modified_s, &day, e)) &&
                ((shape & HAS_WITHDRAWN) == 0 || date_take(rest, &h->withdrawn_s, &day, e)) &&
                ((shape & HAS_IDS) == 0 || shelf_text(rest, &h->ids, e)) &&
                ((shape & HAS_URL) == 0 || url_take(rest, h, e)) && exploitation_take(rest, h, e) &&
                ((shape & HAS_PACKAGES) == 0 || shelf_text(rest, &h->packages, e));
    w->modified_s = h->modified_s;
    return done ? STEP_GOT : STEP_FAILED;
}

static bool url_unpack(const struct raw_head *h, str id, str first, struct arena *arena, str *out,
                       struct error *e)
{
    str rest = h->url_rest.at == NULL ? id : h->url_rest;
    char *at = arena_alloc(arena, first.len + rest.len + 1, 1, 1, e);
    if (at == NULL) {
        return false;
    }
    struct buf url = {.at = at, .room = first.len + rest.len + 1, .bytes_max = SIZE_MAX / 2};
    bool done = buf_add_str(&url, first, e) && buf_add_str(&url, rest, e);
    *out = buf_str(&url);
    return done;
}

bool head_unpack(const struct heads_walk *w, struct words_reader *words, struct db *db,
                 struct arena *arena, struct advisory *out, struct error *e)
{
    const struct raw_head *h = &w->head;
    *out = (struct advisory){.severity = (enum severity)h->severity, /* checked */
                             .exploitation = h->exploitation,
                             .published_s = h->published_s,
                             .modified_s = h->modified_s,
                             .withdrawn_s = h->withdrawn_s};
    str first = STR_NONE;
    if (!key_unfold(buf_str(w->walk.key), h->cases, arena, &out->id, e) ||
        !words_text(words, db, h->source, arena, &out->severity_source, e) ||
        !words_text(words, db, h->cvss, arena, &out->cvss, e) ||
        !ids_unpack(h->ids, arena, &out->ids, &out->ids_count, e)) {
        return false;
    }
    if ((h->shape & HAS_URL) == 0) {
        return true;
    }
    return words_text(words, db, h->url, arena, &first, e) &&
           url_unpack(h, out->id, first, arena, &out->url, e);
}
