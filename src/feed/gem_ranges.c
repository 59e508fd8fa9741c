#include "feed/gem_ranges.h"

#include "base/num.h"
#include "version/scheme.h"

/* rpm's order of dotted numbers is near enough where limpid is built without gem's. */
static int version_compare(str a, str b)
{
    const struct scheme *scheme = scheme_find(STR("gem"));
    return (scheme != NULL ? scheme : scheme_find(STR("rpm")))->compare(a, b);
}

/* Cuts that have a version. */
static int cut_compare(const struct gem_cut *a, const struct gem_cut *b)
{
    int order = version_compare(a->version, b->version);
    return order != 0 ? order : (int)a->behind - (int)b->behind;
}

/* As the beginning of a range: the one without a version is before all. */
static bool from_before(const struct gem_cut *a, const struct gem_cut *b)
{
    if (a->version.len == 0 || b->version.len == 0) {
        return a->version.len == 0 && b->version.len > 0;
    }
    return cut_compare(a, b) < 0;
}

/* As the end of a range: the one without a version is behind all. */
static bool to_before(const struct gem_cut *a, const struct gem_cut *b)
{
    if (a->version.len == 0 || b->version.len == 0) {
        return b->version.len == 0 && a->version.len > 0;
    }
    return cut_compare(a, b) < 0;
}

/* -- requirements --------------------------------------------------------------------------- */

static bool is_version(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '.' || c == '-' || c == '_' || c == '+';
        if (!fine) {
            return false;
        }
    }
    return text.len > 0 && text.len <= 200;
}

static bool is_number(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

/* Gem::Version#bump: without what belongs to a prerelease and without the last number, the one
 * before it raised: "1.2.3" → "1.3", "1.2" → "2", "1" → "2". With ".a" behind, which is before
 * every prerelease of it: "~> 1.2.3" allows none of 1.3. */
static bool bump(str version, struct arena *arena, str *out, bool *fine, struct error *e)
{
    size_t end = 0, last = 0, before = 0, count = 0;
    while (end < version.len) {
        str rest = str_slice(version, end, version.len);
        size_t len = str_find_char(rest, '.');
        if (!is_number(str_slice(rest, 0, len))) {
            break;
        }
        before = last;
        last = end;
        count++;
        end += len + 1;
    }
    size_t from = count > 1 ? before : 0;
    str raised = str_slice(version, from, version.len);
    raised = str_slice(raised, 0, str_find_char(raised, '.'));
    uint64_t number;
    *fine = count > 0 && num_parse(raised, 10, UINT64_MAX - 1, &number);
    return !*fine ||
           arena_printf(arena, out, e, STR_FMT "%llu.a", STR_ARG(str_slice(version, 0, from)),
                        (unsigned long long)(number + 1));
}

static void narrow_from(struct gem_range *range, str version, bool behind)
{
    struct gem_cut cut = {.version = version, .behind = behind};
    if (from_before(&range->from, &cut)) {
        range->from = cut;
    }
}

static void narrow_to(struct gem_range *range, str version, bool behind)
{
    struct gem_cut cut = {.version = version, .behind = behind};
    if (to_before(&cut, &range->to)) {
        range->to = cut;
    }
}

static bool take_part(str part, struct gem_range *range, struct arena *arena, bool *fine,
                      struct error *e)
{
    size_t sign = 0;
    while (sign < part.len && str_find_char(STR("<>=!~"), part.at[sign]) < 5) {
        sign++;
    }
    str op = str_slice(part, 0, sign), version = str_trim(str_slice(part, sign, part.len));
    *fine = is_version(version);
    if (!*fine) {
        return true;
    }
    if (str_eq(op, STR(">="))) {
        narrow_from(range, version, false);
    } else if (str_eq(op, STR(">"))) {
        narrow_from(range, version, true);
    } else if (str_eq(op, STR("<"))) {
        narrow_to(range, version, false);
    } else if (str_eq(op, STR("<="))) {
        narrow_to(range, version, true);
    } else if (op.len == 0 || str_eq(op, STR("="))) {
        narrow_from(range, version, false);
        narrow_to(range, version, true);
    } else if (str_eq(op, STR("~>"))) {
        str end = STR_NONE;
        if (!bump(version, arena, &end, fine, e)) {
            return false;
        }
        narrow_from(range, version, false);
        narrow_to(range, end, false);
    } else {
        *fine = false;
    }
    return true;
}

static bool add(struct gem_ranges *to, const struct gem_range *range, struct arena *arena,
                struct error *e)
{
    if (to->count == GEM_RANGES_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d ranges of versions",
                         GEM_RANGES_MAX);
    }
    if (!arena_grow(arena, (void **)&to->at, to->count, &to->room, sizeof(*range), e)) {
        return false;
    }
    to->at[to->count++] = *range;
    return true;
}

bool gem_range_add(str requirement, struct arena *arena, struct gem_ranges *to, bool *fine,
                   struct error *e)
{
    struct gem_range range = {.from = {.version = STR_NONE}};
    str part;
    bool more = true;
    *fine = true;
    while (more && *fine) {
        more = str_cut(&requirement, ',', &part);
        if (!take_part(str_trim(more ? part : requirement), &range, arena, fine, e)) {
            return false;
        }
    }
    bool empty = range.from.version.len > 0 && range.to.version.len > 0 &&
                 cut_compare(&range.from, &range.to) >= 0;
    return !*fine || empty || add(to, &range, arena, e);
}

/* -- the others ----------------------------------------------------------------------------- */

/* By insertion: lists have a handful of items, GEM_RANGES_MAX at most. */
static void sort(struct gem_ranges *ranges)
{
    for (size_t i = 1; i < ranges->count; i++) {
        struct gem_range moved = ranges->at[i];
        size_t k = i;
        for (; k > 0 && from_before(&moved.from, &ranges->at[k - 1].from); k--) {
            ranges->at[k] = ranges->at[k - 1];
        }
        ranges->at[k] = moved;
    }
}

/* From "4.0.12.a" to "4.0.12": what "~> 4.0.11.1" and ">= 4.0.12" leave between them are
 * prereleases that nobody means. */
static bool is_nothing(const struct gem_range *gap)
{
    str from = gap->from.version, to = gap->to.version;
    return to.len > 0 && from.len == to.len + 2 && str_starts(from, to) &&
           str_ends(from, STR(".a"));
}

bool gem_ranges_invert(struct gem_ranges *ranges, struct arena *arena, struct gem_ranges *out,
                       struct error *e)
{
    sort(ranges);
    struct gem_cut open = {.version = STR_NONE}; /* where what is not covered begins */
    for (size_t i = 0; i < ranges->count; i++) {
        const struct gem_range *r = &ranges->at[i];
        if (from_before(&open, &r->from)) {
            struct gem_range gap = {.from = open, .to = r->from};
            if (!is_nothing(&gap) && !add(out, &gap, arena, e)) {
                return false;
            }
        }
        if (r->to.version.len == 0) {
            return true; /* covers all that follows */
        }
        if (from_before(&open, &r->to)) {
            open = r->to;
        }
    }
    struct gem_range rest = {.from = open};
    return add(out, &rest, arena, e);
}
