/* parse.c: the policy's words on the command line and in the configuration. */
#include "base/num.h"
#include "model/advisory.h"
#include "model/severity.h"
#include "policy/policy.h"

static const char severities_accepted[] = "unknown, negligible, low, medium, high, critical";

void policy_init(struct policy *p)
{
    *p = (struct policy){.fail_severity = SEVERITY_UNKNOWN};
    for (size_t i = 0; i < SEVERITY_COUNT; i++) {
        p->severities[i] = true;
    }
    for (size_t i = 0; i < FIX_STATE_COUNT; i++) {
        p->states[i] = true;
    }
}

/* The next of the words between commas; false behind the last. `*rest` starts as the whole text
 * and `*more` as true. */
static bool next_word(str *rest, bool *more, str *word)
{
    if (!*more) {
        return false;
    }
    *more = str_cut(rest, ',', word);
    if (!*more) {
        *word = *rest;
    }
    *word = str_trim(*word);
    return true;
}

bool policy_parse_severity(struct policy *p, str text, struct error *e)
{
    bool shown[SEVERITY_COUNT] = {false};
    bool list = str_find_char(text, ',') < text.len;
    bool more = true;
    str rest = text, word;
    while (next_word(&rest, &more, &word)) {
        enum severity severity;
        if (!severity_parse(word, &severity)) {
            return error_set(e, ERROR_USAGE, "'" STR_FMT "' is not a severity; accepted are: %s",
                             STR_ARG(word), severities_accepted);
        }
        for (size_t i = severity; i < (list ? (size_t)severity + 1 : SEVERITY_COUNT); i++) {
            shown[i] = true;
        }
    }
    for (size_t i = 0; i < SEVERITY_COUNT; i++) {
        p->severities[i] = shown[i];
    }
    return true;
}

/* "0.5", "50%", "1": in hundred-thousandths; digits behind the fifth do not count. */
static bool parse_probability(str text, uint32_t *out)
{
    bool percent = str_ends(text, STR("%"));
    str fraction = percent ? str_slice(text, 0, text.len - 1) : text, whole = fraction;
    uint64_t value, more = 0, scale = percent ? EPSS_WHOLE / 100 : EPSS_WHOLE;
    bool has_fraction = str_cut(&fraction, '.', &whole);
    if (!num_parse(whole, 10, percent ? 100 : 1, &value) || (has_fraction && fraction.len == 0)) {
        return false;
    }
    value *= scale;
    for (size_t i = 0; has_fraction && i < fraction.len; i++) {
        if (!num_parse(str_slice(fraction, i, i + 1), 10, 9, &more)) {
            return false;
        }
        scale /= 10;
        value += more * scale;
    }
    *out = (uint32_t)value; /* at most twice EPSS_WHOLE */
    return value <= EPSS_WHOLE;
}

/* "epss>=0.5" and "epss>0.5" */
static bool parse_epss(struct policy *p, str word)
{
    bool at = str_starts(word, STR("epss>=")) || str_starts(word, STR("EPSS>="));
    bool above = str_starts(word, STR("epss>")) || str_starts(word, STR("EPSS>"));
    str number = str_trim(str_slice(word, at ? 6 : 5, word.len));
    if (!above || !parse_probability(number, &p->fail_epss)) {
        return false;
    }
    p->fail_on_epss = true;
    p->fail_epss_above = !at;
    return true;
}

/* What one word of --fail-on asks for; "none" comes first, for it is a severity's word too. */
static MUST_USE bool fail_word(struct policy *p, str word, struct error *e)
{
    enum severity severity;
    if (str_eq_nocase(word, STR("any"))) {
        p->fail_on_severity = true;
        p->fail_severity = SEVERITY_UNKNOWN;
    } else if (str_eq_nocase(word, STR("fixed"))) {
        p->fail_fixed_only = true;
    } else if (str_eq_nocase(word, STR("incomplete"))) {
        p->fail_on_incomplete = true;
    } else if (str_eq_nocase(word, STR("nothing-found"))) {
        p->fail_on_nothing_found = true;
    } else if (str_eq_nocase(word, STR("kev"))) {
        p->fail_on_kev = true;
    } else if (parse_epss(p, word)) {
        return true;
    } else if (!str_eq_nocase(word, STR("none")) && severity_parse(word, &severity)) {
        /* of several severities the lowest is the threshold */
        if (!p->fail_on_severity || severity < p->fail_severity) {
            p->fail_severity = severity;
        }
        p->fail_on_severity = true;
    } else {
        return error_set(e, ERROR_USAGE,
                         "'" STR_FMT "' cannot be failed on; accepted are: %s, any, kev, "
                         "epss>=0.5, fixed, incomplete, nothing-found, or none alone",
                         STR_ARG(word), severities_accepted);
    }
    return true;
}

bool policy_parse_fail_on(struct policy *p, str text, struct error *e)
{
    struct policy asked = *p;
    asked.fail_on_severity = false;
    asked.fail_severity = SEVERITY_UNKNOWN;
    asked.fail_on_kev = asked.fail_on_epss = false;
    asked.fail_fixed_only = false;
    asked.fail_on_incomplete = false;
    asked.fail_on_nothing_found = false;
    bool more = !str_eq_nocase(str_trim(text), STR("none"));
    str rest = text, word;
    while (next_word(&rest, &more, &word)) {
        if (!fail_word(&asked, word, e)) {
            return false;
        }
    }
    if (asked.fail_fixed_only && !asked.fail_on_severity && !asked.fail_on_kev &&
        !asked.fail_on_epss) {
        asked.fail_on_severity = true; /* "fixed" alone: anything that has a fix */
    }
    *p = asked;
    return true;
}

/* Trivy writes will_not_fix, limpid will-not-fix. */
static bool state_is(str word, str name)
{
    if (word.len != name.len) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        str a = str_slice(word, i, i + 1), b = str_slice(name, i, i + 1);
        if (!str_eq_nocase(a, b) && !(a.at[0] == '_' && b.at[0] == '-')) {
            return false;
        }
    }
    return true;
}

/* Grype's words for two of the states. */
static const struct {
    str word;
    enum fix_state state;
} other_words[] = {
    {STR_INIT("not-fixed"), FIX_NONE_YET},
    {STR_INIT("wont-fix"), FIX_WILL_NOT},
    {STR_INIT("unknown"), FIX_UNDETERMINED},
};

static bool state_parse(str word, enum fix_state *out)
{
    for (unsigned i = 0; i < FIX_STATE_COUNT; i++) {
        if (state_is(word, str_from(fix_state_name((enum fix_state)i)))) {
            *out = (enum fix_state)i;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(other_words); i++) {
        if (state_is(word, other_words[i].word)) {
            *out = other_words[i].state;
            return true;
        }
    }
    return false;
}

bool policy_parse_ignore_status(struct policy *p, str text, struct error *e)
{
    bool shown[FIX_STATE_COUNT];
    for (size_t i = 0; i < FIX_STATE_COUNT; i++) {
        shown[i] = p->states[i];
    }
    bool more = true;
    str rest = text, word;
    while (next_word(&rest, &more, &word)) {
        enum fix_state state;
        if (!state_parse(word, &state)) {
            return error_set(e, ERROR_USAGE,
                             "'" STR_FMT "' is not a status; accepted are: fixed, affected, "
                             "will-not-fix, fix-deferred, end-of-life, not-affected, "
                             "under-investigation",
                             STR_ARG(word));
        }
        shown[state] = false;
    }
    for (size_t i = 0; i < FIX_STATE_COUNT; i++) {
        p->states[i] = shown[i];
    }
    return true;
}
