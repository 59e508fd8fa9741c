/* gem: Gem::Version (RubyGems, rubygems/version.rb): segments are runs of digits or of letters; all
 * else separates, and '-' stands for ".pre.". Letters are older than numbers, a missing segment is
 * 0. Zeros at the end of the numbers, before the first letters, do not count: 1.0.a is 1.a.
 *
 * A platform behind a dash ("1.15.0-x86_64-linux", "9.4-java") is no part of the version. RubyGems
 * has it in the gem's name; names of files and lock files have it here.
 *
 * What Gem::Version refuses is read the same way; the empty text is 0. The order is total. */
#include "version/digits.h"
#include "version/scheme.h"

static const str platforms[] = {
    STR_INIT("java"),    STR_INIT("jruby"),  STR_INIT("ruby"),       STR_INIT("dalvik"),
    STR_INIT("x86_64-"), STR_INIT("x86-"),   STR_INIT("x64-"),       STR_INIT("i386-"),
    STR_INIT("i686-"),   STR_INIT("arm64-"), STR_INIT("aarch64-"),   STR_INIT("arm-"),
    STR_INIT("armv"),    STR_INIT("mswin"),  STR_INIT("universal-"), STR_INIT("powerpc"),
    STR_INIT("ppc64"),   STR_INIT("s390x-"), STR_INIT("riscv64-"),
};

struct segments {
    str rest;
    bool in_words; /* the first letters have been */
    bool has_pre;  /* a dash was passed: "pre" is due */
    size_t zeros;  /* of a run that counts, still to be given out */
};

static str without_platform(str version)
{
    str rest = str_trim(version), whole = rest, head;
    while (str_cut(&rest, '-', &head)) {
        for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
            bool whole_word = i < 4;
            if (whole_word ? str_eq(rest, platforms[i]) : str_starts(rest, platforms[i])) {
                return str_slice(whole, 0, whole.len - rest.len - 1);
            }
        }
    }
    return whole;
}

/* The next segment, zeros and all; false behind the last. */
static bool segment_take(struct segments *s, str *segment)
{
    while (!s->has_pre && s->rest.len > 0 && !is_alnum(s->rest.at[0])) {
        s->has_pre = s->rest.at[0] == '-';
        s->rest = str_skip(s->rest, 1);
    }
    if (s->has_pre) {
        s->has_pre = false;
        *segment = STR("pre");
        return true;
    }
    *segment = digits_take(&s->rest);
    if (segment->len > 0) {
        return true;
    }
    size_t len = 0;
    while (len < s->rest.len && is_alpha(s->rest.at[len])) {
        len++;
    }
    *segment = str_slice(s->rest, 0, len);
    s->rest = str_skip(s->rest, len);
    return len > 0;
}

static bool is_zero(str segment)
{
    return is_digit(segment.at[0]) && digits_compare(segment, STR_NONE) == 0;
}

/* The next segment that counts. Behind the last, an endless row of zeros (false). */
static bool segment_next(struct segments *s, str *segment)
{
    if (s->zeros > 0) {
        s->zeros--;
        *segment = STR("0");
        return true;
    }
    struct segments before = *s;
    size_t zeros = 0;
    bool more = segment_take(s, segment);
    while (more && !s->in_words && is_zero(*segment)) {
        zeros++;
        before = *s;
        more = segment_take(s, segment);
    }
    if (more && zeros > 0 && is_digit(segment->at[0])) {
        *s = before;
        s->zeros = zeros - 1;
        *segment = STR("0");
        return true;
    }
    s->in_words = s->in_words || (more && !is_digit(segment->at[0]));
    if (!more) {
        *segment = STR("0");
    }
    return more;
}

static int gem_compare(str a, str b)
{
    struct segments sa = {.rest = without_platform(a)}, sb = {.rest = without_platform(b)};
    for (;;) {
        str pa, pb;
        bool more_a = segment_next(&sa, &pa), more_b = segment_next(&sb, &pb);
        if (!more_a && !more_b) {
            return 0;
        }
        bool na = is_digit(pa.at[0]), nb = is_digit(pb.at[0]);
        if (na != nb) {
            return na ? 1 : -1;
        }
        int order = na ? digits_compare(pa, pb) : str_cmp(pa, pb);
        if (order != 0) {
            return order;
        }
    }
}

/* NUMBER(.ALNUM)*[-ALNUM(.ALNUM)*], with dashes allowed in the second part; or nothing. */
static bool gem_valid(str version)
{
    str rest = str_trim(version);
    bool dash = false, in_part = false;
    if (rest.len > 0 && digits_take(&rest).len == 0) {
        return false;
    }
    in_part = true;
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.at[i];
        bool first = !in_part, part = is_alnum(c) || (dash && c == '-');
        if (i == 0 && part) {
            return false; /* letters right behind the first number */
        }
        if (!part && (first || (c != '.' && c != '-'))) {
            return false;
        }
        in_part = part;
        dash = dash || c == '-';
    }
    return in_part;
}

const struct scheme scheme_gem = {
    .name = "gem",
    .summary = "RubyGems: Gem::Version",
    .compare = gem_compare,
    .valid = gem_valid,
};
