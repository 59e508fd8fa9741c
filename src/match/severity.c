/* severity.c: how bad a finding is, and who says so. The distribution's own word counts first: it
 * knows how its package is built and used. Then its CVSS; then what others say that joined; and
 * only where all of them are silent NVD, which rates the vulnerability and not the package. */
#include "match/rules.h"
#include "model/cvss.h"

static bool is_score(str source)
{
    return str_starts(source, STR("cvss"));
}

enum severity severity_of_row(const struct advisory_row *row, str *source, bool *by_score)
{
    enum severity severity = row->severity;
    *by_score = false;
    *source = row->severity_source.len > 0 ? row->severity_source : row->feed;
    if (row->affected.severity != SEVERITY_UNKNOWN) {
        severity = row->affected.severity;
        *source = is_score(*source) ? row->feed : *source;
    } else if (severity != SEVERITY_UNKNOWN && is_score(*source)) {
        *by_score = true;
        *source = row->feed;
    }
    /* Debian's word for "a bug, but not a security problem here" */
    if (severity == SEVERITY_UNKNOWN && str_starts(row->affected.word, STR("unimportant"))) {
        severity = SEVERITY_NEGLIGIBLE;
    }
    unsigned tenths;
    if (severity == SEVERITY_UNKNOWN && cvss_base_score(row->cvss, &tenths)) {
        severity = severity_of_score(tenths);
        *by_score = true;
        *source = row->feed;
    }
    if (severity == SEVERITY_UNKNOWN) {
        *source = STR_NONE;
    }
    return severity;
}

/* The highest of those that are words (or scores). */
static void take_highest(struct finding *f, const struct voice *const *voices, size_t from,
                         size_t end, bool scores)
{
    enum severity best = f->severity;
    for (size_t i = from; i < end; i++) {
        str source;
        bool by_score;
        enum severity severity = severity_of_row(voices[i]->statement->row, &source, &by_score);
        if (by_score == scores && severity > best) {
            best = severity;
            f->severity = severity;
            f->severity_source = source;
            f->severity_by_score = by_score;
        }
    }
}

void severity_choose(struct finding *f, const struct voice *const *voices, size_t deciding,
                     size_t count)
{
    const size_t ends[][2] = {{0, deciding}, {deciding, count}};
    for (size_t i = 0; i < 2; i++) {
        for (int scores = 0; scores < 2 && f->severity == SEVERITY_UNKNOWN; scores++) {
            take_highest(f, voices, ends[i][0], ends[i][1], scores == 1);
        }
    }
    for (size_t i = 0; i < count && f->cvss.len == 0; i++) {
        const struct advisory_row *row = voices[i]->statement->row;
        if (row->cvss.len > 0) {
            f->cvss = row->cvss;
            f->cvss_source = row->feed;
        }
    }
}

/* What NVD and others say of the vulnerability, where the advisories are silent. */
static void add_known(struct finding *f, const struct vulnerability *v)
{
    unsigned tenths;
    if (f->cvss.len == 0 && v->cvss.len > 0) {
        f->cvss = v->cvss;
        f->cvss_source = v->cvss_source;
    }
    if (f->severity == SEVERITY_UNKNOWN && v->severity != SEVERITY_UNKNOWN) {
        f->severity = v->severity;
        f->severity_by_score = is_score(v->severity_source);
        f->severity_source = f->severity_by_score ? v->cvss_source : v->severity_source;
    }
    if (f->severity == SEVERITY_UNKNOWN && cvss_base_score(v->cvss, &tenths)) {
        f->severity = severity_of_score(tenths);
        f->severity_by_score = true;
        f->severity_source = v->cvss_source;
    }
    f->exploitation = v->exploitation;
    f->description = v->description;
}

/* Each vulnerability is asked for once. */
bool severity_fill(struct advisories *advisories, struct arena *arena, struct finding *findings,
                   size_t count, struct error *e)
{
    struct map known;
    size_t asked = 0;
    str *ids = ARENA_ARRAY(arena, count, str, e);
    struct vulnerability *said = ARENA_ARRAY(arena, count, struct vulnerability, e);
    map_init(&known, arena);
    if (ids == NULL || said == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (map_get(&known, findings[i].id) == NULL) {
            if (!map_put(&known, findings[i].id, &said[asked], e)) {
                return false;
            }
            ids[asked++] = findings[i].id;
        }
    }
    if (!advisories_vulnerabilities(advisories, ids, asked, arena, said, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct finding *f = &findings[i];
        add_known(f, map_get(&known, f->id));
        if (!cvss_base_score(f->cvss, &f->cvss_tenths)) {
            f->cvss_tenths = 0;
        }
    }
    return true;
}
