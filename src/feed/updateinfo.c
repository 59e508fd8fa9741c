/* updateinfo.c: one update after the other, each gathered and put when its element ends. */
#include "feed/updateinfo.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/sort.h"
#include "feed/prose.h"
#include "format/xml.h"

enum { PACKAGES_MAX = 200000, IDS_MAX = ADVISORY_IDS_MAX };

struct package_row {
    str name, version, arch, module;
};

struct update {
    struct updateinfo_update said;
    str type, description, self;
    enum severity severity;
    int64_t issued_s, updated_s;
    str *ids;
    size_t ids_count, ids_room;
    struct package_row *packages;
    size_t packages_count, packages_room;
    str module; /* of the collection that is open */
};

struct list {
    struct xml_handler base;
    const struct updateinfo_publisher *publisher;
    struct advisory_sink *out;
    struct arena *arena;
    struct arena_mark mark;
    str path;
    struct update now;
    bool is_list;
    uint64_t updates, sources, harmless, empty;
    struct tally others, strange;
};

bool updateinfo_claims(str path)
{
    str name = str_slice(
        path, str_find_last_char(path, '/') == path.len ? 0 : str_find_last_char(path, '/') + 1,
        path.len);
    return str_ends(name, STR("updateinfo.xml")) ||
           (str_starts(name, STR("updateinfo")) && str_ends(name, STR(".xml")));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

str updateinfo_number_after(str text, str before)
{
    for (size_t at = 0; at + before.len <= text.len; at++) {
        size_t same = 0;
        while (same < before.len && lower(text.at[at + same]) == lower(before.at[same])) {
            same++;
        }
        size_t end = at + before.len;
        while (same == before.len && end < text.len && is_digit(text.at[end])) {
            end++;
        }
        if (same == before.len && end > at + before.len) {
            return str_slice(text, at + before.len, end);
        }
    }
    return STR_NONE;
}

static bool keep(struct list *l, str text, str *to, struct error *e)
{
    *to = STR_NONE;
    return text.len == 0 || arena_str(l->arena, text, to, e);
}

/* -- vulnerabilities ------------------------------------------------------------------------- */

static bool add_id(struct list *l, str id, struct error *e)
{
    struct update *u = &l->now;
    for (size_t i = 0; i < u->ids_count; i++) {
        if (str_eq(u->ids[i], id)) {
            return true;
        }
    }
    if (u->ids_count == IDS_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "' names more than the limit of %d ids",
                         STR_ARG(u->said.id), IDS_MAX);
    }
    void *items = u->ids;
    if (!arena_grow(l->arena, &items, u->ids_count, &u->ids_room, sizeof(str), e)) {
        return false;
    }
    u->ids = items;
    return keep(l, id, &u->ids[u->ids_count++], e);
}

/* Takes each "CVE-2024-24989" out of a text. */
static bool add_cves(struct list *l, str text, struct error *e)
{
    for (;;) {
        size_t at = str_find(text, STR("CVE-"));
        if (at == text.len) {
            return true;
        }
        size_t end = at + 4, dash = 0;
        while (end < text.len && (is_digit(text.at[end]) || (text.at[end] == '-' && dash == 0))) {
            dash = text.at[end] == '-' ? end : dash;
            end++;
        }
        bool whole = dash == at + 8 && end >= dash + 5;
        if (whole && !add_id(l, str_slice(text, at, end), e)) {
            return false;
        }
        text = str_slice(text, end, text.len);
    }
}

/* Fedora's references are of type "bugzilla", with the CVE in the title. */
static bool on_reference(struct list *l, const struct xml_event *event, struct error *e)
{
    str id = xml_attribute(event, "id");
    str type = xml_attribute(event, "type");
    if (str_eq(type, STR("self"))) {
        return keep(l, xml_attribute(event, "href"), &l->now.self, e);
    }
    if (str_eq(type, STR("ghsa")) && str_starts(id, STR("GHSA-"))) {
        return add_id(l, id, e);
    }
    return add_cves(l, id, e) && add_cves(l, xml_attribute(event, "title"), e);
}

/* -- an update ------------------------------------------------------------------------------- */

/* "2023-02-17 20:41:00", "2011-09-27 22:46", "2020-05-14T20:15:38Z", "2018-10-12" */
static int64_t date_of(struct list *l, str text)
{
    char whole[] = "0000-00-00T00:00:00Z";
    int64_t seconds = 0;
    text = str_trim(text);
    size_t len = text.len < 19 ? text.len : 19;
    if (len != 10 && len != 16 && len != 19) {
        len = 0;
    }
    for (size_t i = 0; i < len; i++) {
        whole[i] = i == 10 ? 'T' : text.at[i];
    }
    if (len == 0 || !clock_parse(str_from(whole), &seconds)) {
        if (text.len > 0) {
            tally_add(&l->strange, STR("a date that cannot be read"));
        }
        return 0;
    }
    return seconds;
}

static bool add_package(struct list *l, const struct xml_event *event, struct error *e)
{
    struct update *u = &l->now;
    str arch = xml_attribute(event, "arch"), name = xml_attribute(event, "name");
    str version = xml_attribute(event, "version"), release = xml_attribute(event, "release");
    str epoch = xml_attribute(event, "epoch");
    if (str_eq(arch, STR("src")) || str_eq(arch, STR("nosrc"))) {
        l->sources++;
        return true;
    }
    if (name.len == 0 || version.len == 0) {
        tally_add(&l->strange, STR("a package without name or version"));
        return true;
    }
    if (u->packages_count == PACKAGES_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "' has more than the limit of %d packages",
                         STR_ARG(u->said.id), PACKAGES_MAX);
    }
    void *items = u->packages;
    if (!arena_grow(l->arena, &items, u->packages_count, &u->packages_room, sizeof(*u->packages),
                    e)) {
        return false;
    }
    u->packages = items;
    struct package_row *p = &u->packages[u->packages_count++];
    bool bare = l->publisher->without_release || release.len == 0;
    bool zero = epoch.len == 0 || str_eq(epoch, STR("0")) || str_eq(epoch, STR("None"));
    *p = (struct package_row){.module = u->module};
    return keep(l, name, &p->name, e) &&
           keep(l, str_eq(arch, STR("noarch")) ? STR_NONE : arch, &p->arch, e) &&
           arena_printf(l->arena, &p->version, e, "%.*s%s%.*s%s%.*s", zero ? 0 : (int)epoch.len,
                        zero ? "" : epoch.at, zero ? "" : ":", (int)version.len, version.at,
                        bare ? "" : "-", bare ? 0 : (int)release.len, bare ? "" : release.at);
}

static int by_package(const void *left, const void *right)
{
    const struct package_row *a = left, *b = right;
    int order = str_cmp(a->name, b->name);
    order = order != 0 ? order : str_cmp(a->module, b->module);
    order = order != 0 ? order : str_cmp(a->arch, b->arch);
    return order != 0 ? order : str_cmp(a->version, b->version);
}

static bool is_same_name(const struct package_row *a, const struct package_row *b)
{
    return str_eq(a->name, b->name) && str_eq(a->module, b->module);
}

/* One row for all architectures of a name where they have one version, else each its own. */
static size_t make_rows(const struct update *u, const struct updateinfo_place *place,
                        struct affected *rows)
{
    size_t count = 0;
    for (size_t from = 0, end; from < u->packages_count; from = end) {
        bool one = true;
        for (end = from + 1;
             end < u->packages_count && is_same_name(&u->packages[from], &u->packages[end]);
             end++) {
            one = one && str_eq(u->packages[end].version, u->packages[from].version);
        }
        for (size_t i = from; i < (one ? from + 1 : end); i++) {
            const struct package_row *p = &u->packages[i];
            const struct package_row *before = i > from ? p - 1 : NULL;
            if (before != NULL && str_eq(before->arch, p->arch) &&
                str_eq(before->version, p->version)) {
                continue;
            }
            rows[count++] = (struct affected){
                .namespace_ = place->namespace_,
                .product = place->product,
                .package = p->name,
                .scope = SCOPE_BINARY,
                .arch = one ? STR_NONE : p->arch,
                .module = p->module,
                .state = FIX_AVAILABLE,
                .fixed = p->version,
            };
        }
    }
    return count;
}

static bool put_update(struct list *l, struct error *e)
{
    struct update *u = &l->now;
    struct updateinfo_place place = {0};
    u->said.path = l->path;
    l->updates++;
    if (u->said.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "update %" PRIu64 " has no id", l->updates);
    }
    if (!l->publisher->place(&u->said, l->arena, &place, e)) {
        return false;
    }
    if (place.namespace_.len == 0) {
        tally_add(&l->others, u->said.collection.len > 0 ? u->said.collection : u->said.id);
        return true;
    }
    if (u->ids_count == 0 && (!add_cves(l, u->said.title, e) || !add_cves(l, u->description, e))) {
        return false;
    }
    if (u->ids_count == 0 && !str_eq(u->type, STR("security"))) {
        l->harmless++;
        return true;
    }
    l->empty += u->packages_count == 0;
    struct affected *rows = ARENA_ARRAY(l->arena, u->packages_count, struct affected, e);
    if (rows == NULL) {
        return false;
    }
    if (u->packages_count > 1) {
        sort_items(u->packages, u->packages_count, sizeof(*u->packages), by_package);
    }
    bool known = u->severity != SEVERITY_UNKNOWN;
    struct advisory advisory = {
        .id = u->said.id,
        .ids = u->ids,
        .ids_count = u->ids_count,
        .severity = u->severity,
        .severity_source = known ? l->publisher->name : STR_NONE,
        .description = u->description.len > 0 ? u->description : u->said.title,
        .url = place.url.len > 0 ? place.url : u->self,
        .published_s = u->issued_s,
        .modified_s = u->updated_s,
    };
    advisory.affected = rows;
    advisory.affected_count = make_rows(u, &place, rows);
    return l->out->put(l->out, &advisory, e);
}

/* -- events ---------------------------------------------------------------------------------- */

static bool on_begin(struct list *l, const struct xml_event *event, struct error *e)
{
    struct update *u = &l->now;
    if (event->depth == 1) {
        l->is_list = xml_is(event, "updates");
        return l->is_list ||
               error_set(e, ERROR_FORMAT, "'" STR_FMT "' where a list of updates begins",
                         STR_ARG(event->path[0]));
    }
    if (event->depth == 2) {
        *u = (struct update){.severity = SEVERITY_UNKNOWN};
        l->mark = arena_mark(l->arena);
        return keep(l, xml_attribute(event, "type"), &u->type, e);
    }
    if (xml_is(event, "issued") && event->depth == 3) {
        u->issued_s = date_of(l, xml_attribute(event, "date"));
    } else if (xml_is(event, "updated") && event->depth == 3) {
        u->updated_s = date_of(l, xml_attribute(event, "date"));
    } else if (xml_is(event, "reference")) {
        return on_reference(l, event, e);
    } else if (xml_is(event, "collection")) {
        u->module = STR_NONE;
        return u->said.collection.len > 0 ||
               keep(l, xml_attribute(event, "short"), &u->said.collection, e);
    } else if (xml_is(event, "module")) {
        str name = xml_attribute(event, "name"), stream = xml_attribute(event, "stream");
        return arena_printf(l->arena, &u->module, e, "%.*s:%.*s", (int)name.len, name.at,
                            (int)stream.len, stream.at);
    } else if (xml_is(event, "package")) {
        return add_package(l, event, e);
    }
    return true;
}

/* What publishers write beside the words that all use. */
static enum severity severity_of(struct list *l, str word)
{
    enum severity severity = SEVERITY_UNKNOWN;
    if (word.len == 0 || str_eq_nocase(word, STR("none")) ||
        str_eq_nocase(word, STR("unspecified"))) {
        return SEVERITY_UNKNOWN;
    }
    if (str_eq_nocase(word, STR("urgent"))) {
        return SEVERITY_CRITICAL;
    }
    if (!severity_parse(word, &severity)) {
        tally_add(&l->strange, word);
        return SEVERITY_UNKNOWN;
    }
    return severity;
}

static bool on_end(struct list *l, const struct xml_event *event, struct error *e)
{
    struct update *u = &l->now;
    if (event->depth == 2) {
        bool done = put_update(l, e);
        arena_rewind(l->arena, l->mark);
        return done;
    }
    if (event->depth != 3) {
        return true;
    }
    if (xml_is(event, "id")) {
        return keep(l, event->text, &u->said.id, e);
    }
    if (xml_is(event, "title")) {
        return keep(l, event->text, &u->said.title, e);
    }
    if (xml_is(event, "release")) {
        return keep(l, event->text, &u->said.release, e);
    }
    if (xml_is(event, "severity")) {
        u->severity = severity_of(l, event->text);
        return true;
    }
    return !xml_is(event, "description") ||
           prose_keep(l->arena, event->text, ADVISORY_DESCRIPTION_BYTES_MAX, &u->description, e);
}

static bool on_event(struct xml_handler *self, const struct xml_event *event, struct error *e)
{
    struct list *l = CONTAINER_OF(self, struct list, base);
    return event->kind == XML_BEGIN ? on_begin(l, event, e) : on_end(l, event, e);
}

static bool note_count(struct list *l, uint64_t count, const char *what, struct error *e)
{
    return count == 0 || document_note(l->out, l->path, e, "%s: %" PRIu64, what, count);
}

bool updateinfo_read(const struct updateinfo_publisher *publisher,
                     const struct feed_document *document, struct reader *body, struct arena *arena,
                     struct advisory_sink *out, struct error *e)
{
    struct list l = {
        .base = {.event = on_event},
        .publisher = publisher,
        .out = out,
        .arena = arena,
        .mark = arena_mark(arena),
        .path = document->path,
    };
    return xml_read(body, &l.base, e) &&
           note_count(&l, l.harmless, "left out: updates that fix no vulnerability", e) &&
           note_count(&l, l.empty, "updates that name no package", e) &&
           note_count(&l, l.sources, "left out: source packages", e) &&
           tally_note(&l.others, out, document->path, "updates of", e) &&
           tally_note(&l.strange, out, document->path, "what was not understood", e);
}
