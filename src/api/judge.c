/* judge.c: which vulnerabilities a layer's features have: those that clients wrote, and those of
 * the feeds, found as a scan finds them (match/match.h), once for each distribution in the list. */
#include <stdio.h>

#include "api/clair_version.h"
#include "api/inner.h"
#include "api/judged.h"
#include "base/sort.h"
#include "match/match.h"
#include "model/cvss.h"
#include "model/namespace.h"
#include "version/scheme.h"

/* The vulnerabilities of one feature, as they come. */
struct found {
    struct service_vulnerability *at;
    size_t count, room;
};

struct judging {
    uint64_t stamp; /* of the generation of advisories */
    struct service *service;
    struct seat *seat;
    struct features *features;
    struct found *found; /* of each feature */
    struct arena *arena;
};

str clair_severity(enum severity severity)
{
    switch (severity) {
    case SEVERITY_NEGLIGIBLE:
        return STR("Negligible");
    case SEVERITY_LOW:
        return STR("Low");
    case SEVERITY_MEDIUM:
        return STR("Medium");
    case SEVERITY_HIGH:
        return STR("High");
    case SEVERITY_CRITICAL:
        return STR("Critical");
    case SEVERITY_UNKNOWN:
    case SEVERITY_COUNT:
        break;
    }
    return STR("Unknown");
}

/* A vector that is one has no bytes that JSON escapes. */
bool clair_metadata(str cvss, struct arena *arena, str *out, struct error *e)
{
    unsigned tenths;
    str vector = str_trim(cvss);
    const char *key = cvss3_base_score(vector, &tenths)   ? "CVSSv3"
                      : cvss2_base_score(vector, &tenths) ? "CVSSv2"
                                                          : NULL;
    *out = STR_NONE;
    if (key == NULL || str_find_char(vector, '"') < vector.len ||
        str_find_char(vector, '\\') < vector.len) {
        return true;
    }
    return arena_printf(arena, out, e,
                        "{\"NVD\":{\"%s\":{\"Score\":%u.%u,\"Vectors\":\"" STR_FMT "\"}}}", key,
                        tenths / 10, tenths % 10, STR_ARG(vector));
}

static MUST_USE bool found_add(struct judging *j, struct found *f,
                               const struct service_vulnerability *v, struct error *e)
{
    void *items = f->at;
    if (!arena_grow(j->arena, &items, f->count, &f->room, sizeof(*v), e)) {
        return false;
    }
    f->at = items;
    f->at[f->count++] = *v;
    return true;
}

static int by_name(const void *va, const void *vb)
{
    const struct service_vulnerability *a = va, *b = vb;
    int order = str_cmp(a->name, b->name);
    if (order == 0) {
        order = (int)a->of_feed - (int)b->of_feed; /* a client's own word overrules */
    }
    return order == 0 ? str_cmp(b->fixed_by, a->fixed_by) : order;
}

/* What is remembered of packages is sorted; most features have one package. */
static void found_sort(struct found *f)
{
    size_t i = 1;
    while (i < f->count && by_name(&f->at[i - 1], &f->at[i]) <= 0) {
        i++;
    }
    if (i < f->count) {
        sort_items(f->at, f->count, sizeof(*f->at), by_name);
    }
}

static int feature_order(const struct service_feature *f, str name, str version, str os)
{
    int order = str_cmp(f->name, name);
    if (order == 0 && version.at != NULL) {
        order = str_cmp(f->version, version);
        order = order == 0 ? str_cmp(f->os, os) : order;
    }
    return order;
}

/* The first feature that is not below; a version of STR_NONE: by the name alone. */
static size_t feature_at(const struct features *features, str name, str version, str os)
{
    size_t low = 0, high = features->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (feature_order(&features->at[middle], name, version, os) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The feature that the package is part of; the count of features where it is none. */
static size_t feature_of(const struct features *features, const struct graph_package *p)
{
    str name, version;
    feature_name(&p->package, &name, &version);
    size_t at = feature_at(features, name, version, p->os);
    bool is = at < features->count && feature_order(&features->at[at], name, version, p->os) == 0;
    return is ? at : features->count;
}

/* -- what clients wrote --------------------------------------------------------------------- */

bool service_affects(const struct graph_fix *fix, enum ecosystem ecosystem, str version)
{
    const struct scheme *scheme = scheme_find(ecosystem_name(ecosystem));
    if (str_eq(fix->version, STR(CLAIR_VERSION_MIN))) {
        return false;
    }
    return fix->version.len == 0 || str_eq(fix->version, STR(CLAIR_VERSION_MAX)) ||
           (scheme != NULL && scheme->compare(version, str_trim(fix->version)) < 0);
}

static MUST_USE bool take_written(struct judging *j, const struct graph_vulnerability *w,
                                  struct error *e)
{
    const struct graph_fix *fix = &w->fixes[0];
    const struct service_vulnerability v = {
        .name = w->name,
        .os = fix->os,
        .link = w->link,
        .description = w->description,
        .severity = w->severity,
        .metadata = w->metadata,
        .fixed_by = fix->version,
    };
    size_t i = feature_at(j->features, fix->name, STR_NONE, STR_NONE);
    for (; i < j->features->count && str_eq(j->features->at[i].name, fix->name); i++) {
        const struct service_feature *f = &j->features->at[i];
        if (str_eq(f->os, fix->os) && service_affects(fix, f->ecosystem, f->version) &&
            !found_add(j, &j->found[i], &v, e)) {
            return false;
        }
    }
    return true;
}

static MUST_USE bool judge_written(struct judging *j, struct error *e)
{
    const struct features *features = j->features;
    const struct graph_vulnerability *written;
    size_t count;
    struct graph_name *names = ARENA_ARRAY(j->arena, features->count, struct graph_name, e);
    if (names == NULL) {
        return false;
    }
    for (size_t i = 0; i < features->count; i++) {
        names[i] = (struct graph_name){.os = features->at[i].os, .name = features->at[i].name};
    }
    if (!graph_vulnerability_about(j->seat->graph, names, features->count, j->arena, &written,
                                   &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (written[i].fixes_count > 0 && !take_written(j, &written[i], e)) {
            return false;
        }
    }
    return true;
}

/* -- what the feeds say --------------------------------------------------------------------- */

/* Packages of one namespace of which nothing is remembered; of each the feature, what is found, and
 * what it is remembered by. */
struct part {
    struct found_package *packages;
    size_t *features;
    struct found *found;
    str *keys;
    size_t count;
};

static MUST_USE bool part_new(struct part *part, size_t count, struct arena *arena, struct error *e)
{
    *part = (struct part){.packages = ARENA_ARRAY(arena, count, struct found_package, e),
                          .features = ARENA_ARRAY(arena, count, size_t, e),
                          .found = ARENA_ARRAY(arena, count, struct found, e),
                          .keys = ARENA_ARRAY(arena, count, str, e)};
    return part->packages != NULL && part->features != NULL && part->found != NULL &&
           part->keys != NULL;
}

static MUST_USE bool take_finding(struct judging *j, const struct part *part,
                                  const struct finding *f, struct error *e)
{
    size_t package = (size_t)(f->package - part->packages), feature = part->features[package];
    struct service_vulnerability v = {
        .name = f->id,
        .os = j->features->at[feature].os,
        .description = f->description,
        .severity = clair_severity(f->severity),
        .fixed_by = f->state == FIX_AVAILABLE ? f->fixed : STR_NONE,
        .of_feed = true,
    };
    for (size_t i = 0; i < f->advisories_count && v.link.len == 0; i++) {
        v.link = f->advisories[i].url;
    }
    if (v.link.len == 0 && str_starts(f->id, STR("CVE-")) &&
        !arena_printf(j->arena, &v.link, e, "https://nvd.nist.gov/vuln/detail/" STR_FMT,
                      STR_ARG(f->id))) {
        return false;
    }
    return clair_metadata(f->cvss, j->arena, &v.metadata, e) &&
           found_add(j, &part->found[package], &v, e) && found_add(j, &j->found[feature], &v, e);
}

static MUST_USE bool judge_part(struct judging *j, struct advisories *advisories, str namespace_,
                                const struct part *part, struct error *e)
{
    struct scan scan = {.inventory = {.has_distribution = true,
                                      .namespace_ = namespace_,
                                      .packages = part->packages,
                                      .packages_count = part->count}};
    str version = namespace_;
    if (str_cut(&version, ':', &scan.inventory.distribution.id)) {
        scan.inventory.distribution.version_id = version;
    } else {
        scan.inventory.distribution.id = namespace_;
    }
    diag_init(&scan.inventory.notes, j->arena);
    if (!match_scan(advisories, j->arena, &scan, e)) {
        return e->kind == ERROR_ABSENT; /* nobody speaks of that distribution */
    }
    for (size_t i = 0; i < scan.findings_count; i++) {
        if (!take_finding(j, part, &scan.findings[i], e)) {
            return false;
        }
    }
    for (size_t i = 0; i < part->count; i++) {
        found_sort(&part->found[i]);
        judged_keep(j->service->judged, j->stamp, part->keys[i], part->found[i].at,
                    part->found[i].count);
    }
    return true;
}

/* What is remembered of the package goes to its feature; else it becomes one of the part. */
static MUST_USE bool take_package(struct judging *j, const struct graph_package *package,
                                  struct part *part, struct error *e)
{
    struct service_vulnerability *known;
    size_t count, feature = feature_of(j->features, package);
    bool is_known;
    str key;
    if (feature == j->features->count) {
        return true;
    }
    if (!judged_key(package->namespace_, &package->package, j->arena, &key, e) ||
        !judged_find(j->service->judged, j->stamp, key, j->arena, &known, &count, &is_known, e)) {
        return false;
    }
    struct found *found = &j->found[feature];
    bool first = found->count == 0; /* then the copy is the list */
    for (size_t i = 0; i < count; i++) {
        known[i].os = j->features->at[feature].os;
        if (!first && !found_add(j, found, &known[i], e)) {
            return false;
        }
    }
    if (first && count > 0) {
        *found = (struct found){.at = known, .count = count, .room = count};
    }
    if (!is_known) {
        part->keys[part->count] = key;
        part->features[part->count] = feature;
        part->packages[part->count++] = (struct found_package){.package = package->package};
    }
    return true;
}

static MUST_USE bool judge_feeds(struct judging *j, const struct graph_package *packages,
                                 size_t count, struct error *e)
{
    struct advisories *advisories;
    struct part part;
    bool *done = ARENA_ARRAY(j->arena, count, bool, e);
    if (done == NULL || !service_advisories(j->service, j->seat, &advisories, e)) {
        return false;
    }
    j->stamp = j->seat->opened_stamp;
    /* one round for each namespace: images have one, or two where a layer changes it */
    for (size_t first = 0; advisories != NULL && first < count; first++) {
        str namespace_ = packages[first].namespace_;
        if (done[first] || namespace_scheme(namespace_).len == 0) {
            continue;
        }
        /* findings point into the part's lists: each round has its own */
        if (!part_new(&part, count - first, j->arena, e)) {
            return false;
        }
        for (size_t i = first; i < count; i++) {
            if (!done[i] && str_eq(packages[i].namespace_, namespace_)) {
                done[i] = true;
                if (!take_package(j, &packages[i], &part, e)) {
                    return false;
                }
            }
        }
        if (part.count > 0 && !judge_part(j, advisories, namespace_, &part, e)) {
            return false;
        }
    }
    return true;
}

/* -- together ------------------------------------------------------------------------------- */

/* Each vulnerability once. */
static void settle(struct found *f, struct service_feature *out)
{
    size_t kept = 0;
    found_sort(f);
    for (size_t i = 0; i < f->count; i++) {
        if (kept == 0 || !str_eq(f->at[kept - 1].name, f->at[i].name)) {
            f->at[kept++] = f->at[i];
        }
    }
    out->vulnerabilities = f->at;
    out->vulnerabilities_count = kept;
}

bool judge_features(struct service *s, struct seat *seat, const struct graph_package *packages,
                    size_t packages_count, struct features *features, struct arena *arena,
                    struct error *e)
{
    struct judging j = {.service = s,
                        .seat = seat,
                        .features = features,
                        .found = ARENA_ARRAY(arena, features->count, struct found, e),
                        .arena = arena};
    if (j.found == NULL || !judge_written(&j, e) || !judge_feeds(&j, packages, packages_count, e)) {
        return false;
    }
    for (size_t i = 0; i < features->count; i++) {
        settle(&j.found[i], &features->at[i]);
    }
    return true;
}
