#include "server/config.h"

#include <stdlib.h>

#include "check.h"

static const struct {
    const char *says, *text, *part;
} refused[] = {
    {"a port that is none", "api:\n  port: 70000\n", "'c.yaml': line 2: api.port: '70000'"},
    {"a port in the nested shape", "clair:\n  api:\n    port: x\n",
     "'c.yaml': line 3: clair.api.port: 'x'"},
    {"a lease that is too short", "updater:\n  lease: 2s\n",
     "line 2: updater.lease: '2s' is not from 3s to 24h"},
    {"a lease for ever", "notifier:\n  lease: 0\n",
     "line 2: notifier.lease: '0' is not from 3s to 24h"},
    {"a duration without a unit", "updater:\n  interval: 2\n", "line 2: updater.interval: '2'"},
    {"a database that is none", "database:\n  type: oracle\n", "database.type: 'oracle'"},
    {"PostgreSQL without a source", "clair:\n  database:\n    type: pgsql\n",
     "database.options.source"},
    {"keys where a value belongs", "api:\n  port: {a: 1}\n", "line 2: api.port: keys stand"},
    {"a list where a value belongs", "api:\n  port: [1]\n", "line 2: api.port: a list stands"},
    {"a value where keys belong", "api: 6060\n", "line 1: api: '6060' stands where keys belong"},
    {"an alias", "api: &a {port: 1}\nupdater: *a\n", "aliases are not followed"},
    {"a level that is none", "log: {level: loud}\n", "log.level: 'loud'"},
    {"a format that is none", "log: {format: xml}\n", "log.format: 'xml' is neither text nor json"},
    {"a dialect that is none", "api: {dialect: 2017}\n", "api.dialect: '2017'"},
    {"neither true nor false", "api: {allow-private: maybe}\n", "api.allow-private: 'maybe'"},
    {"a text alone", "hello\n", "'c.yaml': line 1: it has no keys"},
    {"what is no YAML", "api:\n\tport: 1\n", "'c.yaml': is not YAML at line 2"},
    {"two documents", "api: {port: 1}\n---\napi: {port: 2}\n", "'c.yaml': a second document"},
};

static struct config parse(const char *text, struct arena *arena)
{
    struct config c;
    struct error e;
    config_defaults(&c);
    CHECK_OK(config_parse(str_from(text), STR("c.yaml"), arena, &c, &e), &e);
    return c;
}

static const char flat[] = "database:\n"
                           "  type: bolt\n"
                           "  path: /db/clair.bolt\n"
                           "api:\n"
                           "  port: 6070\n"
                           "  healthport: 6071\n"
                           "  timeout: 5m\n"
                           "  cafile:\n"
                           "updater:\n"
                           "  interval: 2h\n"
                           "notifier:\n"
                           "  attempts: 3\n"
                           "  http:\n"
                           "    endpoint: http://hook/\n";

static const char nested[] = "# Clair of 2016\n"
                             "clair:\n"
                             "  database:\n"
                             "    type: pgsql\n"
                             "    options:\n"
                             "      source: host=db user=clair\n"
                             "      cachesize: 16384\n"
                             "  api:\n"
                             "    port: 6060\n"
                             "    paginationkey: abc\n"
                             "    servername:\n"
                             "  updater:\n"
                             "    interval: 0\n"
                             "  notifier:\n"
                             "    renotifyinterval: 1h\n"
                             "    http: {endpoint: '', proxy: http://p:1}\n";

static void test_shapes(struct arena *arena)
{
    CHECK_CASE("the shape of 2015")
    {
        struct config c = parse(flat, arena);
        CHECK(c.dialect == DIALECT_2015 && c.database == DATABASE_SQLITE);
        CHECK(c.log_format == LOG_TEXT);
        CHECK_STR(c.database_source, STR("/db/clair.bolt"));
        CHECK_NUM(c.port, 6070);
        CHECK_NUM(c.timeout_ms, 300000);
        CHECK_NUM(c.updater_interval_ms, 7200000);
        CHECK_NUM(c.notifier_attempts, 3);
        CHECK_STR(c.endpoint, STR("http://hook/"));
        CHECK_STR(c.address, STR("127.0.0.1"));
        CHECK_NUM(c.warnings.count, 0);
    }
    CHECK_CASE("the shape of 2016")
    {
        struct config c = parse(nested, arena);
        CHECK(c.dialect == DIALECT_2016 && c.database == DATABASE_POSTGRES);
        CHECK(c.log_format == LOG_JSON);
        CHECK_STR(c.database_source, STR("host=db user=clair"));
        CHECK_STR(c.page_key, STR("abc"));
        CHECK_NUM(c.updater_interval_ms, 0);
        CHECK_NUM(c.renotify_ms, 3600000);
        CHECK_NUM(c.endpoint.len, 0);
        CHECK_STR(c.proxy, STR("http://p:1"));
        CHECK_NUM(c.warnings.count, 0);
    }
    CHECK_CASE("limpid's own keys, in either shape")
    {
        struct config c = parse("api: {dialect: '2016', address: '::', paths: [/a, /b], "
                                "allow-private: yes}\n"
                                "database: {type: postgres, source: 'postgres://db/x'}\n"
                                "updater: {lease: 3s}\nnotifier: {lease: 24h}\n"
                                "auth: {tokens: [one, two]}\nlog: {format: text, level: debug}\n",
                                arena);
        CHECK(c.dialect == DIALECT_2016 && c.database == DATABASE_POSTGRES && c.allow_private);
        CHECK(c.log_format == LOG_TEXT && c.log_level == LOG_DEBUG);
        CHECK_NUM(c.updater_lease_ms, 3000);
        CHECK_NUM(c.notifier_lease_ms, 24 * 3600 * 1000);
        CHECK_NUM(c.paths.count, 2);
        CHECK_STR(c.paths.at[1], STR("/b"));
        CHECK_NUM(c.tokens.count, 2);
        CHECK_STR(c.address, STR("::"));
        c = parse("clair: {api: {dialect: '2015'}}", arena);
        CHECK(c.dialect == DIALECT_2015 && c.log_format == LOG_TEXT);
    }
    CHECK_CASE("a section that is null is switched off")
    {
        struct config c = parse("api: null\nupdater:\nnotifier: ~\n", arena);
        CHECK(!c.api && !c.updater && !c.notifier);
        c = parse("api: {port: }\n", arena);
        CHECK(c.api);
        CHECK_NUM(c.port, 6060);
    }
    CHECK_CASE("nothing, and comments alone, are the defaults")
    {
        CHECK_NUM(parse("", arena).port, 6060);
        CHECK_NUM(parse("# api: {port: 1}\n\n", arena).health_port, 6061);
    }
    CHECK_CASE("a key that nobody knows is a warning, once for all below it")
    {
        struct config c = parse("api: {prot: 1}\nnew: {a: 1, b: {c: [1, 2]}}\n", arena);
        CHECK_NUM(c.warnings.count, 2);
        CHECK_STR(c.warnings.at[0],
                  STR("c.yaml: line 1: the key 'api.prot' is not known; 'api.port' is"));
        CHECK_STR(c.warnings.at[1], STR("c.yaml: line 2: the key 'new' is not known"));
        c = parse("clair: {api: {x: 1}}\nother: 1\n", arena);
        CHECK_NUM(c.warnings.count, 2);
    }
}

static void test_databases(struct arena *arena)
{
    static const struct {
        const char *text;
        enum config_database database;
    } types[] = {
        {"database: {type: memstore}", DATABASE_SQLITE},
        {"database: {type: leveldb, path: /x}", DATABASE_SQLITE},
        {"database: {type: mongo, path: localhost}", DATABASE_SQLITE},
        {"database: {type: sql, path: 'host=localhost user=x'}", DATABASE_POSTGRES},
        {"database: {type: sql, path: 'postgresql://x/y'}", DATABASE_POSTGRES},
        {"database: {type: sql, path: /x}", DATABASE_SQLITE},
        {"database: {source: 'postgres://x/y'}", DATABASE_POSTGRES},
        {"database: {type: sqlite, source: /var/lib/limpid}", DATABASE_SQLITE},
    };
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        CHECK_CASE("%s", types[i].text)
        {
            CHECK(parse(types[i].text, arena).database == types[i].database);
        }
    }
}

static void test_paths(struct arena *arena)
{
    static const struct {
        const char *path, *expanded;
    } paths[] = {
        {"/etc/c.yaml", "/etc/c.yaml"}, {"$CONFIG_DIR/c.yaml", "/cd/c.yaml"},
        {"${CONFIG_DIR}x/$", "/cdx/$"}, {"$NOT_SET_ANYWHERE/c", "/c"},
        {"a$1b${", "a$1b${"},           {"", ""},
    };
    struct error e;
    setenv("CONFIG_DIR", "/cd", 1);
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        CHECK_CASE("the path '%s'", paths[i].path)
        {
            str out;
            CHECK_OK(config_expand(str_from(paths[i].path), arena, &out, &e), &e);
            CHECK_STR(out, str_from(paths[i].expanded));
        }
    }
    CHECK_CASE("a file that is not there is told")
    {
        struct config c;
        CHECK_FAILS(config_read(STR("/nowhere/c.yaml"), arena, &c, &e), &e, ERROR_USAGE,
                    "cannot read the configuration: cannot open '/nowhere/c.yaml'");
    }
    CHECK_CASE("loopback addresses")
    {
        CHECK(config_is_loopback(STR("127.0.0.1")) && config_is_loopback(STR("127.9.9.9")));
        CHECK(config_is_loopback(STR("::1")) && !config_is_loopback(STR("::")));
        CHECK(!config_is_loopback(STR("0.0.0.0")) && !config_is_loopback(STR("10.0.0.1")));
        CHECK(!config_is_loopback(STR("")) && !config_is_loopback(STR("localhost")));
    }
}

int main(void)
{
    struct error e;
    struct arena arena;
    arena_init(&arena, 16 << 20, "the test");
    test_shapes(&arena);
    test_databases(&arena);
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        CHECK_CASE("%s is refused", refused[i].says)
        {
            struct config c;
            error_clear(&e);
            CHECK_FAILS(config_parse(str_from(refused[i].text), STR("c.yaml"), &arena, &c, &e), &e,
                        ERROR_USAGE, refused[i].part);
        }
    }
    CHECK_CASE("a list has so many items and no more")
    {
        static char text[20000] = "auth: {tokens: [";
        size_t len = 16;
        for (int i = 0; i < CONFIG_LIST_MAX; i++) {
            text[len++] = 'a';
            text[len++] = ',';
        }
        struct buf b;
        struct config c;
        buf_init(&b, 40000);
        CHECK_OK(buf_printf(&b, &e, "%.*s]}", (int)len, text), &e);
        CHECK_OK(config_parse(buf_str(&b), STR("c"), &arena, &c, &e), &e);
        CHECK_NUM(c.tokens.count, CONFIG_LIST_MAX);
        b.len = 0;
        CHECK_OK(buf_printf(&b, &e, "%.*sa]}", (int)len, text), &e);
        CHECK_FAILS(config_parse(buf_str(&b), STR("c"), &arena, &c, &e), &e, ERROR_LIMIT,
                    "limit of 256 items");
        buf_done(&b);
    }
    CHECK_CASE("refused memory is told")
    {
        for (int n = 0;; n++) {
            struct arena own;
            struct config c;
            arena_init(&own, 16 << 20, "the test");
            fail_alloc_at(n);
            bool done = config_parse(str_from(nested), STR("c"), &own, &c, &e);
            fail_alloc_at(-1);
            arena_done(&own);
            if (!fail_alloc_hit()) {
                CHECK(done);
                break;
            }
            CHECK(!done && e.kind == ERROR_MEMORY);
        }
    }
    test_paths(&arena);
    arena_done(&arena);
    return check_done();
}
