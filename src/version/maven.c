/* maven: ComparableVersion of Maven 4 ("POM reference", "Version Order Specification"). Letter case
 * does not count (ASCII). A version is read as tokens:
 *
 *     number, word, word with a number ("rc-1", "rc1"), and OPEN, the start of a list in the list
 *
 * '.' separates; '-' and a letter behind a digit open a list, as does a word at the end or a word
 * with a number, where the list has items already. Nothing behind an inner list belongs to the
 * outer one, so the tree of Maven is a flat row of tokens here.
 *
 * Zeros are left out at the end of a list, before a word, and before a list that begins with a
 * word.
 *
 * Order of two rows at the first difference: Maven compares by kind (word < OPEN < number), and the
 * end by what the rest is worth: older than a rest whose first token that matters is a number, "sp"
 * or an unknown word, newer than one with alpha … snapshot, equal to one of nothing but zeros and
 * "final", "ga", "release". Maven's own order has cycles, as 1-alpha < 1 < 1.sp.1 < 1-alpha. Here
 * the worth of the rest (below, equal to, above the end) comes first, then the kind: this makes the
 * order total, and differs from Maven's for such versions only. */
#include "version/digits.h"
#include "version/scheme.h"

enum kind { KIND_END, KIND_WORD, KIND_PAIR, KIND_OPEN, KIND_NUMBER };

struct token {
    enum kind kind;
    str word, number;
};

/* The tokens as written, with all zeros. */
struct lexer {
    str rest;
    bool in_list;    /* the list has items */
    bool open;       /* an OPEN is due */
    bool has_queued; /* `queued` is due behind it */
    struct token queued;
};

/* With what a list begins, once its zeros are left out. */
enum head { HEAD_EMPTY, HEAD_WORD, HEAD_OPEN, HEAD_NUMBER };

/* The tokens that count. */
struct row {
    struct lexer lexer;
    size_t zeros;        /* of a run that counts, still to be given out */
    size_t zero_lists;   /* how many lists of zeros alone are known to follow … */
    enum head last_head; /* … and with what the list behind them begins */
    bool lists_known;
    int worth; /* of the rest, for `worth_tokens` more tokens */
    size_t worth_tokens;
};

static bool word_eq(str word, str name)
{
    return str_eq_nocase(word, name);
}

/* What stands behind an item: a dot is passed, a dash or a letter opens a list. */
static void item_end(struct lexer *l)
{
    l->in_list = true;
    if (l->rest.len == 0) {
        return;
    }
    if (l->rest.at[0] == '.') {
        l->rest = str_skip(l->rest, 1);
        return;
    }
    if (l->rest.at[0] == '-') {
        l->rest = str_skip(l->rest, 1);
    }
    l->open = true;
}

static struct token lex_open(struct lexer *l)
{
    l->open = false;
    l->in_list = false;
    return (struct token){.kind = KIND_OPEN};
}

static struct token lex_word(struct lexer *l)
{
    size_t len = 0;
    while (len < l->rest.len && !is_digit(l->rest.at[len]) && l->rest.at[len] != '.' &&
           l->rest.at[len] != '-') {
        len++;
    }
    struct token t = {.kind = KIND_WORD, .word = str_slice(l->rest, 0, len)};
    str behind = str_skip(l->rest, len);
    bool dash = behind.len > 1 && behind.at[0] == '-' && is_digit(behind.at[1]);
    if (dash) {
        behind = str_skip(behind, 1);
    }
    l->rest = behind;
    bool opens = l->in_list && behind.len == 0;
    if (behind.len > 0 && is_digit(behind.at[0])) {
        t.kind = KIND_PAIR;
        t.number = digits_take(&l->rest);
        opens = l->in_list;
    }
    if (opens) {
        l->queued = t;
        l->has_queued = true;
        return lex_open(l);
    }
    item_end(l);
    return t;
}

static struct token lex(struct lexer *l)
{
    if (l->has_queued) {
        l->has_queued = false;
        item_end(l);
        return l->queued;
    }
    if (l->open) {
        return lex_open(l);
    }
    if (l->rest.len == 0) {
        return (struct token){.kind = KIND_END};
    }
    char c = l->rest.at[0];
    if (!is_digit(c) && c != '.' && c != '-') {
        return lex_word(l);
    }
    struct token t = {.kind = KIND_NUMBER, .number = digits_take(&l->rest)}; /* none is 0 */
    item_end(l);
    return t;
}

static bool is_zero(const struct token *t)
{
    return t->kind == KIND_NUMBER && digits_compare(t->number, STR_NONE) == 0;
}

/* Looks at the list that begins at `at`: how many lists of zeros alone there are, and with what the
 * one behind them begins. */
static void lists_look(struct row *r, struct lexer at)
{
    r->zero_lists = 0;
    r->lists_known = true;
    for (;;) {
        struct token t = lex(&at);
        bool zeros = is_zero(&t);
        while (is_zero(&t)) {
            t = lex(&at);
        }
        switch (t.kind) {
        case KIND_END:
            r->last_head = HEAD_EMPTY;
            return;
        case KIND_WORD:
        case KIND_PAIR:
            r->last_head = HEAD_WORD;
            return;
        case KIND_NUMBER:
            r->last_head = HEAD_NUMBER;
            return;
        case KIND_OPEN:
            break;
        }
        if (!zeros) { /* an OPEN at the start of a list: there is none, but be sure to end */
            r->last_head = HEAD_OPEN;
            return;
        }
        r->zero_lists++;
    }
}

/* With what the list begins that the next OPEN of `at` opens. A list of zeros that stands before a
 * list with a word loses them and begins with that list, before which zeros count. */
static enum head list_head(struct row *r, struct lexer at)
{
    if (!r->lists_known) {
        lists_look(r, at);
    }
    if (r->zero_lists == 0 || r->last_head == HEAD_EMPTY || r->last_head == HEAD_NUMBER) {
        return r->last_head;
    }
    return r->last_head == HEAD_WORD && r->zero_lists == 1 ? HEAD_OPEN : HEAD_NUMBER;
}

static struct token row_next(struct row *r)
{
    if (r->zeros > 0) {
        r->zeros--;
        return (struct token){.kind = KIND_NUMBER};
    }
    struct lexer before = r->lexer;
    struct token t = lex(&r->lexer);
    if (is_zero(&t)) {
        size_t zeros = 0;
        while (is_zero(&t)) {
            zeros++;
            before = r->lexer;
            t = lex(&r->lexer);
        }
        bool counts = t.kind == KIND_NUMBER;
        if (t.kind == KIND_OPEN) {
            enum head head = list_head(r, r->lexer);
            counts = head == HEAD_NUMBER || head == HEAD_OPEN;
        }
        if (counts) {
            r->lexer = before;
            r->zeros = zeros - 1;
            return (struct token){.kind = KIND_NUMBER};
        }
    }
    if (t.kind == KIND_OPEN) {
        if (list_head(r, r->lexer) == HEAD_EMPTY) {
            r->lexer = (struct lexer){.rest = STR_NONE};
            return (struct token){.kind = KIND_END};
        }
        /* inside that list, one list of zeros less lies ahead */
        r->lists_known = r->zero_lists > 0;
        r->zero_lists -= r->lists_known;
    }
    return t;
}

static const str words[] = {
    STR_INIT("alpha"),    STR_INIT("beta"),    STR_INIT("milestone"), STR_INIT("rc"),
    STR_INIT("snapshot"), STR_INIT("release"), STR_INIT("sp"),
};
enum { WORD_RC = 3, WORD_RELEASE = 5, WORD_UNKNOWN = 7 };

/* The place of a word; before a number, a, b and m are short for alpha, beta and milestone. */
static int word_rank(const struct token *t)
{
    for (int i = 0; i < WORD_UNKNOWN; i++) {
        if (word_eq(t->word, words[i]) ||
            (t->kind == KIND_PAIR && i < WORD_RC && t->word.len == 1 &&
             to_lower(t->word.at[0]) == words[i].at[0])) {
            return i;
        }
    }
    if (word_eq(t->word, STR("cr"))) {
        return WORD_RC;
    }
    return word_eq(t->word, STR("ga")) || word_eq(t->word, STR("final")) ? WORD_RELEASE
                                                                         : WORD_UNKNOWN;
}

static int token_worth(const struct token *t)
{
    if (t->kind == KIND_WORD || t->kind == KIND_PAIR) {
        int rank = word_rank(t);
        return (rank > WORD_RELEASE) - (rank < WORD_RELEASE);
    }
    return t->kind == KIND_NUMBER && !is_zero(t);
}

/* The worth of what is left: that of the first token that has one. It holds for all tokens up to
 * that one, so each is looked at once. */
static int row_worth(struct row *r)
{
    if (r->worth_tokens == 0) {
        struct row ahead = *r;
        struct token t;
        do {
            t = row_next(&ahead);
            r->worth = token_worth(&t);
            r->worth_tokens++;
        } while (r->worth == 0 && t.kind != KIND_END);
    }
    r->worth_tokens--;
    return r->worth;
}

static int token_compare(const struct token *a, const struct token *b)
{
    bool word_a = a->kind == KIND_WORD || a->kind == KIND_PAIR;
    bool word_b = b->kind == KIND_WORD || b->kind == KIND_PAIR;
    if (word_a && word_b) {
        int rank_a = word_rank(a), rank_b = word_rank(b);
        int order = (rank_a > rank_b) - (rank_a < rank_b);
        if (order == 0 && rank_a == WORD_UNKNOWN) {
            order = str_cmp_nocase(a->word, b->word);
        }
        if (order != 0 || a->kind != b->kind) {
            return order != 0 ? order : (a->kind == KIND_PAIR ? 1 : -1);
        }
        return digits_compare(a->number, b->number);
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return digits_compare(a->number, b->number);
}

static int maven_compare(str a, str b)
{
    struct row ra = {.lexer = {.rest = a}}, rb = {.lexer = {.rest = b}};
    for (;;) {
        int worth_a = row_worth(&ra), worth_b = row_worth(&rb);
        if (worth_a != worth_b || worth_a == 0) {
            return worth_a - worth_b;
        }
        struct token ta = row_next(&ra), tb = row_next(&rb);
        int order = token_compare(&ta, &tb);
        if (order != 0) {
            return order;
        }
    }
}

/* Maven orders anything; a file name cannot hold these. */
static bool maven_valid(str version)
{
    for (size_t i = 0; i < version.len; i++) {
        unsigned char c = (unsigned char)version.at[i];
        if (c <= ' ' || c == 0x7f || str_find_char(STR("\\/:\"<>|?*[](),"), version.at[i]) < 15) {
            return false;
        }
    }
    return version.len > 0;
}

const struct scheme scheme_maven = {
    .name = "maven",
    .summary = "Maven: ComparableVersion of Maven 4, POM reference",
    .compare = maven_compare,
    .valid = maven_valid,
};
