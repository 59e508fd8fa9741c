/* config.c: one table of keys. The parser's events are flattened to paths ("api.port"), and each
 * scalar is put where its row says. */
#include "server/config.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/num.h"
#include "format/yaml.h"
#include "server/duration.h"
#include "server/similar.h"

enum kind {
    KEY_TEXT,
    KEY_BOOL,
    KEY_NUMBER,
    KEY_PORT,
    KEY_DURATION,
    KEY_LEASE, /* a duration that is neither nothing nor for ever */
    KEY_LIST,
    KEY_LEVEL,
    KEY_FORMAT,
    KEY_DIALECT,
    KEY_DATABASE,
    KEY_SANDBOX,
    KEY_SECTION, /* a mapping; null switches it off */
    KEY_IGNORED, /* Clair's, of no use here */
};

struct key {
    const char *path;
    enum kind kind;
    size_t at;
    uint64_t most; /* of a number */
};

#define AT(member) offsetof(struct config, member)
static const struct key keys[] = {
    {"database", KEY_IGNORED, 0, 0},
    {"database.type", KEY_DATABASE, 0, 0},
    {"database.path", KEY_TEXT, AT(database_source), 0},
    {"database.source", KEY_TEXT, AT(database_source), 0},
    {"database.data-dir", KEY_TEXT, AT(data_dir), 0},
    {"database.wait", KEY_BOOL, AT(database_wait), 0},
    {"database.options", KEY_IGNORED, 0, 0},
    {"database.options.source", KEY_TEXT, AT(database_source), 0},
    {"database.options.cachesize", KEY_IGNORED, 0, 0},
    {"database.options.managedatabaselifecycle", KEY_IGNORED, 0, 0},
    {"database.options.fixturepath", KEY_IGNORED, 0, 0},
    {"api", KEY_SECTION, AT(api), 0},
    {"api.port", KEY_PORT, AT(port), 0},
    {"api.healthport", KEY_PORT, AT(health_port), 0},
    {"api.timeout", KEY_DURATION, AT(timeout_ms), 0},
    {"api.cafile", KEY_TEXT, AT(ca_file), 0},
    {"api.keyfile", KEY_TEXT, AT(key_file), 0},
    {"api.certfile", KEY_TEXT, AT(cert_file), 0},
    {"api.servername", KEY_IGNORED, 0, 0},
    {"api.paginationkey", KEY_TEXT, AT(page_key), 0},
    {"api.dialect", KEY_DIALECT, 0, 0},
    {"api.address", KEY_TEXT, AT(address), 0},
    {"api.health-address", KEY_TEXT, AT(health_address), 0},
    {"api.paths", KEY_LIST, AT(paths), 0},
    {"api.allow-private", KEY_BOOL, AT(allow_private), 0},
    {"api.as-recorded", KEY_BOOL, AT(as_recorded), 0},
    {"api.sandbox", KEY_SANDBOX, AT(sandbox), 0},
    {"api.connections", KEY_NUMBER, AT(connections_max), 100000},
    {"api.connections-per-address", KEY_NUMBER, AT(connections_per_address_max), 100000},
    {"api.idle-timeout", KEY_DURATION, AT(idle_timeout_ms), 0},
    {"api.drain", KEY_DURATION, AT(drain_ms), 0},
    {"api.workers", KEY_NUMBER, AT(workers), 64},
    {"api.answers-bytes", KEY_NUMBER, AT(answers_bytes_max), (uint64_t)64 << 30},
    {"auth", KEY_IGNORED, 0, 0},
    {"auth.tokens", KEY_LIST, AT(tokens), 0},
    {"auth.tokens-file", KEY_TEXT, AT(tokens_file), 0},
    {"updater", KEY_SECTION, AT(updater), 0},
    {"updater.interval", KEY_DURATION, AT(updater_interval_ms), 0},
    {"updater.lease", KEY_LEASE, AT(updater_lease_ms), 0},
    {"updater.from", KEY_TEXT, AT(updater_from), 0},
    {"updater.feeds", KEY_LIST, AT(updater_feeds), 0},
    {"notifier", KEY_SECTION, AT(notifier), 0},
    {"notifier.attempts", KEY_NUMBER, AT(notifier_attempts), 1000},
    {"notifier.renotifyinterval", KEY_DURATION, AT(renotify_ms), 0},
    {"notifier.lease", KEY_LEASE, AT(notifier_lease_ms), 0},
    {"notifier.http", KEY_IGNORED, 0, 0},
    {"notifier.http.endpoint", KEY_TEXT, AT(endpoint), 0},
    {"notifier.http.servername", KEY_TEXT, AT(server_name), 0},
    {"notifier.http.cafile", KEY_TEXT, AT(notifier_ca_file), 0},
    {"notifier.http.keyfile", KEY_TEXT, AT(notifier_key_file), 0},
    {"notifier.http.certfile", KEY_TEXT, AT(notifier_cert_file), 0},
    {"notifier.http.proxy", KEY_TEXT, AT(proxy), 0},
    {"notifier.http.hmac", KEY_TEXT, AT(hmac), 0},
    {"log", KEY_IGNORED, 0, 0},
    {"log.file", KEY_TEXT, AT(log_file), 0},
    {"log.format", KEY_FORMAT, AT(log_format), 0},
    {"log.level", KEY_LEVEL, AT(log_level), 0},
};

struct reading {
    struct yaml_handler base;
    struct arena *arena;
    struct config *c;
    str name;
    bool nested, has_dialect, has_format, has_database;
    str database_type;
};

void config_defaults(struct config *c)
{
    *c = (struct config){
        .dialect = DIALECT_2015,
        .database_wait = true,
        .sandbox = SANDBOX_AUTO,
        .api = true,
        .updater = true,
        .notifier = true,
        .port = 6060,
        .health_port = 6061,
        .timeout_ms = 900 * 1000,
        .idle_timeout_ms = 60 * 1000,
        .connections_max = 1024,
        .workers = 8,
        .answers_bytes_max = 64 * 1024 * 1024,
        .address = STR("127.0.0.1"),
        .updater_interval_ms = 3600 * 1000,
        .updater_lease_ms = 15 * 1000,
        .notifier_attempts = 5,
        .renotify_ms = 2 * 3600 * 1000,
        .notifier_lease_ms = 60 * 1000,
        .log_format = LOG_TEXT,
        .log_level = LOG_INFO,
    };
}

bool config_is_loopback(str address)
{
    char text[64];
    struct in_addr four;
    struct in6_addr six;
    if (address.len == 0 || address.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    if (inet_pton(AF_INET, text, &four) == 1) {
        return (ntohl(four.s_addr) >> 24) == 127;
    }
    return inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* -- values --------------------------------------------------------------------------------- */

static bool list_add(struct arena *arena, struct config_list *list, str text, struct error *e)
{
    if (list->count == CONFIG_LIST_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d items", CONFIG_LIST_MAX);
    }
    void *items = list->at;
    if (!arena_grow(arena, &items, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at = items;
    return arena_str(arena, text, &list->at[list->count++], e);
}

static bool bool_parse(str text, bool *out, struct error *e)
{
    static const str yes[] = {STR_INIT("true"), STR_INIT("yes"), STR_INIT("on")};
    static const str no[] = {STR_INIT("false"), STR_INIT("no"), STR_INIT("off")};
    for (size_t i = 0; i < ARRAY_COUNT(yes); i++) {
        if (str_eq_nocase(text, yes[i]) || str_eq_nocase(text, no[i])) {
            *out = str_eq_nocase(text, yes[i]);
            return true;
        }
    }
    return error_set(e, ERROR_USAGE, "'" STR_FMT "' is neither true nor false", STR_ARG(text));
}

static bool number_parse(str text, uint64_t most, uint64_t *out, struct error *e)
{
    return num_parse(text, 10, most, out) ||
           error_set(e, ERROR_USAGE, "'" STR_FMT "' is no number from 0 to %llu", STR_ARG(text),
                     (unsigned long long)most);
}

static bool lease_parse(str text, uint64_t *out, struct error *e)
{
    uint64_t ms;
    if (!duration_parse(text, &ms, e)) {
        return false;
    }
    if (ms < CONFIG_LEASE_MS_MIN || ms > CONFIG_LEASE_MS_MAX) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' is not from 3s to 24h", STR_ARG(text));
    }
    *out = ms;
    return true;
}

/* One of two words; `*out` is 1 for the second. */
static bool choice_parse(str text, const char *const words[2], unsigned *out, struct error *e)
{
    if (str_eq(text, str_from(words[0])) || str_eq(text, str_from(words[1]))) {
        *out = str_eq(text, str_from(words[1]));
        return true;
    }
    return error_set(e, ERROR_USAGE, "'" STR_FMT "' is neither %s nor %s", STR_ARG(text), words[0],
                     words[1]);
}

static bool sandbox_parse(str text, enum sandbox_mode *out, struct error *e)
{
    static const struct {
        str name;
        enum sandbox_mode mode;
    } rows[] = {{STR_INIT("auto"), SANDBOX_AUTO},
                {STR_INIT("required"), SANDBOX_REQUIRED},
                {STR_INIT("off"), SANDBOX_OFF}};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (str_eq(text, rows[i].name)) {
            *out = rows[i].mode;
            return true;
        }
    }
    return error_set(e, ERROR_USAGE, "'" STR_FMT "' is none of auto, required and off",
                     STR_ARG(text));
}

static bool value_put(struct reading *r, const struct key *key, str text, struct error *e)
{
    static const char *const formats[2] = {"text", "json"};
    static const char *const dialects[2] = {"2015", "2016"};
    void *at = (char *)r->c + key->at;
    unsigned choice = 0;
    switch (key->kind) {
    case KEY_TEXT:
        return arena_str(r->arena, text, at, e);
    case KEY_BOOL:
        return bool_parse(text, at, e);
    case KEY_NUMBER:
        return number_parse(text, key->most, at, e);
    case KEY_PORT:
        return number_parse(text, 65535, at, e);
    case KEY_DURATION:
        return duration_parse(text, at, e);
    case KEY_LEASE:
        return lease_parse(text, at, e);
    case KEY_LIST: /* one item alone */
        return list_add(r->arena, at, text, e);
    case KEY_LEVEL:
        return log_level_parse(text, &r->c->log_level, e);
    case KEY_FORMAT:
        r->has_format = true;
        if (!choice_parse(text, formats, &choice, e)) {
            return false;
        }
        r->c->log_format = choice == 1 ? LOG_JSON : LOG_TEXT;
        return true;
    case KEY_DIALECT:
        r->has_dialect = true;
        if (!choice_parse(text, dialects, &choice, e)) {
            return false;
        }
        r->c->dialect = choice == 1 ? DIALECT_2016 : DIALECT_2015;
        return true;
    case KEY_SANDBOX:
        return sandbox_parse(text, &r->c->sandbox, e);
    case KEY_DATABASE:
        return arena_str(r->arena, text, &r->database_type, e);
    case KEY_SECTION:
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' stands where keys belong", STR_ARG(text));
    case KEY_IGNORED:
        return true;
    }
    return true;
}

/* -- keys ----------------------------------------------------------------------------------- */

static const struct key *key_find(str path)
{
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        if (str_eq(path, str_from(keys[i].path))) {
            return &keys[i];
        }
    }
    return NULL;
}

/* "api.port" of an event below the root, without "clair."; items of a list have their list's. */
static bool path_of(struct reading *r, const struct yaml_event *event, str *out, struct error *e)
{
    *out = STR_NONE;
    for (size_t i = r->nested ? 1 : 0; i < event->depth; i++) {
        str key = event->path[i].key;
        if (key.at == NULL) {
            continue;
        }
        if (!arena_printf(r->arena, out, e, STR_FMT "%s" STR_FMT, STR_ARG(*out),
                          out->len > 0 ? "." : "", STR_ARG(key))) {
            return false;
        }
    }
    return true;
}

/* The last word of "api.port". */
static str last_word(str path)
{
    size_t dot = str_find_last_char(path, '.');
    return str_slice(path, dot < path.len ? dot + 1 : 0, path.len);
}

/* The key that was meant: another spelling, or the same word in another section. NULL: no idea. */
static const struct key *key_guess(str path)
{
    enum { FAR = 3 };
    static const struct key whole = {.path = "clair", .kind = KEY_IGNORED};
    const struct key *best = NULL;
    unsigned nearest = FAR;
    str word = last_word(path);
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        str known = str_from(keys[i].path);
        unsigned distance = similar_distance(path, known, FAR - 1);
        if (distance < nearest && distance < path.len / 2) {
            nearest = distance;
            best = &keys[i];
        }
    }
    if (best == NULL && similar_distance(path, STR("clair"), 1) <= 1) {
        return &whole;
    }
    for (size_t i = 0; best == NULL && word.len > 2 && i < ARRAY_COUNT(keys); i++) {
        best = str_eq_nocase(last_word(str_from(keys[i].path)), word) ? &keys[i] : NULL;
    }
    return best;
}

/* `beside`: a key of ours stands beside `clair:` instead of below it. */
static bool warn(struct reading *r, const struct yaml_event *event, str path, bool beside,
                 struct error *e)
{
    str line;
    const struct key *meant = r->nested || !beside ? key_guess(path) : key_find(path);
    const char *below = r->nested || beside ? "clair." : "";
    if (r->c->warnings.count >= CONFIG_WARNINGS_MAX) {
        return true;
    }
    return arena_printf(r->arena, &line, e,
                        STR_FMT ": line %zu: the key '" STR_FMT "' is not known", STR_ARG(r->name),
                        event->line, STR_ARG(path)) &&
           (meant == NULL || arena_printf(r->arena, &line, e, STR_FMT "; '%s%s' is", STR_ARG(line),
                                          below, meant->path)) &&
           list_add(r->arena, &r->c->warnings, line, e);
}

static bool is_null(const struct yaml_event *event)
{
    return event->kind == YAML_SCALAR && !event->quoted &&
           (event->text.len == 0 || str_eq(event->text, STR("~")) ||
            str_eq_nocase(event->text, STR("null")));
}

/* True below a key that was told to be unknown: one warning is enough. */
static bool is_below_unknown(str path)
{
    size_t dot = str_find_last_char(path, '.');
    while (dot < path.len) {
        path = str_slice(path, 0, dot);
        if (key_find(path) == NULL) {
            return true;
        }
        dot = str_find_last_char(path, '.');
    }
    return false;
}

static bool on_key(struct reading *r, const struct yaml_event *event, str path, struct error *e)
{
    const struct key *key = key_find(path);
    if (event->kind == YAML_ALIAS) {
        return error_set(e, ERROR_USAGE, "aliases are not followed");
    }
    if (key == NULL) {
        return is_below_unknown(path) || warn(r, event, path, false, e);
    }
    bool in_list = event->path[event->depth - 1].key.at == NULL;
    if (event->kind == YAML_SEQUENCE) {
        return (key->kind == KEY_LIST && !in_list) || key->kind == KEY_IGNORED ||
               error_set(e, ERROR_USAGE, "a list stands where one value belongs");
    }
    if (event->kind == YAML_MAPPING) {
        return key->kind == KEY_SECTION || key->kind == KEY_IGNORED ||
               error_set(e, ERROR_USAGE, "keys stand where a value belongs");
    }
    if (key->kind == KEY_SECTION && is_null(event)) {
        *(bool *)((char *)r->c + key->at) = false;
        return true;
    }
    if (is_null(event) && key->kind != KEY_LIST) {
        return true; /* as if it were not there */
    }
    return value_put(r, key, event->text, e);
}

static bool on_event(struct yaml_handler *self, const struct yaml_event *event, struct error *e)
{
    struct reading *r = CONTAINER_OF(self, struct reading, base);
    if (event->kind == YAML_END) {
        return true;
    }
    str path;
    if (event->depth == 0) {
        return event->kind == YAML_MAPPING || is_null(event) ||
               error_set(e, ERROR_USAGE, "'" STR_FMT "': line %zu: it has no keys",
                         STR_ARG(r->name), event->line);
    }
    if (event->depth == 1 && str_eq(event->path[0].key, STR("clair"))) {
        r->nested = event->kind == YAML_MAPPING;
        return true;
    }
    bool below = r->nested && str_eq(event->path[0].key, STR("clair"));
    if (r->nested && !below) {
        r->nested = false; /* a key beside `clair:` */
        bool fine = path_of(r, event, &path, e) &&
                    (is_below_unknown(path) || event->depth > 1 || warn(r, event, path, true, e));
        r->nested = true;
        return fine;
    }
    if (!path_of(r, event, &path, e)) {
        return false;
    }
    return on_key(r, event, path, e) ||
           error_wrap(e, "'" STR_FMT "': line %zu: %s" STR_FMT, STR_ARG(r->name), event->line,
                      r->nested ? "clair." : "", STR_ARG(path));
}

/* -- what the types of databases mean -------------------------------------------------------- */

static const struct {
    str name;
    enum config_database database;
} databases[] = {
    {STR_INIT("sqlite"), DATABASE_SQLITE},       {STR_INIT("postgres"), DATABASE_POSTGRES},
    {STR_INIT("postgresql"), DATABASE_POSTGRES}, {STR_INIT("pgsql"), DATABASE_POSTGRES},
    {STR_INIT("bolt"), DATABASE_SQLITE},         {STR_INIT("leveldb"), DATABASE_SQLITE},
    {STR_INIT("memstore"), DATABASE_SQLITE},     {STR_INIT("mongo"), DATABASE_SQLITE},
};

static bool is_connection_string(str source)
{
    return str_starts(source, STR("postgres://")) || str_starts(source, STR("postgresql://")) ||
           str_find_char(source, '=') < source.len;
}

static bool database_choose(struct reading *r, struct error *e)
{
    struct config *c = r->c;
    str type = r->database_type;
    bool connects = is_connection_string(c->database_source), known = type.len == 0;
    c->database = connects ? DATABASE_POSTGRES : DATABASE_SQLITE;
    if (str_eq(type, STR("sql"))) { /* 2015: PostgreSQL; here also a folder */
        known = true;
    }
    for (size_t i = 0; !known && i < ARRAY_COUNT(databases); i++) {
        if (str_eq(type, databases[i].name)) {
            c->database = databases[i].database;
            known = true;
        }
    }
    if (!known) {
        return error_set(e, ERROR_USAGE,
                         "'" STR_FMT "': database.type: '" STR_FMT "' is none of sqlite, postgres, "
                         "pgsql, bolt, memstore, leveldb, mongo and sql",
                         STR_ARG(r->name), STR_ARG(type));
    }
    if (c->database == DATABASE_POSTGRES && c->database_source.len == 0) {
        return error_set(e, ERROR_USAGE,
                         "'" STR_FMT "': database.type is '" STR_FMT "', but there is no "
                         "connection string in %s",
                         STR_ARG(r->name), STR_ARG(type),
                         r->nested ? "database.options.source" : "database.source");
    }
    return true;
}

/* False for blanks and comments alone: that is no YAML document, and says nothing. */
static bool has_content(str text)
{
    str line;
    while (str_line(&text, &line)) {
        line = str_trim(line);
        if (line.len > 0 && line.at[0] != '#') {
            return true;
        }
    }
    return false;
}

bool config_parse(str text, str name, struct arena *arena, struct config *out, struct error *e)
{
    struct config read;
    config_defaults(&read);
    struct reading r = {.base = {.event = on_event}, .arena = arena, .c = &read, .name = name};
    read.file = name;
    if (!has_content(text)) {
        *out = read;
        return true;
    }
    if (!yaml_read_text(text, 16, arena, &r.base, e)) {
        /* what on_event says has its file; YAML's own errors do not */
        if (e->kind != ERROR_USAGE) {
            e->kind = e->kind == ERROR_FORMAT ? ERROR_USAGE : e->kind;
            error_wrap(e, "'" STR_FMT "'", STR_ARG(name));
        }
        return false;
    }
    if (r.nested && !r.has_dialect) {
        read.dialect = DIALECT_2016;
    }
    if (!r.has_format) {
        read.log_format = read.dialect == DIALECT_2016 ? LOG_JSON : LOG_TEXT;
    }
    if (!database_choose(&r, e)) {
        return false;
    }
    *out = read;
    return true;
}
