#include "stream/hash.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "check.h"
#include "stream/trickle.h"

enum { PLAIN_BYTES = 5 * 1000 * 1000 };

static char plain[PLAIN_BYTES];
static struct trickle trickle;

static void plain_make(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof(plain); i++) {
        x = x * 1664525 + 1013904223;
        plain[i] = (char)(x >> 24);
    }
}

static digest digest_of(const void *at, size_t len, enum digest_algorithm algorithm)
{
    struct hash h;
    hash_init(&h, algorithm);
    hash_update(&h, at, len);
    return hash_done(&h);
}

/* FIPS 180-4's examples: nothing, "abc", and a million "a" */
static const struct {
    const char *says, *text, *want;
    size_t repeat;
    enum digest_algorithm algorithm;
} vectors[] = {
    {"SHA-256 of nothing", "",
     "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0, DIGEST_SHA256},
    {"SHA-256 of abc", "abc",
     "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 1, DIGEST_SHA256},
    {"SHA-256 of a million a", "a",
     "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", 1000000,
     DIGEST_SHA256},
    {"SHA-512 of abc", "abc",
     "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     1, DIGEST_SHA512},
    {"no algorithm", "abc", "", 1, DIGEST_NONE},
};

static void test_vectors(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        CHECK_CASE("%s", vectors[i].says)
        {
            struct hash h;
            char text[DIGEST_TEXT_BYTES];
            hash_init(&h, vectors[i].algorithm);
            for (size_t k = 0; k < vectors[i].repeat; k++) {
                hash_update(&h, vectors[i].text, strlen(vectors[i].text));
            }
            CHECK_STR(str_from(digest_text(hash_done(&h), text)), str_from(vectors[i].want));
        }
    }
}

static void test_file(void)
{
    CHECK_CASE("a file, a part of it, and a part that is not there")
    {
        struct error e;
        int fd = memfd_create("file", MFD_CLOEXEC);
        digest d;
        uint64_t hashed;
        CHECK_OK(fd_write_all(fd, plain, sizeof(plain), &e), &e);
        CHECK_OK(hash_file(fd, 0, UINT64_MAX, DIGEST_SHA256, &d, &hashed, &e), &e);
        CHECK_NUM(hashed, sizeof(plain));
        CHECK(digest_eq(d, digest_of(plain, sizeof(plain), DIGEST_SHA256)));
        CHECK_OK(hash_file(fd, 1001, 1000003, DIGEST_SHA512, &d, NULL, &e), &e);
        CHECK(digest_eq(d, digest_of(plain + 1001, 1000003, DIGEST_SHA512)));
        CHECK_OK(hash_file(fd, 7, 0, DIGEST_SHA256, &d, &hashed, &e), &e);
        CHECK_NUM(hashed, 0);
        CHECK_FAILS(hash_file(fd, 1, sizeof(plain), DIGEST_SHA256, &d, &hashed, &e), &e,
                    ERROR_FORMAT, "ends after 4999999 of 5000000 bytes");
        CHECK_FAILS(hash_file(fd, UINT64_MAX, 10, DIGEST_SHA256, &d, &hashed, &e), &e, ERROR_FORMAT,
                    "ends after 0 of 10 bytes");
        CHECK_FAILS(hash_file(-1, 0, 10, DIGEST_SHA256, &d, &hashed, &e), &e, ERROR_IO,
                    "cannot read at byte 0");
        fail_alloc_at(0);
        bool ok = hash_file(fd, 0, 10, DIGEST_SHA256, &d, &hashed, &e);
        fail_alloc_at(-1);
        CHECK_FAILS(ok, &e, ERROR_MEMORY, "no memory");
        close(fd);
    }
}

/* Reads `from` through a digest: a need, a read, a skip, the rest by hash_reader_digest. */
static bool reads_right(struct reader *from, size_t len, enum digest_algorithm algorithm,
                        struct hash_thread *thread)
{
    struct hash_reader h;
    struct error e;
    digest d;
    char to[100];
    size_t got;
    hash_reader_init(&h, from, algorithm, thread);
    if (reader_need(&h.base, len < 70 ? len : 70, &e) != STEP_GOT ||
        memcmp(h.base.at, plain, len < 70 ? len : 70) != 0 ||
        !reader_read(&h.base, to, sizeof(to), &got, &e) || memcmp(to, plain, got) != 0 ||
        reader_skip(&h.base, len / 3, &e) == STEP_FAILED || !hash_reader_digest(&h, &d, &e)) {
        return false;
    }
    reader_close(&h.base);
    return digest_eq(d, digest_of(plain, len, algorithm));
}

static void test_stages(struct hash_thread *thread)
{
    static const size_t lens[] = {0,      1,      63,     64,      1000,    131071, 131072,
                                  131073, 262144, 393217, 1048576, 1048577, 3000000};
    for (size_t i = 0; i < ARRAY_COUNT(lens); i++) {
        CHECK_CASE("%zu bytes through a digest%s", lens[i], thread != NULL ? ", threaded" : "")
        {
            struct memory_reader m;
            str bytes = {.at = plain, .len = lens[i]};
            memory_reader_init(&m, bytes);
            CHECK(reads_right(&m.base, lens[i], DIGEST_SHA256, thread));
            memory_reader_init(&m, bytes);
            CHECK(reads_right(&m.base, lens[i], DIGEST_SHA512, thread));
            trickle_init(&trickle, bytes, lens[i] < 2000 ? 1 : 60000, -1);
            CHECK(reads_right(&trickle.base, lens[i], DIGEST_SHA256, thread));
            trickle_init(&trickle, bytes, 997, -1);
            CHECK(reader_need(&trickle.base, lens[i] < 10 ? lens[i] : 10, NULL) == STEP_GOT);
            CHECK(reads_right(&trickle.base, lens[i], DIGEST_SHA256, thread));
        }
    }
}

static void test_thread(struct hash_thread *thread)
{
    enum { STREAMS = 6 };
    CHECK_CASE("several streams at once on one thread, more than it has places for")
    {
        struct memory_reader m[STREAMS];
        struct hash_reader h[STREAMS];
        struct part_reader p[STREAMS];
        struct error e;
        digest d;
        for (size_t i = 0; i < STREAMS; i++) {
            memory_reader_init(&m[i], (str){.at = plain + i, .len = 900000 + i * 1000});
            part_reader_init(&p[i], &m[i].base, 900000);
            hash_reader_init(&h[i], &p[i].base, DIGEST_SHA256, thread);
            CHECK((h[i].thread != NULL) == (i < 4));
        }
        for (size_t k = 0; k < 100; k++) {
            for (size_t i = 0; i < STREAMS; i++) {
                CHECK(reader_skip(&h[i].base, 5000, &e) == STEP_GOT);
            }
        }
        for (size_t i = 0; i < STREAMS; i++) {
            if (i != 1) {
                CHECK_OK(hash_reader_digest(&h[i], &d, &e), &e);
                CHECK(digest_eq(d, digest_of(plain + i, 900000, DIGEST_SHA256)));
            }
            reader_close(&h[i].base); /* the second without its digest */
        }
        memory_reader_init(&m[0], STR("abc"));
        hash_reader_init(&h[0], &m[0].base, DIGEST_SHA256, thread);
        CHECK(h[0].thread != NULL);
        reader_close(&h[0].base);
        reader_close(&h[0].base);
    }
    CHECK_CASE("a thread is stopped with work in its ring, and two live side by side")
    {
        struct error e;
        struct hash_thread *a = hash_thread_start(&e), *b = hash_thread_start(&e);
        CHECK(a != NULL && b != NULL);
        struct memory_reader m;
        struct hash_reader h;
        memory_reader_init(&m, (str){.at = plain, .len = sizeof(plain)});
        hash_reader_init(&h, &m.base, DIGEST_SHA512, a);
        hash_thread_stop(a);
        hash_thread_stop(b);
        hash_thread_stop(NULL);
        fail_alloc_at(0);
        struct hash_thread *none = hash_thread_start(&e);
        fail_alloc_at(-1);
        CHECK_FAILS(none != NULL, &e, ERROR_MEMORY, "no memory");
    }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

/* What a sandboxed worker may call; anything else kills it. */
static bool sandbox_close(void)
{
    static const int allowed[] = {
        SCMP_SYS(read),           SCMP_SYS(pread64),       SCMP_SYS(write),
        SCMP_SYS(close),          SCMP_SYS(mmap),          SCMP_SYS(munmap),
        SCMP_SYS(mremap),         SCMP_SYS(madvise),       SCMP_SYS(brk),
        SCMP_SYS(futex),          SCMP_SYS(exit),          SCMP_SYS(exit_group),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),  SCMP_SYS(lseek),
        SCMP_SYS(fstat),          SCMP_SYS(clock_gettime), SCMP_SYS(sched_yield),
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool closed = filter != NULL && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
    for (size_t i = 0; closed && i < ARRAY_COUNT(allowed); i++) {
        closed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    }
    closed = closed && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return closed;
}

static int in_sandbox(void)
{
    struct error e;
    struct hash_thread *thread = hash_thread_start(&e);
    if (thread == NULL || !sandbox_close()) {
        return 2;
    }
    int wrong = 0;
    for (int i = 0; i < 20; i++) {
        struct memory_reader m;
        size_t len = 1 + (size_t)i * 100000;
        memory_reader_init(&m, (str){.at = plain, .len = len});
        wrong |= !reads_right(&m.base, len, DIGEST_SHA256, thread);
    }
    hash_thread_stop(thread);
    return wrong;
}

static void test_sandbox(void)
{
    CHECK_CASE("a thread that was started before the sandbox closes works in it")
    {
        if (HAS_SANITIZER) {
            check_skip("sanitizers make other system calls");
            continue;
        }
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            _exit(in_sandbox());
        }
        int status = -1;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
            check_skip("no seccomp here");
        } else {
            CHECK_NUM(status, 0);
        }
    }
}

int main(void)
{
    struct error e;
    plain_make();
    test_sandbox();
    test_vectors();
    test_file();
    test_stages(NULL);
    struct hash_thread *thread = hash_thread_start(&e);
    if (thread == NULL) {
        printf("Bail out! %s\n", e.text);
        return 1;
    }
    test_stages(thread);
    test_thread(thread);
    hash_thread_stop(thread);
    return check_done();
}
