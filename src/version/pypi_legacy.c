/* A text is a row of pieces: runs of digits, runs of letters, a dash, runs of anything else; dots
 * are left out. Behind the last stands the word "final". A dash is the word "final-", "dev" is "@",
 * "pre", "preview" and "rc" are "c".
 *
 * Zeros before a word are left out; then so are dashes right before a word that is older than
 * "final". Between the two, zeros keep dashes: "1-0.dev" has its dash. */
#include "version/pypi_legacy.h"

#include "version/digits.h"

enum { DIGITS_MIN = 8 }; /* shorter numbers are filled up with zeros */

enum kind { KIND_DONE, KIND_WORD, KIND_NUMBER };

struct piece {
    enum kind kind;
    str text;
};

struct pieces {
    str rest;
    bool ended;           /* "final" was given out */
    size_t dashes, zeros; /* of a run that counts, still to be given out, in this order */
};

static const str final = STR_INIT("final");
static const str dash = STR_INIT("final-");

static bool in_other(char c)
{
    return !is_alnum(c) && c != '.' && c != '-';
}

static str word_meaning(str word)
{
    if (str_eq_nocase(word, STR("pre")) || str_eq_nocase(word, STR("preview")) ||
        str_eq_nocase(word, STR("rc"))) {
        return STR("c");
    }
    return str_eq_nocase(word, STR("dev")) ? STR("@") : word;
}

/* The next piece as written. */
static struct piece take(struct pieces *p)
{
    while (p->rest.len > 0 && p->rest.at[0] == '.') {
        p->rest = str_skip(p->rest, 1);
    }
    if (p->rest.len == 0) {
        struct piece end = {.kind = p->ended ? KIND_DONE : KIND_WORD, .text = final};
        p->ended = true;
        return end;
    }
    str number = digits_take(&p->rest);
    if (number.len > 0) {
        return (struct piece){.kind = KIND_NUMBER, .text = number};
    }
    bool (*same)(char) = is_alpha(p->rest.at[0]) ? is_alpha : in_other;
    size_t len = 0;
    while (len < p->rest.len && same(p->rest.at[len])) {
        len++;
    }
    str word = len == 0 ? dash : word_meaning(str_slice(p->rest, 0, len));
    p->rest = str_skip(p->rest, len == 0 ? 1 : len);
    return (struct piece){.kind = KIND_WORD, .text = word};
}

static bool is_zero(const struct piece *p)
{
    return p->kind == KIND_NUMBER && p->text.len <= DIGITS_MIN &&
           digits_compare(p->text, STR_NONE) == 0;
}

static bool is_dash(const struct piece *p)
{
    return p->kind == KIND_WORD && p->text.at == dash.at;
}

static struct piece queued(struct pieces *p)
{
    if (p->dashes > 0) {
        p->dashes--;
        return (struct piece){.kind = KIND_WORD, .text = dash};
    }
    p->zeros--;
    return (struct piece){.kind = KIND_NUMBER, .text = STR("0")};
}

static struct piece next(struct pieces *p)
{
    if (p->dashes + p->zeros > 0) {
        return queued(p);
    }
    struct pieces before = *p;
    struct piece t = take(p);
    size_t dashes = 0, zeros = 0;
    while (is_zero(&t) || is_dash(&t)) {
        zeros = is_zero(&t) ? zeros + 1 : 0;
        dashes += is_dash(&t);
        before = *p;
        t = take(p);
    }
    if (t.kind == KIND_WORD) {
        bool old = str_cmp_nocase(t.text, final) < 0;
        dashes = old && zeros == 0 ? 0 : dashes;
        zeros = 0;
    }
    if (dashes + zeros == 0) {
        return t;
    }
    *p = before;
    p->dashes = dashes;
    p->zeros = zeros;
    return queued(p);
}

/* As texts, the shorter filled up with zeros at the front to eight digits. */
static int numbers_compare(str a, str b)
{
    size_t fill_a = a.len < DIGITS_MIN ? DIGITS_MIN - a.len : 0;
    size_t fill_b = b.len < DIGITS_MIN ? DIGITS_MIN - b.len : 0;
    size_t len_a = a.len + fill_a, len_b = b.len + fill_b;
    for (size_t i = 0; i < len_a && i < len_b; i++) {
        char ca = i < fill_a ? '0' : a.at[i - fill_a], cb = i < fill_b ? '0' : b.at[i - fill_b];
        if (ca != cb) {
            return ca < cb ? -1 : 1;
        }
    }
    return (len_a > len_b) - (len_a < len_b);
}

int pypi_legacy_compare(str a, str b)
{
    struct pieces pa = {.rest = a}, pb = {.rest = b};
    for (;;) {
        struct piece ta = next(&pa), tb = next(&pb);
        if (ta.kind != tb.kind) {
            return ta.kind < tb.kind ? -1 : 1;
        }
        if (ta.kind == KIND_DONE) {
            return 0;
        }
        int order = ta.kind == KIND_NUMBER ? numbers_compare(ta.text, tb.text)
                                           : str_cmp_nocase(ta.text, tb.text);
        if (order != 0) {
            return order;
        }
    }
}
