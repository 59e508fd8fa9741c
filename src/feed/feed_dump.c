/* feed_dump.c: a tool of the tests: reads one document by a feed's reader and prints every row as
 * tab-separated text, for comparison with what rows_test.py reads from the same document.
 *     feed_dump FEED DOCUMENT FILE     rows on stdout, notes on stderr
 *     feed_dump -q FEED DOCUMENT FILE  counts and time only */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "feed/feed.h"
#include "stream/codec.h"
#include "stream/file.h"

struct printer {
    struct advisory_sink base;
    bool quiet;
    uint64_t advisories, rows;
};

static void print_str(str s, char end)
{
    if (s.len > 0) {
        fwrite(s.at, 1, s.len, stdout);
    }
    putchar(end);
}

static void print_row(const struct advisory *a, const struct affected *row)
{
    print_str(a->id, '\t');
    for (size_t i = 0; i < a->ids_count; i++) {
        print_str(a->ids[i], i + 1 < a->ids_count ? ' ' : '\t');
    }
    if (a->ids_count == 0) {
        putchar('\t');
    }
    print_str(row->namespace_, '\t');
    print_str(row->package, '\t');
    fputs(row->scope == SCOPE_SOURCE ? "source\t" : "binary\t", stdout);
    print_str(row->module, '\t');
    printf("%s\t", fix_state_name(row->state));
    print_str(row->introduced, '\t');
    print_str(row->fixed, '\t');
    print_str(row->last_affected, '\t');
    print_str(row->word, '\t');
    printf("%s\t%s\t", severity_name(row->severity), severity_name(a->severity));
    print_str(a->severity_source, '\t');
    print_str(a->cvss, '\t');
    printf("%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", a->published_s, a->modified_s,
           a->withdrawn_s);
}

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct printer *p = CONTAINER_OF(self, struct printer, base);
    (void)e;
    p->advisories++;
    p->rows += a->affected_count;
    for (size_t i = 0; !p->quiet && i < a->affected_count; i++) {
        print_row(a, &a->affected[i]);
    }
    return true;
}

static bool note(struct advisory_sink *self, str document, str text, struct error *e)
{
    (void)self;
    (void)e;
    fprintf(stderr, "note: " STR_FMT ": " STR_FMT "\n", STR_ARG(document), STR_ARG(text));
    return true;
}

static bool dump(struct printer *p, const struct feed *feed, const char *document, const char *file,
                 struct error *e)
{
    CLEANUP(fd_close) int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct file_reader from = {.fd = -1};
    struct reader *body = NULL;
    struct arena arena;
    arena_init(&arena, 64 * 1024 * 1024, "a document");
    bool done =
        file_reader_open(&from, fd, 0, UINT64_MAX, e) && codec_open(&from.base, &body, NULL, e);
    struct feed_document what = {.path = str_from(document)};
    done = done && feed->read(feed, &what, body, &arena, &p->base, e);
    uint64_t bytes = body != NULL ? reader_offset(body) : 0;
    codec_close(body, &from.base);
    reader_close(&from.base);
    arena_done(&arena);
    if (p->quiet) {
        printf("%" PRIu64 " advisories, %" PRIu64 " rows, %" PRIu64 " bytes", p->advisories,
               p->rows, bytes);
    }
    return done;
}

int main(int argc, char **argv)
{
    struct printer p = {.base = {.put = put, .note = note}};
    p.quiet = argc > 1 && strcmp(argv[1], "-q") == 0;
    argv += p.quiet;
    argc -= p.quiet;
    const struct feed *feed = argc == 4 ? feed_find(str_from(argv[1])) : NULL;
    if (feed == NULL || !feed->claims(str_from(argv[2]))) {
        fputs("usage: feed_dump [-q] FEED DOCUMENT FILE\n", stderr);
        return 2;
    }
    struct error e;
    error_clear(&e);
    uint64_t start = clock_monotonic_ns();
    if (!dump(&p, feed, argv[2], argv[3], &e)) {
        fprintf(stderr, "%s (%s)\n", e.text, error_kind_name(e.kind));
        return 1;
    }
    if (p.quiet) {
        printf(", %.3f s\n", (double)(clock_monotonic_ns() - start) / 1e9);
    }
    return 0;
}
