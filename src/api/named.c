/* named.c: vulnerabilities by name, and the layers that bring what they affect. */
#include "api/clair_version.h"
#include "api/fix_set.h"
#include "api/inner.h"
#include "api/os_name.h"
#include "base/sort.h"
#include "model/namespace.h"

enum { INSTALLERS_AT_ONCE = 256 };

/* -- of the feeds --------------------------------------------------------------------------- */

struct telling {
    struct arena *arena;
    str os;
    str namespaces[OS_NAMESPACES_MAX]; /* that `os` stands for */
    size_t namespaces_count;
    struct service_vulnerability *out;
    struct graph_fix *fixes;
    size_t room;
    struct fix_set known;
    struct told told;
};

/* Whether the row is of the system that was asked for, and what that is called. */
static MUST_USE bool system_of(struct telling *t, str namespace_, str *os, bool *is,
                               struct error *e)
{
    *os = t->os;
    *is = false;
    for (size_t i = 0; i < t->namespaces_count && !*is; i++) {
        *is = str_eq(t->namespaces[i], namespace_);
    }
    if (t->os.len > 0) {
        return true;
    }
    *is = os_is_distribution(namespace_);
    return !*is || os_of_namespace(namespace_, t->arena, os, e);
}

static MUST_USE bool take_row(struct telling *t, const struct affected *row, bool *taken,
                              enum severity *severity, struct error *e)
{
    str os;
    bool is;
    if (row->state == FIX_NOT_AFFECTED || row->state == FIX_UNDETERMINED) {
        return true;
    }
    if (!system_of(t, row->namespace_, &os, &is, e)) {
        return false;
    }
    if (!is) {
        return true;
    }
    *taken = true;
    *severity = *severity < row->severity ? row->severity : *severity;
    struct graph_fix fix = {.os = os,
                            .name = row->package,
                            .version = row->state == FIX_AVAILABLE ? row->fixed : STR_NONE,
                            .format = os_version_format(row->namespace_)};
    bool fresh;
    if (!fix_set_add(&t->known, &fix, &fresh, e)) {
        return false;
    }
    if (!fresh) {
        return true; /* the same for another architecture */
    }
    void *items = t->fixes;
    if (!arena_grow(t->arena, &items, t->out->fixes_count, &t->room, sizeof(fix), e)) {
        return false;
    }
    t->fixes = items;
    t->fixes[t->out->fixes_count++] = fix;
    return true;
}

void told_take(struct told *t, const struct advisory *a, bool here, enum severity severity)
{
    if (a->withdrawn_s != 0) {
        return;
    }
    if (here) {
        severity = severity < a->severity ? a->severity : severity;
        t->severity = t->severity < severity ? severity : t->severity;
        t->link = t->link.len > 0 ? t->link : a->url;
        t->description = t->description.len > 0 ? t->description : a->description;
    }
    t->other = t->other < a->severity ? a->severity : t->other;
    t->cvss = t->cvss.len > 0 ? t->cvss : a->cvss;
    t->any = t->any || here;
}

bool told_settle(struct told *t, const struct vulnerability *general, str name, struct arena *arena,
                 struct service_vulnerability *out, struct error *e)
{
    if (general != NULL) {
        t->link = t->link.len > 0 ? t->link : general->url;
        /* as findings have it: an update's title says less */
        t->description = general->description.len > 0 ? general->description : t->description;
        t->cvss = t->cvss.len > 0 ? t->cvss : general->cvss;
        t->other = t->other < general->severity ? general->severity : t->other;
    }
    out->name = name;
    out->link = t->link;
    out->description = t->description;
    out->of_feed = true;
    out->severity = clair_severity(t->severity != SEVERITY_UNKNOWN ? t->severity : t->other);
    return clair_metadata(t->cvss, arena, &out->metadata, e);
}

bool named_look(struct advisories *advisories, str name, struct arena *arena,
                struct named_query *out, struct error *e)
{
    *out = (struct named_query){.name = name, .advisories = advisories};
    return advisories == NULL ||
           advisories_by_id(advisories, name, arena, &out->known, &out->known_count, e);
}

/* What is known of it whatever package has it; asked for once, and only where a row is shown. */
static MUST_USE bool general_of(struct named_query *n, struct arena *arena, struct error *e)
{
    if (!n->is_general_known &&
        !advisories_vulnerability(n->advisories, n->name, arena, &n->general, &n->has_general, e)) {
        return false;
    }
    n->is_general_known = true;
    return true;
}

bool named_tell(struct named_query *n, str os, struct arena *arena,
                struct service_vulnerability *out, bool *found, struct error *e)
{
    struct telling t = {.arena = arena, .os = os, .out = out};
    *found = false;
    *out = (struct service_vulnerability){.name = n->name};
    fix_set_init(&t.known, true, arena);
    if (os.len > 0 && !os_namespaces(os, arena, t.namespaces, &t.namespaces_count, e)) {
        return false;
    }
    for (size_t i = 0; i < n->known_count; i++) {
        const struct advisory *a = &n->known[i].advisory;
        enum severity severity = SEVERITY_UNKNOWN;
        bool here = false;
        for (size_t k = 0; a->withdrawn_s == 0 && k < a->affected_count; k++) {
            if (!take_row(&t, &a->affected[k], &here, &severity, e)) {
                return false;
            }
        }
        told_take(&t.told, a, here, severity);
    }
    *found = t.told.any;
    if (!*found) {
        return true;
    }
    out->os = os;
    out->fixes = t.fixes;
    return general_of(n, arena, e) &&
           told_settle(&t.told, n->has_general ? &n->general : NULL, n->name, arena, out, e);
}

bool service_vulnerability(struct service *s, unsigned worker, enum graph_api api, str os, str name,
                           struct arena *arena, struct service_vulnerability *out, bool *found,
                           struct error *e)
{
    struct seat *seat;
    struct graph_vulnerability written;
    struct advisories *advisories;
    struct named_query named;
    *out = (struct service_vulnerability){.name = name};
    if (!service_seat(s, worker, &seat, e) ||
        !graph_vulnerability_find(seat->graph, api, os, name, arena, &written, found, e)) {
        return false;
    }
    if (*found) {
        *out = (struct service_vulnerability){
            .name = written.name,
            .os = written.os,
            .link = written.link,
            .description = written.description,
            .severity = written.severity,
            .metadata = written.metadata,
            .fixes = written.fixes,
            .fixes_count = written.fixes_count,
        };
        return true;
    }
    return service_advisories(s, seat, &advisories, e) &&
           named_look(advisories, name, arena, &named, e) &&
           named_tell(&named, os, arena, out, found, e);
}

/* -- the layers ----------------------------------------------------------------------------- */

struct introducing {
    struct seat *seat;
    struct arena *arena;
    int64_t after;
    size_t limit;
    struct layer_name *at;
    size_t count, room;
};

static MUST_USE bool layer_add(struct introducing *in, const struct graph_package *p,
                               struct error *e)
{
    void *items = in->at;
    if (!arena_grow(in->arena, &items, in->count, &in->room, sizeof(*in->at), e)) {
        return false;
    }
    in->at = items;
    in->at[in->count++] = (struct layer_name){.number = p->layer, .name = p->layer_name};
    return true;
}

bool named_affects(const struct graph_fix *fix, const struct graph_question *question,
                   const struct package *package)
{
    str name, version;
    feature_name(package, &name, &version);
    version = question->source ? package->source_version : version;
    return service_affects(fix, package->ecosystem, version);
}

bool named_questions(const struct graph_fix *fix, bool of_feed, struct arena *arena,
                     struct graph_question out[NAMED_QUESTIONS_MAX], size_t *count, struct error *e)
{
    str namespaces[OS_NAMESPACES_MAX];
    size_t namespaces_count;
    *count = 0;
    if (str_eq(fix->version, STR(CLAIR_VERSION_MIN))) {
        return true;
    }
    if (!os_namespaces(fix->os, arena, namespaces, &namespaces_count, e)) {
        return false;
    }
    for (size_t i = 0; i < namespaces_count; i++) {
        struct graph_question q = {.namespace_ = namespaces[i], .name = fix->name, .source = true};
        str scheme = namespace_scheme(namespaces[i]);
        /* of a distribution that limpid does not know, either may be meant */
        if (of_feed || (!str_eq(scheme, STR("rpm")) && !str_eq(scheme, STR("apk")))) {
            out[(*count)++] = q;
        }
        q.source = false;
        if (of_feed || !str_eq(scheme, STR("deb"))) {
            out[(*count)++] = q;
        }
    }
    return true;
}

/* All that install what the fix names, in parts, until enough of them are affected. */
static MUST_USE bool ask(struct introducing *in, struct graph_question question,
                         const struct graph_fix *fix, struct error *e)
{
    size_t enough = 0;
    question.after = in->after;
    question.limit = in->limit == 0 ? 0 : INSTALLERS_AT_ONCE;
    for (;;) {
        const struct graph_package *packages;
        size_t count, layers = 0;
        int64_t last = question.after, taken = -1;
        if (!graph_installers(in->seat->graph, &question, in->arena, &packages, &count, e)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            const struct graph_package *p = &packages[i];
            layers += p->layer != last;
            last = p->layer;
            if (p->layer == taken || !str_eq(p->os, fix->os) ||
                !named_affects(fix, &question, &p->package)) {
                continue;
            }
            taken = p->layer;
            if (!layer_add(in, p, e)) {
                return false;
            }
            enough++;
        }
        if (question.limit == 0 || layers < question.limit || enough >= in->limit) {
            return true;
        }
        question.after = last;
    }
}

static MUST_USE bool ask_fix(struct introducing *in, const struct graph_fix *fix, bool of_feed,
                             struct error *e)
{
    struct graph_question questions[NAMED_QUESTIONS_MAX];
    size_t count;
    if (!named_questions(fix, of_feed, in->arena, questions, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!ask(in, questions[i], fix, e)) {
            return false;
        }
    }
    return true;
}

static int by_number(const void *va, const void *vb)
{
    const struct layer_name *a = va, *b = vb;
    return a->number < b->number ? -1 : a->number > b->number;
}

bool service_introducing(struct service *s, unsigned worker, const struct service_vulnerability *v,
                         int64_t after, size_t limit, struct arena *arena,
                         const struct layer_name **out, size_t *count, struct error *e)
{
    struct introducing in = {.arena = arena, .after = after, .limit = limit};
    if (!service_seat(s, worker, &in.seat, e)) {
        return false;
    }
    for (size_t i = 0; i < v->fixes_count; i++) {
        if (!ask_fix(&in, &v->fixes[i], v->of_feed, e)) {
            return false;
        }
    }
    sort_items(in.at, in.count, sizeof(*in.at), by_number);
    size_t kept = 0;
    for (size_t i = 0; i < in.count && (limit == 0 || kept < limit); i++) {
        if (kept == 0 || in.at[kept - 1].number != in.at[i].number) {
            in.at[kept++] = in.at[i];
        }
    }
    *out = in.at;
    *count = kept;
    return true;
}
