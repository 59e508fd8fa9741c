#include "format/ndb.h"

#include "check.h"
#include "rpmdb_test.h"

enum { PACKAGES = 5, SLOT = 32, BLOB = 4096 };

static struct walked walk(str file, size_t calls_max, bool *opened, struct error *e)
{
    struct memory_reader memory;
    struct random r;
    struct ndb n;
    struct walked w = {.values = 0};
    memory_reader_init(&memory, file);
    *opened = random_open(&r, &memory.base, file.len, file.len, e) && ndb_open(&n, &r, e);
    if (*opened) {
        w = walk_blobs(&n.base, calls_max);
    }
    made_hold(!r.failed);
    random_close(&r);
    return w;
}

static void make_values(str *values)
{
    static const size_t bytes[PACKAGES] = {0, 5, 17, 3000, 200000};
    for (unsigned i = 0; i < PACKAGES; i++) {
        values[i] = header_numbered("bash", i, bytes[i]);
    }
}

static void test_whole(const str *values)
{
    struct error e;
    bool opened;
    CHECK_CASE("a database gives its blobs, whole and in order")
    {
        struct walked w = walk(ndb_made(values, PACKAGES), 100, &opened, &e);
        CHECK_OK(opened, &e);
        CHECK_NUM(w.values, PACKAGES);
        CHECK_NUM(w.failed, 0);
        CHECK(w.hash == hash_of(values, PACKAGES));
    }
    CHECK_CASE("a database of no package is empty")
    {
        struct walked w = walk(ndb_made(values, 0), 100, &opened, &e);
        CHECK_OK(opened, &e);
        CHECK_NUM(w.values + w.failed, 0);
    }
    CHECK_CASE("a slot that was freed is passed over")
    {
        str file = ndb_made(values, PACKAGES);
        memset((char *)(uintptr_t)file.at + SLOT + 16 + 4, 0, 12);
        struct walked w = walk(file, 100, &opened, &e);
        CHECK_NUM(w.values, PACKAGES - 1);
        CHECK_NUM(w.failed, 0);
    }
    CHECK_CASE("a wrong checksum is told, and the blob is given")
    {
        str file = ndb_made(values, 1);
        ((char *)(uintptr_t)file.at)[BLOB + 16 + 100] ^= 1;
        struct memory_reader memory;
        struct random r;
        struct ndb n;
        str piece;
        memory_reader_init(&memory, file);
        CHECK_OK(random_open(&r, &memory.base, file.len, file.len, &e) && ndb_open(&n, &r, &e), &e);
        CHECK_NUM(n.base.ops->next(&n.base, &e), STEP_GOT);
        CHECK_NUM(n.base.ops->piece(&n.base, &piece, &e), STEP_GOT);
        CHECK(!n.base.blob.checksum_wrong);
        CHECK_NUM(n.base.ops->piece(&n.base, &piece, &e), STEP_END);
        CHECK(n.base.blob.checksum_wrong);
        random_close(&r);
    }
}

/* HOSTILE inputs of kind 34: four bytes of the file become `value`. */
static const struct {
    const char *says;
    size_t at;
    uint32_t value;
    size_t values, failed;
    const char *text; /* of the first failure, or of opening where there are no values */
} spoils[] = {
    {"another version", 4, 1, 0, 0, "ndb version 1"},
    {"no slot pages", 12, 0, 0, 0, "no page of slots"},
    {"2^32-1 slot pages", 12, UINT32_MAX, 5, 1, "slots do not fit"},
    {"slot pages whose bytes wrap to 4,096", 12, 0x100001, 5, 1, "slots do not fit"},
    {"one slot page more than there is", 12, 2, 0, 17, "package 1 in"},
    {"a slot that is none", SLOT, 0, 4, 1, "slot 2 is damaged"},
    {"a package of number 0", SLOT + 4, 0, 4, 1, "package 0 in"},
    {"a slot of another package", SLOT + 4, 9, 4, 1, "no blob of it"},
    {"a blob among the slots", SLOT + 8, 4, 4, 1, "at byte 64"},
    {"a blob elsewhere", SLOT + 8, 257, 4, 1, "no blob of it"},
    {"a blob past the end", SLOT + 8, UINT32_MAX, 4, 1, "at byte 68719476720"},
    {"a blob of no blocks", SLOT + 12, 0, 4, 1, "in 0 bytes"},
    {"a blob of one block", SLOT + 12, 1, 4, 1, "in 16 bytes"},
    {"a blob of 2^32-1 blocks", SLOT + 12, UINT32_MAX, 4, 1, "in 68719476720 bytes"},
    {"a blob without its head", BLOB, 0, 4, 1, "no blob of it"},
    {"a blob of 2^32-16 bytes", BLOB + 12, UINT32_MAX - 15, 4, 1, "a blob of 4294967280 bytes"},
    {"a blob of no bytes", BLOB + 12, 0, 4, 1, "a blob of 0 bytes"},
};

static void test_spoiled(const str *values)
{
    struct error e;
    bool opened;
    for (size_t i = 0; i < ARRAY_COUNT(spoils); i++) {
        CHECK_CASE("spoiled: %s", spoils[i].says)
        {
            str file = ndb_made(values, PACKAGES);
            put_le32((uint8_t *)(uintptr_t)file.at + spoils[i].at, spoils[i].value);
            struct walked w = walk(file, 1000, &opened, &e);
            CHECK_NUM(w.values, spoils[i].values);
            CHECK(!w.gave_up);
            if (!opened) {
                CHECK_FAILS(opened, &e, ERROR_FORMAT, spoils[i].text);
            } else {
                CHECK(w.failed >= spoils[i].failed);
                CHECK_FAILS(false, &w.first, ERROR_FORMAT, spoils[i].text);
            }
        }
    }
    CHECK_CASE("a blob without its end is one failure")
    {
        str file = ndb_made(values, PACKAGES);
        ((char *)(uintptr_t)file.at)[file.len - 1] ^= 1;
        struct walked w = walk(file, 1000, &opened, &e);
        CHECK_NUM(w.values, PACKAGES - 1);
        CHECK_FAILS(w.failed != 1, &w.first, ERROR_FORMAT, "package 5: its blob has no sound end");
    }
    CHECK_CASE("a blob that 200 slots name is given 200 times")
    {
        str file = ndb_made(values, PACKAGES);
        char *at = (char *)(uintptr_t)file.at;
        for (size_t i = 0; i < 200; i++) {
            memcpy(at + SLOT + (i + 5) * 16, at + SLOT, 16);
        }
        struct walked w = walk(file, 1000, &opened, &e);
        CHECK_NUM(w.values, PACKAGES + 200);
    }
}

static void test_cut(const str *values)
{
    CHECK_CASE("every beginning of a file is an error or reported, and gives no other bytes")
    {
        struct error e;
        bool opened;
        str file = ndb_made(values, 4);
        for (size_t len = 0; len < file.len; len += len < 4000 ? 7 : 1) {
            str cut = made_copy(file, len);
            struct walked w = walk(cut, 1000, &opened, &e);
            made_free(cut);
            if (!(opened ? w.failed > 0 && w.values < 4 && !w.gave_up : e.kind == ERROR_FORMAT)) {
                CHECK_NUM(len, -1);
                break;
            }
        }
    }
}

int main(void)
{
    str values[PACKAGES];
    make_values(values);
    test_whole(values);
    test_spoiled(values);
    test_cut(values);
    return check_done();
}
