#include "store/bundle.h"

#include "store/current.h"
#include "store/testing.h"
#include "stream/hash.h"

static struct error e;
static struct arena arena;

static str generation(struct store *s)
{
    str name = STR_NONE;
    CHECK_OK(store_generation(s, &arena, &name, &e), &e);
    return name;
}

static size_t left;

static bool export(struct store *s, const char *file)
{
    const struct bundle_export_options options = {.file = str_from(file)};
    return store_bundle_export(s, &options, &left, &e);
}

static bool import(struct store *s, const char *file, bool older, size_t *feeds)
{
    struct bundle_import_options options = {.file = str_from(file), .allow_older = older};
    struct bundle_import_result result = {0};
    bool done = store_bundle_import(s, &options, &result, &e);
    *feeds = done ? result.feeds : *feeds;
    return done;
}

static void whole_bundles(void)
{
    size_t feeds = 0;
    left = 9;
    static char kept[100];
    CHECK_CASE("an empty store has nothing to export")
    {
        test_dir_make();
        struct store *s = test_store();
        CHECK_FAILS(export(s, test_path("b")), &e, ERROR_ABSENT, "no advisories");
        CHECK(access(test_path("b"), F_OK) != 0);
        store_close(s);
    }
    CHECK_CASE("the same state gives the same bytes, and a feed can be left out")
    {
        struct store *s = test_store();
        str out[] = {STR("beta"), STR("gamma")};
        const struct bundle_export_options some = {
            .file = str_from(test_path("b3")), .leave_out = out, .leave_out_count = 2};
        CHECK_OK(test_feed(s, "beta", 900, 1, 1700000000, &e), &e);
        CHECK_OK(test_feed(s, "alpha", 3000, 2, 1710000000, &e), &e);
        CHECK_OK(store_feed_failed(s, STR("gamma"), STR("404"), &e), &e);
        CHECK_OK(export(s, test_path("b1")), &e);
        CHECK_NUM(left, 0);
        CHECK_OK(export(s, test_path("b2")), &e);
        CHECK(str_eq(check_file(test_path("b1")), check_file(test_path("b2"))));
        CHECK_OK(store_bundle_export(s, &some, &left, &e), &e);
        CHECK_NUM(left, 1);
        CHECK(check_file(test_path("b3")).len < check_file(test_path("b1")).len);
        store_close(s);
    }
    CHECK_CASE("an imported bundle is the same generation, and exports to the same bytes")
    {
        struct store *s = test_store();
        str name = generation(s);
        str bytes = check_file(test_path("b1"));
        store_close(s);
        snprintf(kept, sizeof(kept), "%s-bundle", test_dir);
        test_file_write(kept, bytes);
        test_dir_make();
        s = test_store();
        CHECK_OK(import(s, kept, false, &feeds), &e);
        CHECK_NUM(feeds, 2);
        CHECK_STR(generation(s), name);
        CHECK_OK(export(s, test_path("b")), &e);
        CHECK(str_eq(check_file(test_path("b")), bytes));
        CHECK_OK(import(s, kept, false, &feeds), &e); /* again: nothing changes */
        CHECK_STR(generation(s), name);
        store_close(s);
    }
    CHECK_CASE("a feed that the bundle has not stays; an older one is refused unless allowed")
    {
        struct store *s = test_store();
        CHECK_OK(test_feed(s, "other", 30, 3, 1700000000, &e), &e);
        CHECK_OK(import(s, kept, false, &feeds), &e);
        CHECK_OK(test_feed(s, "beta", 1200, 5, 1700000001, &e), &e);
        str name = generation(s);
        CHECK_FAILS(import(s, kept, false, &feeds), &e, ERROR_FORMAT, "older than the installed");
        CHECK_STR(generation(s), name);
        CHECK_OK(import(s, kept, true, &feeds), &e);
        CHECK(!str_eq(generation(s), name));
        const struct feed_state *states;
        size_t count = 0;
        CHECK_OK(store_feeds(s, &arena, &states, &count, &e), &e);
        CHECK_NUM(count, 3);
        CHECK_NUM(states[1].advisories, 300);
        CHECK_NUM(states[1].date_s, 1700000000);
        CHECK(str_starts(states[1].origin, STR("bundle '")));
        CHECK_STR(states[2].feed, STR("other"));
        store_close(s);
    }
    unlink(kept);
}

/* The whole of a store's advisories directory that readers see. */
static str current_bytes(void)
{
    return check_file(test_path("advisories/current"));
}

static size_t files_count(void)
{
    size_t count = 0;
    DIR *list = opendir(test_path("advisories"));
    while (list != NULL && readdir(list) != NULL) {
        count++;
    }
    if (list != NULL) {
        closedir(list);
    }
    return count;
}

static void damaged_bundles(void)
{
    size_t feeds = 0;
    test_dir_make();
    struct store *s = test_store();
    CHECK_CASE("each of 1,000 changed bytes is refused before anything changes")
    {
        CHECK_OK(test_feed(s, "alpha", 300, 7, 1700000000, &e), &e);
        CHECK_OK(export(s, test_path("b")), &e);
        str good = check_file(test_path("b"));
        str before = current_bytes();
        size_t files = files_count(), accepted = 0;
        char *bad = malloc(good.len + 1);
        uint64_t random = 42;
        for (int i = 0; bad != NULL && i < 1000; i++) {
            memcpy(bad, good.at, good.len);
            size_t at = test_random(&random) % good.len;
            bad[at] = (char)((uint8_t)bad[at] ^ (1 + test_random(&random) % 255));
            test_file_write(test_path("bad"), (str){.at = bad, .len = good.len});
            accepted += import(s, test_path("bad"), true, &feeds);
        }
        CHECK_NUM(accepted, 0);
        CHECK(str_eq(current_bytes(), before));
        CHECK_NUM(files_count(), files);
        free(bad);
    }
    CHECK_CASE("each cut, and bytes behind the end, are refused")
    {
        str good = check_file(test_path("b"));
        str before = current_bytes();
        size_t accepted = 0;
        char *longer = malloc(good.len + 100);
        for (size_t len = 0; len < good.len; len += 1 + len / 200) {
            test_file_write(test_path("bad"), str_slice(good, 0, len));
            accepted += import(s, test_path("bad"), true, &feeds);
        }
        memcpy(longer, good.at, good.len);
        memcpy(longer + good.len, good.at + good.len - 72, 72);
        test_file_write(test_path("bad"), (str){.at = longer, .len = good.len + 72});
        accepted += import(s, test_path("bad"), true, &feeds);
        test_file_write(test_path("bad"), (str){.at = longer, .len = good.len + 1});
        accepted += import(s, test_path("bad"), true, &feeds);
        CHECK_NUM(accepted, 0);
        CHECK(str_eq(current_bytes(), before));
        test_file_write(test_path("bad"), STR("hello"));
        CHECK_FAILS(import(s, test_path("bad"), true, &feeds), &e, ERROR_FORMAT, "no bundle");
        CHECK_FAILS(import(s, test_path("absent"), true, &feeds), &e, ERROR_IO, "cannot open it");
        CHECK_FAILS(import(s, test_dir, true, &feeds), &e, ERROR_FORMAT, "regular");
        CHECK_OK(import(s, test_path("b"), true, &feeds), &e);
        free(longer);
    }
    CHECK_CASE("with its last line made right again, only what the manifest says can be changed")
    {
        str good = check_file(test_path("b"));
        char *bad = malloc(good.len);
        uint64_t random = 11;
        size_t accepted = 0;
        for (int i = 0; bad != NULL && i < 400; i++) {
            struct hash h;
            char text[DIGEST_TEXT_BYTES];
            memcpy(bad, good.at, good.len);
            /* most of the file is the part: so half of the changes go into manifest and end */
            size_t at = test_random(&random) % (good.len - 72);
            at = i % 2 != 0 ? at : at % 300;
            bad[at] = (char)((uint8_t)bad[at] ^ (1 + test_random(&random) % 255));
            hash_init(&h, DIGEST_SHA256);
            hash_update(&h, bad, good.len - 72);
            digest_text(hash_done(&h), text);
            memcpy(bad + good.len - 65, text + 7, 64);
            test_file_write(test_path("bad"), (str){.at = bad, .len = good.len});
            accepted += import(s, test_path("bad"), true, &feeds);
        }
        printf("# of 400, %zu accepted\n", accepted);
        CHECK(accepted < 40);
        const struct feed_state *states;
        size_t count = 0;
        CHECK_OK(store_feeds(s, &arena, &states, &count, &e), &e);
        CHECK_NUM(count, 1);
        CHECK_NUM(states[0].advisories, 100);
        CHECK_NUM(states[0].rows, 300);
        free(bad);
    }
    CHECK_CASE("each refused allocation of export and import is a clean error")
    {
        str name = current_bytes();
        for (int n = 0;; n += 1 + n / 100) {
            error_clear(&e);
            fail_alloc_at(n);
            bool out = export(s, test_path("m"));
            bool in = out && import(s, test_path("m"), true, &feeds);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(out && in, &e);
                printf("# about %d allocations\n", n);
                break;
            }
            CHECK((out && in) || e.kind == ERROR_MEMORY);
            CHECK(in || str_eq(current_bytes(), name));
            name = current_bytes();
        }
    }
    CHECK_CASE("a damaged feed file is not exported")
    {
        str name = STR("advisories/alpha-1.db");
        str good = check_file(test_path(name.at));
        size_t refused = 0, exported = 0;
        CHECK_OK(export(s, test_path("b")), &e);
        str bundle = check_file(test_path("b"));
        char *bad = malloc(good.len);
        for (size_t at = 100; bad != NULL && at < good.len; at += 97) {
            memcpy(bad, good.at, good.len);
            bad[at] = (char)(bad[at] ^ 0x55);
            test_file_write(test_path(name.at), (str){.at = bad, .len = good.len});
            if (!export(s, test_path("c"))) {
                CHECK(strstr(e.text, "alpha") != NULL);
                refused++;
                continue;
            }
            /* a byte that means nothing, or an index that is not asked */
            CHECK(str_eq(check_file(test_path("c")), bundle));
            exported++;
        }
        printf("# %zu refused, %zu not touched by it\n", refused, exported);
        CHECK(refused > 10);
        free(bad);
    }
    store_close(s);
}

static bool import_with(struct store *s, const char *file, const struct sign_keys *keys,
                        struct bundle_import_result *out)
{
    struct bundle_import_options options = {.file = str_from(file), .keys = keys};
    return store_bundle_import(s, &options, out, &e);
}

static void signed_bundles(void)
{
    struct sign_secret key, other;
    struct bundle_import_result got;
    struct sign_keys keys = {.at = &key.public_key, .count = 1};
    const struct sign_keys others = {.at = &other.public_key, .count = 1};
    test_dir_make();
    struct store *s = test_store();
    CHECK_OK(sign_generate(&key, &e) && sign_generate(&other, &e), &e);
    CHECK_OK(test_feed(s, "alpha", 300, 7, 1700000000, &e), &e);
    CHECK_CASE("a signed bundle is taken with its key, and with no other")
    {
        const struct bundle_export_options options = {.file = str_from(test_path("s")),
                                                      .sign = &key};
        CHECK_OK(store_bundle_export(s, &options, &left, &e), &e);
        CHECK_OK(import_with(s, test_path("s"), &keys, &got), &e);
        CHECK(got.is_signed && got.is_verified && sign_public_eq(&got.by, &key.public_key));
        CHECK_FAILS(import_with(s, test_path("s"), &others, &got), &e, ERROR_DIGEST,
                    "not trusted here");
        CHECK_OK(import_with(s, test_path("s"), NULL, &got), &e);
        CHECK(got.is_signed && !got.is_verified);
    }
    CHECK_CASE("one that is not signed is refused where keys are asked for")
    {
        CHECK_OK(export(s, test_path("u")), &e);
        CHECK_FAILS(import_with(s, test_path("u"), &keys, &got), &e, ERROR_DIGEST, "is not signed");
        CHECK_OK(import_with(s, test_path("u"), NULL, &got), &e);
        CHECK(!got.is_signed);
    }
    CHECK_CASE("a signature beside the file is as good, for that file alone")
    {
        CLEANUP(buf_done) struct buf text;
        uint8_t hash[SIGN_HASH_BYTES];
        buf_init(&text, SIGN_TEXT_BYTES_MAX);
        sign_hash_bytes(check_file(test_path("u")), hash);
        CHECK_OK(sign_make(&key, hash, STR("by hand"), &text, &e), &e);
        test_file_write(test_path("u.minisig"), buf_str(&text));
        CHECK_OK(import_with(s, test_path("u"), &keys, &got), &e);
        CHECK(got.is_verified);
        CHECK_OK(test_feed(s, "beta", 30, 1, 1700000000, &e), &e);
        CHECK_OK(export(s, test_path("u")), &e);
        CHECK_FAILS(import_with(s, test_path("u"), &keys, &got), &e, ERROR_DIGEST,
                    "not of these bytes");
    }
    CHECK_CASE("what was signed cannot be put before or behind another's end")
    {
        const char *signed_file = test_path("s"), *plain = test_path("u");
        str a = check_file(signed_file), b = check_file(plain);
        size_t start_a = 0, start_b = 0;
        str signature;
        CHECK_OK(bundle_trailer_find(str_slice(a, 0, a.len - 72), &start_a, &signature, &e), &e);
        CHECK_OK(bundle_trailer_find(str_slice(b, 0, b.len - 72), &start_b, &signature, &e), &e);
        CLEANUP(buf_done) struct buf both, sum;
        struct hash h;
        buf_init(&both, 1 << 24);
        buf_init(&sum, 100);
        /* other data under the end with the signature, with a right sum */
        CHECK_OK(buf_add_str(&both, str_slice(b, 0, start_b), &e) &&
                     buf_add_str(&both, str_slice(a, start_a, a.len - 72), &e),
                 &e);
        hash_init(&h, DIGEST_SHA256);
        hash_update(&h, both.at, both.len);
        CHECK_OK(bundle_sum_write(hash_done(&h), &sum, &e) && buf_add_str(&both, buf_str(&sum), &e),
                 &e);
        test_file_write(test_path("x"), buf_str(&both));
        CHECK_FAILS(import_with(s, test_path("x"), &keys, &got), &e, ERROR_DIGEST,
                    "not of these bytes");
    }
    CHECK_CASE(
        "two stores that got the same, in another order and at another time, export the same")
    {
        char first[100];
        snprintf(first, sizeof(first), "%s-first", test_dir);
        CHECK_OK(export(s, first), &e);
        store_close(s);
        test_dir_make();
        s = test_store();
        CHECK_OK(test_feed(s, "beta", 300, 1, 0, &e), &e);
        CHECK_OK(test_feed(s, "gamma", 30, 9, 1700000000, &e), &e);
        CHECK_OK(test_feed(s, "beta", 30, 1, 1700000000, &e), &e);
        CHECK_OK(test_feed(s, "alpha", 300, 7, 1700000000, &e), &e);
        struct current c;
        CHECK_OK(current_read(s, &arena, &c, &e), &e);
        for (size_t i = 0; i < c.count; i++) {
            c.feeds[i].state.fetched_s = c.feeds[i].state.tried_s = 5;
            c.feeds[i].state.origin = STR("elsewhere");
        }
        CHECK_OK(store_lock(s, &e) && current_write(s, &c, &e), &e);
        store_unlock(s);
        const str out[] = {STR("gamma")};
        const struct bundle_export_options options = {
            .file = str_from(test_path("b")), .leave_out = out, .leave_out_count = 1};
        CHECK_OK(store_bundle_export(s, &options, &left, &e), &e);
        CHECK(str_eq(check_file(first), check_file(test_path("b"))));
        unlink(first);
    }
    store_close(s);
}

int main(void)
{
    arena_init(&arena, 1 << 24, "a test");
    unsetenv("SOURCE_DATE_EPOCH");
    whole_bundles();
    damaged_bundles();
    signed_bundles();
    arena_done(&arena);
    return check_done();
}
