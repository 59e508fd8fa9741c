#include <stdlib.h>

#include "base/sort.h"
#include "store/generation.h"
#include "store/key.h"

/* What is asked by a vulnerability's id. */

enum { ASKED_BYTES_MAX = 64 * 1024 * 1024 };

static bool id_fold(struct advisories *a, str id, struct error *e)
{
    a->folded.len = 0;
    return key_add_folded(&a->folded, id, e);
}

/* -- what is known of a vulnerability --------------------------------------------------------- */

static const str nvd = STR_INIT("nvd");

static void exploitation_join(struct exploitation *to, const struct exploitation *more)
{
    if (more->epss > to->epss || to->epss_percentile == 0) {
        to->epss = more->epss;
        to->epss_percentile = more->epss_percentile;
    }
    if (to->kev_added_s == 0) {
        to->kev_added_s = more->kev_added_s;
        to->kev_due_s = more->kev_due_s;
    }
    to->kev_ransomware = to->kev_ransomware || more->kev_ransomware;
}

/* The first that says something stands. */
static bool advisory_join(struct advisories *a, size_t i, const struct advisory *said,
                          struct arena *arena, struct vulnerability *out, struct error *e)
{
    if (out->severity == SEVERITY_UNKNOWN && said->severity != SEVERITY_UNKNOWN) {
        out->severity = said->severity;
        out->severity_source = said->severity_source;
    }
    if (out->cvss.len == 0 && said->cvss.len > 0) {
        out->cvss = said->cvss;
        if (!arena_str(arena, a->current.feeds[i].state.feed, &out->cvss_source, e)) {
            return false;
        }
    }
    out->url = out->url.len > 0 ? out->url : said->url;
    out->description = out->description.len > 0 ? out->description : said->description;
    out->published_s = out->published_s != 0 ? out->published_s : said->published_s;
    /* a probability of today's changes nothing of what is known */
    bool tells = said->description.len > 0 || said->cvss.len > 0;
    if (tells && said->modified_s > out->modified_s) {
        out->modified_s = said->modified_s;
    }
    out->rejected = out->rejected || said->withdrawn_s != 0;
    exploitation_join(&out->exploitation, &said->exploitation);
    return true;
}

/* What is taken of a feed: of those without rows all; of any the text and the URL, or the text. */
enum join_what { JOIN_ALL, JOIN_TEXT_AND_URL, JOIN_TEXT_ALONE };

/* Leaves in `said` what is taken, or nothing; *some tells which. */
static bool head_take(struct feedfile *f, uint32_t number, enum join_what what, bool has_text,
                      struct arena *arena, struct advisory *said, bool *some, struct error *e)
{
    const struct raw_head *raw;
    struct arena_mark mark = arena_mark(arena);
    if (!feedfile_head(f, number, arena, said, &raw, e)) {
        return false;
    }
    bool text = head_is_described(raw) && !has_text;
    *some = what == JOIN_ALL ? !head_has_rows(raw)
                             : text || (what == JOIN_TEXT_AND_URL && said->url.len > 0);
    if (!*some || what == JOIN_TEXT_ALONE) {
        arena_rewind(arena, mark);
        *said = (struct advisory){.severity = SEVERITY_UNKNOWN};
    } else if (what == JOIN_TEXT_AND_URL) {
        *said = (struct advisory){.url = said->url};
    }
    return !*some || !text || feedfile_description(f, number, arena, &said->description, e);
}

/* One feed's word on the vulnerability with this id. */
static bool feed_join(struct advisories *a, size_t i, str folded, enum join_what what,
                      struct arena *arena, struct vulnerability *out, bool *found, struct error *e)
{
    struct feedfile *f;
    a->numbers.len = 0;
    if (!generation_file(a, i, &f, e) || !feedfile_numbers(f, folded, false, &a->numbers, e)) {
        return false;
    }
    const uint32_t *numbers = (const uint32_t *)(const void *)a->numbers.at;
    for (size_t n = 0; n < a->numbers.len / sizeof(uint32_t); n++) {
        struct advisory said;
        bool some = false;
        if (!head_take(f, numbers[n], what, out->description.len > 0, arena, &said, &some, e) ||
            (some && !advisory_join(a, i, &said, arena, out, e))) {
            return false;
        }
        *found = *found || some;
    }
    return true;
}

/* First NVD, then the others that speak of vulnerabilities as such, then the text of any. */
enum { JOIN_NVD, JOIN_OTHERS, JOIN_TEXT, JOINS };

static bool joins(const struct advisories *a, size_t i, int pass)
{
    const struct current_feed *feed = &a->current.feeds[i];
    if (pass == JOIN_TEXT) {
        return feed->file.len > 0;
    }
    return a->speaks[i] && str_eq(feed->state.feed, nvd) == (pass == JOIN_NVD);
}

bool advisories_vulnerability(struct advisories *a, str id, struct arena *arena,
                              struct vulnerability *out, bool *found, struct error *e)
{
    struct vulnerability said = {.severity = SEVERITY_UNKNOWN};
    struct arena_mark mark = arena_mark(arena);
    *found = false;
    if (!id_fold(a, id, e) || !arena_str(arena, id, &said.id, e)) {
        return false;
    }
    for (int pass = JOIN_NVD; pass < JOINS; pass++) {
        for (size_t i = 0; i < a->current.count; i++) {
            if (pass == JOIN_TEXT && said.description.len > 0) {
                break;
            }
            enum join_what what = pass == JOIN_TEXT ? JOIN_TEXT_AND_URL : JOIN_ALL;
            if (joins(a, i, pass) &&
                !feed_join(a, i, buf_str(&a->folded), what, arena, &said, found, e)) {
                return generation_wrap(a, i, e);
            }
        }
    }
    if (!*found) {
        arena_rewind(arena, mark);
        said.id = id;
    }
    *out = said;
    return true;
}

/* -- of many at once -------------------------------------------------------------------------- */

struct question {
    str folded;
    struct vulnerability *answer;
};

static int by_folded(const void *left, const void *right)
{
    const struct question *a = left, *b = right;
    return str_cmp(a->folded, b->folded);
}

/* In the order of the ids, which is the files' own: each block is walked once. */
static bool feed_join_all(struct advisories *a, size_t i, int pass, const struct question *asked,
                          size_t count, struct arena *arena, struct error *e)
{
    struct feedfile *f;
    bool found = false, any = true;
    if (pass == JOIN_TEXT && (!generation_file(a, i, &f, e) || !feedfile_describes(f, &any, e))) {
        return false;
    }
    for (size_t n = 0; any && n < count; n++) {
        struct vulnerability *v = asked[n].answer;
        if ((pass != JOIN_TEXT || v->description.len == 0) &&
            !feed_join(a, i, asked[n].folded, pass == JOIN_TEXT ? JOIN_TEXT_ALONE : JOIN_ALL, arena,
                       v, &found, e)) {
            return error_wrap(e, "vulnerability '" STR_FMT "'", STR_ARG(v->id));
        }
    }
    return true;
}

bool advisories_vulnerabilities(struct advisories *a, const str *ids, size_t count,
                                struct arena *arena, struct vulnerability *out, struct error *e)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, ASKED_BYTES_MAX, "the vulnerabilities that are asked for");
    struct question *asked = ARENA_ARRAY(&scratch, count, struct question, e);
    if (asked == NULL) {
        return false;
    }
    for (size_t n = 0; n < count; n++) {
        out[n] = (struct vulnerability){.id = ids[n], .severity = SEVERITY_UNKNOWN};
        asked[n].answer = &out[n];
        if (!id_fold(a, ids[n], e) ||
            !arena_str(&scratch, buf_str(&a->folded), &asked[n].folded, e)) {
            return false;
        }
    }
    sort_items(asked, count, sizeof(*asked), by_folded);
    for (int pass = JOIN_NVD; pass < JOINS; pass++) {
        for (size_t i = 0; i < a->current.count; i++) {
            if (joins(a, i, pass) && !feed_join_all(a, i, pass, asked, count, arena, e)) {
                return generation_wrap(a, i, e);
            }
        }
    }
    return true;
}

/* -- all that there is under an id ------------------------------------------------------------- */

struct known_sink {
    struct row_sink base;
    struct feedfile *file;
    struct arena *arena;
    str package;
    uint32_t advisory;
    struct affected *rows;
    size_t count, room;
};

static int number_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool group_put(struct row_sink *self, const struct row_group *group,
                      const uint32_t *advisories, size_t count, struct error *e)
{
    struct known_sink *sink = CONTAINER_OF(self, struct known_sink, base);
    if (bsearch(&sink->advisory, advisories, count, sizeof(*advisories), number_order) == NULL) {
        return true;
    }
    void *items = sink->rows;
    if (!arena_grow(sink->arena, &items, sink->count, &sink->room, sizeof(*sink->rows), e)) {
        return false;
    }
    sink->rows = items;
    struct affected *row = &sink->rows[sink->count++];
    bool done = feedfile_affected(sink->file, group, sink->arena, row, e);
    row->package = sink->package;
    return done && arena_str(sink->arena, row->fixed, &row->fixed, e) &&
           arena_str(sink->arena, row->introduced, &row->introduced, e) &&
           arena_str(sink->arena, row->last_affected, &row->last_affected, e);
}

/* The rows of all packages that the advisory has rows of. */
static bool rows_known(struct feedfile *f, str packages, struct known_sink *sink, struct error *e)
{
    uint64_t package = 0, more = 0;
    CLEANUP(buf_done) struct buf name;
    CLEANUP(arena_done) struct arena scratch;
    buf_init(&name, SHELF_KEY_BYTES_MAX);
    arena_init(&scratch, 64 * 1024 * 1024, "the rows of a package");
    if (packages.len > 0 && !feedfile_load_rows(f, e)) {
        return false;
    }
    while (packages.len > 0) {
        arena_done(&scratch);
        if (!shelf_number(&packages, (uint64_t)1 << 32, &more, e)) {
            return false;
        }
        package += more; /* fewer than 2^32 of less than 2^32 */
        if (!rows_package_name(&f->names, &name, package, e) ||
            !arena_str(sink->arena, buf_str(&name), &sink->package, e) ||
            !rows_read(&f->rows, package, &scratch, &sink->base, e)) {
            return false;
        }
    }
    return true;
}

static bool advisory_known(struct feedfile *f, uint32_t number, struct arena *arena,
                           struct advisory *out, struct error *e)
{
    const struct raw_head *raw;
    struct known_sink sink = {.base = {.put = group_put, .place = (uint32_t)ROW_PLACE_ANY},
                              .file = f,
                              .arena = arena,
                              .advisory = number};
    if (!feedfile_head(f, number, arena, out, &raw, e) ||
        (head_is_described(raw) && !feedfile_description(f, number, arena, &out->description, e)) ||
        !rows_known(f, raw->packages, &sink, e)) {
        return false;
    }
    out->affected = sink.rows;
    out->affected_count = sink.count;
    return true;
}

struct known {
    struct known_advisory *items;
    size_t count, room;
};

static bool feed_known(struct advisories *a, size_t i, str feed, struct known *known,
                       struct arena *arena, struct error *e)
{
    struct feedfile *f;
    a->numbers.len = 0;
    if (!generation_file(a, i, &f, e) ||
        !feedfile_numbers(f, buf_str(&a->folded), true, &a->numbers, e)) {
        return false;
    }
    uint32_t *numbers = (uint32_t *)(void *)a->numbers.at;
    size_t count = a->numbers.len / sizeof(uint32_t);
    if (count > 1) {
        qsort(numbers, count, sizeof(uint32_t), number_order);
    }
    for (size_t n = 0; n < count; n++) {
        if (n > 0 && numbers[n] == numbers[n - 1]) {
            continue;
        }
        void *items = known->items;
        if (!arena_grow(arena, &items, known->count, &known->room, sizeof(*known->items), e)) {
            return false;
        }
        known->items = items;
        known->items[known->count].feed = feed;
        if (!advisory_known(f, numbers[n], arena, &known->items[known->count].advisory, e)) {
            return false;
        }
        known->count++;
    }
    return true;
}

bool advisories_by_id(struct advisories *a, str id, struct arena *arena,
                      const struct known_advisory **out, size_t *count, struct error *e)
{
    struct known known = {0};
    if (!id_fold(a, id, e)) {
        return false;
    }
    for (size_t i = 0; i < a->current.count; i++) {
        str feed;
        if (a->current.feeds[i].file.len == 0) {
            continue;
        }
        if (!arena_str(arena, a->current.feeds[i].state.feed, &feed, e) ||
            !feed_known(a, i, feed, &known, arena, e)) {
            return generation_wrap(a, i, e);
        }
    }
    *out = known.items;
    *count = known.count;
    return true;
}
