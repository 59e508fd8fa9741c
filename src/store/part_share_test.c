#include "store/part_share.h"

#include "base/fd.h"
#include "store/current.h"
#include "store/testing.h"
#include "stream/hash.h"

static struct error e;
static struct arena arena;

/* -- a place in memory ------------------------------------------------------------------------ */

enum { ROOM = 16 };

struct memory_place {
    struct parts_place base;
    struct {
        char feed[40];
        digest content;
        char *at;
        size_t len;
    } parts[ROOM];
    size_t count, puts, opens, asked, stop_after; /* stop_after 0: never */
    struct memory_reader reader;
};

static bool memory_go_on(struct part_watch *self, struct error *err)
{
    struct memory_place *p = CONTAINER_OF(self, struct memory_place, base.watch);
    p->asked++;
    return p->stop_after == 0 || p->asked < p->stop_after || error_set(err, ERROR_REMOTE, "enough");
}

static size_t memory_find(const struct memory_place *p, str feed)
{
    size_t i = 0;
    while (i < p->count && !str_eq(str_from(p->parts[i].feed), feed)) {
        i++;
    }
    return i;
}

static bool memory_open(struct parts_place *self, str feed, digest content, struct reader **out,
                        struct error *err)
{
    struct memory_place *p = CONTAINER_OF(self, struct memory_place, base);
    size_t i = memory_find(p, feed);
    if (i == p->count || !digest_eq(p->parts[i].content, content)) {
        return error_set(err, ERROR_ABSENT, "no such part");
    }
    p->opens++;
    memory_reader_init(&p->reader, (str){.at = p->parts[i].at, .len = p->parts[i].len});
    *out = &p->reader.base;
    return true;
}

static bool memory_has(struct parts_place *self, str feed, digest content)
{
    const struct memory_place *p = CONTAINER_OF(self, struct memory_place, base);
    size_t i = memory_find(p, feed);
    return i < p->count && digest_eq(p->parts[i].content, content);
}

static bool memory_put(struct parts_place *self, const struct placed_part *part, struct error *err)
{
    struct memory_place *p = CONTAINER_OF(self, struct memory_place, base);
    size_t i = memory_find(p, part->feed), got = 0;
    if (i == p->count) {
        snprintf(p->parts[i].feed, sizeof(p->parts[i].feed), STR_FMT, STR_ARG(part->feed));
        p->count++;
    }
    free(p->parts[i].at);
    p->parts[i].at = malloc((size_t)part->stored_bytes);
    p->parts[i].len = (size_t)part->stored_bytes;
    p->parts[i].content = part->content;
    p->puts++;
    if (p->parts[i].at == NULL) {
        return error_set(err, ERROR_MEMORY, "no memory");
    }
    return fd_pread_full(part->fd, p->parts[i].at, p->parts[i].len, 0, &got, err) &&
           CHECK_NUM(got, p->parts[i].len);
}

static void place_init(struct memory_place *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->parts[i].at);
    }
    *p = (struct memory_place){.base = {.watch.go_on = memory_go_on,
                                        .open = memory_open,
                                        .has = memory_has,
                                        .put = memory_put}};
}

static digest index_of(const struct memory_place *p)
{
    size_t i = memory_find(p, STR(PART_INDEX_NAME));
    return i < p->count ? p->parts[i].content : (digest){0};
}

/* -- folders ---------------------------------------------------------------------------------- */

static struct store *folder(const char *below)
{
    struct store *s = NULL;
    CHECK_OK(store_open(str_from(test_path(below)), &s, &e), &e);
    s->keep_generations = 0;
    s->lock_wait_ms = 200;
    return s;
}

static size_t rows = 90; /* of each feed */

static bool feed(struct store *s, const char *name, uint64_t seed, int64_t date_s,
                 const char *validator)
{
    struct advisories_writer *w;
    struct advisories_commit_options options = {.date_s = date_s,
                                                .origin = STR("https://example.org/feeds"),
                                                .validator = str_from(validator),
                                                .allow_shrink = true};
    struct advisories_commit_counts counts;
    return CHECK_OK(advisories_write_begin(s, str_from(name), &w, &e), &e) &&
           CHECK_OK(test_fill(w, rows, seed, &e), &e) &&
           CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e);
}

static bool give(struct store *s, struct memory_place *p, size_t *feeds, bool *changed)
{
    return store_parts_give(s, index_of(p), &p->base, feeds, changed, &e);
}

static bool take(struct store *s, struct memory_place *p, struct parts_taken *out)
{
    return store_parts_take(s, index_of(p), &p->base, &arena, out, &e);
}

static str generation(struct store *s)
{
    str name = STR_NONE;
    CHECK_OK(store_generation(s, &arena, &name, &e), &e);
    return name;
}

/* All that is known of a feed but where its file lies; "" where it is not known. */
static str head(struct store *s, const char *name)
{
    const struct feed_state *states = NULL;
    size_t count = 0;
    str text = STR_NONE;
    CHECK_OK(store_feeds(s, &arena, &states, &count, &e), &e);
    for (size_t i = 0; i < count; i++) {
        const struct feed_state *f = &states[i];
        if (str_eq(f->feed, str_from(name))) {
            CHECK_OK(arena_printf(&arena, &text, &e, "%lld %lld %lld %llu %llu %s %s %s",
                                  (long long)f->fetched_s, (long long)f->date_s,
                                  (long long)f->tried_s, (unsigned long long)f->advisories,
                                  (unsigned long long)f->rows, f->origin.at, f->validator.at,
                                  f->last_error.at),
                     &e);
        }
    }
    return text;
}

static ino_t inode(const char *below)
{
    struct stat st;
    return stat(test_path(below), &st) == 0 ? st.st_ino : 0;
}

/* Whether every advisory of the feed can be read. */
static bool readable(struct store *s)
{
    struct advisories *a = NULL;
    const struct known_advisory *known = NULL;
    size_t count = 0;
    bool done = CHECK_OK(advisories_open(s, &a, &e), &e) &&
                CHECK_OK(advisories_by_id(a, STR("DSA-7-1"), &arena, &known, &count, &e), &e);
    advisories_close(a);
    return done && count > 0;
}

static struct memory_place place;

static void sharing(void)
{
    struct parts_taken taken;
    size_t feeds = 0;
    bool changed = false, same = false;
    test_dir_make_fast();
    place_init(&place);
    struct store *a = folder("a"), *b = folder("b");
    CHECK_CASE("what one folder has comes into an empty one with all that is known of it")
    {
        CHECK(feed(a, "debian", 1, 1700000000, "\"etag\"\tof one"));
        CHECK(feed(a, "ubuntu", 2, 1700000500, ""));
        CHECK_OK(store_feed_failed(a, STR("ubuntu"), STR("the server says 404"), &e), &e);
        CHECK_OK(store_feed_failed(a, STR("redhat"), STR("no connection"), &e), &e);
        CHECK_OK(give(a, &place, &feeds, &changed), &e);
        CHECK(feeds == 2 && changed && place.count == 3);
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK(taken.feeds == 2 && taken.changed && taken.damaged_count == 0);
        CHECK_STR(generation(b), generation(a));
        CHECK_STR(head(b, "debian"), head(a, "debian"));
        CHECK_STR(head(b, "ubuntu"), head(a, "ubuntu"));
        CHECK_STR(head(b, "redhat"), head(a, "redhat"));
        CHECK(readable(b));
    }
    CHECK_CASE("where nothing differs, nothing is put, and nothing written")
    {
        ino_t before = inode("b/advisories/current");
        place.puts = 0;
        CHECK_OK(give(a, &place, &feeds, &changed), &e);
        CHECK_OK(give(b, &place, &feeds, &changed), &e);
        CHECK(feeds == 0 && !changed && place.puts == 0);
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK(taken.feeds == 0 && !taken.changed && inode("b/advisories/current") == before);
        CHECK_OK(store_parts_same(b, index_of(&place), &place.base, &same, &e), &e);
        CHECK(same);
    }
    CHECK_CASE("a date alone moves the index alone, and no file is written anew")
    {
        ino_t before = inode("b/advisories/debian-1.db");
        CHECK(feed(a, "debian", 1, 1700000900, "another"));
        place.puts = place.opens = 0;
        CHECK_OK(give(a, &place, &feeds, &changed), &e);
        CHECK(feeds == 0 && changed && place.puts == 1);
        place.opens = 0;
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK(taken.feeds == 0 && taken.changed && place.opens == 1 && before != 0);
        CHECK_NUM(inode("b/advisories/debian-1.db"), before);
        CHECK_STR(generation(b), generation(a));
        CHECK_STR(head(b, "debian"), head(a, "debian"));
    }
    CHECK_CASE("an older folder and a newer one are brought to it; feeds of their own stay")
    {
        str was = generation(b);
        CHECK(feed(b, "debian", 9, 1800000000, "never published"));
        CHECK(feed(b, "own", 5, 1600000000, "x"));
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK_NUM(taken.feeds, 1);
        CHECK_STR(head(b, "debian"), head(a, "debian"));
        CHECK(head(b, "own").len > 0 && !str_eq(generation(b), was));
        CHECK(feed(a, "debian", 3, 1700001000, "third"));
        CHECK_OK(give(a, &place, &feeds, &changed), &e);
        CHECK_NUM(feeds, 1);
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK_NUM(taken.feeds, 1);
        CHECK_STR(head(b, "debian"), head(a, "debian"));
    }
    CHECK_CASE("and are everybody's when that folder gives; nothing is lost of the others")
    {
        CHECK_OK(give(b, &place, &feeds, &changed), &e);
        CHECK_NUM(feeds, 1);
        struct store *c = folder("c");
        CHECK(feed(c, "alpine", 6, 1600000000, "x"));
        CHECK_OK(give(c, &place, &feeds, &changed), &e); /* which knows nothing of debian */
        CHECK_OK(take(c, &place, &taken), &e);
        CHECK_NUM(taken.feeds, 3);
        CHECK_OK(take(a, &place, &taken), &e);
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK_STR(generation(b), generation(a));
        CHECK_STR(generation(c), generation(a));
        store_close(c);
    }
    CHECK_CASE("a feed that failed elsewhere does not take the data that is here")
    {
        CHECK(feed(b, "redhat", 8, 1600000000, "x"));
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK_NUM(taken.feeds, 0);
        CHECK(strstr(head(b, "redhat").at, " 30 90 ") != NULL);
    }
    CHECK_CASE("whoever is told to stop leaves the folder, and the place's index, as they were")
    {
        struct store *d = folder("d");
        digest before = index_of(&place);
        for (size_t n = 1; n <= 4; n++) {
            place.stop_after = n;
            place.asked = 0;
            CHECK_FAILS(take(d, &place, &taken), &e, ERROR_REMOTE, "enough");
            CHECK_NUM(generation(d).len, 0);
        }
        place.stop_after = 2;
        place.asked = 0;
        CHECK(feed(b, "debian", 77, 1900000000, ""));
        CHECK_FAILS(give(b, &place, &feeds, &changed), &e, ERROR_REMOTE, "enough");
        place.stop_after = 0;
        CHECK(digest_eq(index_of(&place), before));
        store_close(d);
    }
    store_close(a);
    store_close(b);
}

/* -- what is damaged -------------------------------------------------------------------------- */

static void damage(void)
{
    struct parts_taken taken;
    size_t feeds = 0;
    bool changed = false;
    test_dir_make_fast();
    place_init(&place);
    struct store *a = folder("a"), *b = folder("b");
    CHECK(feed(a, "alpine", 1, 1700000000, "1") && feed(a, "debian", 2, 1700000000, "2"));
    CHECK_OK(give(a, &place, &feeds, &changed), &e);
    CHECK(feed(b, "debian", 3, 1600000000, "old"));
    str old = head(b, "debian");
    size_t i = memory_find(&place, STR("debian"));
    CHECK_CASE("a damaged part leaves its feed as it was, and is named; the others are taken")
    {
        for (size_t at = 0; at < place.parts[i].len; at += 1 + place.parts[i].len / 50) {
            place.parts[i].at[at] = (char)(place.parts[i].at[at] ^ 0x10);
            CHECK_OK(take(b, &place, &taken), &e);
            CHECK(taken.damaged_count == 1 && str_eq(taken.damaged[0], STR("debian")));
            CHECK(strstr(taken.why.text, "'debian'") != NULL && taken.why.kind != ERROR_NONE);
            CHECK_NUM(taken.feeds, at == 0);
            CHECK_STR(head(b, "debian"), old);
            CHECK_STR(head(b, "alpine"), head(a, "alpine"));
            place.parts[i].at[at] = (char)(place.parts[i].at[at] ^ 0x10);
        }
        for (size_t cut = 0; cut < 40; cut++) {
            size_t whole = place.parts[i].len;
            place.parts[i].len = whole * cut / 40;
            CHECK_OK(take(b, &place, &taken), &e);
            CHECK_NUM(taken.damaged_count, 1);
            CHECK_STR(head(b, "debian"), old);
            place.parts[i].len = whole;
        }
        CHECK(readable(b));
    }
    CHECK_CASE("another feed's part, whole as it is, is no part of this one")
    {
        size_t k = memory_find(&place, STR("alpine"));
        char *at = place.parts[i].at;
        size_t len = place.parts[i].len;
        place.parts[i].at = place.parts[k].at;
        place.parts[i].len = place.parts[k].len;
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK(taken.damaged_count == 1 &&
              (taken.why.kind == ERROR_DIGEST || taken.why.kind == ERROR_FORMAT));
        place.parts[i].at = at;
        place.parts[i].len = len;
    }
    CHECK_CASE("a part that is gone is the same; and whoever has the data gives it anew")
    {
        place.parts[i].content.bytes[3] ^= 1;
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK(taken.damaged_count == 1 && taken.why.kind == ERROR_ABSENT);
        CHECK_OK(give(a, &place, &feeds, &changed), &e);
        CHECK_NUM(feeds, 1);
        CHECK_OK(take(b, &place, &taken), &e);
        CHECK(taken.damaged_count == 0 && taken.feeds == 1);
        CHECK_STR(head(b, "debian"), head(a, "debian"));
    }
    CHECK_CASE("a damaged index is an error, and changes nothing")
    {
        struct store *c = folder("c");
        size_t k = memory_find(&place, STR(PART_INDEX_NAME));
        for (size_t at = 0; at < place.parts[k].len; at++) {
            place.parts[k].at[at] = (char)(place.parts[k].at[at] ^ 0x44);
            CHECK(!take(c, &place, &taken) && strstr(e.text, "index of parts") != NULL);
            place.parts[k].at[at] = (char)(place.parts[k].at[at] ^ 0x44);
            CHECK(e.kind == ERROR_FORMAT || e.kind == ERROR_DIGEST || e.kind == ERROR_LIMIT);
        }
        CHECK_NUM(generation(c).len, 0);
        digest good = index_of(&place);
        place.parts[k].at[place.parts[k].len / 2] ^= 1;
        CHECK_OK(give(a, &place, &feeds, &changed), &e);
        CHECK_NUM(feeds, 2); /* who cannot read it puts all anew: sizes stand in it alone */
        CHECK(digest_eq(index_of(&place), good));
        store_close(c);
    }
    CHECK_CASE("what the folder's own file has lost does not travel")
    {
        const char *path = test_path("a/advisories/alpine-1.db");
        str bytes = check_file(path);
        char *bad = malloc(bytes.len);
        memcpy(bad, bytes.at, bytes.len);
        bad[bytes.len / 2] ^= 1;
        test_file_write(path, (str){.at = bad, .len = bytes.len});
        place_init(&place);
        CHECK(!give(a, &place, &feeds, &changed) && strstr(e.text, "'alpine'") != NULL);
        test_file_write(path, bytes);
        free(bad);
    }
    CHECK_CASE("a folder that cannot be written is an error that names it, unless all is there")
    {
        struct store *c = folder("c");
        CHECK_OK(give(a, &place, &feeds, &changed), &e);
        test_file_write(test_path("c/advisories"), STR("no folder"));
        CHECK_FAILS(take(c, &place, &taken), &e, ERROR_IO, "c/advisories");
        store_close(c);
    }
    store_close(a);
    store_close(b);
}

/* -- what is refused -------------------------------------------------------------------------- */

static void refused(void)
{
    struct parts_taken taken;
    size_t feeds = 0;
    bool changed = false;
    test_dir_make_fast();
    place_init(&place);
    rows = 3;
    struct store *a = folder("a");
    CHECK(feed(a, "alpine", 1, 1700000000, "1") && feed(a, "debian", 2, 1700000000, "2"));
    CHECK_CASE("each refused allocation is told, and leaves no half")
    {
        int n = 0;
        for (;; n += 1 + n / 100) {
            place_init(&place);
            fail_alloc_at(n);
            bool done = give(a, &place, &feeds, &changed);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK(!done && e.kind == ERROR_MEMORY);
        }
        printf("# give: about %d allocations\n", n);
        struct store *b = folder("b");
        for (n = 0;; n += 1 + n / 100) {
            fail_alloc_at(n);
            bool done = take(b, &place, &taken);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(done, &e);
                break;
            }
            CHECK(!done && e.kind == ERROR_MEMORY);
            CHECK_NUM(generation(b).len, 0);
        }
        printf("# take: about %d allocations\n", n);
        CHECK_STR(generation(b), generation(a));
        store_close(b);
    }
    store_close(a);
    place_init(&place);
}

int main(void)
{
    arena_init(&arena, 1 << 26, "a test");
    sharing();
    damage();
    refused();
    arena_done(&arena);
    return check_done();
}
