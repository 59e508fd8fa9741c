#include <stdio.h>
#include <sys/stat.h>

#include "facts_test.h"
#include "format/lines.h"

#define STATUS STR("var/lib/dpkg/status")

static const struct {
    const char *says;
    const char *role; /* NULL: the status file */
    const char *content;
    const char *facts; /* without the database line */
} cases[] = {
    {"a source with a version of its own is told apart", NULL,
     "Package: libgcc-s1\nStatus: install ok installed\nArchitecture: amd64\n"
     "Source: gcc-12 (12.2.0-14)\nVersion: 1:12.2.0-14+b1\n",
     "libgcc-s1 1:12.2.0-14+b1 gcc-12 12.2.0-14 amd64\n"},
    {"without Source, a package is its own source", NULL,
     "Package: adduser\nStatus: install ok installed\nArchitecture: all\nVersion: 3.134\n",
     "adduser 3.134 adduser 3.134 all\n"},
    {"a Source without a version has that of the package", NULL,
     "Package: libc6\nStatus: install ok installed\nSource: glibc\nVersion: 2.36-9\n",
     "libc6 2.36-9 glibc 2.36-9 \n"},
    {"packages on hold are installed", NULL,
     "Package: a\nStatus: hold ok installed\nVersion: 1\n\n"
     "Package: b\nStatus: deinstall reinstreq installed\nVersion: 2\n",
     "a 1 a 1 \nb 2 b 2 \n"},
    {"packages that are gone but for their configuration are not listed", NULL,
     "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\n"
     "Package: b\nStatus: purge ok not-installed\n\n"
     "Package: c\nStatus: install ok installed\nVersion: 3\n",
     "c 3 c 3 \n"},
    {"packages that are half installed are counted, not listed", NULL,
     "Package: a\nStatus: install ok unpacked\nVersion: 1\n\n"
     "Package: b\nStatus: install reinstreq half-installed\nVersion: 2\n\n"
     "Package: c\nStatus: install ok triggers-pending\nVersion: 3\n",
     "note 3 packages are unpacked or half installed, and not listed\n"},
    {"field names may have any letter case", NULL,
     "PACKAGE: a\nstatus: install ok installed\nvErSiOn: 1\n", "a 1 a 1 \n"},
    {"lines that end in CR LF are read", NULL,
     "Package: a\r\nStatus: install ok installed\r\nVersion: 1\r\nDescription: x\r\n y\r\n\r\n"
     "Package: b\r\nStatus: install ok installed\r\nVersion: 2\r\n",
     "a 1 a 1 \nb 2 b 2 \n"},
    {"a field of a description is no field", NULL,
     "Package: a\nStatus: install ok installed\nVersion: 1\nDescription: x\n Version: 2\n"
     "\tPackage: b\n",
     "a 1 a 1 \n"},
    {"blank lines may hold blanks, and may be many", NULL,
     "\n\n \nPackage: a\nStatus: install ok installed\nVersion: 1\n \t\n\n\n"
     "Package: b\nStatus: install ok installed\nVersion: 2\n\n\n",
     "a 1 a 1 \nb 2 b 2 \n"},
    {"a package that is there twice is put twice", NULL,
     "Package: a\nStatus: install ok installed\nVersion: 1\n\n"
     "Package: a\nStatus: install ok installed\nVersion: 2\n",
     "a 1 a 1 \na 2 a 2 \n"},
    {"an empty file has no packages", NULL, "", ""},
    {"a record cut before its version is told, those before it are listed", NULL,
     "Package: a\nStatus: install ok installed\nVersion: 1\n\n"
     "Package: b\nStatus: install ok installed\nVers",
     "a 1 a 1 \nnote ends within a line: its last package may not be whole\n"
     "incomplete 1 packages left out, 0 listed from damaged records; the first at line 5: "
     "a line without a field name\n"},
    {"a record without a Status is told", NULL, "Package: a\nVersion: 1\n",
     "incomplete 1 packages left out, 0 listed from damaged records; the first at line 1: "
     "no Status\n"},
    {"a record with a Status that dpkg does not know is told", NULL,
     "Package: a\nStatus: install ok\nVersion: 1\n\nPackage: b\nStatus: a b c\nVersion: 1\n",
     "incomplete 2 packages left out, 0 listed from damaged records; the first at line 1: "
     "a Status that dpkg does not have\n"},
    {"names and versions with blanks or control bytes are left out and counted", NULL,
     "Package: a b\nStatus: install ok installed\nVersion: 1\n\n"
     "Package: c\nStatus: install ok installed\nVersion: 1\x1b[31m\n\n"
     "Package: d\nStatus: install ok installed\nVersion:\n\n"
     "Package: ok\nStatus: install ok installed\nVersion: 1\n",
     "ok 1 ok 1 \n"
     "incomplete 3 packages left out, 0 listed from damaged records; the first at line 1: "
     "blanks or control bytes in the name\n"},
    {"names that dpkg would refuse but that do no harm are listed", NULL,
     "Package: <b>\xc3\xa9\"'\nStatus: install ok installed\nVersion: ../../etc\n",
     "<b>\xc3\xa9\"' ../../etc <b>\xc3\xa9\"' ../../etc \n"},
    {"an odd Source and Architecture do not cost the package", NULL,
     "Package: a\nStatus: install ok installed\nVersion: 1\nSource: (\nArchitecture: a b\n\n"
     "Package: b\nStatus: install ok installed\nVersion: 1\nSource: s (2\n\n"
     "Package: c\nStatus: install ok installed\nVersion: 1\nSource: s ()\n",
     "a 1 a 1 \nb 1 s 2 \nc 1 s 1 \n"},
    {"a field that is there twice is told, and the first one holds", NULL,
     "Package: a\nStatus: install ok installed\nVersion: 1\nVersion: 2\n",
     "a 1 a 1 \nincomplete 0 packages left out, 1 listed from damaged records; the first at line "
     "1: a field that is there twice\n"},
    {"rubbish in a record is told, and its package listed", NULL,
     "Package: a\nStatus: install ok installed\nnonsense\nVersion: 1\n",
     "a 1 a 1 \nincomplete 0 packages left out, 1 listed from damaged records; the first at line "
     "1: a line without a field name\n"},
    {"a record of status.d needs no Status", "var/lib/dpkg/status.d/base",
     "Package: base-files\nVersion: 12.4+deb12u10\nArchitecture: amd64",
     "base-files 12.4+deb12u10 base-files 12.4+deb12u10 amd64\n"},
    {"a record of status.d may say that it is not installed", "var/lib/dpkg/status.d/x",
     "Package: x\nStatus: deinstall ok config-files\nVersion: 1\n", ""},
};

static void check_case(const char *says, str role, str content, const char *facts)
{
    static const size_t steps[] = {0, 1, 7, 4096};
    CHECK_CASE("%s", says)
    {
        for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            char want[4096];
            snprintf(want, sizeof(want), "database " STR_FMT "\n%s", STR_ARG(role), facts);
            fact_lines_init(&out);
            CHECK_OK(detect_text(&detector_dpkg, role, content, steps[i], &out, &e), &e);
            CHECK(str_eq(buf_str(&out.text), str_from(want)));
            CHECK_STR(buf_str(&out.text), str_from(want));
            fact_lines_done(&out);
        }
    }
}

/* A status file with `line` put into the second of three packages. */
static str with_line(str line, char *to, size_t room)
{
    int len = snprintf(to, room,
                       "Package: a\nStatus: install ok installed\nVersion: 1\n\n"
                       "Package: b\nStatus: install ok installed\n%.*s\nVersion: 2\n\n"
                       "Package: c\nStatus: install ok installed\nVersion: 3\n",
                       (int)line.len, line.at);
    CHECK(len > 0 && (size_t)len < room);
    return (str){.at = to, .len = (size_t)len};
}

static void check_long_line(const char *prefix, size_t bytes, size_t packages, size_t incomplete)
{
    static const size_t steps[] = {0, 1000, 70000};
    static char line[2 * LINES_BYTES_MAX], content[3 * LINES_BYTES_MAX];
    memset(line, 'x', sizeof(line));
    memcpy(line, prefix, strlen(prefix));
    str text = with_line((str){.at = line, .len = bytes}, content, sizeof(content));
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        fact_lines_init(&out);
        CHECK_OK(detect_text(&detector_dpkg, STATUS, text, steps[i], &out, &e), &e);
        CHECK_NUM(out.packages, packages);
        CHECK_NUM(out.incomplete, incomplete);
        fact_lines_done(&out);
    }
}

static void check_limits(void)
{
    CHECK_CASE("a line of 1 MiB is read")
    {
        check_long_line("Source: ", LINES_BYTES_MAX, 3, 0);
        check_long_line("Depends: ", LINES_BYTES_MAX, 3, 0);
    }
    CHECK_CASE("a line of one byte more is told, and all packages are listed")
    {
        check_long_line("Source: ", LINES_BYTES_MAX + 1, 3, 1);
        check_long_line("Depends: ", LINES_BYTES_MAX + 1, 3, 1);
    }
    CHECK_CASE("a version over the limit loses its package alone")
    {
        check_long_line("Version: ", LINES_BYTES_MAX + 1, 3, 1);
        static char content[2 * LINES_BYTES_MAX];
        str text = STR("Package: a\nStatus: install ok installed\nVersion: ");
        memset(content, '1', sizeof(content));
        memcpy(content, text.at, text.len);
        memcpy(content + sizeof(content) - 2, "\n\n", 2);
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        fact_lines_init(&out);
        CHECK_OK(detect_text(&detector_dpkg, STATUS, (str){content, sizeof(content)}, 0, &out, &e),
                 &e);
        CHECK_NUM(out.packages, 0);
        CHECK_NUM(out.incomplete, 1);
        fact_lines_done(&out);
    }
}

static void check_many(void)
{
    CHECK_CASE("100,000 continued lines are passed over")
    {
        struct buf text;
        struct error e = {.kind = ERROR_NONE};
        struct fact_lines out;
        buf_init(&text, 64 * 1024 * 1024);
        fact_lines_init(&out);
        bool ok = buf_add_str(&text,
                              STR("Package: a\nStatus: install ok installed\nVersion: 1\n"
                                  "Source: s\n"),
                              &e);
        for (int i = 0; i < 100000 && ok; i++) {
            ok =
                buf_add_str(&text, STR(" 0123456789012345678901234567890123456789012345678\n"), &e);
        }
        CHECK_OK(ok, &e);
        CHECK_OK(detect_text(&detector_dpkg, STATUS, buf_str(&text), 0, &out, &e), &e);
        CHECK_NUM(out.packages, 1);
        CHECK_NUM(out.incomplete, 1); /* Source is over the 4 MiB of a record's values */
        fact_lines_done(&out);
        buf_done(&text);
    }
    CHECK_CASE("200,000 packages need no more memory than one")
    {
        struct buf text;
        struct error e = {.kind = ERROR_NONE};
        struct fact_lines out;
        struct moving_reader body;
        struct arena arena;
        bool ok = true;
        buf_init(&text, 64 * 1024 * 1024);
        fact_lines_init(&out);
        arena_init(&arena, 4096, "test"); /* the budget is what is tested */
        for (int i = 0; i < 200000 && ok; i++) {
            ok = buf_printf(&text, &e,
                            "Package: p%d\nStatus: install ok installed\nVersion: %d\n\n", i, i);
        }
        CHECK_OK(ok, &e);
        struct entry at = {.path = STATUS, .size_bytes = text.len};
        moving_reader_init(&body, buf_str(&text), 300000);
        CHECK_OK(detector_dpkg.read(&detector_dpkg, STATUS, &at, &body.base, &arena, &out.base, &e),
                 &e);
        CHECK_NUM(out.packages, 200000);
        CHECK_NUM(out.incomplete, 0);
        reader_close(&body.base);
        arena_done(&arena);
        fact_lines_done(&out);
        buf_done(&text);
    }
}

static void check_files(void)
{
    CHECK_CASE("a file of 128 MiB is read, one byte more is told")
    {
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        struct arena arena;
        for (uint64_t more = 0; more < 2; more++) {
            struct memory_reader body;
            struct entry at = {.path = STATUS, .size_bytes = 128 * 1024 * 1024 + more};
            arena_init(&arena, 1024 * 1024, "test");
            fact_lines_init(&out);
            memory_reader_init(&body,
                               STR("Package: a\nStatus: install ok installed\nVersion: 1\n"));
            CHECK_OK(
                detector_dpkg.read(&detector_dpkg, STATUS, &at, &body.base, &arena, &out.base, &e),
                &e);
            CHECK_NUM(out.packages, 1 - more);
            CHECK_NUM(out.incomplete, more);
            fact_lines_done(&out);
            arena_done(&arena);
        }
    }
    CHECK_CASE("sums beside the records of status.d are ignored without a fact")
    {
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        fact_lines_init(&out);
        CHECK_OK(detect_text(&detector_dpkg, STR("var/lib/dpkg/status.d/base.md5sums"),
                             STR("Package: a\nVersion: 1\n"), 0, &out, &e),
                 &e);
        CHECK_NUM(buf_str(&out.text).len, 0);
        fact_lines_done(&out);
    }
}

static const str small = STR_INIT("Package: libc6\n"
                                  "Status: install ok installed\n"
                                  "Architecture: amd64\n"
                                  "Source: glibc\n"
                                  "Version: 2.36-9+deb12u10\n"
                                  "Conffiles:\n"
                                  " /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b8\n"
                                  "\n"
                                  "Package: bash\n"
                                  "Status: install ok installed\n"
                                  "Architecture: amd64\n"
                                  "Version: 5.2.15-2+b7\n"
                                  "Source: bash (5.2.15-2)\n");

static void check_failures(void)
{
    CHECK_CASE("every truncation gives packages or a reason")
    {
        for (size_t cut = 0; cut <= small.len; cut++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            CHECK_OK(detect_text(&detector_dpkg, STATUS, str_slice(small, 0, cut), 0, &out, &e),
                     &e);
            CHECK(out.packages + out.incomplete > 0 || cut == 0);
            CHECK(out.packages <= 2);
            fact_lines_done(&out);
        }
    }
    CHECK_CASE("each refused allocation is told as such")
    {
        static char content[1024 * 1024];
        static char line[200 * 1024];
        memset(line, 'x', sizeof(line));
        memcpy(line, "Source: ", 8);
        str text = with_line((str){line, sizeof(line)}, content, sizeof(content));
        for (int n = 0;; n++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            fail_alloc_at(n);
            bool ok = detect_text(&detector_dpkg, STATUS, text, 5000, &out, &e);
            fail_alloc_at(-1);
            fact_lines_done(&out);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
    }
}

static void check_ends(void)
{
    CHECK_CASE("each failing read and each refused fact ends it")
    {
        for (int n = 0; n < 40; n++) {
            struct fact_lines out;
            struct moving_reader body;
            struct arena arena;
            struct error e = {.kind = ERROR_NONE};
            struct entry at = {.path = STATUS, .size_bytes = small.len};
            arena_init(&arena, 1024 * 1024, "test");
            fact_lines_init(&out);
            moving_reader_init(&body, small, 16);
            body.fails_after = n;
            bool ok =
                detector_dpkg.read(&detector_dpkg, STATUS, &at, &body.base, &arena, &out.base, &e);
            CHECK(ok == (body.fails_after >= 0));
            CHECK(ok || str_find(str_from(e.text), STR("on fire")) < strlen(e.text));
            reader_close(&body.base);
            arena_done(&arena);
            fact_lines_done(&out);
        }
        for (int n = 0; n < 3; n++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            out.fails_after = n;
            CHECK_FAILS(detect_text(&detector_dpkg, STATUS, small, 0, &out, &e), &e, ERROR_IO,
                        "the sink is full");
            fact_lines_done(&out);
        }
    }
}

/* dpkg-query's own list of what is installed, in the form of fact_lines. */
static void dpkg_query(const char *admindir, struct buf *to)
{
    char option[256];
    snprintf(option, sizeof(option), "--admindir=%s", admindir);
    const char *const argv[] = {
        "dpkg-query",
        option,
        "-f=${db:Status-Status}|${Package} ${Version} ${source:Package} ${source:Version} "
        "${Architecture}\n",
        "-W",
        NULL,
    };
    str whole = tool_output(argv), all = whole, line;
    struct error e;
    buf_init(to, 64 * 1024 * 1024);
    while (str_line(&all, &line)) {
        str state;
        if (str_cut(&line, '|', &state) && str_eq(state, STR("installed"))) {
            CHECK(buf_add_str(to, line, &e) && buf_add_char(to, '\n', &e));
        }
    }
    heap_free(whole);
}

static int line_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* The lines of `text`, sorted. */
static size_t lines_sorted(str text, str *to, size_t room)
{
    size_t count = 0;
    while (count < room && str_line(&text, &to[count])) {
        count++;
    }
    qsort(to, count, sizeof(*to), line_order);
    return count;
}

static void check_same_lines(str got, str want)
{
    static str g[10000], w[10000];
    size_t got_count = lines_sorted(got, g, ARRAY_COUNT(g));
    size_t want_count = lines_sorted(want, w, ARRAY_COUNT(w));
    CHECK_NUM(got_count, want_count);
    for (size_t i = 0; i < got_count && i < want_count; i++) {
        CHECK_STR(g[i], w[i]);
    }
}

static void check_oracle(const char *says, const char *admindir, const char *status_file)
{
    CHECK_CASE("%s", says)
    {
        str content = check_file(status_file), first;
        struct buf want;
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        dpkg_query(admindir, &want);
        fact_lines_init(&out);
        if (want.len == 0 || content.len == 0) {
            check_skip("dpkg-query, or its database, is not here");
        }
        CHECK_OK(detect_text(&detector_dpkg, STATUS, content, 0, &out, &e), &e);
        str got = buf_str(&out.text);
        CHECK(str_line(&got, &first)); /* the database */
        CHECK_NUM(out.incomplete, 0);
        if (want.len > 0) {
            check_same_lines(got, buf_str(&want));
        }
        fact_lines_done(&out);
        buf_done(&want);
        heap_free(content);
    }
}

/* States, sources and binary rebuilds as dpkg itself understands them. */
static void check_composed(void)
{
    static const char composed[] =
        "Package: a\nStatus: install ok installed\nMaintainer: m\nArchitecture: all\nVersion: 1\n"
        "Description: d\n\n"
        "Package: b\nStatus: hold ok installed\nMaintainer: m\nArchitecture: amd64\n"
        "Source: bb (2:1-1)\nVersion: 2:1-1+b1\nDescription: d\n more\n .\n Version: 9\n\n"
        "Package: c\nStatus: deinstall ok config-files\nMaintainer: m\nArchitecture: amd64\n"
        "Version: 1\nConfig-Version: 1\nDescription: d\n\n"
        "Package: d\nStatus: install ok installed\nMaintainer: m\nArchitecture: i386\n"
        "Multi-Arch: same\nSource: dd\nVersion: 3\nDescription: d\n\n"
        "Package: d\nStatus: install ok installed\nMaintainer: m\nArchitecture: amd64\n"
        "Multi-Arch: same\nSource: dd\nVersion: 3\nDescription: d\n\n"
        "package: e\nstatus: install reinstreq installed\nMaintainer: m\nArchitecture: amd64\n"
        "VERSION: 1~rc1\nDescription: d\n\n";
    char dir[] = "/tmp/limpid-test-XXXXXX", path[64], sub[64];
    if (mkdtemp(dir) == NULL) {
        return;
    }
    snprintf(path, sizeof(path), "%s/status", dir);
    snprintf(sub, sizeof(sub), "%s/updates", dir);
    CLEANUP(fd_close) int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file >= 0 && mkdir(sub, 0700) == 0 &&
        write(file, composed, sizeof(composed) - 1) == (ssize_t)sizeof(composed) - 1) {
        check_oracle("dpkg-query lists the same packages of a composed database", dir, path);
    }
    rmdir(sub);
    unlink(path);
    rmdir(dir);
}

static void check_residues(void)
{
    CHECK_CASE("what is known but not installed is put apart")
    {
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        fact_lines_init(&out);
        CHECK_OK(detect_text(&detector_dpkg, STR("var/lib/dpkg/status"),
                             STR("Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\n"
                                 "Package: b\nStatus: purge ok not-installed\n\n"
                                 "Package: c\nStatus: install ok unpacked\nVersion: 3\n\n"
                                 "Package: d\nStatus: install ok installed\nVersion: 4\n"),
                             0, &out, &e),
                 &e);
        CHECK_NUM(out.packages, 1);
        CHECK_NUM(out.residues, 2);
        fact_lines_done(&out);
    }
}

static void check_residues_limit(void)
{
    CHECK_CASE("of those that are not installed, as many as the limit")
    {
        static const str one =
            STR_INIT("Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\n");
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        struct buf text;
        buf_init(&text, 8 * 1024 * 1024);
        for (int i = 0; i < 10001; i++) {
            CHECK_OK(buf_add_str(&text, one, &e), &e);
        }
        fact_lines_init(&out);
        CHECK_OK(
            detect_text(&detector_dpkg, STR("var/lib/dpkg/status"), buf_str(&text), 0, &out, &e),
            &e);
        CHECK_NUM(out.residues, 10000);
        fact_lines_done(&out);
        buf_done(&text);
    }
}

int main(void)
{
    check_residues_limit();
    check_residues();
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str role = cases[i].role == NULL ? STATUS : str_from(cases[i].role);
        check_case(cases[i].says, role, str_from(cases[i].content), cases[i].facts);
    }
    check_limits();
    check_many();
    check_files();
    check_failures();
    check_ends();
    check_oracle("dpkg-query lists the same packages of this system", "/var/lib/dpkg",
                 "/var/lib/dpkg/status");
    check_composed();
    return check_done();
}
