/* table: for people. table_head.c has what stands around the rows, table_rows.c the findings. */
#include "base/attr.h"
#include "report/explain.h"
#include "report/grid.h"
#include "report/layer_text.h"
#include "report/reporter.h"
#include "report/table_head.h"
#include "report/table_rows.h"

/* A million packages with their texts; past it the report fails by name. */
enum { TABLE_BYTES_MAX = 1024 * 1024 * 1024 };
enum { NAME_COLUMNS_LEAST = 10, VERSION_COLUMNS_LEAST = 9, LAYER_COLUMNS_LEAST = 5 };
enum { LAYER_COLUMNS_MOST = 48, LAYER_COLUMNS_USEFUL = 14 };

static bool has_layers(const struct inventory *inventory)
{
    return !str_eq(inventory->image.kind, STR("dir"));
}

static void put_ignored(struct print *p, const struct scan *scan)
{
    bool titled = false;
    for (size_t i = 0; i < scan->findings_count; i++) {
        const struct finding *f = &scan->findings[i];
        if (!f->ignored) {
            continue;
        }
        if (!titled) {
            print_title(p, "Ignored");
            titled = true;
        }
        print_text(p, "  ");
        print_name(p, f->id);
        print_text(p, " in ");
        print_name(p, f->package->package.name);
        print_text(p, ", by ");
        print_name(p, f->ignored_by);
        print_text(p, "\n");
    }
}

static struct print print_start(const struct report_options *options, struct writer *to,
                                struct error *e)
{
    struct print p = {
        .to = to, .e = e, .ok = true, .color = options->color, .width = options->width};
    if (options->index > 0) {
        print_text(&p, "\n\n");
    }
    return p;
}

static bool table_scan(const struct scan *scan, const struct report_options *options,
                       struct writer *to, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, TABLE_BYTES_MAX, "the rows of a report");
    struct print p = print_start(options, to, e);
    table_head(&p, &scan->inventory);
    table_advisories(&p, scan);
    if (options->explain.len > 0) {
        explain_print(&p, scan, options->explain);
        return p.ok;
    }
    if (!table_rows(&p, scan, &arena) || !table_verdict(&p, scan, options, &arena)) {
        return false;
    }
    table_upgrades(&p, scan);
    if (options->show_ignored) {
        put_ignored(&p, scan);
    }
    table_notes(&p, &scan->inventory.notes);
    return p.ok;
}

/* -- inventory ------------------------------------------------------------------------------ */

enum { ITEM_PACKAGE, ITEM_VERSION, ITEM_ARCH, ITEM_SOURCE, ITEM_LAYER, ITEMS };

static void item_fill(const struct found_package *f, const str *layers, size_t layers_count,
                      str cells[ITEMS])
{
    cells[ITEM_PACKAGE] = f->package.name;
    cells[ITEM_VERSION] = print_version(f->package.version);
    cells[ITEM_ARCH] = f->package.arch;
    cells[ITEM_SOURCE] = f->package.source;
    cells[ITEM_LAYER] = f->layer < layers_count ? layers[f->layer] : STR_NONE;
}

static void measure_items(struct grid *g, const struct inventory *inventory, const str *layers)
{
    str cells[ITEMS];
    grid_restart(g);
    for (size_t i = 0; i < inventory->packages_count; i++) {
        item_fill(&inventory->packages[i], layers, inventory->image.layers_count, cells);
        grid_measure(g, cells);
    }
}

static void put_items(struct print *p, const struct inventory *inventory, str *layers)
{
    const struct found_package *packages = inventory->packages;
    size_t layers_count = inventory->image.layers_count;
    str cells[ITEMS];
    struct grid g = {
        .count = has_layers(inventory) ? ITEMS : ITEMS - 1,
        .columns = {[ITEM_PACKAGE] = {.title = "PACKAGE", .least = NAME_COLUMNS_LEAST},
                    [ITEM_VERSION] = {.title = "VERSION", .least = VERSION_COLUMNS_LEAST},
                    [ITEM_ARCH] = {.title = "ARCH", .least = SIZE_MAX},
                    [ITEM_SOURCE] = {.title = "SOURCE", .least = NAME_COLUMNS_LEAST},
                    [ITEM_LAYER] = {.title = "LAYER",
                                    .least = LAYER_COLUMNS_LEAST,
                                    .most = LAYER_COLUMNS_MOST}},
    };
    measure_items(&g, inventory, layers);
    grid_fit(&g, p->width);
    if (p->width > 0 && g.columns[ITEM_LAYER].width < LAYER_COLUMNS_USEFUL) {
        layer_texts_shorten(layers, layers_count);
        measure_items(&g, inventory, layers);
        grid_fit(&g, p->width);
    }
    print_text(p, "\n");
    grid_header(&g, p);
    for (size_t i = 0; i < inventory->packages_count && p->ok; i++) {
        item_fill(&packages[i], layers, layers_count, cells);
        grid_row(&g, p, cells, NULL);
    }
}

static bool table_inventory(const struct inventory *inventory, const struct report_options *options,
                            struct writer *to, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, TABLE_BYTES_MAX, "the rows of a report");
    struct print p = print_start(options, to, e);
    str *layers;
    table_head(&p, inventory);
    if (!layer_texts(&inventory->image, &arena, &layers, e)) {
        return false;
    }
    if (inventory->packages_count > 0) {
        put_items(&p, inventory, layers);
    } else {
        print_text(&p, "\nNo package was found.\n");
    }
    if (inventory->notes.incomplete) {
        print_text(&p, "\nNot everything could be read: there may be more packages.\n");
    }
    table_notes(&p, &inventory->notes);
    return p.ok;
}

const struct reporter reporter_table = {
    .name = "table",
    .summary = "for people: findings worst first, and what to do",
    .tells_notes = true,
    .scan = table_scan,
    .inventory = table_inventory,
};
