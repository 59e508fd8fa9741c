#include "store/instance.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "store/chunks.h"
#include "store/testing.h"

static struct error e;
static struct arena arena;

/* -- a published folder as a source --------------------------------------------------------------
 */

struct folder {
    struct pull_source base;
    const char *dir;
    const char *damage; /* which file comes with a changed byte; NULL: none */
    size_t bytes, files;
};

static bool folder_get(struct pull_source *self, const char *path, struct buf *to,
                       struct error *err)
{
    struct folder *f = CONTAINER_OF(self, struct folder, base);
    char whole[400];
    snprintf(whole, sizeof(whole), "%s/%s", f->dir, path);
    if (access(whole, R_OK) != 0) {
        return error_sys(err, ENOENT, "cannot open '%s'", whole);
    }
    str bytes = check_file(whole);
    f->bytes += bytes.len;
    f->files++;
    if (!buf_add_str(to, bytes, err)) {
        return false;
    }
    if (f->damage != NULL && strstr(path, f->damage) != NULL) {
        to->at[to->len / 2] = (char)(to->at[to->len / 2] ^ 4);
    }
    free((void *)(uintptr_t)bytes.at);
    return true;
}

static const char *manifest_path(const char *dir)
{
    static char path[400];
    snprintf(path, sizeof(path), "%s/limpid.manifest", dir);
    return path;
}

static bool pull(struct store *s, struct folder *from, const struct sign_keys *keys,
                 struct pull_result *out)
{
    from->base.get = folder_get;
    from->bytes = from->files = 0;
    const struct pull_options options = {.manifest = check_file(manifest_path(from->dir)),
                                         .from = &from->base,
                                         .keys = keys,
                                         .origin = STR("test"),
                                         .arena = &arena};
    return store_pull(s, &options, out, &e);
}

static bool publish(struct store *s, const char *dir, const struct sign_secret *key,
                    struct publish_result *out)
{
    const struct publish_options options = {.dir = str_from(dir), .sign = key, .grace_s = 1000000};
    return store_publish(s, &options, out, &e);
}

static struct store *store_at(const char *below)
{
    struct store *s = NULL;
    CHECK_OK(store_open(str_from(test_path(below)), &s, &e), &e);
    s->keep_generations = 0;
    s->lock_wait_ms = 200;
    return s;
}

static str generation(struct store *s)
{
    str name = STR_NONE;
    CHECK_OK(store_generation(s, &arena, &name, &e), &e);
    return name;
}

/* -- chunks --------------------------------------------------------------------------------------
 */

struct counted {
    struct chunk_sink base;
    digest names[4096];
    size_t count, bytes, least, most;
};

static bool counted_put(struct chunk_sink *self, digest name, str bytes, struct error *err)
{
    struct counted *c = CONTAINER_OF(self, struct counted, base);
    (void)err;
    c->names[c->count++ % 4096] = name;
    c->bytes += bytes.len;
    c->least = c->least == 0 || bytes.len < c->least ? bytes.len : c->least;
    c->most = bytes.len > c->most ? bytes.len : c->most;
    return true;
}

static void cut(struct counted *c, str bytes, size_t piece)
{
    struct chunker chunker;
    *c = (struct counted){.base.put = counted_put};
    chunker_init(&chunker, &c->base);
    for (size_t at = 0; at < bytes.len; at += piece) {
        CHECK(chunker.base.put(&chunker.base, str_slice(bytes, at, at + piece), &e));
    }
    CHECK_OK(chunker_end(&chunker, &e), &e);
    chunker_done(&chunker);
}

static void chunks(void)
{
    static struct counted a, b;
    size_t len = 8 << 20;
    char *bytes = malloc(len + 1);
    uint64_t random = 3;
    CHECK_CASE("cuts do not depend on the pieces, have 32 KiB between them, and bounds")
    {
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)test_random(&random);
        }
        cut(&a, (str){.at = bytes, .len = len}, 1 << 20);
        cut(&b, (str){.at = bytes, .len = len}, 777);
        CHECK_NUM(a.count, b.count);
        CHECK(memcmp(a.names, b.names, sizeof(a.names)) == 0);
        CHECK_NUM(a.bytes, len);
        CHECK(a.most <= CHUNK_BYTES_MAX && a.count > 220 && a.count < 300);
        cut(&b, (str){.at = bytes, .len = 100}, 100);
        CHECK_NUM(b.count, 1);
        cut(&b, STR_NONE, 1);
        CHECK_NUM(b.count, 0);
        memset(bytes, 0, len); /* what never has a cut: the longest there may be */
        cut(&b, (str){.at = bytes, .len = len}, 1 << 16);
        CHECK_NUM(b.most, CHUNK_BYTES_MAX);
    }
    CHECK_CASE("a byte more at the front moves no cut but the first")
    {
        random = 3;
        for (size_t i = 0; i < len; i++) {
            bytes[i + 1] = (char)test_random(&random);
        }
        bytes[0] = 'x';
        cut(&b, (str){.at = bytes, .len = len + 1}, 4096);
        size_t same = 0;
        for (size_t i = 0; i < a.count; i++) {
            for (size_t k = 0; k < b.count; k++) {
                same += digest_eq(a.names[i], b.names[k]);
            }
        }
        CHECK_NUM(same, a.count - 1);
    }
    free(bytes);
}

/* -- publishing and taking over ------------------------------------------------------------------
 */

/* Advisories of which one may be another. */
static bool feed_with(struct store *s, const char *feed, size_t count, size_t changed,
                      int64_t date_s)
{
    struct advisories_writer *w;
    struct advisories_commit_options options = {.date_s = date_s, .allow_shrink = true};
    struct advisories_commit_counts counts;
    uint64_t random = 8;
    if (!advisories_write_begin(s, str_from(feed), &w, &e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        char id[40], text[400], fixed[40];
        snprintf(id, sizeof(id), "CVE-%zu-%zu", 2000 + i / 1000, 1000 + i % 1000);
        size_t len = 0;
        while (len < 150) { /* words, as people write them */
            static const char *const words[] = {"overflow", "in",    "the",   "parser", "allows",
                                                "remote",   "users", "crash", "of",     "memory"};
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u ",
                                    words[test_random(&random) % 10], test_random(&random) % 50);
        }
        snprintf(fixed, sizeof(fixed), "%u.%u", test_random(&random) % 20,
                 test_random(&random) % 100);
        struct affected row = {.namespace_ = STR("debian:12"),
                               .package = STR("p"),
                               .state = FIX_AVAILABLE,
                               .fixed = i == changed ? STR("99.9") : str_from(fixed)};
        struct advisory a = {.id = str_from(id),
                             .description = str_from(text),
                             .published_s = 1600000000 + (int64_t)i,
                             .affected = &row,
                             .affected_count = 1};
        if (!advisories_write(w, &a, &e)) {
            advisories_write_abandon(w);
            return false;
        }
    }
    return advisories_write_commit(w, &options, &counts, &e);
}

static void instances(void)
{
    struct publish_result said;
    struct pull_result got;
    struct folder from;
    struct sign_secret key, other;
    struct sign_keys keys = {.at = &key.public_key, .count = 1};
    const struct sign_keys others = {.at = &other.public_key, .count = 1};
    static char dir[100];
    test_dir_make();
    snprintf(dir, sizeof(dir), "%s/www", test_dir);
    from = (struct folder){.dir = dir};
    struct store *s = store_at("a"), *t = store_at("b");
    CHECK_OK(sign_generate(&key, &e) && sign_generate(&other, &e), &e);
    CHECK_CASE("what is published is taken over, and is the same generation")
    {
        CHECK_FAILS(publish(s, dir, NULL, &said), &e, ERROR_ABSENT, "no advisories");
        CHECK_OK(feed_with(s, "big", 20000, SIZE_MAX, 1700000000), &e);
        CHECK_OK(test_feed(s, "small", 90, 4, 1700000000, &e), &e);
        CHECK_OK(publish(s, dir, &key, &said), &e);
        CHECK(said.changed && said.feeds == 2 && said.objects_new == said.objects);
        CHECK_OK(pull(t, &from, &keys, &got), &e);
        CHECK_NUM(got.feeds_count, 2);
        CHECK(got.is_verified && !got.feeds[0].unchanged);
        CHECK_STR(generation(t), generation(s));
    }
    CHECK_CASE("publishing twice writes the same, and taking over twice fetches nothing")
    {
        str before = check_file(manifest_path(dir));
        struct timespec when = {0};
        struct stat st;
        CHECK(utimensat(AT_FDCWD, manifest_path(dir), (struct timespec[]){when, when}, 0) == 0);
        CHECK_OK(publish(s, dir, &key, &said), &e);
        CHECK(!said.changed && said.objects_new == 0);
        CHECK(stat(manifest_path(dir), &st) == 0 && st.st_mtime == 0); /* not even touched */
        CHECK(str_eq(check_file(manifest_path(dir)), before));
        CHECK_OK(pull(t, &from, &keys, &got), &e);
        CHECK_NUM(from.files, 0);
        CHECK(got.feeds[0].unchanged && got.feeds[1].unchanged);
    }
    CHECK_CASE("one changed advisory of 20,000 moves less than a twentieth of a bundle")
    {
        size_t left;
        const struct bundle_export_options bundle = {.file = str_from(test_path("bundle"))};
        CHECK_OK(feed_with(s, "big", 20000, 9876, 1700000000), &e);
        CHECK_OK(store_bundle_export(s, &bundle, &left, &e), &e);
        CHECK_OK(publish(s, dir, &key, &said), &e);
        CHECK_OK(pull(t, &from, &keys, &got), &e);
        CHECK_STR(generation(t), generation(s));
        size_t whole = check_file(bundle.file.at).len, moved = from.bytes;
        moved += check_file(manifest_path(dir)).len;
        printf("# %zu bytes in %zu files, of a bundle of %zu\n", moved, from.files, whole);
        CHECK(moved * 20 < whole);
        CHECK(got.reused > 20 && said.objects_new <= 3);
    }
    CHECK_CASE("what is not signed, or by another key, or changed, is refused")
    {
        CHECK_FAILS(pull(t, &from, &others, &got), &e, ERROR_DIGEST, "not trusted here");
        str good = check_file(manifest_path(dir));
        CHECK_OK(publish(s, dir, NULL, &said), &e);
        CHECK(said.changed && said.objects_new == 0);
        CHECK_FAILS(pull(t, &from, &keys, &got), &e, ERROR_DIGEST, "is not signed");
        CHECK_OK(pull(t, &from, NULL, &got), &e);
        CHECK(!got.is_signed);
        char *bad = malloc(good.len);
        size_t accepted = 0;
        uint64_t random = 4;
        for (size_t i = 0; i < 300; i++) {
            size_t at = test_random(&random) % good.len;
            memcpy(bad, good.at, good.len);
            bad[at] = (char)((uint8_t)bad[at] ^ (1 + test_random(&random) % 255));
            test_file_write(manifest_path(dir), (str){.at = bad, .len = good.len});
            bool same = strstr(good.at, "untrusted comment") < good.at + at &&
                        at < (size_t)(strstr(good.at, "untrusted comment") - good.at) + 45;
            accepted += pull(t, &from, &keys, &got) && !same;
            test_file_write(manifest_path(dir), str_slice(good, 0, at));
            accepted += pull(t, &from, &keys, &got);
        }
        CHECK_NUM(accepted, 0);
        test_file_write(manifest_path(dir), good);
        free(bad);
    }
    CHECK_CASE("a damaged or missing object changes nothing here")
    {
        struct store *fresh = store_at("c");
        str name = generation(fresh);
        from.damage = "objects";
        CHECK(!pull(fresh, &from, &keys, &got) && strstr(e.text, "feed 'big'") != NULL);
        CHECK(e.kind == ERROR_FORMAT || e.kind == ERROR_DIGEST);
        CHECK_STR(generation(fresh), name);
        from.damage = NULL;
        CHECK_OK(pull(fresh, &from, &keys, &got), &e);
        CHECK_STR(generation(fresh), generation(s));
        store_close(fresh);
    }
    CHECK_CASE("a feed that is newer here stays")
    {
        CHECK_OK(test_feed(t, "small", 120, 5, 1800000000, &e), &e);
        CHECK_OK(pull(t, &from, &keys, &got), &e);
        CHECK(got.feeds[1].is_older && got.feeds[0].unchanged);
        const struct feed_state *states;
        size_t count = 0;
        CHECK_OK(store_feeds(t, &arena, &states, &count, &e), &e);
        CHECK_NUM(states[1].advisories, 40);
    }
    CHECK_CASE("objects that nobody names go after the grace, and not before")
    {
        const struct publish_options options = {.dir = str_from(dir), .sign = &key};
        CHECK_OK(feed_with(s, "big", 20000, 5, 1700000000), &e);
        CHECK_OK(publish(s, dir, &key, &said), &e);
        CHECK_NUM(said.objects_removed, 0);
        CHECK_OK(store_publish(s, &options, &said, &e), &e);
        CHECK(said.objects_removed > 1 && said.objects_removed < 10);
        struct store *fresh = store_at("d");
        CHECK_OK(pull(fresh, &from, &keys, &got), &e);
        store_close(fresh);
    }
    CHECK_CASE("each refused allocation of publishing and taking over is a clean error")
    {
        struct store *few = store_at("few"), *into = store_at("into");
        struct folder there = {.dir = test_path("www-few")};
        CHECK_OK(test_feed(few, "small", 90, 4, 1700000000, &e), &e);
        for (int n = 0;; n += 1 + n / 50) {
            error_clear(&e);
            test_dir_remove(test_path("into/advisories"));
            test_dir_remove(test_path("www-few"));
            fail_alloc_at(n);
            bool out = publish(few, there.dir, &key, &said);
            bool in = out && pull(into, &there, &keys, &got);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(out && in, &e);
                printf("# about %d allocations\n", n);
                break;
            }
            CHECK((out && in) || e.kind == ERROR_MEMORY);
        }
        store_close(few);
        store_close(into);
    }
    store_close(s);
    store_close(t);
}

/* -- kill -9 -------------------------------------------------------------------------------------
 */

static struct sign_secret kill_key;
static char kill_dir[100];

static void publish_forever(void)
{
    struct store *a = store_at("a"), *b = store_at("b");
    const struct publish_options options = {
        .dir = str_from(kill_dir), .sign = &kill_key, .grace_s = 0};
    struct publish_result said;
    for (int i = 0;; i++) {
        if (!store_publish(i % 2 != 0 ? a : b, &options, &said, &e)) {
            _exit(1);
        }
    }
}

static void pull_forever(void)
{
    struct store *s = store_at("c");
    struct pull_result got;
    struct folder from[] = {{.dir = test_path("www-a")}, {.dir = test_path("www-b")}};
    for (int i = 0;; i++) {
        s->grace_s = 0;
        from[i % 2].base.get = folder_get;
        const struct pull_options options = {.manifest = check_file(manifest_path(from[i % 2].dir)),
                                             .from = &from[i % 2].base,
                                             .origin = STR("test"),
                                             .allow_older = true,
                                             .arena = &arena};
        if (!store_pull(s, &options, &got, &e)) {
            _exit(1);
        }
    }
}

static void import_forever(void)
{
    struct store *s = store_at("d");
    struct bundle_import_result got;
    for (int i = 0;; i++) {
        const struct bundle_import_options options = {
            .file = str_from(test_path(i % 2 != 0 ? "bundle-a" : "bundle-b")), .allow_older = true};
        s->grace_s = 0;
        if (!store_bundle_import(s, &options, &got, &e)) {
            _exit(1);
        }
    }
}

static void kill_at(void (*run)(void), uint64_t *random)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        run();
    }
    struct timespec pause = {.tv_nsec = 1000 + (long)(test_random(random) % 40000000)};
    nanosleep(&pause, NULL); /* the moment is the point: any is right */
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
}

static bool is_whole(struct store *s)
{
    size_t left;
    const struct bundle_export_options options = {.file = str_from(test_path("whole"))};
    return CHECK_OK(store_bundle_export(s, &options, &left, &e), &e);
}

static void killed(void)
{
    enum { MOMENTS = 70 };
    struct publish_result said;
    struct pull_result got;
    uint64_t random = 17;
    test_dir_make();
    CHECK_OK(sign_generate(&kill_key, &e), &e);
    const struct sign_keys keys = {.at = &kill_key.public_key, .count = 1};
    snprintf(kill_dir, sizeof(kill_dir), "%s/www", test_dir);
    struct store *a = store_at("a"), *b = store_at("b"), *c = store_at("c"), *d = store_at("d");
    for (int i = 0; i < 3; i++) {
        char feed[] = {'f', (char)('0' + i), '\0'};
        CHECK_OK(test_feed(a, feed, 300, 1, 1700000000, &e), &e);
        CHECK_OK(test_feed(b, feed, 330, 2, 1700000001, &e), &e);
    }
    str names[] = {generation(a), generation(b)};
    CHECK_CASE("publishing killed at any moment leaves one whole generation to take over")
    {
        size_t seen[2] = {0};
        CHECK_OK(publish(a, kill_dir, &kill_key, &said), &e);
        for (int i = 0; i < MOMENTS; i++) {
            struct store *fresh = store_at("fresh");
            struct folder from = {.dir = kill_dir};
            kill_at(publish_forever, &random);
            CHECK_OK(pull(fresh, &from, &keys, &got), &e);
            str now = generation(fresh);
            CHECK(str_eq(now, names[0]) || str_eq(now, names[1]));
            seen[str_eq(now, names[1])]++;
            store_close(fresh);
            test_dir_remove(test_path("fresh"));
        }
        printf("# %zu and %zu\n", seen[0], seen[1]);
    }
    CHECK_CASE("taking over killed at any moment leaves one whole generation")
    {
        CHECK_OK(publish(a, test_path("www-a"), NULL, &said), &e);
        CHECK_OK(publish(b, test_path("www-b"), NULL, &said), &e);
        struct folder from = {.dir = test_path("www-a")};
        CHECK_OK(pull(c, &from, NULL, &got), &e);
        size_t seen[2] = {0};
        for (int i = 0; i < MOMENTS; i++) {
            kill_at(pull_forever, &random);
            str now = generation(c);
            CHECK(is_whole(c));
            CHECK(str_eq(now, names[0]) || str_eq(now, names[1]));
            seen[str_eq(now, names[1])]++;
        }
        printf("# %zu and %zu\n", seen[0], seen[1]);
    }
    CHECK_CASE("an import killed at any moment leaves one whole generation")
    {
        size_t left, seen[2] = {0};
        struct bundle_import_result in;
        const struct bundle_export_options one = {.file = str_from(test_path("bundle-a"))};
        const struct bundle_export_options two = {.file = str_from(test_path("bundle-b"))};
        const struct bundle_import_options first = {.file = one.file};
        CHECK_OK(store_bundle_export(a, &one, &left, &e), &e);
        CHECK_OK(store_bundle_export(b, &two, &left, &e), &e);
        CHECK_OK(store_bundle_import(d, &first, &in, &e), &e);
        for (int i = 0; i < MOMENTS; i++) {
            kill_at(import_forever, &random);
            str now = generation(d);
            CHECK(is_whole(d));
            CHECK(str_eq(now, names[0]) || str_eq(now, names[1]));
            seen[str_eq(now, names[1])]++;
        }
        printf("# %zu and %zu\n", seen[0], seen[1]);
    }
    store_close(a);
    store_close(b);
    store_close(c);
    store_close(d);
}

int main(void)
{
    arena_init(&arena, 1 << 26, "a test");
    unsetenv("SOURCE_DATE_EPOCH");
    chunks();
    instances();
    killed();
    arena_done(&arena);
    return check_done();
}
