/* tokenise.c: what it takes to split a file into JSON or XML tokens and do nothing with them: the
 * limit of a feed's reader. The file may hold several JSON values.
 *
 *     tokenise json|xml FILE REPEAT
 *
 * Prints the best of REPEAT runs in nanoseconds. The file is read before the clock starts. */
#include <expat.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

enum { CHUNK_BYTES = 64 * 1024 };

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int json(const unsigned char *at, size_t len)
{
    yajl_handle parser = yajl_alloc(NULL, NULL, NULL);
    yajl_config(parser, yajl_allow_multiple_values, 1);
    yajl_status status = yajl_status_ok;
    for (size_t i = 0; i < len && status == yajl_status_ok; i += CHUNK_BYTES) {
        status = yajl_parse(parser, at + i, len - i < CHUNK_BYTES ? len - i : CHUNK_BYTES);
    }
    if (status == yajl_status_ok) {
        status = yajl_complete_parse(parser);
    }
    yajl_free(parser);
    return status == yajl_status_ok;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
    (void)arg, (void)name, (void)attributes;
}

static void on_end(void *arg, const char *name)
{
    (void)arg, (void)name;
}

static void on_text(void *arg, const char *at, int len)
{
    (void)arg, (void)at, (void)len;
}

static int xml(const unsigned char *at, size_t len)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    enum XML_Status status = XML_STATUS_OK;
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    for (size_t i = 0; i < len && status == XML_STATUS_OK; i += CHUNK_BYTES) {
        size_t part = len - i < CHUNK_BYTES ? len - i : CHUNK_BYTES;
        status = XML_Parse(parser, (const char *)at + i, (int)part, i + part == len);
    }
    XML_ParserFree(parser);
    return status == XML_STATUS_OK;
}

int main(int argc, char **argv)
{
    struct stat st;
    uint64_t best = UINT64_MAX;
    int fd = argc == 4 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) {
        fputs("usage: tokenise json|xml FILE REPEAT\n", stderr);
        return 2;
    }
    size_t len = (size_t)st.st_size;
    unsigned char *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED) {
        perror(argv[2]);
        return 1;
    }
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
        uint64_t start = now_ns();
        if (!(strcmp(argv[1], "json") == 0 ? json(at, len) : xml(at, len))) {
            fprintf(stderr, "%s: not %s\n", argv[2], argv[1]);
            return 1;
        }
        uint64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    printf("%llu\n", (unsigned long long)best);
    return 0;
}
