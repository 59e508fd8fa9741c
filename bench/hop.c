/* hop.c: the limit for an uncompressed archive: from tar header to tar header by pread, looking at
 * nothing but the size. Archives in the archive are not entered; `docker save` is a tar of tars, so
 * a name ending in "layer.tar" (or any name, with -a) is hopped through as well. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 512 };

static uint64_t size_of(const unsigned char *header)
{
    uint64_t size = 0;
    if ((header[124] & 0x80) != 0) { /* base-256 */
        for (int i = 125; i < 136; i++) {
            size = size << 8 | header[i];
        }
        return size;
    }
    for (int i = 124; i < 136 && header[i] >= '0' && header[i] <= '7'; i++) {
        size = size * 8 + (uint64_t)(header[i] - '0');
    }
    return size;
}

static uint64_t hop(int fd, uint64_t at, uint64_t end, int inner)
{
    unsigned char header[BLOCK];
    uint64_t entries = 0;
    while (at + BLOCK <= end && pread(fd, header, BLOCK, (off_t)at) == BLOCK && header[0] != 0) {
        uint64_t size = size_of(header);
        size_t len = strnlen((const char *)header, 100);
        entries++;
        if (inner && len > 9 && memcmp(header + len - 9, "layer.tar", 9) == 0) {
            entries += hop(fd, at + BLOCK, at + BLOCK + size, 0);
        }
        at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
    return entries;
}

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        fprintf(stderr, "usage: hop ARCHIVE\n");
        return 2;
    }
    off_t end = lseek(fd, 0, SEEK_END);
    printf("%llu entries\n", (unsigned long long)hop(fd, 0, (uint64_t)end, 1));
    return 0;
}
