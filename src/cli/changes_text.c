#include "cli/changes_text.h"

#include "report/grid.h"
#include "report/json_writer.h"

enum { CELL_FEED, CELL_ADDED, CELL_CHANGED, CELL_REMOVED, CELLS };

static bool fill(const struct changed_feed *f, struct arena *arena, str cells[CELLS],
                 struct error *e)
{
    cells[CELL_FEED] = f->feed;
    return arena_printf(arena, &cells[CELL_ADDED], e, "%llu", (unsigned long long)f->added) &&
           arena_printf(arena, &cells[CELL_CHANGED], e, "%llu", (unsigned long long)f->changed) &&
           arena_printf(arena, &cells[CELL_REMOVED], e, "%llu", (unsigned long long)f->removed);
}

static void put_ids(struct print *p, const char *sign, const str *ids, uint64_t count)
{
    for (size_t i = 0; ids != NULL && i < count; i++) {
        print_text(p, sign);
        print_name(p, ids[i]);
        print_text(p, "\n");
    }
}

bool changes_text(struct print *p, const struct changes_report *report, struct arena *arena)
{
    struct grid g = {
        .count = CELLS,
        .columns = {[CELL_FEED] = {.title = "FEED", .least = SIZE_MAX},
                    [CELL_ADDED] = {.title = "NEW", .least = SIZE_MAX},
                    [CELL_CHANGED] = {.title = "CHANGED", .least = SIZE_MAX},
                    [CELL_REMOVED] = {.title = "GONE", .least = SIZE_MAX}},
    };
    str(*cells)[CELLS] = arena_alloc(arena, report->count, sizeof(*cells), 16, p->e);
    if (cells == NULL) {
        return false;
    }
    for (size_t i = 0; i < report->count; i++) {
        if (!fill(&report->feeds[i], arena, cells[i], p->e)) {
            return false;
        }
        grid_measure(&g, cells[i]);
    }
    print_text(p, "From ");
    print_name(p, report->from);
    print_text(p, " to ");
    print_name(p, report->to);
    print_text(p, report->count == 0 ? ": nothing differs\n" : "\n\n");
    grid_fit(&g, p->width);
    if (report->count > 0) {
        grid_header(&g, p);
    }
    for (size_t i = 0; i < report->count; i++) {
        const struct changed_feed *f = &report->feeds[i];
        grid_row(&g, p, cells[i], NULL);
        put_ids(p, "  + ", f->added_ids, f->added);
        put_ids(p, "  ~ ", f->changed_ids, f->changed);
        put_ids(p, "  - ", f->removed_ids, f->removed);
    }
    return p->ok;
}

static void put_list(struct jsonw *j, const char *name, const str *ids, uint64_t count)
{
    jsonw_array(j, name);
    for (size_t i = 0; ids != NULL && i < count; i++) {
        jsonw_str(j, NULL, ids[i]);
    }
    jsonw_close(j);
}

bool changes_json(struct writer *to, const struct changes_report *report, struct error *e)
{
    struct jsonw j;
    jsonw_init(&j, to, 0, e);
    jsonw_object(&j, NULL);
    jsonw_num(&j, "schema_version", 1);
    jsonw_text(&j, "kind", "changes");
    jsonw_str(&j, "from", report->from);
    jsonw_str(&j, "to", report->to);
    jsonw_array(&j, "feeds");
    for (size_t i = 0; i < report->count; i++) {
        const struct changed_feed *f = &report->feeds[i];
        jsonw_object(&j, NULL);
        jsonw_str(&j, "feed", f->feed);
        put_list(&j, "new", f->added_ids, f->added);
        put_list(&j, "changed", f->changed_ids, f->changed);
        put_list(&j, "gone", f->removed_ids, f->removed);
        jsonw_close(&j);
    }
    jsonw_close(&j);
    jsonw_close(&j);
    return jsonw_done(&j) && writer_add(to, STR("\n"), e);
}
