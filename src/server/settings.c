#include "server/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/engine_module.h"
#include "server/system.h"
#include "store/store.h"

enum { TOKENS_FILE_BYTES_MAX = 1024 * 1024, TOKEN_BYTES_MIN = 16, BUSY_MS = 10000 };

unsigned settings_seconds(uint64_t ms)
{
    uint64_t seconds = ms / 1000 + (ms % 1000 != 0);
    return seconds < UINT_MAX ? (unsigned)seconds : UINT_MAX;
}

/* -- single values -------------------------------------------------------------------------- */

static bool address_check(const char *key, str address, struct error *e)
{
    struct in6_addr unused;
    /* in an arena, which ends every text with a NUL, or the command line's */
    return address.len == 0 || inet_pton(AF_INET, address.at, &unused) == 1 ||
           inet_pton(AF_INET6, address.at, &unused) == 1 ||
           error_set(e, ERROR_USAGE, "%s: '" STR_FMT "' is no IP address to listen on", key,
                     STR_ARG(address));
}

bool settings_check(const struct config *c, struct error *e)
{
    str endpoint = c->endpoint;
    if (endpoint.len > 0 && !str_starts(endpoint, STR("http://")) &&
        !str_starts(endpoint, STR("https://"))) {
        return error_set(e, ERROR_USAGE,
                         "notifier.http.endpoint is no URL that begins with http:// or https://");
    }
    return address_check("api.address", c->address, e) &&
           address_check("api.health-address", c->health_address, e);
}

/* -- the database --------------------------------------------------------------------------- */

/* Does a file begin as one of SQLite's, or hold nothing at all? */
static bool is_ours(const char *path)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof(magic)];
    size_t got = 0;
    struct error unread;
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 || !fd_read_full(fd, head, sizeof(head), &got, &unread) || got == 0 ||
           (got == sizeof(head) && memcmp(head, magic, sizeof(magic)) == 0);
}

/* Where the service's database lies. A path may be Clair's own database of bolt or leveldb, which
 * is left alone. */
static bool database_file(const struct config *c, str data_dir, struct arena *arena, str *out,
                          struct error *e)
{
    struct stat st;
    str path = c->database_source;
    if (path.len == 0) {
        return arena_printf(arena, out, e, "%s/service.db", data_dir.at);
    }
    bool exists = stat(path.at, &st) == 0;
    if ((exists && S_ISDIR(st.st_mode)) || path.at[path.len - 1] == '/') {
        return (mkdir(path.at, 0700) == 0 || errno == EEXIST ||
                error_sys(e, errno, "cannot make the folder '%s'", path.at)) &&
               arena_printf(arena, out, e, "%s/service.db", path.at);
    }
    if (exists && !is_ours(path.at)) {
        return arena_printf(arena, out, e, "%s.limpid", path.at);
    }
    *out = path;
    return true;
}

static bool graph_choose(const struct config *c, str data_dir, struct arena *arena,
                         struct graph_options *out, struct error *e)
{
    bool far = c->database == DATABASE_POSTGRES;
    str path = c->database_source;
    *out = (struct graph_options){.engine = &engine_sqlite, .busy_ms = BUSY_MS};
    if (far && !engine_module_load(&out->engine, e)) {
        return false;
    }
    if (!far && !database_file(c, data_dir, arena, &path, e)) {
        return false;
    }
    out->path = path.at;
    return true;
}

bool settings_database_check(const struct config *c, struct error *e)
{
    const struct engine *engine = NULL;
    if (c->database != DATABASE_POSTGRES) {
        return true;
    }
    return engine_module_load(&engine, e) && engine->check(c->database_source.at, e);
}

bool settings_service(const struct config *c, const char *cache_dir, struct arena *arena,
                      struct service_options *out, struct error *e)
{
    struct service_options made = {
        .dialect = c->dialect,
        .path_roots = c->paths.at,
        .path_roots_count = c->paths.count,
        .page_key = c->page_key,
        .has_notifier = c->notifier && c->endpoint.len > 0,
        .has_updater = c->updater && c->updater_interval_ms > 0,
        .answers_bytes_max = c->answers_bytes_max,
        .as_recorded = c->as_recorded,
        .sandbox = c->sandbox,
        .database_later = c->database == DATABASE_POSTGRES && c->database_wait,
    };
    /* whoever reaches a loopback address may read files and talk to private hosts anyway */
    bool loopback = config_is_loopback(c->address);
    made.local_paths = loopback && c->paths.count == 0;
    made.private_addresses = loopback || c->allow_private;
    str chosen = c->data_dir.len > 0 ? c->data_dir : str_from(cache_dir);
    struct store *store = NULL;
    if (!store_default_dir(chosen, arena, &made.data_dir, e) ||
        !arena_str(arena, made.data_dir, &made.data_dir, e) ||
        !store_open(made.data_dir, &store, e)) {
        return false;
    }
    store_close(store);
    if (!graph_choose(c, made.data_dir, arena, &made.graph, e)) {
        return false;
    }
    *out = made;
    return true;
}

/* -- tokens --------------------------------------------------------------------------------- */

static bool token_add(str token, struct arena *arena, struct config_list *to, struct error *e)
{
    if (token.len < TOKEN_BYTES_MIN) {
        return error_set(e, ERROR_USAGE, "a token has %zu characters; %d are the least", token.len,
                         TOKEN_BYTES_MIN);
    }
    void *items = to->at;
    if (!arena_grow(arena, &items, to->count, &to->room, sizeof(str), e)) {
        return false;
    }
    to->at = items;
    return arena_str(arena, token, &to->at[to->count++], e);
}

bool settings_tokens(const struct config *c, struct arena *arena, struct config_list *out,
                     struct error *e)
{
    *out = (struct config_list){.at = NULL};
    for (size_t i = 0; i < c->tokens.count; i++) {
        if (!token_add(c->tokens.at[i], arena, out, e)) {
            return error_wrap(e, "auth.tokens");
        }
    }
    if (c->tokens_file.len == 0) {
        return true;
    }
    struct buf text;
    buf_init(&text, TOKENS_FILE_BYTES_MAX);
    bool done = system_read_file(c->tokens_file, &text, e);
    str rest = buf_str(&text), line;
    while (done && str_line(&rest, &line)) {
        line = str_trim(line);
        done = line.len == 0 || line.at[0] == '#' || token_add(line, arena, out, e);
    }
    buf_done(&text);
    if (done && out->count == 0) {
        /* everybody would be let in by an empty file */
        done = error_set(e, ERROR_USAGE, "'" STR_FMT "' holds no token", STR_ARG(c->tokens_file));
    }
    if (!done) {
        e->kind = ERROR_USAGE;
        return error_wrap(e, "auth.tokens-file");
    }
    return true;
}
