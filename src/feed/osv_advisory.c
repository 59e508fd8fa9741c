/* osv_advisory.c: what was gathered of a record as an advisory: names, severity, text, modules. */
#include "feed/describe.h"
#include "feed/osv_record.h"
#include "feed/pieces.h"
#include "model/cvss.h"

enum { MODULES_MAX = 4 };

/* -- names ---------------------------------------------------------------------------------- */

static bool id_add(struct osv_record *r, struct osv_strings *ids, str id, struct error *e)
{
    if (id.len == 0 || str_eq(id, r->id)) {
        return true;
    }
    if (!piece_id_fits(id)) {
        tally_add(&r->osv->strange, STR("a name too long for a vulnerability's"));
        return true;
    }
    for (size_t i = 0; i < ids->count; i++) {
        if (str_eq(ids->at[i], id)) {
            return true;
        }
    }
    if (ids->count == ADVISORY_IDS_MAX) {
        tally_add(&r->osv->strange, STR("one vulnerability too many of a record"));
        return true;
    }
    return osv_keep_in(r, ids, id, e);
}

/* "UBUNTU-CVE-2024-1" is the publisher's record of CVE-2024-1. */
static str bare_cve(str id)
{
    size_t cve = str_find(id, STR("-CVE-"));
    return cve < id.len ? str_slice(id, cve + 1, id.len) : id;
}

static bool ids_add(struct osv_record *r, struct osv_strings *ids, const struct osv_strings *from,
                    bool cves, struct error *e)
{
    for (size_t i = 0; i < from->count; i++) {
        str id = from->at[i];
        if (str_starts(id, STR("CVE-")) == cves && !id_add(r, ids, id, e)) {
            return false;
        }
    }
    return true;
}

static void bare_cves(struct osv_strings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        list->at[i] = bare_cve(list->at[i]);
    }
}

/* CVE ids first; an alias is the same flaw whatever its name, what is related is not, except
 * where a publisher lists there what an update fixes. */
static bool ids_gather(struct osv_record *r, struct osv_strings *ids, struct error *e)
{
    bool related = r->related_are_ids || r->osv->publisher->related_are_ids ||
                   (r->related_if_alone && r->aliases.count == 0 && r->upstream.count == 0);
    if (r->upstream_are_ids) {
        bare_cves(&r->upstream);
    }
    if (!ids_add(r, ids, &r->aliases, true, e) ||
        (r->upstream_are_ids && !ids_add(r, ids, &r->upstream, true, e)) ||
        (related && !ids_add(r, ids, &r->related, true, e))) {
        return false;
    }
    str cve = bare_cve(r->id); /* "DEBIAN-CVE-2020-19909" */
    if (ids->count == 0 && cve.len < r->id.len && !id_add(r, ids, cve, e)) {
        return false;
    }
    return ids_add(r, ids, &r->aliases, false, e) &&
           (!r->upstream_are_ids || ids_add(r, ids, &r->upstream, false, e));
}

/* -- modules -------------------------------------------------------------------------------- */

/* Words of the summary like "nodejs:18", where all rows are of a module's packages. */
static size_t modules_find(const struct osv_record *r, str modules[MODULES_MAX])
{
    if (!r->ecosystem->modular) {
        return 0;
    }
    for (size_t i = 0; i < r->rows.count; i++) {
        if (str_find(r->rows.at[i].fixed, STR(".module")) == r->rows.at[i].fixed.len) {
            return 0;
        }
    }
    size_t count = 0;
    str rest = r->summary, word;
    while (count < MODULES_MAX && str_word(&rest, &word)) {
        while (word.len > 0 && word.at[word.len - 1] == ',') {
            word.len--;
        }
        size_t colon = str_find_char(word, ':');
        if (colon > 0 && colon + 1 < word.len && str_find_last_char(word, ':') == colon) {
            modules[count++] = word;
        }
    }
    return count;
}

/* An update of two modules does not say which package is of which: each row is given once for
 * each, and an installed package is of one of them. */
static bool modules_apply(struct osv_record *r, struct error *e)
{
    str modules[MODULES_MAX];
    size_t count = modules_find(r, modules);
    size_t rows = r->rows.count;
    for (size_t m = 0; m < count; m++) {
        for (size_t i = 0; i < rows; i++) {
            if (m == 0) {
                r->rows.at[i].module = modules[0];
                continue;
            }
            struct affected row = r->rows.at[i];
            row.module = modules[m];
            if (!osv_row_add(r->osv, &row, &r->rows, e)) {
                return false;
            }
        }
    }
    return true;
}

/* -- severity ------------------------------------------------------------------------------- */

/* The publisher's own word, and whose it is. */
static bool severity_word(const struct osv_record *r, enum severity *severity, str *source)
{
    str summary = r->summary, word = r->priority;
    if (str_starts(r->id, STR("MAL-"))) {
        *severity = SEVERITY_CRITICAL; /* a package made to do harm */
        *source = STR("osv");
        return true;
    }
    *source = r->ecosystem->namespace_;
    if (r->ecosystem->severity_first) {
        word = STR_NONE;
        (void)str_cut(&summary, ':', &word);
    }
    if (severity_parse(word, severity) && *severity != SEVERITY_UNKNOWN) {
        return true;
    }
    if (severity_parse(r->word, severity) && *severity != SEVERITY_UNKNOWN) {
        *source = str_starts(r->id, STR("GHSA-")) ? STR("ghsa") : *source;
        return true;
    }
    for (size_t i = 0; i < r->rows.count; i++) {
        *severity = r->rows.at[i].severity;
        if (*severity != SEVERITY_UNKNOWN) {
            return true;
        }
    }
    return false;
}

/* What the vectors' base scores say, the newest version of CVSS first. Only v3 can be computed
 * here: this is the place for v4 and v2. */
static bool severity_score(const struct osv_vectors *vectors, enum severity *severity, str *source)
{
    unsigned tenths;
    if (cvss3_base_score(vectors->v3, &tenths)) {
        *source = STR("cvss3");
    } else if (cvss4_base_score(vectors->v4, &tenths)) {
        *source = STR("cvss4");
    } else if (cvss2_base_score(vectors->v2, &tenths)) {
        *source = STR("cvss2");
    } else {
        return false;
    }
    *severity = severity_of_score(tenths);
    return true;
}

static void severity_find(const struct osv_record *r, struct advisory *a)
{
    struct osv_vectors v = r->vectors;
    if (v.v4.len == 0 && v.v3.len == 0 && v.v2.len == 0) {
        v = r->rows_vectors;
    }
    a->cvss = v.v4.len > 0 ? v.v4 : v.v3.len > 0 ? v.v3 : v.v2;
    enum severity severity;
    str source;
    if (severity_word(r, &severity, &source) || severity_score(&v, &severity, &source)) {
        a->severity = severity;
        a->severity_source = source;
    }
}

/* -- where to read on ----------------------------------------------------------------------- */

static bool contains(str text, str part)
{
    return str_find(text, part) < text.len;
}

/* The publisher's page of this very record; else another advisory's, but rather not NVD's. */
static unsigned reference_worth(const struct osv_record *r, const struct osv_reference *ref)
{
    bool own = contains(ref->url, r->id);
    if (!ref->advisory) {
        return own ? 3 : 0;
    }
    return own ? 4 : contains(ref->url, STR("nvd.nist.gov")) ? 1 : 2;
}

static bool url_find(const struct osv_record *r, str *url, struct error *e)
{
    unsigned best = 0;
    *url = r->url;
    if (str_starts(r->url, STR("https://"))) {
        return true;
    }
    for (size_t i = 0; i < r->references.count; i++) {
        unsigned worth = reference_worth(r, &r->references.at[i]);
        if (worth > best) {
            best = worth;
            *url = r->references.at[i].url;
        }
    }
    return best > 0 ||
           arena_printf(r->arena, url, e, "https://osv.dev/vulnerability/" STR_FMT, STR_ARG(r->id));
}

/* -- the whole ------------------------------------------------------------------------------ */

/* Updates that mend bugs or add packages, and name no vulnerability. */
static bool is_harmless(const struct osv_record *r, const struct osv_strings *ids)
{
    static const str kinds[] = {
        STR_INIT("ALBA-"),        STR_INIT("ALEA-"),        STR_INIT("RLBA-"),
        STR_INIT("RLEA-"),        STR_INIT("RHBA-"),        STR_INIT("RHEA-"),
        STR_INIT("SUSE-RU-"),     STR_INIT("SUSE-FU-"),     STR_INIT("SUSE-OU-"),
        STR_INIT("openSUSE-RU-"), STR_INIT("openSUSE-FU-"), STR_INIT("MGAA-"),
    };
    for (size_t i = 0; ids->count == 0 && i < ARRAY_COUNT(kinds); i++) {
        if (str_starts(r->id, kinds[i])) {
            return true;
        }
    }
    return false;
}

static bool put(struct osv_record *r, const struct advisory *a, struct error *e)
{
    bool done = pieces_put(r->osv->out, a, r->rows.at, r->rows.count, &r->osv->strange, e);
    r->osv->sink_failed = r->osv->sink_failed || !done;
    return done;
}

bool osv_advisory_put(struct osv_record *r, struct error *e)
{
    if (!r->is_object || r->id.len == 0) {
        return error_set(e, ERROR_FORMAT, "is no OSV record: it has no id");
    }
    r->osv->records++;
    if (str_starts(r->id, STR("LSN-"))) {
        r->osv->live++;
        return true;
    }
    if (r->rows.count == 0) {
        return true;
    }
    struct osv_strings ids = {.count = 0};
    if (!ids_gather(r, &ids, e)) {
        return false;
    }
    if (is_harmless(r, &ids)) {
        r->osv->harmless++;
        return true;
    }
    struct advisory advisory = {
        .id = r->id,
        .ids = ids.at,
        .ids_count = ids.count,
        .published_s = r->published_s,
        .modified_s = r->modified_s,
        .whole = r->osv->publisher->whole,
        .withdrawn_s = r->withdrawn_s,
    };
    severity_find(r, &advisory);
    return modules_apply(r, e) &&
           describe(r->summary.len > 0 ? r->summary : r->details, r->arena, &advisory.description,
                    e) &&
           url_find(r, &advisory.url, e) && put(r, &advisory, e);
}
