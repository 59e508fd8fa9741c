/* case_testing.h: one installed package, what is said of it, and what must come out: a line a case,
 * for this folder's tests. */
#ifndef LIMPID_MATCH_CASE_TESTING_H
#define LIMPID_MATCH_CASE_TESTING_H

#include "base/buf.h"
#include "check.h"
#include "match/fake_store.h"
#include "match/match.h"
#include "model/namespace.h"

enum { ROWS_MAX = 5, REPOSITORIES_MAX = 3 };

/* One installed package; "bin" of the source "src", unless said otherwise. */
struct fake_package {
    const char *version, *source_version, *arch, *module;
    const char *name, *source;
    enum ecosystem ecosystem; /* ECOSYSTEM_NONE: that of the namespace */
};

struct match_case {
    const char *says, *namespace_;
    struct fake_package package;
    struct fake_row rows[ROWS_MAX];
    const char *want; /* one line a finding: id fixed state severity/source advisories [aliases];
                         with `words`, the publisher's word behind it in parentheses */
    const char *id, *version_id, *pretty_name; /* of os-release */
    const char *repositories[REPOSITORIES_MAX];
    bool words;
};

static inline void write_finding(struct buf *to, const struct finding *f, bool words)
{
    struct error e;
    bool ok = buf_printf(to, &e, STR_FMT " " STR_FMT " %s %s/" STR_FMT " ", STR_ARG(f->id),
                         STR_ARG(f->fixed.len > 0 ? f->fixed : STR("-")), fix_state_name(f->state),
                         severity_name(f->severity), STR_ARG(f->severity_source));
    for (size_t i = 0; ok && i < f->advisories_count; i++) {
        ok = buf_printf(to, &e, "%s" STR_FMT, i > 0 ? "," : "", STR_ARG(f->advisories[i].id));
    }
    for (size_t i = 0; ok && i < f->aliases_count; i++) {
        ok = buf_printf(to, &e, "%s" STR_FMT, i > 0 ? " " : " [", STR_ARG(f->aliases[i]));
    }
    ok = ok && buf_printf(to, &e, f->aliases_count > 0 ? "]" : "");
    if (words && f->word.len > 0) {
        ok = ok && buf_printf(to, &e, " (" STR_FMT ")", STR_ARG(f->word));
    }
    CHECK(ok && buf_add_char(to, '\n', &e));
}

static inline size_t rows_count(const struct fake_row *rows)
{
    size_t count = 0;
    while (count < ROWS_MAX && rows[count].id != NULL) {
        count++;
    }
    return count;
}

static inline enum ecosystem ecosystem_of(const char *namespace_)
{
    str scheme = namespace_scheme(str_from(namespace_));
    for (unsigned i = ECOSYSTEM_DEB; i < ECOSYSTEM_COUNT; i++) {
        if (str_eq(ecosystem_name((enum ecosystem)i), scheme)) {
            return (enum ecosystem)i;
        }
    }
    return ECOSYSTEM_NONE;
}

static inline void run_case(const struct match_case *c)
{
    const struct fake_package *p = &c->package;
    str repositories[REPOSITORIES_MAX];
    struct found_package package = {.package = {
                                        .ecosystem = p->ecosystem != ECOSYSTEM_NONE
                                                         ? p->ecosystem
                                                         : ecosystem_of(c->namespace_),
                                        .name = fake_or(p->name, "bin"),
                                        .version = str_from(p->version),
                                        .arch = str_from(p->arch),
                                        .source = fake_or(p->source, "src"),
                                        .source_version = fake_or(p->source_version, p->version),
                                        .module = str_from(p->module),
                                    }};
    struct scan scan = {.inventory = {.namespace_ = str_from(c->namespace_),
                                      .has_distribution = true,
                                      .distribution = {.id = str_from(c->id),
                                                       .version_id = str_from(c->version_id),
                                                       .pretty_name = str_from(c->pretty_name)},
                                      .packages = &package,
                                      .packages_count = 1,
                                      .repositories = repositories}};
    while (scan.inventory.repositories_count < REPOSITORIES_MAX &&
           c->repositories[scan.inventory.repositories_count] != NULL) {
        size_t i = scan.inventory.repositories_count++;
        repositories[i] = str_from(c->repositories[i]);
    }
    struct advisories store = {.rows = c->rows, .count = rows_count(c->rows)};
    struct arena arena;
    struct error e = {.kind = ERROR_NONE};
    struct buf got;
    arena_init(&arena, 1024 * 1024, "a test");
    buf_init(&got, 64 * 1024);
    if (CHECK_OK(match_scan(&store, &arena, &scan, &e), &e)) {
        for (size_t k = 0; k < scan.findings_count; k++) {
            write_finding(&got, &scan.findings[k], c->words);
        }
        CHECK_STR(buf_str(&got), str_from(c->want));
        CHECK(!scan.inventory.notes.incomplete);
    }
    buf_done(&got);
    arena_done(&arena);
}

static inline void run_cases(const struct match_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            run_case(&cases[i]);
        }
    }
}

#endif
