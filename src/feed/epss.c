/* epss.c: FIRST's probabilities that a vulnerability is exploited within thirty days:
 *     #model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000
 *     cve,epss,percentile
 *     CVE-1999-0001,0.03351,0.87650
 * Older files have no first line, and no percentile. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/num.h"
#include "feed/document.h"
#include "feed/feed.h"
#include "format/lines.h"

enum { DIGITS_KEPT = 5, EXPONENT_MAX = 30 };

static const char *const documents[] = {"epss_scores-current.csv.gz", NULL};

/* "epss_scores-2026-08-16.csv", "epss_scores-current.csv", or any of them in a folder "epss". */
static bool claims(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    return str_starts(name, STR("epss_scores-")) && str_ends(name, STR(".csv"));
}

/* "0.00043" → 43, "0.9981063485700858" → 99811 (rounded), "1" → 100000, "5e-05" → 5. */
static bool fraction(str text, uint32_t *out)
{
    uint64_t mantissa = 0, exponent = 0;
    int point = -1, digits = 0, shift = 0;
    size_t i = 0;
    for (; i < text.len && text.at[i] != 'e' && text.at[i] != 'E'; i++) {
        if (text.at[i] == '.' && point < 0) {
            point = digits;
        } else if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        } else if (mantissa < UINT64_MAX / 100) {
            mantissa = mantissa * 10 + (uint64_t)(text.at[i] - '0');
            digits++;
        }
    }
    if (i < text.len) { /* "e-05": probabilities have no other sign */
        if (i + 2 > text.len || text.at[i + 1] != '-' ||
            !num_parse(str_slice(text, i + 2, text.len), 10, EXPONENT_MAX, &exponent)) {
            return false;
        }
    }
    if (digits == 0) {
        return false;
    }
    shift = DIGITS_KEPT - (point < 0 ? 0 : digits - point) - (int)exponent;
    for (; shift > 0 && mantissa <= EPSS_WHOLE; shift--) {
        mantissa *= 10;
    }
    for (; shift < -1; shift++) {
        mantissa /= 10;
    }
    if (shift == -1) {
        mantissa = (mantissa + 5) / 10;
    }
    *out = (uint32_t)mantissa;
    return mantissa <= EPSS_WHOLE;
}

static int64_t date_of(str comment)
{
    static const str before = STR_INIT("score_date:");
    int64_t seconds = 0;
    size_t at = str_find(comment, before);
    if (at == comment.len) {
        return 0;
    }
    str date = str_slice(comment, at + before.len, at + before.len + 10);
    return clock_parse(date, &seconds) ? seconds : 0;
}

static bool put_line(str text, int64_t date_s, struct advisory_sink *out, struct error *e)
{
    str rest = text, id, first;
    struct advisory advisory = {.modified_s = date_s, .whole = true};
    if (!str_cut(&rest, ',', &id) || !str_starts(id, STR("CVE-"))) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' where 'CVE-…,probability' is expected",
                         STR_ARG(text));
    }
    bool both = str_cut(&rest, ',', &first);
    if (!fraction(both ? first : rest, &advisory.exploitation.epss) ||
        (both && !fraction(rest, &advisory.exploitation.epss_percentile))) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' has no probability", STR_ARG(text));
    }
    if (advisory.exploitation.epss == 0 && advisory.exploitation.epss_percentile == 0) {
        return true; /* 0.000004 is the same as nothing said */
    }
    advisory.id = id;
    return out->put(out, &advisory, e);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    struct lines lines;
    struct line line;
    enum step got;
    int64_t date_s = 0;
    uint64_t rows = 0;
    bool has_head = false;
    (void)self;
    (void)document;
    lines_init(&lines, body, arena);
    while ((got = lines_next(&lines, &line, e)) == STEP_GOT) {
        if (!has_head && str_starts(line.text, STR("#"))) {
            date_s = date_of(line.text);
        } else if (!has_head) {
            if (!str_starts(line.text, STR("cve,epss"))) {
                return error_set(e, ERROR_FORMAT, "line %" PRIu64 " is no head 'cve,epss'",
                                 lines.number);
            }
            has_head = true;
        } else if (line.text.len > 0) {
            rows++;
            if (!put_line(line.text, date_s, out, e)) {
                return error_wrap(e, "line %" PRIu64, lines.number);
            }
        }
    }
    if (got == STEP_END && rows == 0) {
        return error_set(e, ERROR_FORMAT, "has no scores");
    }
    return got == STEP_END;
}

const struct feed feed_epss = {
    .name = "epss",
    .summary = "FIRST's probabilities of exploitation",
    .publisher = "Forum of Incident Response and Security Teams",
    .licence = "free with attribution",
    .redistributable = true,
    .site = "https://epss.empiricalsecurity.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
