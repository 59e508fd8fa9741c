#include "inventory/fold.h"

#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "check.h"
#include "inventory/encode.h"

/* A layer written down as facts, one a row. */
struct row {
    enum fact_kind kind;
    const char *path, *text; /* of a package: name and version */
};

enum { LAYERS_MAX = 6, ROWS_MAX = 10, PACKAGES_MAX = 6 };

static bool encode_layer(const struct row *rows, struct buf *to, struct error *e)
{
    for (size_t i = 0; i < ROWS_MAX && rows[i].kind != 0; i++) {
        struct fact fact = {
            .kind = rows[i].kind, .path = str_from(rows[i].path), .text = str_from(rows[i].text)};
        if (fact.kind == FACT_PACKAGE) {
            fact.path = fact.text = STR_NONE;
            fact.package = (struct package){.ecosystem = ECOSYSTEM_DEB,
                                            .name = str_from(rows[i].path),
                                            .version = str_from(rows[i].text),
                                            .source = str_from(rows[i].path),
                                            .source_version = str_from(rows[i].text)};
        }
        if (fact.kind == FACT_DISTRIBUTION) {
            fact.text = STR("os-release");
            fact.rank = 50;
            fact.distribution.id = str_from(rows[i].text);
        }
        if (!fact_encode(&fact, to, e)) {
            return false;
        }
    }
    return true;
}

#define DPKG "var/lib/dpkg/status"
#define DB(path)                                                                                   \
    {FACT_REPLACED, path, NULL},                                                                   \
    {                                                                                              \
        FACT_DATABASE, path, "dpkg"                                                                \
    }
#define RPMDB(path)                                                                                \
    {FACT_REPLACED, path, NULL},                                                                   \
    {                                                                                              \
        FACT_DATABASE, path, "rpm"                                                                 \
    }
#define P(name, version)                                                                           \
    {                                                                                              \
        FACT_PACKAGE, name, version                                                                \
    }

/* "name version layer", sorted, for each package of the image. */
static const struct {
    const char *says;
    struct row layers[LAYERS_MAX][ROWS_MAX];
    size_t layers_count;
    const char *want[PACKAGES_MAX];
    const char *wanted; /* "path role" of the first wanted file, or NULL */
} cases[] = {
    {"one layer", {{DB(DPKG), P("a", "1")}}, 1, {"a 1 0"}, NULL},
    {"a package keeps its layer when the database is written again",
     {{DB(DPKG), P("a", "1")}, {DB(DPKG), P("a", "1"), P("b", "2")}},
     2,
     {"a 1 0", "b 2 1"},
     NULL},
    {"an upgrade is of the layer that made it",
     {{DB(DPKG), P("a", "1")}, {DB(DPKG), P("a", "2")}},
     2,
     {"a 2 1"},
     NULL},
    {"a package that went and came again is of the layer where it came again",
     {{DB(DPKG), P("a", "1")}, {DB(DPKG), P("b", "1")}, {DB(DPKG), P("a", "1")}},
     3,
     {"a 1 2"},
     NULL},
    {"a whiteout of the file",
     {{DB(DPKG), P("a", "1")}, {{FACT_REMOVED, DPKG, NULL}}},
     2,
     {NULL},
     NULL},
    {"a whiteout of a folder above",
     {{DB(DPKG), P("a", "1")}, {{FACT_REMOVED, "var/lib", NULL}}},
     2,
     {NULL},
     NULL},
    {"a whiteout of another folder with a like name",
     {{DB(DPKG), P("a", "1")}, {{FACT_REMOVED, "var/li", NULL}}},
     2,
     {"a 1 0"},
     NULL},
    {"a whiteout hides lower layers only, also behind the file",
     {{DB(DPKG), P("a", "1")}, {DB(DPKG), P("b", "1"), {FACT_REMOVED, DPKG, NULL}}},
     2,
     {"b 1 1"},
     NULL},
    {"an opaque folder keeps what its own layer has",
     {{DB(DPKG), P("a", "1")}, {DB(DPKG), P("b", "1"), {FACT_OPAQUE, "var/lib/dpkg", NULL}}},
     2,
     {"b 1 1"},
     NULL},
    {"an opaque root", {{DB(DPKG), P("a", "1")}, {{FACT_OPAQUE, "", NULL}}}, 2, {NULL}, NULL},
    {"the last of two files of one name in a layer counts",
     {{DB(DPKG), P("a", "1"), DB(DPKG), P("b", "1")}},
     1,
     {"b 1 0"},
     NULL},
    {"a folder replaced by a file, and the file by a folder again",
     {{DB(DPKG), P("a", "1")},
      {{FACT_REPLACED, "var/lib/dpkg", NULL}},
      {{FACT_DIRECTORY, "var/lib/dpkg", NULL}, DB(DPKG), P("b", "1")}},
     3,
     {"b 1 2"},
     NULL},
    {"a folder over a folder hides nothing",
     {{DB(DPKG), P("a", "1")}, {{FACT_DIRECTORY, "var/lib/dpkg", NULL}}},
     2,
     {"a 1 0"},
     NULL},
    {"status.d of several layers adds up",
     {{DB("var/lib/dpkg/status.d/a"), P("a", "1")}, {DB("var/lib/dpkg/status.d/b"), P("b", "1")}},
     2,
     {"a 1 0", "b 1 1"},
     NULL},
    {"a link of a known path to a known path reads it once",
     {{{FACT_SYMLINK, "var/lib/rpm", "../../usr/lib/sysimage/rpm"},
       RPMDB("usr/lib/sysimage/rpm/Packages.db"),
       P("a", "1")}},
     1,
     {"a 1 0"},
     NULL},
    {"a link leads to a file that has to be read: it is wanted",
     {{{FACT_SYMLINK, DPKG, "/srv/status"}}},
     1,
     {NULL},
     "srv/status " DPKG},
    {"a link of a folder above leads to a file that is wanted",
     {{{FACT_SYMLINK, "var/lib/dpkg", "../../srv"}}},
     1,
     {NULL},
     "srv/status " DPKG},
    {"a link out of the image stays in it",
     {{{FACT_SYMLINK, DPKG, "../../../../../etc/shadow"}}},
     1,
     {NULL},
     "etc/shadow " DPKG},
    {"a link to itself is no file", {{{FACT_SYMLINK, DPKG, "status"}}}, 1, {NULL}, NULL},
    {"a hard link is wanted by its target",
     {{{FACT_HARDLINK, DPKG, "srv/copy"}}},
     1,
     {NULL},
     "srv/copy " DPKG},
    {"a write through a link of a lower layer lands behind the link",
     {{{FACT_SYMLINK, "lib", "usr/lib"},
       {FACT_REPLACED, "usr/lib/apk/db/installed", NULL},
       {FACT_DATABASE, "usr/lib/apk/db/installed", "apk"},
       P("a", "1")},
      {{FACT_REPLACED, "lib/apk/db/installed", NULL},
       {FACT_DATABASE, "lib/apk/db/installed", "apk"},
       P("b", "1")}},
     2,
     {"b 1 1"},
     NULL},
    {"a folder that replaces a link hides what was behind it from its path",
     {{{FACT_SYMLINK, "var/lib/rpm", "../../srv"}},
      {{FACT_DIRECTORY, "var/lib/rpm", NULL}, RPMDB("var/lib/rpm/Packages"), P("a", "1")}},
     2,
     {"a 1 1"},
     NULL},
    {"an old rpm database beside a newer one does not count",
     {{RPMDB("var/lib/rpm/Packages"), P("old", "1"), RPMDB("var/lib/rpm/rpmdb.sqlite"),
       P("new", "1")}},
     1,
     {"new 1 0"},
     NULL},
    {"the rpm database of the higher layer counts, whatever its form",
     {{RPMDB("var/lib/rpm/rpmdb.sqlite"), P("old", "1")},
      {RPMDB("var/lib/rpm/Packages"), P("new", "1")}},
     2,
     {"new 1 1"},
     NULL},
    {"no layer has a database", {{{FACT_NOTE, "", "x"}}}, 1, {NULL}, NULL},
};

static bool fold_case(size_t i, struct arena *arena, struct inventory *out,
                      const struct wanted_file **wanted, size_t *wanted_count, struct error *e)
{
    str facts[LAYERS_MAX];
    for (size_t k = 0; k < cases[i].layers_count; k++) {
        struct buf layer;
        buf_init(&layer, 1024 * 1024);
        bool ok = encode_layer(cases[i].layers[k], &layer, e) &&
                  arena_str(arena, buf_str(&layer), &facts[k], e);
        buf_done(&layer);
        if (!ok) {
            return false;
        }
    }
    const struct fold_input in = {.layers = facts, .layers_count = cases[i].layers_count};
    return inventory_fold(&in, arena, out, wanted, wanted_count, e);
}

static void test_cases(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct arena arena;
            struct error e = {0};
            struct inventory inventory = {0};
            const struct wanted_file *wanted = NULL;
            size_t wanted_count = 0, want = 0;
            arena_init(&arena, 64 * 1024 * 1024, "test");
            CHECK_OK(fold_case(i, &arena, &inventory, &wanted, &wanted_count, &e), &e);
            while (want < PACKAGES_MAX && cases[i].want[want] != NULL) {
                want++;
            }
            CHECK_NUM(inventory.packages_count, want);
            for (size_t k = 0; k < want && k < inventory.packages_count; k++) {
                const struct found_package *p = &inventory.packages[k];
                str line;
                CHECK_OK(arena_printf(&arena, &line, &e, STR_FMT " " STR_FMT " %zu",
                                      STR_ARG(p->package.name), STR_ARG(p->package.version),
                                      p->layer),
                         &e);
                CHECK_STR(line, str_from(cases[i].want[k]));
            }
            CHECK_NUM(wanted_count > 0, cases[i].wanted != NULL);
            if (wanted_count > 0 && cases[i].wanted != NULL) {
                str line;
                CHECK_OK(arena_printf(&arena, &line, &e, STR_FMT " " STR_FMT,
                                      STR_ARG(wanted[0].path), STR_ARG(wanted[0].role)),
                         &e);
                CHECK_STR(line, str_from(cases[i].wanted));
            }
            arena_done(&arena);
        }
    }
}

static void test_rounds(void)
{
    CHECK_CASE("a wanted file that was read counts where links lead to it, and only then")
    {
        static const struct row layers[2][ROWS_MAX] = {
            {{FACT_SYMLINK, DPKG, "/srv/status"}, DB("srv/status"), P("a", "1")},
            {{FACT_REMOVED, DPKG, NULL}},
        };
        static const struct wanted_file read[] = {{STR_INIT("srv/status"), STR_INIT(DPKG)}};
        struct error e = {0};
        struct arena arena;
        struct buf bytes[2];
        str facts[2];
        arena_init(&arena, 64 * 1024 * 1024, "test");
        for (size_t i = 0; i < 2; i++) {
            buf_init(&bytes[i], 65536);
            CHECK_OK(encode_layer(layers[i], &bytes[i], &e), &e);
            facts[i] = buf_str(&bytes[i]);
        }
        for (size_t count = 1; count <= 2; count++) {
            struct fold_input in = {
                .layers = facts, .layers_count = count, .wanted = read, .wanted_count = 1};
            struct inventory inventory = {0};
            const struct wanted_file *wanted;
            size_t wanted_count;
            CHECK_OK(inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e), &e);
            CHECK_NUM(inventory.packages_count, count == 1 ? 1 : 0);
            CHECK_NUM(wanted_count, 0);
        }
        buf_done(&bytes[0]);
        buf_done(&bytes[1]);
        arena_done(&arena);
    }
    CHECK_CASE("in the last round what is still wanted makes the result incomplete")
    {
        static const struct row layer[ROWS_MAX] = {{FACT_SYMLINK, DPKG, "/srv/status"}};
        struct error e = {0};
        struct arena arena;
        struct buf bytes;
        struct inventory inventory = {0};
        const struct wanted_file *wanted;
        size_t wanted_count;
        arena_init(&arena, 64 * 1024 * 1024, "test");
        buf_init(&bytes, 65536);
        CHECK_OK(encode_layer(layer, &bytes, &e), &e);
        str facts = buf_str(&bytes);
        struct fold_input in = {.layers = &facts, .layers_count = 1, .last_round = true};
        CHECK_OK(inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e), &e);
        CHECK_NUM(wanted_count, 0);
        CHECK(inventory.notes.incomplete);
        buf_done(&bytes);
        arena_done(&arena);
    }
}

/* How many notes make the layer's result incomplete, `read` having been looked for. */
static size_t incomplete_of(const struct row *layer, const struct wanted_file *read, size_t count)
{
    struct error e = {0};
    struct arena arena;
    struct buf bytes;
    struct inventory inventory = {0};
    const struct wanted_file *wanted;
    size_t wanted_count, incomplete = 0;
    arena_init(&arena, 64 * 1024 * 1024, "test");
    buf_init(&bytes, 65536);
    CHECK_OK(encode_layer(layer, &bytes, &e), &e);
    str facts = buf_str(&bytes);
    struct fold_input in = {
        .layers = &facts, .layers_count = 1, .wanted = read, .wanted_count = count};
    CHECK_OK(inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e), &e);
    CHECK_NUM(wanted_count, 0);
    for (size_t i = 0; i < inventory.notes.count; i++) {
        incomplete += inventory.notes.notes[i].kind == DIAG_INCOMPLETE;
    }
    buf_done(&bytes);
    arena_done(&arena);
    return incomplete;
}

static void test_dangling(void)
{
    static const struct wanted_file read[] = {{STR_INIT("srv/status"), STR_INIT(DPKG)}};
    CHECK_CASE("a database that is a link to nothing makes the result incomplete")
    {
        static const struct row layer[ROWS_MAX] = {{FACT_SYMLINK, DPKG, "/srv/status"}};
        CHECK_NUM(incomplete_of(layer, read, 1), 1);
    }
    CHECK_CASE("a database that is a hard link to nothing does too")
    {
        static const struct row layer[ROWS_MAX] = {{FACT_HARDLINK, DPKG, "srv/status"}};
        CHECK_NUM(incomplete_of(layer, read, 1), 1);
    }
    CHECK_CASE("a link to a known place where there is no database does too")
    {
        static const struct row layer[ROWS_MAX] = {
            {FACT_SYMLINK, "lib/apk/db/installed", "/usr/lib/apk/db/installed"}};
        CHECK_NUM(incomplete_of(layer, NULL, 0), 1);
    }
    CHECK_CASE("a folder's link below which there is no database says nothing of one")
    {
        static const struct row layer[ROWS_MAX] = {{FACT_SYMLINK, "lib", "usr/lib"}};
        CHECK_NUM(incomplete_of(layer, NULL, 0), 0);
    }
}

static void test_notes(void)
{
    CHECK_CASE("what could not be read of a file is forgotten with the file")
    {
        static const struct row layers[2][ROWS_MAX] = {
            {DB(DPKG), P("a", "1"), {FACT_INCOMPLETE, DPKG, "3 stanzas were not read"}},
            {DB(DPKG), P("a", "1")},
        };
        struct error e = {0};
        struct arena arena;
        struct buf bytes[2];
        str facts[2];
        arena_init(&arena, 64 * 1024 * 1024, "test");
        for (size_t i = 0; i < 2; i++) {
            buf_init(&bytes[i], 65536);
            CHECK_OK(encode_layer(layers[i], &bytes[i], &e), &e);
            facts[i] = buf_str(&bytes[i]);
        }
        for (size_t count = 1; count <= 2; count++) {
            struct fold_input in = {.layers = facts, .layers_count = count};
            struct inventory inventory = {0};
            const struct wanted_file *wanted;
            size_t wanted_count;
            CHECK_OK(inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e), &e);
            CHECK_NUM(inventory.notes.incomplete, count == 1);
        }
        buf_done(&bytes[0]);
        buf_done(&bytes[1]);
        arena_done(&arena);
    }
    CHECK_CASE("the surest file names the distribution, one without an ID does not")
    {
        static const struct row layer[ROWS_MAX] = {
            {FACT_DISTRIBUTION, "etc/os-release", ""},
            {FACT_DISTRIBUTION, "etc/debian_version", "debian"},
        };
        struct error e = {0};
        struct arena arena;
        struct buf bytes;
        struct inventory inventory = {0};
        const struct wanted_file *wanted;
        size_t wanted_count;
        arena_init(&arena, 64 * 1024 * 1024, "test");
        buf_init(&bytes, 65536);
        CHECK_OK(encode_layer(layer, &bytes, &e), &e);
        str facts = buf_str(&bytes);
        struct fold_input in = {.layers = &facts, .layers_count = 1};
        CHECK_OK(inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e), &e);
        CHECK(inventory.has_distribution);
        CHECK_STR(inventory.distribution.id, STR("debian"));
        buf_done(&bytes);
        arena_done(&arena);
    }
}

#define MANIFESTS "root/buildinfo/content_manifests/"
#define CONTENT(name)                                                                              \
    {FACT_REPLACED, MANIFESTS name, NULL},                                                         \
    {                                                                                              \
        FACT_DATABASE, MANIFESTS name, "redhat-content"                                            \
    }
#define REPO(file, name)                                                                           \
    {                                                                                              \
        FACT_REPOSITORY, MANIFESTS file, name                                                      \
    }

static const struct {
    const char *says;
    struct row layers[3][ROWS_MAX];
    const char *want[4];
} repository_cases[] = {
    {"repositories of one file, sorted, once",
     {{CONTENT("a.json"), REPO("a.json", "y"), REPO("a.json", "x"), REPO("a.json", "y")}},
     {"x", "y"}},
    {"each layer adds a manifest",
     {{CONTENT("a.json"), REPO("a.json", "x")},
      {CONTENT("b.json"), REPO("b.json", "cpe:/o:redhat:enterprise_linux:9"), REPO("b.json", "x")}},
     {"cpe:/o:redhat:enterprise_linux:9", "x"}},
    {"a manifest that is written again counts as it is now",
     {{CONTENT("a.json"), REPO("a.json", "x")}, {CONTENT("a.json"), REPO("a.json", "y")}},
     {"y"}},
    {"a manifest that is removed does not count",
     {{CONTENT("a.json"), REPO("a.json", "x")},
      {CONTENT("b.json"), REPO("b.json", "y")},
      {{FACT_REMOVED, MANIFESTS "a.json", NULL}}},
     {"y"}},
    {"nor do those of a folder that is removed",
     {{CONTENT("a.json"), REPO("a.json", "x")}, {{FACT_REMOVED, "root/buildinfo", NULL}}},
     {NULL}},
    {"a package database between them has none",
     {{CONTENT("a.json"), REPO("a.json", "x"), DB(DPKG), P("p", "1")}},
     {"x"}},
};

static void test_repositories(void)
{
    for (size_t c = 0; c < ARRAY_COUNT(repository_cases); c++) {
        CHECK_CASE("%s", repository_cases[c].says)
        {
            struct error e = {0};
            struct arena arena;
            struct buf bytes[3];
            str facts[3];
            struct inventory inventory = {0};
            const struct wanted_file *wanted;
            size_t wanted_count, want = 0;
            arena_init(&arena, 64 * 1024 * 1024, "test");
            for (size_t i = 0; i < ARRAY_COUNT(bytes); i++) {
                buf_init(&bytes[i], 65536);
                CHECK_OK(encode_layer(repository_cases[c].layers[i], &bytes[i], &e), &e);
                facts[i] = buf_str(&bytes[i]);
            }
            struct fold_input in = {.layers = facts, .layers_count = ARRAY_COUNT(bytes)};
            CHECK_OK(inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e), &e);
            while (want < 4 && repository_cases[c].want[want] != NULL) {
                want++;
            }
            CHECK_NUM(inventory.repositories_count, want);
            for (size_t i = 0; i < want && i < inventory.repositories_count; i++) {
                CHECK_STR(inventory.repositories[i], str_from(repository_cases[c].want[i]));
            }
            for (size_t i = 0; i < ARRAY_COUNT(bytes); i++) {
                buf_done(&bytes[i]);
            }
            arena_done(&arena);
        }
    }
}

static void test_allocations(void)
{
    CHECK_CASE("each refused allocation is a clean error")
    {
        /* the case with links, a whole tree and several layers */
        for (int n = 0; n < 1000; n++) {
            struct arena arena;
            struct error e = {0};
            struct inventory inventory = {0};
            const struct wanted_file *wanted;
            size_t wanted_count;
            arena_init(&arena, 64 * 1024 * 1024, "test");
            fail_alloc_at(n);
            bool ok = fold_case(1, &arena, &inventory, &wanted, &wanted_count, &e);
            fail_alloc_at(-1);
            arena_done(&arena);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                break;
            }
            CHECK(!ok && e.kind == ERROR_MEMORY);
        }
    }
    CHECK_CASE("an arena over its budget is a clean error")
    {
        struct arena arena;
        struct error e = {0};
        struct inventory inventory = {0};
        const struct wanted_file *wanted;
        size_t wanted_count;
        for (size_t budget = 0; budget < 4096; budget += 97) {
            arena_init(&arena, budget, "test");
            bool ok = fold_case(1, &arena, &inventory, &wanted, &wanted_count, &e);
            CHECK(ok ? budget > 1024 : e.kind == ERROR_LIMIT);
            arena_done(&arena);
        }
    }
}

static void test_growth(void)
{
    CHECK_CASE("many files and as many whiteouts take time in proportion")
    {
        struct error e = {0};
        struct arena arena;
        struct buf bytes;
        struct inventory inventory = {0};
        const struct wanted_file *wanted;
        size_t wanted_count;
        bool ok = true;
        arena_init(&arena, 512 * 1024 * 1024, "test");
        buf_init(&bytes, 512 * 1024 * 1024);
        for (int i = 0; ok && i < 100000; i++) {
            struct arena_mark mark = arena_mark(&arena);
            str path;
            ok = arena_printf(&arena, &path, &e, "var/lib/dpkg/status.d/p%d", i);
            struct fact facts[] = {
                {.kind = FACT_REPLACED, .path = path},
                {.kind = FACT_DATABASE, .path = path, .text = STR("dpkg")},
                {.kind = FACT_PACKAGE,
                 .package = {.ecosystem = ECOSYSTEM_DEB,
                             .name = path_base(path),
                             .version = STR("1")}},
            };
            for (size_t k = 0; ok && k < ARRAY_COUNT(facts); k++) {
                ok = fact_encode(&facts[k], &bytes, &e);
            }
            arena_rewind(&arena, mark);
        }
        CHECK_OK(ok, &e);
        str facts[3] = {buf_str(&bytes), buf_str(&bytes), buf_str(&bytes)};
        struct fold_input in = {.layers = facts, .layers_count = 3};
        CHECK_OK(inventory_fold(&in, &arena, &inventory, &wanted, &wanted_count, &e), &e);
        CHECK_NUM(inventory.packages_count, 100000);
        buf_done(&bytes);
        arena_done(&arena);
    }
}

int main(void)
{
    test_cases();
    test_rounds();
    test_dangling();
    test_notes();
    test_repositories();
    test_allocations();
    test_growth();
    return check_done();
}
