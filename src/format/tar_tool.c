/* tar_tool.c: lists archives for tar_tools_test.py, which compares with what other tools see.
 * A line an entry: type, size, mode in octal, time, path and target in hex ("-" where empty), the
 * SHA-256 of the content; then "end", or "failed: REASON". */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "format/tar.h"
#include "stream/file.h"
#include "stream/hash.h"

static void print_hex(const char *at, size_t len)
{
    printf(" ");
    for (size_t i = 0; i < len; i++) {
        printf("%02x", (unsigned char)at[i]);
    }
    printf("%s", len == 0 ? "-" : "");
}

static bool print_entry(struct tar *t, const struct tar_entry *entry, struct error *e)
{
    printf("%c %llu %o %lld", "fhlcbdpo"[entry->type], (unsigned long long)entry -> size_bytes,
           entry -> mode, (long long)entry -> mtime_s);
    print_hex(entry->path.at, entry->path.len);
    print_hex(entry->link.at, entry->link.len);
    struct hash_reader hash;
    digest content;
    hash_reader_init(&hash, tar_body(t), DIGEST_SHA256, NULL);
    if (!hash_reader_digest(&hash, &content, e)) {
        printf("\n");
        return false;
    }
    print_hex((const char *)content.bytes, digest_size(content.algorithm));
    printf("\n");
    return true;
}

static bool list(const char *path, struct arena *arena, struct error *e)
{
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_set(e, ERROR_IO, "cannot open '%s'", path);
    }
    struct file_reader file;
    struct tar t;
    struct tar_entry entry;
    enum step got = STEP_FAILED;
    if (!file_reader_open(&file, fd, 0, UINT64_MAX, e)) {
        return false;
    }
    if (tar_open(&t, &file.base, arena, e)) {
        while ((got = tar_next(&t, &entry, e)) == STEP_GOT) {
            if (!print_entry(&t, &entry, e)) {
                got = STEP_FAILED;
                break;
            }
        }
    }
    reader_close(&file.base);
    return got == STEP_END;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct arena arena;
        struct error e = {0};
        arena_init(&arena, 64 * 1024 * 1024, "an archive");
        if (list(argv[i], &arena, &e)) {
            printf("end\n");
        } else {
            printf("failed: %s: %s\n", error_kind_name(e.kind), e.text);
        }
        arena_done(&arena);
    }
    return 0;
}
