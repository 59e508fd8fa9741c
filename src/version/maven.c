/* maven: ComparableVersion as in Maven 3.6 and 3.8.1 (cwiki, "Versioning"), with MNG-6964: a list
 * is compared with the end by its first item that matters. Letter case does not count (ASCII). A
 * version is a tree of lists; as nothing stands behind an inner list in the outer one, it is a flat
 * row of tokens:
 *
 *     number, word, and OPEN, the start of a list in the list
 *
 * '.' separates; '-' and each change between digits and letters open a list. Nothing between two
 * signs is 0. Zeros and "final", "ga", "release" are left out at the end of a list and before OPEN.
 *
 * Two rows are compared up to the first difference: word < OPEN < number; the end is older than a
 * rest whose first token that matters is a number, "sp" or an unknown word, and newer than one that
 * begins with alpha … snapshot. That is Maven's, and has cycles: 1-alpha < 1 < 1.sp.1 < 1-alpha.
 *
 * Maven changed the order of words behind a dot in 3.8.7, and again in 4 (1.0.rc1 is 1.0-rc1 there,
 * and newer than it here). Published series of versions are in the order here; see
 * docs/versions.md. */
#include "version/digits.h"
#include "version/scheme.h"

enum kind { KIND_WORD, KIND_OPEN, KIND_NUMBER, KIND_END };

struct token {
    enum kind kind;
    str text;
    bool before_digit; /* a word: a, b and m are short for alpha, beta and milestone */
};

struct row {
    str rest;
    bool open;    /* an OPEN is due */
    size_t nulls; /* tokens of no worth that are known to count */
    int worth;    /* of the rest, for `worth_tokens` more tokens */
    size_t worth_tokens;
};

/* What stands behind an item: a dot is passed, a dash or another kind opens a list. */
static void item_end(struct row *r)
{
    if (r->rest.len == 0) {
        return;
    }
    r->open = r->rest.at[0] != '.';
    if (r->rest.at[0] == '.' || r->rest.at[0] == '-') {
        r->rest = str_skip(r->rest, 1);
    }
}

/* The next token as written. */
static struct token lex(struct row *r)
{
    if (r->open) {
        r->open = false;
        return (struct token){.kind = KIND_OPEN};
    }
    if (r->rest.len == 0) {
        return (struct token){.kind = KIND_END};
    }
    struct token t = {.kind = KIND_NUMBER, .text = digits_take(&r->rest)};
    if (t.text.len == 0) {
        size_t len = 0;
        while (len < r->rest.len && !is_digit(r->rest.at[len]) && r->rest.at[len] != '.' &&
               r->rest.at[len] != '-') {
            len++;
        }
        t.kind = len > 0 ? KIND_WORD : KIND_NUMBER; /* nothing is 0 */
        t.text = str_slice(r->rest, 0, len);
        r->rest = str_skip(r->rest, len);
        t.before_digit = r->rest.len > 0 && is_digit(r->rest.at[0]);
    }
    item_end(r);
    return t;
}

static const str words[] = {
    STR_INIT("alpha"),    STR_INIT("beta"),    STR_INIT("milestone"), STR_INIT("rc"),
    STR_INIT("snapshot"), STR_INIT("release"), STR_INIT("sp"),
};
enum { WORD_RC = 3, WORD_RELEASE = 5, WORD_UNKNOWN = 7 };

static int word_rank(const struct token *t)
{
    for (int i = 0; i < WORD_UNKNOWN; i++) {
        if (str_eq_nocase(t->text, words[i]) ||
            (t->before_digit && i < WORD_RC && t->text.len == 1 &&
             to_lower(t->text.at[0]) == words[i].at[0])) {
            return i;
        }
    }
    if (str_eq_nocase(t->text, STR("cr"))) {
        return WORD_RC;
    }
    bool release = str_eq_nocase(t->text, STR("ga")) || str_eq_nocase(t->text, STR("final"));
    return release ? WORD_RELEASE : WORD_UNKNOWN;
}

/* Against the end of a version. */
static int token_worth(const struct token *t)
{
    if (t->kind == KIND_WORD) {
        int rank = word_rank(t);
        return (rank > WORD_RELEASE) - (rank < WORD_RELEASE);
    }
    return t->kind == KIND_NUMBER && digits_compare(t->text, STR_NONE) > 0;
}

static bool is_null(const struct token *t)
{
    return (t->kind == KIND_NUMBER || t->kind == KIND_WORD) && token_worth(t) == 0;
}

/* The next token that counts. A run of nulls is looked at once: if it does, `nulls` says how much
 * of it is left. */
static struct token row_next(struct row *r)
{
    struct row before = *r;
    struct token t = lex(r);
    if (r->nulls > 0) {
        r->nulls--;
        return t;
    }
    size_t nulls = 0;
    struct row behind = *r;
    struct token last = t;
    while (is_null(&last)) {
        nulls++;
        before = behind;
        last = lex(&behind);
    }
    if (nulls > 0 && (last.kind == KIND_OPEN || last.kind == KIND_END)) {
        *r = before;
        return lex(r);
    }
    r->nulls = nulls > 0 ? nulls - 1 : 0;
    return t;
}

/* The worth of what is left: that of the first token that has one; 0 where nothing counts any more.
 * It holds for all tokens up to that one, so each is looked at once. */
static int row_worth(struct row *r)
{
    if (r->worth_tokens == 0) {
        struct row ahead = *r;
        struct token t;
        size_t tokens = 0;
        int worth;
        do {
            t = row_next(&ahead);
            worth = token_worth(&t);
            tokens++;
        } while (worth == 0 && t.kind != KIND_END);
        r->worth = worth;
        r->worth_tokens = tokens;
    }
    r->worth_tokens--;
    return r->worth;
}

static int token_compare(const struct token *a, const struct token *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    if (a->kind != KIND_WORD) {
        return digits_compare(a->text, b->text);
    }
    int rank_a = word_rank(a), rank_b = word_rank(b);
    if (rank_a != rank_b || rank_a != WORD_UNKNOWN) {
        return (rank_a > rank_b) - (rank_a < rank_b);
    }
    return str_cmp_nocase(a->text, b->text);
}

static int maven_compare(str a, str b)
{
    struct row ra = {.rest = a}, rb = {.rest = b};
    for (;;) {
        int worth_a = row_worth(&ra), worth_b = row_worth(&rb);
        if (worth_a == 0 || worth_b == 0) { /* the end */
            return worth_a - worth_b;
        }
        struct token ta = row_next(&ra), tb = row_next(&rb);
        int order = token_compare(&ta, &tb);
        if (order != 0) {
            return order;
        }
    }
}

/* Maven orders anything; a file name and a range cannot hold these. */
static bool maven_valid(str version)
{
    static const str refused = STR_INIT("\\/:\"<>|?*[](),");
    for (size_t i = 0; i < version.len; i++) {
        unsigned char c = (unsigned char)version.at[i];
        if (c <= ' ' || c == 0x7f || str_find_char(refused, version.at[i]) < refused.len) {
            return false;
        }
    }
    return version.len > 0;
}

const struct scheme scheme_maven = {
    .name = "maven",
    .summary = "Maven: ComparableVersion, as in Maven 3.8.1",
    .cyclic = true,
    .compare = maven_compare,
    .valid = maven_valid,
};
