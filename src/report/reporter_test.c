/* Whole reports of results made by hand, compared with the texts in golden/. LIMPID_BLESS=1 writes
 * those anew: read the difference before it is committed. */
#include "report/reporter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "format/json.h"
#include "report/sample.h"

enum { REPORT_BYTES_MAX = 16 * 1024 * 1024 };

static const char *const samples[] = {"findings",   "clean", "empty", "unknown", "uncovered",
                                      "incomplete", "nasty", "root",  "ignored"};

struct printing {
    const char *sample;
    bool inventory;
    const struct reporter *reporter;
    struct report_options options;
};

static bool print(const struct printing *p, struct writer *to, struct error *e)
{
    struct arena arena;
    struct scan scan;
    arena_init(&arena, REPORT_BYTES_MAX, "a sample");
    bool ok = sample_scan(str_from(p->sample), &arena, &scan, e);
    if (ok && p->inventory) {
        ok = p->reporter->inventory(&scan.inventory, &p->options, to, e);
    } else if (ok) {
        ok = p->reporter->scan(&scan, &p->options, to, e);
    }
    arena_done(&arena);
    return ok;
}

/* The report's text; the caller is done with `w` afterwards. */
static str printed(const struct printing *p, struct writer *w)
{
    struct error e = {0};
    writer_to_memory(w, REPORT_BYTES_MAX);
    CHECK_OK(print(p, w, &e), &e);
    return buf_str(&w->pending);
}

/* Goldens do not change with every release. */
static str without_version(str text, struct writer *w)
{
    struct error e = {0};
    const str generator = STR("\"version\": \"" LIMPID_VERSION "\"");
    size_t at = str_find(text, generator);
    writer_to_memory(w, REPORT_BYTES_MAX);
    CHECK_OK(writer_add(w, str_slice(text, 0, at), &e), &e);
    if (at < text.len) {
        CHECK_OK(writer_add(w, STR("\"version\": \"VERSION\""), &e), &e);
        CHECK_OK(writer_add(w, str_slice(text, at + generator.len, text.len), &e), &e);
    }
    return buf_str(&w->pending);
}

static void check_golden(str text, const char *name)
{
    struct writer w;
    str got = without_version(text, &w);
    char path[1024];
    const char *root = getenv("LIMPID_SOURCE");
    snprintf(path, sizeof(path), "%s/src/report/golden/%s.txt", root == NULL ? "." : root, name);
    if (getenv("LIMPID_BLESS") != NULL) {
        FILE *file = fopen(path, "we");
        CHECK(file != NULL && fwrite(got.at, 1, got.len, file) == got.len && fclose(file) == 0);
        writer_done(&w);
        return;
    }
    str want = check_file(path);
    if (!CHECK(str_eq(got, want))) {
        printf("# %s differs; the report begins:\n", path);
        for (str line, rest = got; str_line(&rest, &line);) {
            printf("# %.*s\n", (int)line.len, line.at);
        }
    }
    writer_done(&w);
}

static void check_goldens(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        for (size_t r = 0; r < reporters_count; r++) {
            for (int inventory = 0; inventory < 2; inventory++) {
                const struct printing p = {.sample = samples[i],
                                           .inventory = inventory == 1,
                                           .reporter = reporters[r],
                                           .options = {.show_ignored = true, .count = 1}};
                char name[100];
                struct writer w;
                snprintf(name, sizeof(name), "%s-%s-%s", inventory ? "inventory" : "scan",
                         samples[i], reporters[r]->name);
                CHECK_CASE("%s is as it was agreed on", name)
                {
                    check_golden(printed(&p, &w), name);
                    writer_done(&w);
                }
            }
        }
    }
}

static void check_narrow(void)
{
    static const size_t widths[] = {120, 100, 80, 60, 20};
    for (size_t i = 0; i < ARRAY_COUNT(widths); i++) {
        for (size_t s = 0; s < 2; s++) {
            const struct printing p = {.sample = s == 0 ? "findings" : "nasty",
                                       .reporter = &reporter_table,
                                       .options = {.width = widths[i], .count = 1}};
            char name[100];
            struct writer w;
            snprintf(name, sizeof(name), "scan-%s-width-%zu", p.sample, widths[i]);
            CHECK_CASE("%s is as it was agreed on", name)
            {
                check_golden(printed(&p, &w), name);
                writer_done(&w);
            }
        }
    }
}

static void check_explain(void)
{
    static const struct {
        const char *sample, *id, *golden;
    } asked[] = {
        {"findings", "CVE-2014-0160", "explain-cve"},    {"findings", "dsa-2896-1", "explain-cve"},
        {"findings", "CVE-2015-0235", "explain-no-fix"}, {"findings", "CVE-1", "explain-none"},
        {"nasty", "CVE-1\x1b[5m", "explain-nasty"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(asked); i++) {
        const struct printing p = {.sample = asked[i].sample,
                                   .reporter = &reporter_table,
                                   .options = {.count = 1, .explain = str_from(asked[i].id)}};
        struct writer w;
        CHECK_CASE("explaining %s in %s tells why it is a finding", asked[i].id, asked[i].sample)
        {
            check_golden(printed(&p, &w), asked[i].golden);
            writer_done(&w);
        }
    }
}

static bool has(str text, const char *part)
{
    return str_find(text, str_from(part)) < text.len;
}

static void check_colors(void)
{
    const struct printing p = {
        .sample = "findings", .reporter = &reporter_table, .options = {.color = true, .count = 1}};
    struct writer w;
    CHECK_CASE("colours stand around words and never move a column")
    {
        str got = printed(&p, &w);
        CHECK(has(got, "\x1b[1;31mcritical\x1b[0m  7.5   KEV 94.4%  openssl (+1)"));
        CHECK(has(got, "\x1b[31mhigh\x1b[0m            0.04%      libc-bin (+2)"));
        writer_done(&w);
    }
}

/* An empty list is never called clean unless all of it was judged. */
static void check_honest(void)
{
    static const struct {
        const char *sample, *filter;
        bool clean;
    } table[] = {
        {"clean", "", true},       {"root", "", true},      {"clean", "severity high", false},
        {"empty", "", false},      {"unknown", "", false},  {"uncovered", "", false},
        {"incomplete", "", false}, {"findings", "", false}, {"ignored", "", false},
        {"nasty", "", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        const struct printing p = {.sample = table[i].sample,
                                   .reporter = &reporter_table,
                                   .options = {.count = 1, .filter = str_from(table[i].filter)}};
        struct writer w;
        CHECK_CASE("'%s' with filter '%s' is%s called clean", table[i].sample, table[i].filter,
                   table[i].clean ? "" : " not")
        {
            CHECK(has(printed(&p, &w), "No known vulnerabilities") == table[i].clean);
            writer_done(&w);
        }
    }
}

static bool is_harmless(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.at[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return str_is_utf8(text) && !has(text, "\u202e") && !has(text, "\u2066") &&
           !has(text, "\u2028") && !has(text, "\xc2\x9b");
}

static void check_nasty(void)
{
    for (size_t r = 0; r < reporters_count; r++) {
        for (int inventory = 0; inventory < 2; inventory++) {
            const struct printing p = {.sample = "nasty",
                                       .inventory = inventory == 1,
                                       .reporter = reporters[r],
                                       .options = {.count = 1}};
            struct writer w;
            CHECK_CASE("nasty names leave no control character in %s (%d)", reporters[r]->name,
                       inventory)
            {
                CHECK(is_harmless(printed(&p, &w)));
                writer_done(&w);
            }
        }
    }
}

static void check_tsv_lines(void)
{
    const struct printing p = {
        .sample = "nasty", .reporter = &reporter_tsv, .options = {.count = 1}};
    struct writer w;
    CHECK_CASE("every line of TSV has its six fields, whatever the names hold")
    {
        str rest = printed(&p, &w), line;
        size_t lines = 0;
        while (str_line(&rest, &line)) {
            size_t tabs = 0;
            for (size_t i = 0; i < line.len; i++) {
                tabs += line.at[i] == '\t';
            }
            CHECK_NUM(tabs, 5);
            lines++;
        }
        CHECK_NUM(lines, 2);
        writer_done(&w);
    }
}

static bool print_several(const struct reporter *r, size_t results, struct writer *w,
                          struct error *e)
{
    static const struct report_failure failures[] = {
        {.source = STR_INIT("gone"), .text = STR_INIT("cannot scan 'gone'")}};
    struct printing p = {.sample = "findings", .reporter = r, .options = {.count = results + 1}};
    bool ok = r->begin == NULL || r->begin(&p.options, w, e);
    for (size_t i = 0; ok && i < results; i++) {
        p.options.index = i;
        ok = print(&p, w, e);
    }
    p.options.index = results;
    p.options.failures = failures;
    p.options.failures_count = 1;
    return ok && (r->end == NULL || r->end(&p.options, w, e));
}

static void check_several(void)
{
    for (size_t results = 1; results < 4; results++) {
        struct writer w;
        struct error e = {0};
        struct arena arena;
        const struct json_node *root;
        arena_init(&arena, REPORT_BYTES_MAX, "a test");
        CHECK_CASE("%zu results and a failure are one JSON document", results)
        {
            writer_to_memory(&w, REPORT_BYTES_MAX);
            CHECK_OK(print_several(&reporter_json, results, &w, &e), &e);
            if (CHECK_OK(json_tree(buf_str(&w.pending), &arena, &root, &e), &e)) {
                CHECK_NUM(json_member(root, "results")->count, results);
                CHECK_NUM(json_member(root, "failures")->count, 1);
            }
            writer_done(&w);
        }
        arena_done(&arena);
    }
    CHECK_CASE("several tables are apart from each other")
    {
        struct writer w;
        struct error e = {0};
        writer_to_memory(&w, REPORT_BYTES_MAX);
        CHECK_OK(print_several(&reporter_table, 2, &w, &e), &e);
        CHECK(has(buf_str(&w.pending), "\n\nfindings: docker-archive"));
        writer_done(&w);
    }
}

static void check_memory(void)
{
    for (size_t r = 0; r < reporters_count; r++) {
        for (int inventory = 0; inventory < 2; inventory++) {
            const struct printing p = {.sample = "findings",
                                       .inventory = inventory == 1,
                                       .reporter = reporters[r],
                                       .options = {.count = 1}};
            CHECK_CASE("%s (%d) survives every refused allocation", reporters[r]->name, inventory)
            {
                for (int n = 0;; n++) {
                    struct error e = {0};
                    struct writer w;
                    writer_to_memory(&w, REPORT_BYTES_MAX);
                    fail_alloc_at(n);
                    bool ok = print(&p, &w, &e);
                    fail_alloc_at(-1);
                    writer_done(&w);
                    if (!fail_alloc_hit() || ok) {
                        /* qsort does without its buffer where it gets none */
                        CHECK(ok);
                        if (!fail_alloc_hit()) {
                            break;
                        }
                        continue;
                    }
                    CHECK(e.kind == ERROR_MEMORY);
                }
            }
        }
    }
}

static void check_full_disk(void)
{
    for (size_t r = 0; r < reporters_count; r++) {
        const struct printing p = {
            .sample = "findings", .reporter = reporters[r], .options = {.count = 1}};
        CHECK_CASE("%s says where it cannot be written", reporters[r]->name)
        {
            for (size_t room = 0; room < 1000; room += 37) {
                struct error e = {0};
                struct writer w;
                writer_to_memory(&w, room);
                CHECK(!print(&p, &w, &e) || w.pending.len <= room);
                CHECK(e.kind == ERROR_LIMIT || e.kind == ERROR_NONE);
                writer_done(&w);
            }
        }
    }
}

int main(void)
{
    check_goldens();
    check_narrow();
    check_explain();
    check_colors();
    check_honest();
    check_nasty();
    check_tsv_lines();
    check_several();
    check_memory();
    check_full_disk();
    CHECK_CASE("a format is found by its name")
    {
        CHECK(reporter_find(STR("json")) == &reporter_json);
        CHECK(reporter_find(STR("xml")) == NULL);
    }
    return check_done();
}
