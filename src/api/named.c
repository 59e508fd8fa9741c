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
    struct service_vulnerability *out;
    struct graph_fix *fixes;
    size_t room;
    struct fix_set known;
    enum severity severity, other; /* of rows of that namespace; of anybody */
    str cvss;
};

static bool is_distribution(str scheme)
{
    return str_eq(scheme, STR("deb")) || str_eq(scheme, STR("rpm")) || str_eq(scheme, STR("apk"));
}

static MUST_USE bool take_row(struct telling *t, const struct affected *row, bool *taken,
                              struct error *e)
{
    str os;
    if (row->state == FIX_NOT_AFFECTED || row->state == FIX_UNDETERMINED ||
        !is_distribution(namespace_scheme(row->namespace_))) {
        return true;
    }
    if (!os_of_namespace(row->namespace_, t->arena, &os, e)) {
        return false;
    }
    if (t->os.len > 0 && !str_eq(os, t->os)) {
        return true;
    }
    *taken = true;
    struct graph_fix fix = {.os = os,
                            .name = row->package,
                            .version = row->state == FIX_AVAILABLE ? row->fixed : STR_NONE,
                            .format = os_version_format(row->namespace_)};
    bool fresh;
    if (!fix_set_add(&t->known, &fix, &fresh, e)) {
        return false;
    }
    if (t->severity < row->severity) {
        t->severity = row->severity;
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

static MUST_USE bool take_advisory(struct telling *t, const struct advisory *a, bool *any,
                                   struct error *e)
{
    bool taken = false;
    if (a->withdrawn_s != 0) {
        return true;
    }
    for (size_t i = 0; i < a->affected_count; i++) {
        if (!take_row(t, &a->affected[i], &taken, e)) {
            return false;
        }
    }
    if (taken) {
        t->severity = t->severity < a->severity ? a->severity : t->severity;
        t->out->link = t->out->link.len > 0 ? t->out->link : a->url;
        t->out->description = t->out->description.len > 0 ? t->out->description : a->description;
    }
    t->other = t->other < a->severity ? a->severity : t->other;
    t->cvss = t->cvss.len > 0 ? t->cvss : a->cvss;
    *any = *any || taken;
    return true;
}

bool named_look(struct advisories *advisories, str name, struct arena *arena, struct named *out,
                struct error *e)
{
    *out = (struct named){.name = name, .advisories = advisories};
    return advisories == NULL ||
           advisories_by_id(advisories, name, arena, &out->known, &out->known_count, e);
}

/* What is known of it whatever package has it; asked for once, and only where a row is shown. */
static MUST_USE bool general_of(struct named *n, struct arena *arena, struct error *e)
{
    if (!n->is_general_known &&
        !advisories_vulnerability(n->advisories, n->name, arena, &n->general, &n->has_general, e)) {
        return false;
    }
    n->is_general_known = true;
    return true;
}

bool named_tell(struct named *n, str os, struct arena *arena, struct service_vulnerability *out,
                bool *found, struct error *e)
{
    struct telling t = {.arena = arena, .os = os, .out = out};
    struct service_vulnerability *v = out;
    *found = false;
    *out = (struct service_vulnerability){.name = n->name};
    fix_set_init(&t.known, true, arena);
    for (size_t i = 0; i < n->known_count; i++) {
        if (!take_advisory(&t, &n->known[i].advisory, found, e)) {
            return false;
        }
    }
    if (!*found) {
        return true;
    }
    if (!general_of(n, arena, e)) {
        return false;
    }
    if (n->has_general) {
        v->link = v->link.len > 0 ? v->link : n->general.url;
        v->description = v->description.len > 0 ? v->description : n->general.description;
        t.cvss = t.cvss.len > 0 ? t.cvss : n->general.cvss;
        t.other = t.other < n->general.severity ? n->general.severity : t.other;
    }
    v->os = os;
    v->of_feed = true;
    v->severity = clair_severity(t.severity != SEVERITY_UNKNOWN ? t.severity : t.other);
    v->fixes = t.fixes;
    return clair_metadata(t.cvss, arena, &v->metadata, e);
}

bool service_vulnerability(struct service *s, unsigned worker, enum graph_api api, str os, str name,
                           struct arena *arena, struct service_vulnerability *out, bool *found,
                           struct error *e)
{
    struct seat *seat;
    struct graph_vulnerability written;
    struct advisories *advisories;
    struct named named;
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
