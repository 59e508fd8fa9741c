/* messages_test.c: what passes between parent and worker: every cut of it is an error, and
 * whatever a worker that was taken over might send is an error or well-formed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "check.h"
#include "ops/advisory_pack.h"
#include "ops/documents.h"
#include "ops/jobs.h"
#include "stream/file.h"

static void test_advisories(void)
{
    static const str ids[] = {STR_INIT("CVE-2014-0160"), STR_INIT("CVE-2015-0235")};
    static const struct affected rows[] = {
        {.namespace_ = STR_INIT("debian:7"),
         .package = STR_INIT("openssl"),
         .state = FIX_AVAILABLE,
         .fixed = STR_INIT("1.0.1e-2+deb7u5"),
         .severity = SEVERITY_HIGH},
        {.namespace_ = STR_INIT("debian:8"), .package = STR_INIT("openssl"), .scope = SCOPE_BINARY},
    };
    static const struct advisory advisory = {.id = STR_INIT("DSA-2896-1"),
                                             .ids = ids,
                                             .ids_count = 2,
                                             .published_s = -5,
                                             .affected = rows,
                                             .affected_count = 2};
    CHECK_CASE("an advisory comes back, and every cut of it is an error")
    {
        struct error e = {0};
        struct arena arena;
        struct buf bytes;
        struct advisory back;
        arena_init(&arena, 16 * 1024 * 1024, "test");
        buf_init(&bytes, 65536);
        CHECK_OK(advisory_pack(&advisory, &bytes, &e), &e);
        str rest = buf_str(&bytes);
        CHECK_OK(advisory_unpack(&rest, &arena, &back, &e), &e);
        CHECK_NUM(rest.len, 0);
        CHECK_STR(back.ids[1], ids[1]);
        CHECK_NUM(back.published_s, -5);
        CHECK_STR(back.affected[0].fixed, rows[0].fixed);
        CHECK_NUM(back.affected[1].scope, SCOPE_BINARY);
        for (size_t cut = 0; cut < bytes.len; cut++) {
            rest = str_slice(buf_str(&bytes), 0, cut);
            CHECK(!advisory_unpack(&rest, &arena, &back, &e));
        }
        for (size_t at = 0; at < bytes.len; at++) {
            bytes.at[at] = (char)~bytes.at[at];
            rest = buf_str(&bytes);
            if (advisory_unpack(&rest, &arena, &back, &e)) {
                CHECK(back.affected_count <= ADVISORY_AFFECTED_MAX);
                CHECK(back.severity < SEVERITY_COUNT);
            }
            bytes.at[at] = (char)~bytes.at[at];
        }
        buf_done(&bytes);
        arena_done(&arena);
    }
}

static void test_requests(void)
{
    CHECK_CASE("requests and answers come back, and every cut of them is an error")
    {
        static const struct wanted_file wanted[] = {
            {STR_INIT("srv/x"), STR_INIT("etc/os-release")}};
        struct error e = {0};
        struct arena arena;
        struct buf bytes;
        struct layer_request layer = {
            .fd = 3, .offset = 512, .size_bytes = 9, .wanted = wanted, .wanted_count = 1};
        struct archive_request archive = {.choice = {.platform = STR("arm64")}};
        struct layer_answer answer = {.name = STR("a"), .is_layer = true, .trailing_bytes = 4};
        arena_init(&arena, 1024 * 1024, "test");
        buf_init(&bytes, 65536);
        CHECK_OK(layer_request_pack(&layer, &bytes, &e), &e);
        for (size_t cut = 0; cut < bytes.len; cut++) {
            CHECK(!layer_request_unpack(str_slice(buf_str(&bytes), 0, cut), &arena, &layer, &e));
        }
        CHECK_OK(layer_request_unpack(buf_str(&bytes), &arena, &layer, &e), &e);
        CHECK_STR(layer.wanted[0].role, STR("etc/os-release"));
        bytes.len = 0;
        CHECK_OK(archive_request_pack(&archive, &bytes, &e), &e);
        for (size_t cut = 0; cut < bytes.len; cut++) {
            CHECK(
                !archive_request_unpack(str_slice(buf_str(&bytes), 0, cut), &arena, &archive, &e));
        }
        CHECK_OK(archive_request_unpack(buf_str(&bytes), &arena, &archive, &e), &e);
        CHECK_STR(archive.choice.platform, STR("arm64"));
        bytes.len = 0;
        CHECK_OK(layer_answer_pack(&answer, &bytes, &e), &e);
        for (size_t cut = 0; cut < bytes.len; cut++) {
            CHECK(!layer_answer_unpack(str_slice(buf_str(&bytes), 0, cut), &answer, &e));
        }
        CHECK_OK(layer_answer_unpack(buf_str(&bytes), &answer, &e), &e);
        CHECK(answer.is_layer && !answer.compressed);
        CHECK_NUM(answer.trailing_bytes, 4);
        buf_done(&bytes);
        arena_done(&arena);
    }
}

/* Two documents, of which the first is longer than a chunk. */
static bool write_documents(int fd, struct error *e)
{
    static char large[3 * DOCUMENT_CHUNK_BYTES_MAX + 7];
    memset(large, 'x', sizeof(large));
    return document_begin(fd, &(struct document_head){.path = STR("a/data/json.zst"), .date_s = 5},
                          e) &&
           document_bytes(fd, (str){large, sizeof(large)}, e) && document_end(fd, true, e) &&
           document_begin(fd, &(struct document_head){.path = STR("b"), .date_s = -1}, e) &&
           document_bytes(fd, STR("short"), e) && document_end(fd, true, e) && documents_end(fd, e);
}

static enum step read_documents(struct reader *from, size_t *count, uint64_t *bytes,
                                struct arena *arena, struct error *e)
{
    struct documents d;
    *count = 0;
    *bytes = 0;
    if (!documents_open(&d, from, arena, e)) {
        return STEP_FAILED;
    }
    enum step got;
    while ((got = documents_next(&d, e)) == STEP_GOT) {
        uint64_t drained;
        if (!reader_drain(&d.base, &drained, e)) {
            return STEP_FAILED;
        }
        *bytes += drained;
        ++*count;
    }
    return got;
}

static void test_documents(void)
{
    CHECK_CASE("documents come through a file of frames, and every cut of it is an error")
    {
        struct error e = {0};
        struct arena arena;
        size_t count = 0;
        uint64_t bytes = 0;
        char name[] = "/tmp/limpid-documents-XXXXXX";
        CLEANUP(fd_close) int fd = mkostemp(name, O_CLOEXEC);
        unlink(name);
        arena_init(&arena, 16 * 1024 * 1024, "test");
        CHECK_OK(write_documents(fd, &e), &e);
        off_t end = lseek(fd, 0, SEEK_CUR);
        for (off_t cut = 0; cut <= end; cut += cut > 100 && cut < end - 6000 ? 4999 : 1) {
            struct file_reader file;
            struct arena_mark mark = arena_mark(&arena);
            CHECK_OK(file_reader_open(&file, fd, 0, (uint64_t)cut, &e), &e);
            enum step got = read_documents(&file.base, &count, &bytes, &arena, &e);
            CHECK_OK(cut != end || got == STEP_END, &e);
            CHECK_NUM(got, cut == end ? STEP_END : STEP_FAILED);
            reader_close(&file.base);
            arena_rewind(&arena, mark);
        }
        CHECK_NUM(count, 2);
        CHECK_NUM(bytes, 3 * DOCUMENT_CHUNK_BYTES_MAX + 7 + 5);
        arena_done(&arena);
    }
    CHECK_CASE("a document that did not come whole is an error, not an end")
    {
        struct error e = {0};
        struct arena arena;
        struct file_reader pipe;
        int ends[2];
        size_t count = 0;
        uint64_t bytes = 0;
        arena_init(&arena, 16 * 1024 * 1024, "test");
        CHECK(pipe2(ends, O_CLOEXEC) == 0);
        CHECK_OK(document_begin(ends[1], &(struct document_head){.path = STR("a")}, &e) &&
                     document_bytes(ends[1], STR("half"), &e) && document_end(ends[1], false, &e),
                 &e);
        close(ends[1]);
        CHECK_OK(pipe_reader_open(&pipe, ends[0], &e), &e);
        CHECK_NUM(read_documents(&pipe.base, &count, &bytes, &arena, &e), STEP_FAILED);
        CHECK(strstr(e.text, "did not come whole") != NULL);
        reader_close(&pipe.base);
        close(ends[0]);
        arena_done(&arena);
    }
}

int main(void)
{
    test_advisories();
    test_requests();
    test_documents();
    return check_done();
}
