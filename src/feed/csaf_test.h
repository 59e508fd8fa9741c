/* csaf_test.h: for the tests of the CSAF readers: a sink that writes rows as lines, documents put
 * together from a few words, tar archives of them. In test texts ' stands for ". */
#ifndef LIMPID_FEED_CSAF_TEST_H
#define LIMPID_FEED_CSAF_TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "feed/feed.h"
#include "stream/reader.h"

/* "ID(IDS) NAMESPACE PRODUCT NAME [src] [ARCH] [@MODULE] STATE [FIXED] [SEVERITY] ['WORD']" */
struct row_lines {
    struct advisory_sink base;
    struct buf rows, notes;
    struct advisory last; /* numbers only: its text is gone */
    struct buf last_cvss, last_description, last_url;
    size_t puts;
    int fails_after; /* puts and notes until one fails; -1: none does */
};

static inline bool row_lines_refuse(struct row_lines *l, struct error *e)
{
    return l->fails_after >= 0 && l->fails_after-- == 0 &&
           !error_set(e, ERROR_FORMAT, "the sink is full");
}

static inline bool row_line(struct row_lines *l, const struct advisory *a, const struct affected *r,
                            struct error *e)
{
    bool done = buf_printf(&l->rows, e, STR_FMT "(", STR_ARG(a->id));
    for (size_t i = 0; done && i < a->ids_count; i++) {
        done = buf_printf(&l->rows, e, "%s" STR_FMT, i > 0 ? " " : "", STR_ARG(a->ids[i]));
    }
    done = done && buf_printf(&l->rows, e, ") " STR_FMT " ", STR_ARG(r->namespace_));
    if (done && r->product.len > 0) {
        done = buf_printf(&l->rows, e, STR_FMT " ", STR_ARG(r->product));
    }
    return done &&
           buf_printf(&l->rows, e, STR_FMT "%s%s" STR_FMT "%s" STR_FMT " %s%s" STR_FMT "%s%s",
                      STR_ARG(r->package), r->scope == SCOPE_SOURCE ? " src" : "",
                      r->arch.len > 0 ? " " : "", STR_ARG(r->arch), r->module.len > 0 ? " @" : "",
                      STR_ARG(r->module), fix_state_name(r->state), r->fixed.len > 0 ? " " : "",
                      STR_ARG(r->fixed), r->severity != SEVERITY_UNKNOWN ? " " : "",
                      r->severity != SEVERITY_UNKNOWN ? severity_name(r->severity) : "") &&
           (r->word.len == 0 || buf_printf(&l->rows, e, " '" STR_FMT "'", STR_ARG(r->word))) &&
           buf_add_char(&l->rows, '\n', e);
}

static inline bool row_lines_keep(struct buf *to, str text, struct error *e)
{
    to->len = 0;
    return buf_add_str(to, text, e);
}

static inline bool row_lines_put(struct advisory_sink *self, const struct advisory *a,
                                 struct error *e)
{
    struct row_lines *l = CONTAINER_OF(self, struct row_lines, base);
    if (row_lines_refuse(l, e)) {
        return false;
    }
    l->puts++;
    l->last = *a;
    for (size_t i = 0; i < a->affected_count; i++) {
        if (!row_line(l, a, &a->affected[i], e)) {
            return false;
        }
    }
    return row_lines_keep(&l->last_cvss, a->cvss, e) &&
           row_lines_keep(&l->last_description, a->description, e) &&
           row_lines_keep(&l->last_url, a->url, e);
}

static inline bool row_lines_note(struct advisory_sink *self, str document, str text,
                                  struct error *e)
{
    struct row_lines *l = CONTAINER_OF(self, struct row_lines, base);
    (void)document;
    return !row_lines_refuse(l, e) && buf_printf(&l->notes, e, "%.*s\n", (int)text.len, text.at);
}

static inline void row_lines_init(struct row_lines *l)
{
    *l = (struct row_lines){.base = {.put = row_lines_put, .note = row_lines_note},
                            .fails_after = -1};
    struct buf *all[] = {&l->rows, &l->notes, &l->last_cvss, &l->last_description, &l->last_url};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        buf_init(all[i], 64 << 20);
    }
}

static inline void row_lines_done(struct row_lines *l)
{
    struct buf *all[] = {&l->rows, &l->notes, &l->last_cvss, &l->last_description, &l->last_url};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        buf_done(all[i]);
    }
}

/* -- documents ------------------------------------------------------------------------------ */

/* Adds text with ' made to ". Test texts are short: a failure to add them is a failed test. */
static inline void quoted(struct buf *to, const char *text)
{
    struct error e;
    size_t from = to->len;
    CHECK_OK(buf_add_str(to, str_from(text), &e), &e);
    for (size_t i = from; i < to->len; i++) {
        to->at[i] = to->at[i] == '\'' ? '"' : to->at[i];
    }
}

static inline void quoted_printf(struct buf *to, const char *fmt, ...) PRINTF(2, 3);
static inline void quoted_printf(struct buf *to, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    quoted(to, text);
}

/* Products that components belong to: "ID CPE". */
static const char *const streams[][2] = {
    {"App9", "cpe:/a:redhat:enterprise_linux:9::appstream"},
    {"App9.2", "cpe:/a:redhat:enterprise_linux:9::appstream"},
    {"Eus9", "cpe:/a:redhat:rhel_eus:9.2::appstream"},
    {"rhel_8", "cpe:/o:redhat:enterprise_linux:8"},
    {"Ocp", "cpe:/a:redhat:openshift:4.14::el9"},
    {"ocp_4", "cpe:/a:redhat:openshift:4"},
    {"sles", "cpe:/o:suse:sles:15:sp5"},
};

static inline void add_branch(struct buf *to, const char *id, const char *key, const char *value)
{
    quoted_printf(to,
                  "{'category':'product_version','name':'%s','product':{'name':'%s',"
                  "'product_id':'%s'",
                  id, id, id);
    if (value[0] != '\0') {
        quoted_printf(to, ",'product_identification_helper':{'%s':'%s'}", key, value);
    }
    quoted(to, "}}");
}

/* `components`: lines "STREAM ID [PURL]". */
static inline void add_tree(struct buf *to, const char *components)
{
    quoted(to, "'product_tree':{'branches':[{'branches':[");
    for (size_t i = 0; i < ARRAY_COUNT(streams); i++) {
        add_branch(to, streams[i][0], "cpe", streams[i][1]);
        quoted(to, ",");
    }
    struct buf relations;
    buf_init(&relations, 1 << 20);
    str rest = str_from(components), line;
    bool first = true;
    while (str_line(&rest, &line)) {
        char stream[64] = "", id[256] = "", purl[512] = "";
        str word;
        char *words[] = {stream, id, purl};
        for (size_t i = 0; i < 3 && str_word(&line, &word); i++) {
            snprintf(words[i], i == 0 ? sizeof(stream) : sizeof(id), "%.*s", (int)word.len,
                     word.at);
        }
        quoted(to, first ? "" : ",");
        quoted(&relations, first ? "" : ",");
        add_branch(to, id, "purl", purl);
        quoted_printf(&relations,
                      "{'category':'default_component_of','full_product_name':{'name':'x',"
                      "'product_id':'%s:%s'},'product_reference':'%s',"
                      "'relates_to_product_reference':'%s'}",
                      stream, id, id, stream);
        first = false;
    }
    quoted(to, first ? "{}" : "");
    quoted(to, "],'category':'vendor','name':'X'}],'relationships':[");
    struct error e;
    CHECK_OK(buf_add_str(to, buf_str(&relations), &e), &e);
    buf_done(&relations);
    quoted(to, "]}");
}

/* A whole document about `id`; `vulnerabilities` are the elements of that list. */
static inline void add_document(struct buf *to, const char *id, const char *components,
                                const char *vulnerabilities)
{
    quoted_printf(to,
                  "{'document':{'category':'csaf_vex','title':'A title','aggregate_severity':"
                  "{'text':'Important'},'tracking':{'id':'%s','initial_release_date':"
                  "'2024-01-02T03:04:05+00:00','current_release_date':'2024-02-03T04:05:06Z'}},",
                  id);
    add_tree(to, components);
    quoted(to, ",'vulnerabilities':[");
    quoted(to, vulnerabilities);
    quoted(to, "]}");
}

/* -- archives ------------------------------------------------------------------------------- */

/* One file of a ustar archive. */
static inline void add_file(struct buf *to, const char *name, str content)
{
    struct error e;
    char header[512] = {0}, zeros[512] = {0};
    unsigned sum = 0;
    snprintf(header, 100, "%s", name);
    memcpy(header + 100, "0000644", 7);
    memcpy(header + 108, "0000000", 7);
    memcpy(header + 116, "0000000", 7);
    snprintf(header + 124, 12, "%011zo", content.len);
    memcpy(header + 136, "00000000000", 11);
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof(header); i++) {
        sum += (unsigned char)header[i];
    }
    snprintf(header + 148, 8, "%06o", sum);
    CHECK_OK(buf_add(to, header, sizeof(header), &e), &e);
    CHECK_OK(buf_add_str(to, content, &e), &e);
    CHECK_OK(buf_add(to, zeros, (512 - content.len % 512) % 512, &e), &e);
}

static inline void end_archive(struct buf *to)
{
    struct error e;
    char zeros[1024] = {0};
    CHECK_OK(buf_add(to, zeros, sizeof(zeros), &e), &e);
}

typedef bool read_function(const struct feed_document *document, struct reader *body,
                           struct arena *arena, struct advisory_sink *out, struct error *e);

static inline bool read_by(read_function *read, const char *path, str text, struct row_lines *l,
                           struct error *e)
{
    struct arena arena;
    struct memory_reader body;
    struct feed_document document = {.path = str_from(path)};
    arena_init(&arena, 64 << 20, "a document");
    memory_reader_init(&body, text);
    bool done = read(&document, &body.base, &arena, &l->base, e);
    arena_done(&arena);
    return done;
}

/* That the document gives these rows and, unless NULL, these notes. */
static inline void check_rows(read_function *read, const char *path, const struct buf *text,
                              const char *rows, const char *notes)
{
    struct row_lines l;
    struct error e = {.kind = ERROR_NONE};
    row_lines_init(&l);
    CHECK_OK(read_by(read, path, buf_str(text), &l, &e), &e);
    CHECK_STR(buf_str(&l.rows), str_from(rows));
    if (notes != NULL) {
        CHECK_STR(buf_str(&l.notes), str_from(notes));
    }
    row_lines_done(&l);
}

#endif
