/* apk: the version order of apk-tools 2 and 3 (apk-package(5), "Package version"):
 *
 *     NUMBER(.NUMBER)* [LETTER [NUMBER]] (_SUFFIX[NUMBER])* [~HASH] [-rNUMBER]
 *
 * Both texts are read token by token as long as the tokens are equal; the first difference
 * decides, and of two tokens of different kinds the one further left in the line above is the
 * newer. Two exceptions: a pre-release suffix (alpha, beta, pre, rc) is older than anything else
 * that may stand in its place, and what is not a version is older than the end.
 *
 * A number behind a dot with a leading zero is a fraction (1.02 < 1.1): it is compared as text.
 * A letter's number is apk 2's ("6.6.2p1"); apk 3 refuses it, but installed databases have it.
 *
 * What is not a version has a place too. Where a number is missing, the rest is compared as text;
 * anything else unexpected ends the comparison, as it does in apk, and is equal to any other. */
#include "version/digits.h"
#include "version/scheme.h"

/* In the order of age: of two different kinds in one place, the later one here is the newer. */
enum kind {
    KIND_PRE_SUFFIX,
    KIND_INVALID,
    KIND_END,
    KIND_REVISION,
    KIND_HASH,
    KIND_SUFFIX_NUMBER,
    KIND_POST_SUFFIX,
    KIND_LETTER,
    KIND_NUMBER,   /* the first one, or a letter's */
    KIND_FRACTION, /* behind a dot */
};

struct token {
    enum kind kind;
    size_t rank; /* of a suffix */
    str text;
};

static const str suffixes[] = {
    STR_INIT("alpha"), STR_INIT("beta"), STR_INIT("pre"), STR_INIT("rc"), STR_INIT("cvs"),
    STR_INIT("svn"),   STR_INIT("git"),  STR_INIT("hg"),  STR_INIT("p"),
};
enum { SUFFIX_POST_FIRST = 4, SUFFIX_COUNT = 9 };

static struct token invalid(str rest)
{
    return (struct token){.kind = KIND_INVALID, .text = rest};
}

/* A number is expected; without one, the text from `from` on is what is compared. */
static struct token number(enum kind kind, str from, str *rest)
{
    str digits = digits_take(rest);
    if (digits.len == 0) {
        return invalid(from);
    }
    return (struct token){.kind = kind, .text = digits};
}

static struct token suffix(str *rest)
{
    *rest = str_slice(*rest, 1, rest->len);
    size_t len = 0;
    while (len < rest->len && is_lower(rest->at[len])) {
        len++;
    }
    str word = str_slice(*rest, 0, len);
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        if (str_eq(word, suffixes[i])) {
            *rest = str_slice(*rest, len, rest->len);
            return (struct token){
                .kind = i < SUFFIX_POST_FIRST ? KIND_PRE_SUFFIX : KIND_POST_SUFFIX,
                .rank = i,
            };
        }
    }
    return invalid(STR_NONE);
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static struct token hash(str *rest)
{
    *rest = str_slice(*rest, 1, rest->len);
    size_t len = 0;
    while (len < rest->len && is_hex(rest->at[len])) {
        len++;
    }
    if (len == 0) {
        return invalid(STR_NONE);
    }
    struct token t = {.kind = KIND_HASH, .text = str_slice(*rest, 0, len)};
    *rest = str_slice(*rest, len, rest->len);
    return t;
}

/* "-r" alone is revision 0. Another word behind the dash counts as revision 0 too, with
 * something behind it that is not a version. */
static struct token revision(str *rest)
{
    bool proper = rest->len > 1 && rest->at[1] == 'r';
    if (proper) {
        *rest = str_slice(*rest, 2, rest->len);
    }
    return (struct token){.kind = KIND_REVISION, .text = proper ? digits_take(rest) : STR_NONE};
}

/* The token behind one of kind `last`. Each kind tells what may follow it. */
static struct token next(enum kind last, str *rest)
{
    if (rest->len == 0) {
        return (struct token){.kind = KIND_END};
    }
    bool in_numbers = last == KIND_NUMBER || last == KIND_FRACTION;
    bool in_suffixes = last == KIND_PRE_SUFFIX || last == KIND_POST_SUFFIX;
    bool behind_hash = last == KIND_HASH || last == KIND_REVISION;
    char c = rest->at[0];
    if (c == '.' && in_numbers) {
        str from = *rest;
        *rest = str_slice(*rest, 1, rest->len);
        return number(KIND_FRACTION, from, rest);
    }
    if (is_lower(c) && in_numbers) {
        struct token t = {.kind = KIND_LETTER, .text = str_slice(*rest, 0, 1)};
        *rest = str_slice(*rest, 1, rest->len);
        return t;
    }
    if (is_digit(c) && last == KIND_LETTER) {
        return number(KIND_NUMBER, *rest, rest);
    }
    if (is_digit(c) && in_suffixes) {
        return number(KIND_SUFFIX_NUMBER, *rest, rest);
    }
    if (c == '_' && !behind_hash) {
        return suffix(rest);
    }
    if (c == '~' && !behind_hash) {
        return hash(rest);
    }
    if (c == '-' && last != KIND_REVISION) {
        return revision(rest);
    }
    return invalid(STR_NONE);
}

static int token_compare(const struct token *a, const struct token *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    bool fraction = a->kind == KIND_FRACTION && (a->text.at[0] == '0' || b->text.at[0] == '0');
    switch (a->kind) {
    case KIND_END:
        return 0;
    case KIND_PRE_SUFFIX:
    case KIND_POST_SUFFIX:
        return a->rank == b->rank ? 0 : (a->rank < b->rank ? -1 : 1);
    case KIND_INVALID:
    case KIND_LETTER:
    case KIND_HASH:
        return str_cmp(a->text, b->text);
    case KIND_FRACTION:
    case KIND_NUMBER:
    case KIND_SUFFIX_NUMBER:
    case KIND_REVISION:
        break;
    }
    return fraction ? str_cmp(a->text, b->text) : digits_compare(a->text, b->text);
}

static int apk_compare(str a, str b)
{
    struct token ta = number(KIND_NUMBER, a, &a), tb = number(KIND_NUMBER, b, &b);
    for (;;) {
        int order = token_compare(&ta, &tb);
        if (order != 0 || ta.kind == KIND_END || ta.kind == KIND_INVALID) {
            return order;
        }
        ta = next(ta.kind, &a);
        tb = next(tb.kind, &b);
    }
}

static bool apk_valid(str version)
{
    struct token t = number(KIND_NUMBER, version, &version);
    while (t.kind != KIND_END && t.kind != KIND_INVALID) {
        t = next(t.kind, &version);
    }
    return t.kind == KIND_END;
}

const struct scheme scheme_apk = {
    .name = "apk",
    .summary = "Alpine, Wolfi: apk-package(5)",
    .compare = apk_compare,
    .valid = apk_valid,
};
