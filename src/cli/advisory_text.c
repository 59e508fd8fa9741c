#include "cli/advisory_text.h"

#include "base/clock.h"
#include "model/cvss.h"
#include "report/escape.h"
#include "report/explain.h"
#include "report/grid.h"

enum { LABEL_COLUMNS = 13, WRAP_COLUMNS = 100, WRAP_COLUMNS_LEAST = 40 };

static void label(struct print *p, const char *text)
{
    print_fmt(p, "  %-10s ", text);
}

static void line(struct print *p, const char *name, str value)
{
    if (value.len > 0) {
        label(p, name);
        print_name(p, value);
        print_text(p, "\n");
    }
}

static void date_line(struct print *p, const char *name, int64_t seconds)
{
    char text[CLOCK_TEXT_BYTES];
    if (seconds != 0) {
        line(p, name, str_slice(str_from(clock_text(seconds, text)), 0, sizeof("2026-11-24") - 1));
    }
}

/* Words, in lines of the terminal's width; without one, of a page's. */
static void paragraph(struct print *p, const char *name, str text)
{
    size_t width = p->width == 0                   ? WRAP_COLUMNS
                   : p->width < WRAP_COLUMNS_LEAST ? WRAP_COLUMNS_LEAST
                                                   : p->width;
    size_t column = LABEL_COLUMNS;
    str word;
    if (text.len == 0) {
        return;
    }
    label(p, name);
    for (bool first = true; str_word(&text, &word); first = false) {
        size_t columns = escape_columns(word);
        if (!first && column + 1 + columns > width) {
            print_text(p, "\n");
            print_blanks(p, LABEL_COLUMNS);
            column = LABEL_COLUMNS;
        } else if (!first) {
            print_text(p, " ");
            column++;
        }
        print_name(p, word);
        column += columns;
    }
    print_text(p, "\n");
}

static void put_severity(struct print *p, enum severity severity, str source)
{
    if (severity == SEVERITY_UNKNOWN) {
        return;
    }
    label(p, "severity");
    print_style(p, print_severity_sgr(severity));
    print_text(p, severity_name(severity));
    print_style(p, NULL);
    print_text(p, source.len > 0 ? ", by " : "");
    print_name(p, source);
    print_text(p, "\n");
}

static void put_cvss(struct print *p, str vector, str source)
{
    unsigned tenths;
    if (vector.len == 0) {
        return;
    }
    label(p, "CVSS");
    if (cvss_base_score(vector, &tenths)) {
        print_fmt(p, "%u.%u, ", tenths / 10, tenths % 10);
    }
    print_name(p, vector);
    print_text(p, source.len > 0 ? ", by " : "");
    print_name(p, source);
    print_text(p, "\n");
}

static void put_names(struct print *p, const struct advisory_report *r)
{
    if (r->aliases_count == 0) {
        return;
    }
    label(p, r->is_update ? "about" : "also");
    for (size_t i = 0; i < r->aliases_count; i++) {
        print_text(p, i == 0 ? "" : ", ");
        print_name(p, r->aliases[i]);
    }
    print_text(p, "\n");
}

/* The first description there is: of the feeds that speak of no package, else of any. */
static str description_of(const struct advisory_report *r)
{
    str found = r->vulnerability.description;
    for (size_t i = 0; i < r->publications_count && found.len == 0; i++) {
        found = r->publications[i].advisory.description;
    }
    return found;
}

static void put_head(struct print *p, const struct advisory_report *r)
{
    const struct vulnerability *v = &r->vulnerability;
    print_style(p, "1");
    print_name(p, r->id);
    print_style(p, NULL);
    print_text(p, v->rejected ? " (rejected by the CVE programme)\n" : "\n");
    put_names(p, r);
    paragraph(p, "what", description_of(r));
    put_severity(p, v->severity, v->cvss_source.len > 0 ? v->cvss_source : v->severity_source);
    put_cvss(p, v->cvss, v->cvss_source);
    explain_exploitation(p, &v->exploitation);
    date_line(p, "published", v->published_s);
    date_line(p, "modified", v->modified_s);
    line(p, "see", v->url);
}

/* -- rows ----------------------------------------------------------------------------------- */

enum { CELL_NAMESPACE, CELL_PACKAGE, CELL_STATE, CELL_VERSIONS, CELL_WORD, CELLS };

static MUST_USE bool versions_text(const struct affected *row, struct arena *arena, str *out,
                                   struct error *e)
{
    bool from = row->introduced.len > 0 && !str_eq(row->introduced, STR("0"));
    bool none = row->state == FIX_NOT_AFFECTED || str_eq(row->fixed, STR("0"));
    str end = row->fixed.len > 0 ? row->fixed : row->last_affected;
    if (none) {
        *out = STR("none");
        return true;
    }
    if (!from && end.len == 0) {
        *out = STR("all");
        return true;
    }
    return arena_printf(arena, out, e, "%s" STR_FMT "%s%s" STR_FMT, from ? ">= " : "",
                        STR_ARG(from ? row->introduced : STR_NONE), from && end.len > 0 ? ", " : "",
                        end.len == 0         ? ""
                        : row->fixed.len > 0 ? "< "
                                             : "<= ",
                        STR_ARG(end));
}

/* "openssl (source) of nodejs:18 on x86_64 in pro" */
static MUST_USE bool package_text(const struct affected *row, struct arena *arena, str *out,
                                  struct error *e)
{
    return arena_printf(arena, out, e, STR_FMT "%s%s" STR_FMT "%s" STR_FMT "%s" STR_FMT,
                        STR_ARG(row->package), row->scope == SCOPE_SOURCE ? " (source)" : "",
                        row->module.len > 0 ? " of " : "", STR_ARG(row->module),
                        row->arch.len > 0 ? " on " : "", STR_ARG(row->arch),
                        row->product.len > 0 ? " in " : "", STR_ARG(row->product));
}

static MUST_USE bool fill(const struct affected *row, struct arena *arena, str cells[CELLS],
                          struct error *e)
{
    cells[CELL_NAMESPACE] = row->namespace_;
    /* a publisher can know the last affected version and not the one that fixes it */
    bool unfixed = row->state == FIX_AVAILABLE && row->fixed.len == 0;
    cells[CELL_STATE] = str_from(explain_state(unfixed ? FIX_NONE_YET : row->state));
    cells[CELL_WORD] = row->word;
    return package_text(row, arena, &cells[CELL_PACKAGE], e) &&
           versions_text(row, arena, &cells[CELL_VERSIONS], e);
}

static MUST_USE bool put_rows(struct print *p, const struct advisory *a, struct arena *arena)
{
    struct grid g = {
        .count = CELLS,
        .indent = 2,
        .columns = {[CELL_NAMESPACE] = {.title = "IN", .least = SIZE_MAX},
                    [CELL_PACKAGE] = {.title = "PACKAGE", .least = 16},
                    [CELL_STATE] = {.title = "STATE", .least = SIZE_MAX},
                    [CELL_VERSIONS] = {.title = "AFFECTED", .least = 12},
                    [CELL_WORD] = {.title = "", .least = 8, .most = 60}},
    };
    str(*cells)[CELLS] = arena_alloc(arena, a->affected_count, sizeof(*cells), 16, p->e);
    if (cells == NULL) {
        return false;
    }
    for (size_t i = 0; i < a->affected_count; i++) {
        if (!fill(&a->affected[i], arena, cells[i], p->e)) {
            return false;
        }
        grid_measure(&g, cells[i]);
    }
    grid_fit(&g, p->width);
    grid_header(&g, p);
    for (size_t i = 0; i < a->affected_count && p->ok; i++) {
        bool same = i > 0 && str_eq(cells[i][CELL_NAMESPACE], cells[i - 1][CELL_NAMESPACE]);
        str shown[CELLS];
        for (size_t k = 0; k < CELLS; k++) {
            shown[k] = cells[i][k];
        }
        if (same) {
            shown[CELL_NAMESPACE] = STR_NONE; /* rows of one namespace stand under it */
        }
        grid_row(&g, p, shown, NULL);
    }
    return p->ok;
}

static MUST_USE bool put_publication(struct print *p, const struct advisory_report *r,
                                     const struct publication *of, struct arena *arena)
{
    const struct advisory *a = &of->advisory;
    print_text(p, "\n");
    print_style(p, "1");
    print_name(p, a->id);
    print_style(p, NULL);
    print_text(p, " (feed ");
    print_name(p, of->feed);
    print_text(p, a->withdrawn_s != 0 ? ", withdrawn)\n" : ")\n");
    put_severity(p, a->severity, a->severity_source);
    put_cvss(p, a->cvss, STR_NONE);
    date_line(p, "published", a->published_s);
    date_line(p, "modified", a->modified_s);
    date_line(p, "withdrawn", a->withdrawn_s);
    line(p, "see", str_eq(a->url, r->vulnerability.url) ? STR_NONE : a->url);
    return a->affected_count == 0 || put_rows(p, a, arena);
}

bool advisory_text(struct print *p, const struct advisory_report *report, struct arena *arena)
{
    put_head(p, report);
    for (size_t i = 0; i < report->publications_count; i++) {
        const struct advisory *a = &report->publications[i].advisory;
        if (a->affected_count == 0 && a->withdrawn_s == 0 && str_eq(a->id, report->id)) {
            continue; /* NVD, KEV, EPSS: they stand in the head */
        }
        if (!put_publication(p, report, &report->publications[i], arena)) {
            return false;
        }
    }
    return p->ok;
}
