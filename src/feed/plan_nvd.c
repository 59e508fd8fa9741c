/* plan_nvd.c: NVD's documents of a year each, and of what has changed in the last eight days,
 * beside each a .meta of lines "NAME:VALUE": lastModifiedDate:2026-08-07T03:00:01-04:00
 *   sha256:4C5F…   of the JSON, unpacked */
#include "base/clock.h"
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"

enum { DAY_S = 24 * 3600, META_BYTES_MAX = 4096, MODIFIED_DAYS = 7, FULL_EVERY_S = 30 * DAY_S };

struct meta {
    digest sha256;
    int64_t date_s;
};

static bool read_meta(str text, struct meta *out, struct error *e)
{
    str line, name;
    *out = (struct meta){.date_s = 0};
    while (str_line(&text, &line)) {
        if (!str_cut(&line, ':', &name)) {
            continue;
        }
        line = str_trim(line);
        bool fine = true;
        if (str_eq(name, STR("sha256"))) {
            fine = plan_sha256(line, &out->sha256);
        } else if (str_eq(name, STR("lastModifiedDate"))) {
            fine = clock_parse(line, &out->date_s);
        }
        if (!fine) {
            return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not understood", STR_ARG(line));
        }
    }
    return (out->sha256.algorithm != DIGEST_NONE && out->date_s > 0) ||
           error_set(e, ERROR_FORMAT, "has no checksum or no date");
}

#define FOLDER "feeds/json/cve/2.0/nvdcve-2.0-"
#define MODIFIED FOLDER "modified.meta"

static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    str text;
    struct meta meta;
    char cursor[CLOCK_TEXT_BYTES];
    int64_t since_s = 0;
    bool modified = str_eq(q->url, STR(MODIFIED));
    struct plan_document d = {.data = true};
    (void)self;
    if (!plan_short_text(body, META_BYTES_MAX, arena, &text, e) || !read_meta(text, &meta, e)) {
        return false;
    }
    if (q->mode == PLAN_DELTA && (!clock_parse(q->cursor, &since_s) ||
                                  meta.date_s - since_s > (int64_t)MODIFIED_DAYS * DAY_S)) {
        return out->full(out, e);
    }
    d.content = meta.sha256;
    str base = str_slice(q->url, 0, str_find_last_char(q->url, '.'));
    if ((q->mode == PLAN_DELTA || !modified) &&
        (!arena_printf(arena, &d.url, e, "%.*s.json.gz", (int)base.len, base.at) ||
         !out->fetch(out, &d, e))) {
        return false;
    }
    return !modified || out->cursor(out, q->url, str_from(clock_text(meta.date_s, cursor)), e);
}

#define YEAR(n) "?" FOLDER n ".meta"

/* Those to come are not there yet. */
static const char *const years[] = {
    YEAR("2002"), YEAR("2003"), YEAR("2004"), YEAR("2005"), YEAR("2006"), YEAR("2007"),
    YEAR("2008"), YEAR("2009"), YEAR("2010"), YEAR("2011"), YEAR("2012"), YEAR("2013"),
    YEAR("2014"), YEAR("2015"), YEAR("2016"), YEAR("2017"), YEAR("2018"), YEAR("2019"),
    YEAR("2020"), YEAR("2021"), YEAR("2022"), YEAR("2023"), YEAR("2024"), YEAR("2025"),
    YEAR("2026"), YEAR("2027"), YEAR("2028"), YEAR("2029"), YEAR("2030"), MODIFIED,
    NULL,
};
static const char *const changed[] = {MODIFIED, NULL};

const struct feed_plan plan_nvd = {
    .full = years,
    .delta = changed,
    .delta_max = 1,
    .full_every_s = FULL_EVERY_S,
    .next = next,
};
