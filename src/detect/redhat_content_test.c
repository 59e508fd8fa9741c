#include <stdio.h>

#include "facts_test.h"

#define FOLDER "root/buildinfo/content_manifests/"
#define MANIFEST STR(FOLDER "ubi9-container-9.4-1.json")

static const struct {
    const char *says;
    const char *path;
    const char *content;
    const char *facts; /* without the database line */
} cases[] = {
    {"the content sets of a manifest", FOLDER "a.json",
     "{\"metadata\": {\"icm_version\": 1, \"image_layer_index\": 1},\n"
     " \"content_sets\": [\"rhel-9-for-x86_64-baseos-rpms\", "
     "\"rhel-9-for-x86_64-appstream-rpms\"],\n"
     " \"image_contents\": [{\"purl\": \"pkg:golang/a@1\", \"content_sets\": [\"not-this\"]}]}",
     "repository rhel-9-for-x86_64-baseos-rpms\nrepository rhel-9-for-x86_64-appstream-rpms\n"},
    {"the newer place", "usr/share/buildinfo/content-sets.json",
     "{\"content_sets\": [\"a-rpms\"], \"from_dnf_hint\": true}", "repository a-rpms\n"},
    {"a manifest that points to dnf", "usr/share/buildinfo/content-sets.json",
     "{\"content_sets\": [], \"from_dnf_hint\": true}",
     "note names no repository: they are in the history of dnf, which is not read\n"},
    {"without the hint there is nothing to say", FOLDER "a.json", "{\"content_sets\": []}", ""},
    {"the product of the image's own labels", "usr/share/buildinfo/labels.json",
     "{\"architecture\": \"x86_64\", \"cpe\": \"cpe:/a:redhat:enterprise_linux:9::appstream\"}",
     "repository cpe:/a:redhat:enterprise_linux:9::appstream\n"},
    {"a label of another form is none", "usr/share/buildinfo/labels.json", "{\"cpe\": \"none\"}",
     ""},
    {"other files are not read", FOLDER "README", "{\"content_sets\": [\"a-rpms\"]}", ""},
    {"names that no repository has are told", FOLDER "a.json",
     "{\"content_sets\": [\"a b\", \"\", \"c\\u001b[2J\", \"d-rpms\", 5]}",
     "repository d-rpms\nincomplete 3 names of repositories left out: blanks, control bytes, or "
     "over the limit of 1024 bytes\n"},
    {"what stands before the damage counts", FOLDER "a.json", "{\"content_sets\": [\"a-rpms\", ",
     "repository a-rpms\nincomplete not read to its end: ends at byte 28, 2 levels deep in its "
     "JSON\n"},
    {"an empty file", FOLDER "a.json", "", "incomplete not read to its end: is empty, not JSON\n"},
    {"a list is no manifest", FOLDER "a.json", "[\"content_sets\", {\"cpe\": \"cpe:/a:b\"}]", ""},
};

static void check_cases(void)
{
    static const size_t steps[] = {0, 1, 7};
    for (size_t c = 0; c < ARRAY_COUNT(cases); c++) {
        CHECK_CASE("%s", cases[c].says)
        {
            for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
                struct fact_lines out;
                struct error e = {.kind = ERROR_NONE};
                char want[1024];
                snprintf(want, sizeof(want), "database %s\n%s", cases[c].path, cases[c].facts);
                fact_lines_init(&out);
                CHECK_OK(detect_text(&detector_redhat_content, str_from(cases[c].path),
                                     str_from(cases[c].content), steps[i], &out, &e),
                         &e);
                CHECK_STR(buf_str(&out.text), str_from(want));
                fact_lines_done(&out);
            }
        }
    }
}

/* `names` names of `bytes` bytes each. */
static void check_names(size_t names, size_t bytes, size_t want, size_t incomplete)
{
    struct fact_lines out;
    struct error e = {.kind = ERROR_NONE};
    struct buf text;
    buf_init(&text, 64 * 1024 * 1024);
    fact_lines_init(&out);
    bool made = buf_add_str(&text, STR("{\"content_sets\": ["), &e);
    for (size_t i = 0; made && i < names; i++) {
        made = buf_add_str(&text, i > 0 ? STR(",\"") : STR("\""), &e);
        for (size_t k = 0; made && k < bytes; k++) {
            made = buf_add_char(&text, 'r', &e);
        }
        made = made && buf_add_char(&text, '"', &e);
    }
    CHECK_OK(made && buf_add_str(&text, STR("]}"), &e), &e);
    CHECK_OK(detect_text(&detector_redhat_content, MANIFEST, buf_str(&text), 0, &out, &e), &e);
    CHECK_NUM(out.repositories, want);
    CHECK_NUM(out.incomplete, incomplete);
    fact_lines_done(&out);
    buf_done(&text);
}

static void check_limits(void)
{
    CHECK_CASE("a name of 1024 bytes counts, one byte more is told")
    {
        check_names(1, 1024, 1, 0);
        check_names(1, 1025, 0, 1);
    }
    CHECK_CASE("10000 names count, one more is told")
    {
        check_names(10000, 3, 10000, 0);
        check_names(10001, 3, 10000, 1);
    }
    CHECK_CASE("a file of 4 MiB is read, one byte more is told")
    {
        for (uint64_t more = 0; more < 2; more++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            struct arena arena;
            struct memory_reader body;
            struct entry at = {.path = MANIFEST, .size_bytes = 4 * 1024 * 1024 + more};
            arena_init(&arena, 16 * 1024 * 1024, "test");
            fact_lines_init(&out);
            memory_reader_init(&body, STR("{\"content_sets\": [\"a\"]}"));
            CHECK_OK(detector_redhat_content.read(&detector_redhat_content, MANIFEST, &at,
                                                  &body.base, &arena, &out.base, &e),
                     &e);
            CHECK_NUM(out.repositories, 1 - more);
            CHECK_NUM(out.incomplete, more);
            fact_lines_done(&out);
            arena_done(&arena);
        }
    }
    CHECK_CASE("nesting deeper than 64 is told")
    {
        static char deep[200];
        struct fact_lines out;
        struct error e = {.kind = ERROR_NONE};
        memset(deep, '[', sizeof(deep));
        fact_lines_init(&out);
        CHECK_OK(
            detect_text(&detector_redhat_content, MANIFEST, (str){deep, sizeof(deep)}, 0, &out, &e),
            &e);
        CHECK_NUM(out.incomplete, 1);
        fact_lines_done(&out);
    }
}

static const str small =
    STR_INIT("{\"content_sets\": [\"a-rpms\", \"b-rpms\"], \"cpe\": \"cpe:/a:b\"}");

static void check_failures(void)
{
    CHECK_CASE("every truncation is told")
    {
        for (size_t cut = 0; cut < small.len; cut++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            CHECK_OK(detect_text(&detector_redhat_content, MANIFEST, str_slice(small, 0, cut), 0,
                                 &out, &e),
                     &e);
            CHECK_NUM(out.incomplete, 1);
            fact_lines_done(&out);
        }
    }
    CHECK_CASE("each refused allocation is told as such")
    {
        for (int n = 0;; n++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            fail_alloc_at(n);
            bool ok = detect_text(&detector_redhat_content, MANIFEST, small, 50, &out, &e);
            fail_alloc_at(-1);
            fact_lines_done(&out);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
    }
    CHECK_CASE("each refused fact ends it")
    {
        for (int n = 0; n < 4; n++) {
            struct fact_lines out;
            struct error e = {.kind = ERROR_NONE};
            fact_lines_init(&out);
            out.fails_after = n;
            CHECK_FAILS(detect_text(&detector_redhat_content, MANIFEST, small, 0, &out, &e), &e,
                        ERROR_IO, "the sink is full");
            fact_lines_done(&out);
        }
    }
}

int main(void)
{
    check_cases();
    check_limits();
    check_failures();
    return check_done();
}
