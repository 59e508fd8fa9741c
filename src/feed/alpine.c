/* alpine.c: Alpine's secdb, a document a branch and repository:
 *     { distroversion, packages: [ { pkg: { name, secfixes: { VERSION: [ "CVE-… XSA-…" ] } } } ] }
 * Names are origins (source packages). Version "0": the package never had these. There is no
 * "affected, not fixed". */
#include <inttypes.h>
#include <string.h>

#include "feed/document.h"
#include "feed/feed.h"
#include "feed/plans.h"
#include "format/json.h"

enum { SECDB_DEPTH_MAX = 16, IDS_A_STRING_MAX = 32, BRANCH_BYTES_MAX = 32 };

/* Optional: old branches go, new ones come. */
#define BOTH(branch) "?" branch "/main.json", "?" branch "/community.json"

static const char *const documents[] = {
    "?v3.2/main.json", BOTH("v3.3"),  BOTH("v3.4"),  BOTH("v3.5"),  BOTH("v3.6"),  BOTH("v3.7"),
    BOTH("v3.8"),      BOTH("v3.9"),  BOTH("v3.10"), BOTH("v3.11"), BOTH("v3.12"), BOTH("v3.13"),
    BOTH("v3.14"),     BOTH("v3.15"), BOTH("v3.16"), BOTH("v3.17"), BOTH("v3.18"), BOTH("v3.19"),
    BOTH("v3.20"),     BOTH("v3.21"), BOTH("v3.22"), BOTH("v3.23"), BOTH("edge"),  NULL,
};

struct fix {
    str version, ids;
};

struct secdb {
    struct json_handler base;
    struct advisory_sink *out;
    str document;
    struct arena *arena; /* one package's fixes */
    struct arena_mark mark;
    char namespace_[BRANCH_BYTES_MAX + 8];
    size_t namespace_len;
    bool has_packages;
    str name;
    struct fix *fixes;
    size_t count, room;
    uint64_t packages;
    struct tally strange;
};

/* "v3.18" or "edge". */
static bool is_branch(str branch)
{
    if (str_eq(branch, STR("edge"))) {
        return true;
    }
    size_t dots = 0;
    for (size_t i = 1; i < branch.len; i++) {
        dots += branch.at[i] == '.';
        if (branch.at[i] != '.' && (branch.at[i] < '0' || branch.at[i] > '9')) {
            return false;
        }
    }
    return branch.len >= 4 && branch.len <= BRANCH_BYTES_MAX && branch.at[0] == 'v' && dots == 1 &&
           branch.at[1] != '.' && branch.at[branch.len - 1] != '.';
}

/* The folder that holds the document, where it is a branch. */
static str branch_of_path(str path)
{
    size_t slash = str_find_last_char(path, '/');
    if (slash == path.len) {
        return STR_NONE;
    }
    str folder = str_slice(path, 0, slash);
    size_t before = str_find_last_char(folder, '/');
    str branch = before == folder.len ? folder : str_slice(folder, before + 1, folder.len);
    return is_branch(branch) ? branch : STR_NONE;
}

static bool claims(str path)
{
    return (str_ends(path, STR("/main.json")) || str_ends(path, STR("/community.json"))) &&
           branch_of_path(path).len > 0;
}

static void set_branch(struct secdb *s, str branch)
{
    static const char prefix[] = "alpine:";
    memcpy(s->namespace_, prefix, sizeof(prefix) - 1);
    memcpy(s->namespace_ + sizeof(prefix) - 1, branch.at, branch.len);
    s->namespace_len = sizeof(prefix) - 1 + branch.len;
}

/* An identifier: capital letters, a '-', then letters, digits and '-': "CVE-2016-9932", "XSA-200",
 * "GHSA-w73w-5m7g-f7qc", "TALOS-2017-0488", "ZBX-11023". */
static bool is_id(str word)
{
    size_t dash = str_find_char(word, '-');
    if (dash < 2 || dash + 1 >= word.len) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        bool upper = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
        bool lower = c >= 'a' && c <= 'z';
        if (!(upper || (i > 0 && digit) || (i >= dash && (lower || c == '-' || c == ':')))) {
            return false;
        }
    }
    return true;
}

struct ids {
    str all[IDS_A_STRING_MAX];
    size_t count, cves;
};

/* One string may hold several ids and remarks: "CVE-2016-9932 XSA-200", "CVE-2019-1 (+
 * regression)". CVE ids come first in `out`. */
static void split_ids(struct secdb *s, str text, struct ids *out)
{
    *out = (struct ids){.count = 0};
    str word;
    while (str_word(&text, &word)) {
        while (word.len > 0 && (word.at[word.len - 1] == ',' || word.at[word.len - 1] == ';')) {
            word.len--;
        }
        if (!is_id(word) || out->count == IDS_A_STRING_MAX) {
            tally_add(&s->strange, word);
            continue;
        }
        if (str_starts(word, STR("CVE-"))) {
            out->all[out->count++] = out->all[out->cves];
            out->all[out->cves++] = word;
        } else {
            out->all[out->count++] = word;
        }
    }
}

static bool put_one(struct secdb *s, const struct fix *fix, str id, const str *aliases,
                    size_t aliases_count, struct error *e)
{
    bool never = str_eq(fix->version, STR("0"));
    struct affected row = {
        .namespace_ = {.at = s->namespace_, .len = s->namespace_len},
        .package = s->name,
        .scope = SCOPE_SOURCE,
        .state = never ? FIX_NOT_AFFECTED : FIX_AVAILABLE,
        .fixed = never ? STR_NONE : fix->version,
    };
    struct advisory advisory = {
        .id = id,
        .ids = aliases,
        .ids_count = aliases_count,
        .affected = &row,
        .affected_count = 1,
    };
    return s->out->put(s->out, &advisory, e);
}

static bool put_fix(struct secdb *s, const struct fix *fix, struct error *e)
{
    struct ids ids;
    split_ids(s, fix->ids, &ids);
    if (ids.count == 0) {
        return true;
    }
    if (ids.cves == 0) {
        return put_one(s, fix, ids.all[0], ids.all + 1, ids.count - 1, e);
    }
    for (size_t i = 0; i < ids.cves; i++) {
        if (!put_one(s, fix, ids.all[i], ids.all + ids.cves, ids.count - ids.cves, e)) {
            return false;
        }
    }
    return true;
}

static bool on_package_end(struct secdb *s, struct error *e)
{
    bool done = true;
    if (s->name.len == 0 && s->count > 0) {
        return error_set(e, ERROR_FORMAT, "has a package without name");
    }
    for (size_t i = 0; done && i < s->count; i++) {
        done = put_fix(s, &s->fixes[i], e);
    }
    s->packages++;
    s->name = STR_NONE;
    s->fixes = NULL;
    s->count = s->room = 0;
    arena_rewind(s->arena, s->mark);
    return done;
}

static bool on_string(struct secdb *s, const struct json_event *event, struct error *e)
{
    const struct json_place *path = event->path;
    if (event->depth == 1 && str_eq(path[0].key, STR("distroversion"))) {
        if (!is_branch(event->text)) {
            return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no branch of Alpine",
                             STR_ARG(event->text));
        }
        set_branch(s, event->text);
        return true;
    }
    if (event->depth < 4 || !str_eq(path[0].key, STR("packages")) ||
        !str_eq(path[2].key, STR("pkg"))) {
        return true;
    }
    if (event->depth == 4 && str_eq(path[3].key, STR("name"))) {
        return arena_str(s->arena, event->text, &s->name, e);
    }
    if (event->depth == 6 && str_eq(path[3].key, STR("secfixes"))) {
        struct fix fix = {.version = STR_NONE};
        if (!arena_str(s->arena, path[4].key, &fix.version, e) ||
            !arena_str(s->arena, event->text, &fix.ids, e) ||
            !arena_grow(s->arena, (void **)&s->fixes, s->count, &s->room, sizeof(fix), e)) {
            return false;
        }
        s->fixes[s->count++] = fix;
    }
    return true;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct secdb *s = CONTAINER_OF(self, struct secdb, base);
    bool in_packages = event->depth > 0 && str_eq(event->path[0].key, STR("packages"));
    switch (event->kind) {
    case JSON_STRING:
        return on_string(s, event, e);
    case JSON_ARRAY:
        if (event->depth == 1 && in_packages) {
            s->has_packages = true;
            if (s->namespace_len == 0) {
                return error_set(e, ERROR_FORMAT, "does not say its branch before its packages");
            }
        }
        return true;
    case JSON_OBJECT:
        if (event->depth == 2 && in_packages) {
            s->mark = arena_mark(s->arena);
        }
        return true;
    case JSON_END:
        return event->depth == 2 && in_packages ? on_package_end(s, e) : true;
    case JSON_NULL: /* v3.3/community.json has null where there are none */
        s->has_packages = s->has_packages || (event->depth == 1 && in_packages);
        return true;
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
    struct secdb s = {
        .base = {.event = on_event},
        .out = out,
        .document = document->path,
        .arena = arena,
        .mark = arena_mark(arena),
    };
    str branch = branch_of_path(document->path);
    if (branch.len > 0) {
        set_branch(&s, branch);
    }
    if (!json_read(body, SECDB_DEPTH_MAX, &s.base, e)) {
        return false;
    }
    if (!s.has_packages) {
        return error_set(e, ERROR_FORMAT, "has no list of packages, as a secdb has");
    }
    return tally_note(&s.strange, out, document->path, "remarks beside identifiers", e);
}

const struct feed feed_alpine = {
    .name = "alpine",
    .summary = "Alpine's secdb: fixes by branch and origin package",
    .publisher = "Alpine Linux security team",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://secdb.alpinelinux.org/",
    .documents = documents,
    .plan = &plan_alpine,
    .claims = claims,
    .read = read_document,
};
