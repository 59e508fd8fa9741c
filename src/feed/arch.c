/* arch.c: the vulnerability groups of Arch Linux, one JSON list:
 *     [ { name: "AVG-1", packages: [ … ], status, severity, affected, fixed: null | VERSION,
 *         issues: [ "CVE-…" ], advisories: [ "ASA-…" ] } ]
 * Packages are those that are installed; there are no releases. `affected` is the last version that
 * is known to be: where nothing is fixed, it bounds the range, for the team moves it on while it
 * looks after the group, and what it no longer looks after says nothing of later versions. */
#include "feed/document.h"
#include "feed/feed.h"
#include "format/json.h"

enum {
    ARCH_DEPTH_MAX = 16,
    AT_GROUP = 1,
    AT_MEMBER = 2,
    AT_ITEM = 3, /* of a member that is a list */
};

struct strings {
    str *at;
    size_t count, room;
};

struct arch {
    struct json_handler base;
    struct advisory_sink *out;
    struct arena *arena; /* one group */
    struct arena_mark mark;
    str name, status, severity, affected, fixed, type;
    struct strings packages, issues;
    bool is_list;
    struct tally statuses;
};

static const char *const documents[] = {"all.json", NULL};

/* Others have an all.json too: only where it is the publisher's own path, or alone. */
static bool claims(str path)
{
    return str_eq(path, STR("all.json")) || str_eq(path, STR("advisory.json")) ||
           document_path_ends(path, STR("issues/all.json")) ||
           document_path_ends(path, STR("security.archlinux.org/all.json")) ||
           document_path_ends(path, STR("arch/all.json")) ||
           document_path_ends(path, STR("arch/advisory.json"));
}

static void begin_group(struct arch *a)
{
    a->mark = arena_mark(a->arena);
    a->name = a->status = a->severity = a->affected = a->fixed = a->type = STR_NONE;
    a->packages = a->issues = (struct strings){.count = 0};
}

static bool add(struct arch *a, struct strings *list, str text, struct error *e)
{
    str kept;
    if (list->count == ADVISORY_IDS_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "' has a list of more than %d",
                         STR_ARG(a->name), ADVISORY_IDS_MAX);
    }
    if (!arena_str(a->arena, text, &kept, e) ||
        !arena_grow(a->arena, (void **)&list->at, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at[list->count++] = kept;
    return true;
}

static bool on_string(struct arch *a, const struct json_event *event, struct error *e)
{
    if (event->depth < AT_MEMBER) {
        return true;
    }
    str key = event->path[AT_MEMBER - 1].key;
    if (event->depth == AT_ITEM) {
        struct strings *list = str_eq(key, STR("packages")) ? &a->packages
                               : str_eq(key, STR("issues")) ? &a->issues
                                                            : NULL;
        return list == NULL || add(a, list, event->text, e);
    }
    str *to = event->depth != AT_MEMBER      ? NULL
              : str_eq(key, STR("name"))     ? &a->name
              : str_eq(key, STR("status"))   ? &a->status
              : str_eq(key, STR("severity")) ? &a->severity
              : str_eq(key, STR("affected")) ? &a->affected
              : str_eq(key, STR("fixed"))    ? &a->fixed
              : str_eq(key, STR("type"))     ? &a->type
                                             : NULL;
    return to == NULL || arena_str(a->arena, event->text, to, e);
}

/* False where the status is one nobody has told of. */
static bool group_state(struct arch *a, struct affected *row)
{
    if (str_eq(a->status, STR("Not affected"))) {
        row->state = FIX_NOT_AFFECTED;
        return true;
    }
    if (str_eq(a->status, STR("Unknown"))) {
        row->state = FIX_UNDETERMINED;
        return true;
    }
    row->state = a->fixed.len > 0 ? FIX_AVAILABLE : FIX_NONE_YET;
    row->fixed = a->fixed;
    row->last_affected = a->fixed.len > 0 ? STR_NONE : a->affected;
    if (str_eq(a->status, STR("Testing"))) { /* the fix is not in the repositories yet */
        row->word = STR("Testing");
        return true;
    }
    if (str_eq(a->status, STR("Fixed"))) {
        return a->fixed.len > 0;
    }
    return str_eq(a->status, STR("Vulnerable"));
}

static bool put_rows(struct arch *a, const struct affected *like, const struct advisory *head,
                     struct error *e)
{
    struct affected *rows = ARENA_ARRAY(a->arena, a->packages.count, struct affected, e);
    if (rows == NULL) {
        return false;
    }
    for (size_t i = 0; i < a->packages.count; i++) {
        rows[i] = *like;
        rows[i].package = a->packages.at[i];
    }
    struct advisory advisory = *head;
    advisory.affected = rows;
    advisory.affected_count = a->packages.count;
    return a->out->put(a->out, &advisory, e);
}

static bool on_group_end(struct arch *a, struct error *e)
{
    struct affected row = {.namespace_ = STR("arch"), .scope = SCOPE_BINARY};
    struct advisory advisory = {
        .id = a->name,
        .ids = a->issues.at,
        .ids_count = a->issues.count,
        .description = a->type,
    };
    if (a->name.len == 0) {
        return error_set(e, ERROR_FORMAT, "has a group without its name");
    }
    if (severity_parse(a->severity, &advisory.severity)) {
        advisory.severity_source = advisory.severity == SEVERITY_UNKNOWN ? STR_NONE : STR("arch");
    } else {
        advisory.severity = SEVERITY_UNKNOWN;
    }
    if (!group_state(a, &row)) {
        tally_add(&a->statuses, a->status);
    } else if (!arena_printf(a->arena, &advisory.url, e, "https://security.archlinux.org/" STR_FMT,
                             STR_ARG(a->name)) ||
               !put_rows(a, &row, &advisory, e)) {
        return false;
    }
    arena_rewind(a->arena, a->mark);
    begin_group(a); /* what is no object, and so does not begin, finds nothing of this one */
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct arch *a = CONTAINER_OF(self, struct arch, base);
    switch (event->kind) {
    case JSON_STRING:
        return on_string(a, event, e);
    case JSON_ARRAY:
        a->is_list = a->is_list || event->depth == 0;
        return true;
    case JSON_OBJECT:
        if (event->depth == AT_GROUP) {
            begin_group(a);
        }
        return true;
    case JSON_END:
        return event->depth != AT_GROUP || !a->is_list || on_group_end(a, e);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        return true;
    }
    return true;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct arch a = {.base = {.event = on_event}, .out = out, .arena = arena};
    begin_group(&a);
    if (!json_read(body, ARCH_DEPTH_MAX, &a.base, e)) {
        return false;
    }
    if (!a.is_list) {
        return error_set(e, ERROR_FORMAT, "is no list of Arch's vulnerability groups");
    }
    return tally_note(&a.statuses, out, document->path, "groups with the status", e);
}

const struct feed feed_arch = {
    .name = "arch",
    .summary = "Arch Linux's vulnerability groups (AVG); since 2023 few are kept up to date",
    .publisher = "Arch Linux security team",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://security.archlinux.org/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
