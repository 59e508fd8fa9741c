/* secdb.c: see secdb.h:
 *     { distroversion, packages: [ { pkg: { name, secfixes: { VERSION: [ "CVE-… XSA-…" ] } } } ] }
 * Names are origins (source packages). Version "0": the package never had these. There is no
 * "affected, not fixed". */
#include "feed/secdb.h"

#include <inttypes.h>
#include <stdio.h>

#include "feed/document.h"
#include "format/json.h"
#include "format/yaml.h"

enum {
    SECDB_DEPTH_MAX = 16,
    IDS_A_STRING_MAX = 32,
    NAMESPACE_BYTES_MAX = 80,
    KEYS_BYTES_MAX = 64 << 20
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
    const struct secdb_publisher *publisher;
    char namespace_[NAMESPACE_BYTES_MAX];
    size_t namespace_len;
    bool has_packages;
    str name;
    struct fix *fixes;
    size_t count, room;
    uint64_t packages;
    struct tally strange;
};

/* "alpine:v3.18", or the distribution alone where it has no branches. */
static bool set_namespace(struct secdb *s, str branch, struct error *e)
{
    int len =
        snprintf(s->namespace_, sizeof(s->namespace_), STR_FMT "%s" STR_FMT,
                 STR_ARG(s->publisher->distribution), branch.len > 0 ? ":" : "", STR_ARG(branch));
    if (len < 0 || (size_t)len >= sizeof(s->namespace_)) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is too long for a branch",
                         STR_ARG(branch));
    }
    s->namespace_len = (size_t)len;
    return true;
}

/* An identifier: capital letters, a '-', then letters, digits and '-': "CVE-2016-9932", "XSA-200",
 * "GHSA-w73w-5m7g-f7qc", "TALOS-2017-0488", "ZBX-11023". */
static bool is_id(str word)
{
    size_t dash = str_find_char(word, '-');
    if (str_starts(word, STR("wnpa-sec-"))) {
        return true; /* Wireshark's own */
    }
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

/* Slips of the pen: "CVE-2017-17434-1" and "-2" are two patches for one, "CVE-2017-8073.patch" is
 * one's file, and there is "CVE_2019-2426". The text is the reader's own copy. */
static str tidy_id(str word)
{
    size_t year_end = sizeof("CVE-2000") - 1;
    if ((!str_starts(word, STR("CVE_")) && !str_starts(word, STR("CVE-"))) ||
        word.len <= year_end + 1 || word.at[year_end] != '-') {
        return word;
    }
    size_t number_end = year_end + 1;
    while (number_end < word.len && word.at[number_end] >= '0' && word.at[number_end] <= '9') {
        number_end++;
    }
    char behind = number_end < word.len ? word.at[number_end] : '-';
    if (number_end == year_end + 1 || (behind != '-' && behind != '.')) {
        return word;
    }
    ((char *)(uintptr_t)word.at)[3] = '-';
    return str_slice(word, 0, number_end);
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
        word = tidy_id(word);
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
    str url = STR_NONE;
    if (s->publisher->url != NULL &&
        !arena_printf(s->arena, &url, e, "%s" STR_FMT, s->publisher->url, STR_ARG(id))) {
        return false;
    }
    struct advisory advisory = {
        .id = id,
        .url = url,
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
    if (fix->version.len == 0) {
        tally_add(&s->strange, STR("a fix without its version"));
        return true;
    }
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
        if (s->publisher->is_branch == NULL) {
            return true;
        }
        if (!s->publisher->is_branch(event->text)) {
            return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no branch of '" STR_FMT "'",
                             STR_ARG(event->text), STR_ARG(s->publisher->distribution));
        }
        return set_namespace(s, event->text, e);
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

/* -- the same as YAML ------------------------------------------------------------------------ */

struct secdb_yaml {
    struct yaml_handler base;
    struct secdb *s;
};

static bool is_null(str word)
{
    return word.len == 0 || str_eq(word, STR("null")) || str_eq(word, STR("~"));
}

static bool yaml_kind(const struct yaml_event *event, enum json_kind *kind, struct error *e)
{
    switch (event->kind) {
    case YAML_SCALAR: /* "packages:" and nothing behind it, or "null" */
        *kind = !event->quoted && is_null(event->text) ? JSON_NULL : JSON_STRING;
        return true;
    case YAML_MAPPING:
        *kind = JSON_OBJECT;
        return true;
    case YAML_SEQUENCE:
        *kind = JSON_ARRAY;
        return true;
    case YAML_END:
        *kind = JSON_END;
        return true;
    case YAML_ALIAS:
        break;
    }
    return error_set(e, ERROR_FORMAT, "has an alias, '*" STR_FMT "', which no secdb has",
                     STR_ARG(event->text));
}

/* A document is the same tree in both; so one reader does. */
static bool on_yaml(struct yaml_handler *self, const struct yaml_event *event, struct error *e)
{
    struct secdb_yaml *y = CONTAINER_OF(self, struct secdb_yaml, base);
    struct json_place path[SECDB_DEPTH_MAX];
    struct json_event same = {.depth = event->depth, .path = path, .text = event->text};
    for (size_t i = 0; i < event->depth; i++) { /* at most SECDB_DEPTH_MAX, by yaml_read_text */
        path[i] = (struct json_place){.key = event->path[i].key, .index = event->path[i].index};
    }
    return yaml_kind(event, &same.kind, e) && on_event(&y->s->base, &same, e);
}

/* YAML does not tell its end; a cut in the middle of a line is seen at least. */
static bool ends_with_line(str text, struct error *e)
{
    return str_ends(text, STR("\n")) ||
           error_set(e, ERROR_FORMAT, "ends at byte %zu, in the middle of a line", text.len);
}

static bool read_yaml(struct secdb *s, struct reader *body, struct error *e)
{
    struct secdb_yaml y = {.base = {.event = on_yaml}, .s = s};
    struct arena keys; /* not the one that a package's end rewinds */
    struct buf text;
    arena_init(&keys, KEYS_BYTES_MAX, "a secdb's keys");
    buf_init(&text, YAML_TEXT_BYTES_MAX);
    bool done = document_text(body, &text, e) && ends_with_line(buf_str(&text), e) &&
                yaml_read_text(buf_str(&text), SECDB_DEPTH_MAX, &keys, &y.base, e);
    buf_done(&text);
    arena_done(&keys);
    return done;
}

bool secdb_read(const struct secdb_publisher *publisher, str document, struct reader *body,
                struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct secdb s = {
        .base = {.event = on_event},
        .publisher = publisher,
        .out = out,
        .document = document,
        .arena = arena,
        .mark = arena_mark(arena),
    };
    bool known = publisher->is_branch == NULL || publisher->branch.len > 0;
    if ((known && !set_namespace(&s, publisher->branch, e)) ||
        !(str_ends(document, STR(".yaml")) ? read_yaml(&s, body, e)
                                           : json_read(body, SECDB_DEPTH_MAX, &s.base, e))) {
        return false;
    }
    if (!s.has_packages) {
        return error_set(e, ERROR_FORMAT, "has no list of packages, as a secdb has");
    }
    return tally_note(&s.strange, out, document, "remarks beside identifiers", e);
}
