#include "check.h"
#include "facts_test.h"
#include "format/rpmdb_test.h"

/* Facts as lines: of a package NAME VERSION SOURCE SOURCE_VERSION ARCH MODULE VENDOR LICENSE with
 * tabs between, of others "KIND TEXT". */
struct seen {
    struct fact_sink base;
    struct buf packages, others;
    size_t count;
    int fails_after; /* facts until one is refused; -1: none is */
    uint64_t forget; /* with this set, packages are only counted */
};

static bool seen_put(struct fact_sink *base, const struct fact *f, struct error *e)
{
    struct seen *s = CONTAINER_OF(base, struct seen, base);
    const struct package *p = &f->package;
    if (s->fails_after >= 0 && s->fails_after-- == 0) {
        return error_set(e, ERROR_IO, "the sink is full");
    }
    if (f->kind != FACT_PACKAGE) {
        const char *kind = f->kind == FACT_DATABASE     ? "database"
                           : f->kind == FACT_INCOMPLETE ? "incomplete"
                                                        : "note";
        return buf_printf(&s->others, e, "%s " STR_FMT "\n", kind, STR_ARG(f->text));
    }
    s->count++;
    const str parts[] = {p->name, p->version, p->source, p->source_version,
                         p->arch, p->module,  p->vendor, p->license};
    for (size_t i = 0; s->forget == 0 && i < ARRAY_COUNT(parts); i++) {
        if (!buf_add_str(&s->packages, parts[i], e) ||
            !buf_add_char(&s->packages, i + 1 < ARRAY_COUNT(parts) ? '\t' : '\n', e)) {
            return false;
        }
    }
    return p->ecosystem == ECOSYSTEM_RPM;
}

static struct seen seen_init(void)
{
    struct seen s = {.base = {.put = seen_put}, .fails_after = -1};
    buf_init(&s.packages, 256 << 20);
    buf_init(&s.others, 1 << 20);
    return s;
}

static void seen_done(struct seen *s)
{
    buf_done(&s->packages);
    buf_done(&s->others);
}

static const str usual = STR_INIT("var/lib/rpm/Packages");

/* Reads in place where `step` is 0, else loads by windows of `step` bytes. */
static bool read_as(str role, str file, size_t step, struct seen *s, struct error *e)
{
    struct arena arena;
    struct memory_reader memory;
    struct moving_reader moving;
    struct entry at = {.kind = ENTRY_FILE, .path = role, .size_bytes = file.len};
    arena_init(&arena, 8 << 20, "a detector's test");
    memory_reader_init(&memory, file);
    moving_reader_init(&moving, file, step);
    struct reader *body = step == 0 ? &memory.base : &moving.base;
    bool ok = detector_rpm.read(&detector_rpm, role, &at, body, &arena, &s->base, e);
    reader_close(body);
    arena_done(&arena);
    return ok;
}

static bool read_file(str file, size_t step, struct seen *s, struct error *e)
{
    return read_as(usual, file, step, s, e);
}

static int line_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* The lines of a text, sorted, each cut behind its column `columns`; heap, never freed. */
static str sorted(str text, size_t columns)
{
    struct buf out;
    size_t count = 0;
    str line, rest = text;
    while (str_line(&rest, &line)) {
        count++;
    }
    str *lines = calloc(count + 1, sizeof(*lines));
    made_hold(lines != NULL);
    for (size_t i = 0; str_line(&text, &line); i++) {
        size_t end = 0;
        for (size_t column = 0; end < line.len && column < columns; end++) {
            column += line.at[end] == '\t';
        }
        lines[i] = str_slice(line, 0, end);
    }
    qsort(lines, count, sizeof(*lines), line_order);
    buf_init(&out, 64 << 20);
    for (size_t i = 0; i < count; i++) {
        made_hold(buf_add_str(&out, lines[i], NULL) && buf_add_char(&out, '\n', NULL));
    }
    free(lines);
    return made_keep(buf_str(&out));
}

static str source_path(char *to, size_t size, const char *name)
{
    const char *root = getenv("LIMPID_SOURCE");
    snprintf(to, size, "%s/%s", root == NULL ? "." : root, name);
    return str_from(to);
}

/* Runs rpm_test.py with a new folder as the last argument; the names of what it made. */
static str oracle(const char *command, const char *image, char *folder)
{
    char script[4096];
    source_path(script, sizeof(script), "src/detect/rpm_test.py");
    if (mkdtemp(folder) == NULL) {
        return STR_NONE;
    }
    const char *const extract[] = {"python3", script, command, image, folder, NULL};
    const char *const make[] = {"python3", script, command, folder, NULL};
    return tool_output(image != NULL ? extract : make);
}

static void forget(const char *folder)
{
    const char *const argv[] = {"rm", "-rf", folder, NULL};
    tool_output(argv);
}

static str made_file(const char *folder, str name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/" STR_FMT, folder, STR_ARG(name));
    return check_file(path);
}

/* The rows of a .packages.tsv as our lines of six columns. Its source versions have no epoch: the
 * package's own is put before them, as the detector does. Keys are left out. */
static str list_of(const char *path)
{
    struct buf out;
    str rest = check_file(path), line;
    buf_init(&out, 16 << 20);
    str_line(&rest, &line);
    while (str_line(&rest, &line)) {
        str column[7] = {STR_NONE};
        for (size_t i = 0; i < ARRAY_COUNT(column); i++) {
            if (!str_cut(&line, '\t', &column[i])) {
                column[i] = line;
                line = STR_NONE;
            }
        }
        str epoch = str_slice(column[2], 0, str_find_char(column[2], ':') + 1);
        if (epoch.len > 0 && epoch.at[epoch.len - 1] != ':') {
            epoch = STR_NONE;
        }
        if (!str_eq(column[1], STR("gpg-pubkey"))) {
            made_hold(buf_printf(&out, NULL,
                                 STR_FMT "\t" STR_FMT "\t" STR_FMT "\t" STR_FMT STR_FMT "\t" STR_FMT
                                         "\t" STR_FMT "\t\n",
                                 STR_ARG(column[1]), STR_ARG(column[2]), STR_ARG(column[3]),
                                 STR_ARG(epoch), STR_ARG(column[4]), STR_ARG(column[5]),
                                 STR_ARG(column[6])));
        }
    }
    str list = sorted(buf_str(&out), 6);
    buf_done(&out);
    return list;
}

static void test_images(void)
{
    static const char *const images[][2] = {
        {"rpm-centos7", ".oci.tar"}, {"rpm-ubi8", ".oci.tar"}, {"rpm-ubi8-s390x", ".oci.tar"},
        {"rpm-leap15", ".oci.tar"},  {"rpm-sles15.3", ".tar"}, {"rpm-mariner2", ".tar"},
        {"rpm-rocky9", ".tar"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(images); i++) {
        CHECK_CASE("the image %s has the packages that rpm lists", images[i][0])
        {
            char below[100], list_below[100], folder[] = "/tmp/limpid-rpm-XXXXXX";
            snprintf(below, sizeof(below), "images/%s%s", images[i][0], images[i][1]);
            snprintf(list_below, sizeof(list_below), "images/%s.packages.tsv", images[i][0]);
            const char *image = check_shared(below), *list = check_shared(list_below);
            if (image == NULL || list == NULL) {
                check_skip("the image is not there");
                continue;
            }
            str names = oracle("extract", image, folder), name, last = STR_NONE;
            while (str_line(&names, &name)) {
                last = name; /* of the upper layer */
            }
            str file = made_file(folder, last);
            CHECK(file.len > 0);
            for (size_t step = 0; step <= 4096; step += 4096) {
                struct seen s = seen_init();
                struct error e;
                CHECK_OK(read_file(file, step, &s, &e), &e);
                CHECK_STR(buf_str(&s.others), STR("database rpm\n"));
                CHECK_STR(sorted(buf_str(&s.packages), 6), list_of(list));
                seen_done(&s);
            }
            forget(folder);
        }
    }
}

static void test_made_by_tools(void)
{
    char folder[] = "/tmp/limpid-rpm-XXXXXX";
    str names = oracle("make", NULL, folder), name;
    str want = sorted(made_file(folder, STR("want")), 8);
    if (names.len == 0 || want.len == 0) {
        CHECK_CASE("databases made by rpm, SQLite and Berkeley DB")
        {
            check_skip("rpm, rpmbuild, sqlite3 or db5.3_load is not there");
        }
    }
    while (want.len > 0 && str_line(&names, &name)) {
        CHECK_CASE("the database " STR_FMT " has the packages that rpm lists", STR_ARG(name))
        {
            str file = made_file(folder, name);
            for (size_t step = 0; step <= 10000; step += 10000) {
                struct seen s = seen_init();
                struct error e;
                CHECK_OK(read_file(file, step, &s, &e), &e);
                CHECK_STR(buf_str(&s.others), STR("database rpm\n"));
                CHECK_STR(sorted(buf_str(&s.packages), 8), want);
                seen_done(&s);
            }
        }
    }
    forget(folder);
}

static str header_of(const char *name, const char *version, uint32_t epoch, const char *source)
{
    struct made m;
    made_init(&m);
    made_text(&m, 1000, str_from(name));
    made_text(&m, 1001, str_from(version));
    made_text(&m, 1002, STR("2.el9"));
    if (epoch != UINT32_MAX) {
        made_int(&m, 1003, epoch);
    }
    if (source != NULL) {
        made_text(&m, 1044, str_from(source));
    }
    return made_header(&m);
}

static const struct {
    const char *says, *name, *version;
    uint32_t epoch; /* UINT32_MAX: none */
    const char *sourcerpm, *want;
} packages[] = {
    {"a source rpm names the source package and its version", "libx", "1", UINT32_MAX,
     "x-lib-2.0-3.el9.src.rpm", "libx\t1-2.el9\tx-lib\t2.0-3.el9\n"},
    {"an epoch stands before both versions", "libx", "1", 7, "x-2.0-3.src.rpm",
     "libx\t7:1-2.el9\tx\t7:2.0-3\n"},
    {"an epoch of 0 is not written", "libx", "1", 0, "x-2.0-3.src.rpm",
     "libx\t1-2.el9\tx\t2.0-3\n"},
    {"the largest epoch is written", "libx", "1", UINT32_MAX - 1, "x-2.0-3.src.rpm",
     "libx\t4294967294:1-2.el9\tx\t4294967294:2.0-3\n"},
    {"a nosrc rpm is a source rpm", "libx", "1", UINT32_MAX, "x-2.0-3.nosrc.rpm",
     "libx\t1-2.el9\tx\t2.0-3\n"},
    {"without a source rpm, a package is its own source", "libx", "1", 5, NULL,
     "libx\t5:1-2.el9\tlibx\t5:1-2.el9\n"},
    {"the source rpm '(none)' is none", "libx", "1", UINT32_MAX, "(none)",
     "libx\t1-2.el9\tlibx\t1-2.el9\n"},
    {"a source rpm without a release is none", "libx", "1", UINT32_MAX, "x-2.0.src.rpm",
     "libx\t1-2.el9\tlibx\t1-2.el9\n"},
    {"a source rpm without a name is none", "libx", "1", UINT32_MAX, "-2.0-3.src.rpm",
     "libx\t1-2.el9\tlibx\t1-2.el9\n"},
    {"a source rpm of dashes is none", "libx", "1", UINT32_MAX, "---.rpm",
     "libx\t1-2.el9\tlibx\t1-2.el9\n"},
    {"the source rpm '.rpm' is none", "libx", "1", UINT32_MAX, ".rpm",
     "libx\t1-2.el9\tlibx\t1-2.el9\n"},
    {"a key is not a package", "gpg-pubkey", "1", UINT32_MAX, NULL, ""},
};

static void test_packages(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(packages); i++) {
        CHECK_CASE("%s", packages[i].says)
        {
            struct seen s = seen_init();
            str header = header_of(packages[i].name, packages[i].version, packages[i].epoch,
                                   packages[i].sourcerpm);
            CHECK_OK(read_file(ndb_made(&header, 1), 0, &s, &e), &e);
            str got = sorted(buf_str(&s.packages), 4), want = str_from(packages[i].want);
            /* the columns behind are empty */
            CHECK(str_eq(got, want) ||
                  (got.len == want.len + 1 && str_starts(got, str_slice(want, 0, want.len - 1))));
            CHECK_STR(buf_str(&s.others), STR("database rpm\n"));
            seen_done(&s);
        }
    }
}

/* HOSTILE kinds 32 to 35: bad headers among good ones in each format. */
static void test_mixed(void)
{
    struct error e;
    str values[] = {
        header_of("good-1", "1", UINT32_MAX, NULL),
        STR("\377\377\377\377\377\377\377\377"),
        header_of("good-2", "1", UINT32_MAX, NULL),
        str_slice(header_of("cut", "1", UINT32_MAX, NULL), 0, 60),
        header_of("bad name", "1", UINT32_MAX, NULL),
        header_of("good-3", "1", UINT32_MAX, NULL),
        header_of("\33[31m", "1", UINT32_MAX, NULL),
    };
    struct bdb_form form = {.page_bytes = 4096};
    str files[] = {ndb_made(values, ARRAY_COUNT(values)),
                   bdb_made(values, ARRAY_COUNT(values), form)};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        CHECK_CASE("of good and bad headers in %s, the good are listed and the bad counted",
                   i == 0 ? "ndb" : "Berkeley DB")
        {
            struct seen s = seen_init();
            CHECK_OK(read_file(files[i], i * 100, &s, &e), &e);
            CHECK_NUM(s.count, 3);
            CHECK_STR(buf_str(&s.others),
                      STR("database rpm\nincomplete 4 of 7 package headers not read: header "
                          "2: 4294967295 tags, more than the limit of 65535\n"));
            seen_done(&s);
        }
    }
    CHECK_CASE("a damaged part is counted beside damaged headers")
    {
        struct seen s = seen_init();
        put_le32((uint8_t *)(uintptr_t)files[0].at + 32, 0);
        CHECK_OK(read_file(files[0], 0, &s, &e), &e);
        CHECK_NUM(s.count, 2);
        CHECK(strstr(s.others.at, "incomplete 4 of 6 package headers and 1 part of the database "
                                  "not read: slot 2 is damaged") != NULL);
        seen_done(&s);
    }
    CHECK_CASE("a header that is not what its checksum says is listed with a note")
    {
        struct seen s = seen_init();
        str file = ndb_made(values, 1);
        ((char *)(uintptr_t)file.at)[file.len - 12] ^= 1;
        CHECK_OK(read_file(file, 0, &s, &e), &e);
        CHECK_NUM(s.count, 1);
        CHECK_STR(buf_str(&s.others),
                  STR("database rpm\nnote 1 of 1 package headers do not have their checksum\n"));
        seen_done(&s);
    }
}

static void test_no_database(void)
{
    static const struct {
        const char *says;
        str file;
        const char *want;
    } cases[] = {
        {"an empty file", STR_INIT(""), "the file is empty"},
        {"a text", STR_INIT("hello"), "not a database of rpm"},
        {"half a magic", STR_INIT("Rpm"), "not a database of rpm"},
        {"the magic of ndb alone", STR_INIT("RpmP"), "bytes 0 to 32 of 4 bytes"},
        {"the magic of SQLite alone", STR_INIT("SQLite format 3\0"), "bytes 0 to 100 of 16"},
        {"the magic of Berkeley DB alone", STR_INIT("............\0\6\25\141...................."),
         "bytes 0 to 512 of 36"},
    };
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s is reported", cases[i].says)
        {
            struct seen s = seen_init();
            CHECK_OK(read_file(cases[i].file, i % 2, &s, &e), &e);
            CHECK(str_starts(buf_str(&s.others), STR("database rpm\nincomplete ")));
            CHECK(strstr(s.others.at, cases[i].want) != NULL);
            seen_done(&s);
        }
    }
    CHECK_CASE("a file larger than the limit is not read, and reported")
    {
        struct seen s = seen_init();
        struct memory_reader memory;
        struct arena arena;
        struct entry at = {.path = usual, .size_bytes = detector_rpm.file_bytes_max + 1};
        arena_init(&arena, 1 << 20, "a test");
        memory_reader_init(&memory, STR(""));
        CHECK_OK(detector_rpm.read(&detector_rpm, usual, &at, &memory.base, &arena, &s.base, &e),
                 &e);
        CHECK(strstr(s.others.at, "incomplete not read: 1073741825 bytes") != NULL);
        arena_done(&arena);
        seen_done(&s);
    }
}

static void test_log(void)
{
    char path[4096];
    source_path(path, sizeof(path), "fuzz/corpus/sqlitewal/one-row");
    str log = check_file(path), role = STR("var/lib/rpm/rpmdb.sqlite-wal");
    struct error e;
    CHECK_CASE("an empty write-ahead log is nothing")
    {
        struct seen s = seen_init();
        CHECK_OK(read_as(role, STR(""), 0, &s, &e), &e);
        CHECK_STR(buf_str(&s.others), STR("database rpm\n"));
        seen_done(&s);
    }
    CHECK_CASE("a write-ahead log with changes is reported")
    {
        struct seen s = seen_init();
        CHECK(log.len > 0);
        CHECK_OK(read_as(role, log, 100, &s, &e), &e);
        CHECK_STR(buf_str(&s.others), STR("database rpm\nincomplete holds changes to the database "
                                          "that are not in it yet, and are not read\n"));
        seen_done(&s);
    }
    CHECK_CASE("the claimed paths are those of rpm's databases")
    {
        const struct detector *by = NULL;
        CHECK(detectors_reach(role, &by) == REACH_CLAIMED && by == &detector_rpm);
        CHECK(detectors_reach(STR("usr/lib/sysimage/rpm/Packages.db"), &by) == REACH_CLAIMED);
        CHECK(detectors_reach(STR("usr/share/rpm/Packages"), &by) == REACH_CLAIMED);
        CHECK(detectors_reach(STR("var/lib/rpm/Name"), &by) == REACH_NONE);
        CHECK(detectors_reach(STR("var/lib/rpm"), &by) == REACH_ABOVE);
    }
}

/* An ndb file whose `slots` slots all name one blob. */
static str one_blob(size_t slots, str header)
{
    struct buf b;
    str small = ndb_made(&header, 1);
    size_t pages = (slots + 2 + 255) / 256;
    buf_init(&b, 1 << 30);
    made_hold(buf_add(&b, small.at, 32, NULL));
    put_le32((uint8_t *)b.at + 12, (uint32_t)pages);
    for (size_t i = 2; i < pages * 256; i++) {
        made_hold(buf_add(&b, "Slot", 4, NULL));
        add_le32(&b, i - 2 < slots ? 1 : 0);
        add_le32(&b, i - 2 < slots ? (uint32_t)pages * 256 : 0);
        add_le32(&b, i - 2 < slots ? (uint32_t)(small.len - 4096) / 16 : 0);
    }
    made_hold(buf_add(&b, small.at + 4096, small.len - 4096, NULL));
    return made_keep(buf_str(&b));
}

static void test_limits(void)
{
    struct error e;
    for (size_t slots = 1000000; slots <= 1000001; slots++) {
        CHECK_CASE("a database of %zu headers", slots)
        {
            struct seen s = seen_init();
            s.forget = 1;
            struct made m;
            made_init(&m);
            made_text(&m, 1000, STR("a"));
            made_text(&m, 1001, STR("1"));
            made_text(&m, 1002, STR("2"));
            CHECK_OK(read_file(one_blob(slots, made_header(&m)), 0, &s, &e), &e);
            CHECK_NUM(s.count, 1000000);
            CHECK_STR(buf_str(&s.others), slots == 1000000
                                              ? STR("database rpm\n")
                                              : STR("database rpm\nincomplete the rest not read: "
                                                    "more than the limit of 1000000 "
                                                    "headers\n"));
            seen_done(&s);
        }
    }
    CHECK_CASE("headers that many slots share are read up to a multiple of the file")
    {
        struct seen s = seen_init();
        s.forget = 1;
        str file = one_blob(2000, header_numbered("big", 1, 1 << 20));
        CHECK_OK(read_file(file, 0, &s, &e), &e);
        CHECK(s.count < 70 && s.count > 64);
        CHECK(strstr(s.others.at,
                     "incomplete the rest not read: more headers than the file has bytes for") !=
              NULL);
        seen_done(&s);
    }
}

static void test_large(void)
{
    CHECK_CASE("a large database of a compressed layer gives what it gives in place")
    {
        str values[] = {header_numbered("one", 1, 9 << 20), header_numbered("two", 2, 300000),
                        header_numbered("three", 3, 9 << 20)};
        str files[] = {
            ndb_made(values, ARRAY_COUNT(values)),
            bdb_made(values, ARRAY_COUNT(values), (struct bdb_form){.page_bytes = 512}),
            bdb_made(values, ARRAY_COUNT(values), (struct bdb_form){.page_bytes = 65536})};
        for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
            struct seen in_place = seen_init(), loaded = seen_init();
            struct error e;
            CHECK(files[i].len > RANDOM_PLAIN_BYTES_MAX);
            CHECK_OK(read_file(files[i], 0, &in_place, &e), &e);
            CHECK_OK(read_file(files[i], 1 << 20, &loaded, &e), &e);
            CHECK_NUM(loaded.count, 3);
            CHECK_STR(buf_str(&loaded.packages), buf_str(&in_place.packages));
            CHECK_STR(buf_str(&loaded.others), STR("database rpm\n"));
            seen_done(&in_place);
            seen_done(&loaded);
        }
    }
}

static void test_refusals(void)
{
    struct error e;
    str values[] = {header_of("one", "1", 1, "a-1-2.src.rpm"), header_numbered("two", 1, 90000)};
    str file = bdb_made(values, 2, (struct bdb_form){.page_bytes = 1024});
    for (size_t step = 0; step <= 5000; step += 5000) {
        CHECK_CASE("each refused allocation is an error without a leak, %s",
                   step == 0 ? "in place" : "loaded")
        {
            for (int n = 0;; n++) {
                struct seen s = seen_init();
                made_hold(buf_reserve(&s.packages, 1000, &e) && buf_reserve(&s.others, 1000, &e));
                fail_alloc_at(n);
                bool ok = read_file(file, step, &s, &e);
                fail_alloc_at(-1);
                seen_done(&s);
                if (!fail_alloc_hit()) {
                    CHECK_OK(ok, &e);
                    CHECK(n > 5);
                    break;
                }
                if (!CHECK_FAILS(ok, &e, ERROR_MEMORY, "")) {
                    break;
                }
            }
        }
    }
    CHECK_CASE("each fact that the sink refuses is its error")
    {
        for (int n = 0; n < 3; n++) {
            struct seen s = seen_init();
            s.fails_after = n;
            CHECK_FAILS(read_file(file, 0, &s, &e), &e, ERROR_IO, "the sink is full");
            seen_done(&s);
        }
    }
    CHECK_CASE("a layer that ends within the database is an error of the layer")
    {
        struct moving_reader moving;
        struct arena arena;
        struct seen s = seen_init();
        struct entry at = {.path = usual, .size_bytes = file.len};
        arena_init(&arena, 1 << 20, "a test");
        moving_reader_init(&moving, file, 1000);
        moving.fails_after = 5;
        CHECK_FAILS(detector_rpm.read(&detector_rpm, usual, &at, &moving.base, &arena, &s.base, &e),
                    &e, ERROR_IO, "the disk is on fire");
        reader_close(&moving.base);
        arena_done(&arena);
        seen_done(&s);
    }
}

int main(void)
{
    test_packages();
    test_mixed();
    test_no_database();
    test_log();
    test_limits();
    test_large();
    test_refusals();
    test_images();
    test_made_by_tools();
    return check_done();
}
