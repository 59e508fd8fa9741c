/* Archives made by Python's zipfile (fuzz/corpus/zip), whole and damaged. */
#include "format/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"

static const struct {
    const char *says, *file, *list;
} archives[] = {
    {"deflated entries", "deflated", "a/hello.txt:300:h empty:0: b:1:x "},
    {"stored ones, a folder and a comment", "stored", "hello.txt:300:h d/:0: "},
    {"an archive of nothing", "nothing", ""},
    {"zip64 sizes", "zip64", "big:300:h b:1:x "},
    {"sizes behind the data", "streamed", "a:300:h b:1:x "},
    {"the same without signatures", "streamed-bare", "a:300:h b:1:x "},
    {"an entry packed another way is skipped", "bzip2", "packed:? b:1:x "},
    {"more than a window of one byte", "zeros", "zeros:300000: b:1:x "},
};

static str archive(const char *name)
{
    char path[4096];
    const char *source = getenv("LIMPID_SOURCE");
    snprintf(path, sizeof(path), "%s/fuzz/corpus/zip/%s", source != NULL ? source : ".", name);
    return check_file(path);
}

static bool list_entry(struct zip *z, const struct zip_entry *entry, struct buf *to,
                       struct error *e)
{
    if (!buf_printf(to, e, STR_FMT ":", STR_ARG(entry->name))) {
        return false;
    }
    if (entry->encrypted || (entry->method != 0 && entry->method != 8)) {
        return buf_printf(to, e, "? ");
    }
    uint64_t bytes = 0;
    char first = 0;
    enum step step = reader_need(zip_body(z), 1, e);
    if (step == STEP_GOT) {
        first = (char)zip_body(z)->at[0];
    }
    if (step == STEP_FAILED || !reader_drain(zip_body(z), &bytes, e)) {
        return false;
    }
    return buf_printf(to, e, "%llu:%.*s ", (unsigned long long)bytes, first != 0, &first);
}

/* "NAME:BYTES:FIRST " for each entry; with `read` false, names alone. */
static bool list(str bytes, bool read, struct buf *to, struct error *e)
{
    struct memory_reader from;
    memory_reader_init(&from, bytes);
    struct arena arena;
    arena_init(&arena, 1 << 20, "an archive");
    struct zip z;
    struct zip_entry entry;
    enum step step = zip_open(&z, &from.base, &arena, e) ? STEP_GOT : STEP_FAILED;
    while (step == STEP_GOT && (step = zip_next(&z, &entry, e)) == STEP_GOT) {
        bool told = read ? list_entry(&z, &entry, to, e)
                         : buf_printf(to, e, STR_FMT " ", STR_ARG(entry.name));
        step = told ? STEP_GOT : STEP_FAILED;
    }
    zip_close(&z);
    arena_done(&arena);
    return step == STEP_END;
}

static void test_whole(void)
{
    struct error e;
    struct buf got;
    buf_init(&got, 1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(archives); i++) {
        CHECK_CASE("%s", archives[i].says)
        {
            str bytes = archive(archives[i].file);
            CHECK(bytes.len > 0);
            got.len = 0;
            CHECK_OK(list(bytes, true, &got, &e), &e);
            CHECK_STR(buf_str(&got), str_from(archives[i].list));
            free((void *)(uintptr_t)bytes.at);
        }
    }
    CHECK_CASE("bodies that nobody reads are skipped")
    {
        static const char *const files[] = {"deflated", "streamed", "bzip2", "zip64"};
        for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
            str bytes = archive(files[i]);
            got.len = 0;
            CHECK_OK(list(bytes, false, &got, &e), &e);
            CHECK(str_ends(buf_str(&got), STR(" b ")));
            free((void *)(uintptr_t)bytes.at);
        }
    }
    buf_done(&got);
}

static void test_damaged(void)
{
    struct error e;
    struct buf got;
    buf_init(&got, 1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(archives); i++) {
        CHECK_CASE("%s: every cut is refused", archives[i].says)
        {
            str bytes = archive(archives[i].file);
            for (size_t len = 0; len < bytes.len; len++) {
                got.len = 0;
                CHECK_FAILS(list(str_slice(bytes, 0, len), true, &got, &e), &e, ERROR_FORMAT, "");
            }
            free((void *)(uintptr_t)bytes.at);
        }
        CHECK_CASE("%s: a changed byte is refused, or changes no content", archives[i].says)
        {
            str bytes = archive(archives[i].file);
            char *at = (char *)(uintptr_t)bytes.at;
            for (size_t k = 0; k < bytes.len; k++) {
                at[k] = (char)(at[k] ^ 1);
                got.len = 0;
                if (list(bytes, true, &got, &e)) {
                    CHECK_STR(buf_str(&got), str_from(archives[i].list));
                } else {
                    CHECK(e.kind == ERROR_FORMAT);
                }
                at[k] = (char)(at[k] ^ 1);
            }
            free((void *)(uintptr_t)bytes.at);
        }
    }
    buf_done(&got);
}

/* What a person would change by hand, in "deflated": its first local header has 41 bytes with the
 * name, and its directory follows the last entry. */
static const struct {
    const char *says, *part;
    size_t at;
    uint8_t value;
    bool from_directory;
} changes[] = {
    {"an encrypted entry", "encrypted", 6, 1, false},
    {"a method that is not known", "method 99", 8, 99, false},
    {"a wrong CRC", "has CRC-32", 14, 0, false},
    {"a wrong size", "instead of", 22, 0, false},
    {"a packed size that is too small", "does not end", 18, 3, false},
    {"a directory that names another size", "does not describe", 24, 1, true},
    {"a directory that names another place", "does not describe", 42, 1, true},
};

static void test_changes(void)
{
    struct error e;
    struct buf got;
    buf_init(&got, 1 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(changes); i++) {
        CHECK_CASE("%s is refused", changes[i].says)
        {
            str bytes = archive("deflated");
            size_t start = changes[i].from_directory ? str_find(bytes, STR("PK\1\2")) : 0;
            ((char *)(uintptr_t)bytes.at)[start + changes[i].at] = (char)changes[i].value;
            bool skipped = strstr(changes[i].part, "crypt") || strstr(changes[i].part, "method");
            if (skipped) { /* as the body is read; it may be skipped */
                struct memory_reader from;
                memory_reader_init(&from, bytes);
                struct arena arena;
                arena_init(&arena, 1 << 20, "an archive");
                struct zip z;
                struct zip_entry entry;
                CHECK_OK(zip_open(&z, &from.base, &arena, &e), &e);
                CHECK(zip_next(&z, &entry, &e) == STEP_GOT);
                CHECK_FAILS(reader_drain(zip_body(&z), NULL, &e), &e, ERROR_FORMAT,
                            changes[i].part);
                zip_close(&z);
                arena_done(&arena);
            } else {
                got.len = 0;
                CHECK_FAILS(list(bytes, true, &got, &e), &e, ERROR_FORMAT, changes[i].part);
            }
            free((void *)(uintptr_t)bytes.at);
        }
    }
    CHECK_CASE("an entry that the directory hides is refused, and one it makes up")
    {
        str bytes = archive("deflated");
        size_t directory = str_find(bytes, STR("PK\1\2"));
        size_t second =
            directory + 4 + str_find(str_slice(bytes, directory + 4, bytes.len), STR("PK\1\2"));
        struct buf other;
        buf_init(&other, 1 << 20);
        CHECK_OK(buf_add_str(&other, str_slice(bytes, 0, directory), &e), &e);
        CHECK_OK(buf_add_str(&other, str_slice(bytes, second, bytes.len), &e), &e);
        size_t end = str_find(buf_str(&other), STR("PK\5\6"));
        other.at[end + 8] = other.at[end + 10] = 2; /* and says so itself */
        got.len = 0;
        CHECK_FAILS(list(buf_str(&other), true, &got, &e), &e, ERROR_FORMAT, "(2 entries)");
        buf_done(&other);
        free((void *)(uintptr_t)bytes.at);
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        str bytes = archive("deflated");
        for (int n = 0;; n++) {
            got.len = 0;
            fail_alloc_at(n);
            bool ok = list(bytes, false, &got, &e);
            fail_alloc_at(-1);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
        free((void *)(uintptr_t)bytes.at);
    }
    buf_done(&got);
}

int main(void)
{
    test_whole();
    test_damaged();
    test_changes();
    return check_done();
}
