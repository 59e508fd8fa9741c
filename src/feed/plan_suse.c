/* plan_suse.c: the folder of SUSE's OVAL documents. Of each product there are many: what is fixed,
 * what is affected too, by version, by service pack, by product, each plain and compressed. Wanted
 * are those of a whole version with all that is affected, compressed where they are. */
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"

struct folder {
    const struct plan_question *question;
    struct arena *arena;
    struct plan_sink *out;
    str best, stem; /* of the documents that follow one another, the one to fetch */
    size_t rank;
};

/* Families, and how many numbers their versions have. */
static const struct {
    str name;
    size_t numbers;
} families[] = {
    {STR_INIT("suse.linux.enterprise."), 1}, {STR_INIT("suse.linux.enterprise.micro."), 1},
    {STR_INIT("suse.linux.micro."), 1},      {STR_INIT("opensuse.leap."), 2},
    {STR_INIT("opensuse.leap.micro."), 2},   {STR_INIT("opensuse.tumbleweed"), 0},
};

/* "15", "15.6"; "" has none. */
static bool has_numbers(str version, size_t numbers)
{
    size_t found = version.len > 0;
    for (size_t i = 0; i < version.len; i++) {
        bool dot = version.at[i] == '.';
        if (!dot && (version.at[i] < '0' || version.at[i] > '9')) {
            return false;
        }
        found += dot;
    }
    return found == numbers;
}

static bool is_wanted(str stem)
{
    static const str end = STR_INIT("-affected.xml");
    if (!str_ends(stem, end)) {
        return false;
    }
    stem = str_slice(stem, 0, stem.len - end.len);
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        str name = families[i].name;
        if (str_starts(stem, name) &&
            has_numbers(str_slice(stem, name.len, stem.len), families[i].numbers)) {
            return true;
        }
    }
    return false;
}

static bool put_best(struct folder *f, struct error *e)
{
    struct plan_document d = {.data = true, .optional = true};
    bool none = f->best.len == 0;
    return none || (plan_beside(f->question->url, f->best, f->arena, &d.url, e) &&
                    f->out->fetch(f->out, &d, e));
}

static bool each(void *arg, str name, struct error *e)
{
    static const str suffixes[] = {STR_INIT(".xml"), STR_INIT(".xml.bz2"), STR_INIT(".xml.gz")};
    struct folder *f = arg;
    for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
        str stem = str_slice(name, 0, name.len - suffixes[i].len + 4);
        if (!str_ends(name, suffixes[i]) || !is_wanted(stem)) {
            continue;
        }
        bool same = str_eq(stem, f->stem);
        if (!same && !put_best(f, e)) {
            return false;
        }
        if (!same || i > f->rank) {
            f->best = name;
            f->rank = i;
        }
        f->stem = stem;
    }
    return true;
}

static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    (void)self;
    struct folder f = {.question = q, .arena = arena, .out = out};
    return plan_links(body, arena, each, &f, e) && put_best(&f, e);
}

static const char *const indexes[] = {"?oval/", NULL};

const struct feed_plan plan_suse_oval = {.full = indexes, .and_documents = true, .next = next};
