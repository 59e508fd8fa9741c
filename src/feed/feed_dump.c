/* feed_dump.c: a tool of the tests: reads one document by a feed's reader and prints every row as
 * tab-separated text, for comparison with what rows_test.py reads from the same document.
 *     feed_dump FEED DOCUMENT FILE     rows on stdout, notes on stderr
 *     feed_dump -q FEED DOCUMENT FILE  counts and time only
 *     feed_dump -j FEED DOCUMENT FILE  one JSON object an advisory (rows.py reads them) */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "feed/feed.h"
#include "feed/redhat_oval.h"
#include "feed/ubuntu_oval.h"
#include "stream/codec.h"
#include "stream/file.h"

struct printer {
    struct advisory_sink base;
    bool quiet, json;
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

/* -- JSON ----------------------------------------------------------------------------------- */

static void json_str(str s)
{
    putchar('"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c == '"' || c == '\\') {
            printf("\\%c", c);
        } else if (c < ' ') {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static void json_member(const char *name, str value)
{
    if (value.len > 0) {
        printf(", \"%s\": ", name);
        json_str(value);
    }
}

static void json_number(const char *name, int64_t value)
{
    if (value != 0) {
        printf(", \"%s\": %" PRId64, name, value);
    }
}

static void json_row(const struct affected *row)
{
    fputs("{\"namespace\": ", stdout);
    json_str(row->namespace_);
    json_member("product", row->product);
    json_member("package", row->package);
    json_member("scope", row->scope == SCOPE_SOURCE ? STR("source") : STR("binary"));
    json_member("arch", row->arch);
    json_member("module", row->module);
    json_member("state", str_from(fix_state_name(row->state)));
    json_member("introduced", row->introduced);
    json_member("fixed", row->fixed);
    json_member("last_affected", row->last_affected);
    json_member("word", row->word);
    if (row->severity != SEVERITY_UNKNOWN) {
        json_member("severity", str_from(severity_name(row->severity)));
    }
    putchar('}');
}

/* Members that are empty or 0 are left out. */
static void json_advisory(const struct advisory *a)
{
    fputs("{\"id\": ", stdout);
    json_str(a->id);
    fputs(", \"ids\": [", stdout);
    for (size_t i = 0; i < a->ids_count; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        json_str(a->ids[i]);
    }
    putchar(']');
    if (a->severity != SEVERITY_UNKNOWN) {
        json_member("severity", str_from(severity_name(a->severity)));
    }
    json_member("severity_source", a->severity_source);
    json_member("cvss", a->cvss);
    json_member("description", a->description);
    json_member("url", a->url);
    json_number("epss", a->exploitation.epss);
    json_number("epss_percentile", a->exploitation.epss_percentile);
    json_number("kev_added", a->exploitation.kev_added_s);
    json_number("kev_due", a->exploitation.kev_due_s);
    json_number("kev_ransomware", a->exploitation.kev_ransomware);
    json_number("published", a->published_s);
    json_number("modified", a->modified_s);
    json_number("withdrawn", a->withdrawn_s);
    fputs(", \"affected\": [", stdout);
    for (size_t i = 0; i < a->affected_count; i++) {
        fputs(i > 0 ? ",\n  " : "", stdout);
        json_row(&a->affected[i]);
    }
    fputs("]}\n", stdout);
}

static bool put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct printer *p = CONTAINER_OF(self, struct printer, base);
    (void)e;
    p->advisories++;
    p->rows += a->affected_count;
    if (p->json) {
        json_advisory(a);
        return true;
    }
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

/* Readers that are part of a feed with other documents, by names of their own. */
static bool read_ubuntu(const struct feed *self, const struct feed_document *document,
                        struct reader *body, struct arena *arena, struct advisory_sink *out,
                        struct error *e)
{
    (void)self;
    return ubuntu_oval_read(document, body, arena, out, e);
}

static bool read_redhat(const struct feed *self, const struct feed_document *document,
                        struct reader *body, struct arena *arena, struct advisory_sink *out,
                        struct error *e)
{
    (void)self;
    return redhat_oval_read(document, body, arena, out, e);
}

static const struct feed parts[] = {
    {.name = "ubuntu_oval", .claims = ubuntu_oval_claims, .read = read_ubuntu},
    {.name = "redhat_oval", .claims = redhat_oval_claims, .read = read_redhat},
};

static const struct feed *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return &parts[i];
        }
    }
    return feed_find(str_from(name));
}

int main(int argc, char **argv)
{
    struct printer p = {.base = {.put = put, .note = note}};
    p.quiet = argc > 1 && strcmp(argv[1], "-q") == 0;
    p.json = argc > 1 && strcmp(argv[1], "-j") == 0;
    argv += p.quiet || p.json;
    argc -= p.quiet || p.json;
    const struct feed *feed = argc == 4 ? find(argv[1]) : NULL;
    if (feed == NULL || !feed->claims(str_from(argv[2]))) {
        fputs("usage: feed_dump [-q|-j] FEED DOCUMENT FILE\n", stderr);
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
        printf(", %.6f s\n", (double)(clock_monotonic_ns() - start) / 1e9);
    }
    return 0;
}
