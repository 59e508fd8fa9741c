/* tsv: one package or finding a line, for scripts: sorted by bytes, no line twice, no header. */
#include <stdlib.h>

#include "base/attr.h"
#include "report/escape.h"
#include "report/print.h"
#include "report/reporter.h"

/* A million packages with long names; past it the report fails by name. */
enum { TSV_BYTES_MAX = 1024 * 1024 * 1024 };

static int line_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static bool add_separated(struct writer *to, str field, struct error *e)
{
    return writer_add(to, STR("\t"), e) && escape_field(to, field, e);
}

static bool add_package(struct writer *to, const struct package *p, struct error *e)
{
    return escape_field(to, ecosystem_name(p->ecosystem), e) && add_separated(to, p->name, e) &&
           add_separated(to, print_version(p->version), e);
}

static bool add_finding(struct writer *to, const struct finding *f, struct error *e)
{
    str severity = str_from(severity_name(f->severity));
    return add_package(to, &f->package->package, e) && add_separated(to, f->id, e) &&
           add_separated(to, f->fixed.len > 0 ? print_version(f->fixed) : STR("-"), e) &&
           add_separated(to, severity, e) && writer_add(to, STR("\n"), e);
}

/* Prints the lines of `text` in order, each once. */
static bool print_sorted(str text, struct arena *arena, struct writer *to, struct error *e)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.at[i] == '\n';
    }
    str *lines = ARENA_ARRAY(arena, count, str, e);
    if (lines == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        size_t end = str_find_char(text, '\n');
        lines[i] = str_slice(text, 0, end + 1);
        text = str_slice(text, end + 1, text.len);
    }
    qsort(lines, count, sizeof(*lines), line_order);
    for (size_t i = 0; i < count; i++) {
        if ((i == 0 || !str_eq(lines[i], lines[i - 1])) && !writer_add(to, lines[i], e)) {
            return false;
        }
    }
    return true;
}

static bool finish(struct writer *text, struct writer *to, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, TSV_BYTES_MAX, "the lines of a TSV report");
    return print_sorted(buf_str(&text->pending), &arena, to, e);
}

static bool tsv_scan(const struct scan *scan, const struct report_options *options UNUSED,
                     struct writer *to, struct error *e)
{
    CLEANUP(writer_done) struct writer text;
    writer_to_memory(&text, TSV_BYTES_MAX);
    for (size_t i = 0; i < scan->findings_count; i++) {
        if (!scan->findings[i].ignored && !add_finding(&text, &scan->findings[i], e)) {
            return false;
        }
    }
    return finish(&text, to, e);
}

static bool tsv_inventory(const struct inventory *inventory,
                          const struct report_options *options UNUSED, struct writer *to,
                          struct error *e)
{
    CLEANUP(writer_done) struct writer text;
    writer_to_memory(&text, TSV_BYTES_MAX);
    for (size_t i = 0; i < inventory->packages_count; i++) {
        if (!add_package(&text, &inventory->packages[i].package, e) ||
            !writer_add(&text, STR("\n"), e)) {
            return false;
        }
    }
    return finish(&text, to, e);
}

const struct reporter reporter_tsv = {
    .name = "tsv",
    .summary = "one package or finding a line, fields separated by tabs, for scripts",
    .scan = tsv_scan,
    .inventory = tsv_inventory,
};
