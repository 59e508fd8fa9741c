/* table: for people. Rows are worst first; the binary packages of one source that share a finding
 * stand in one row, "libc6 (+3)". */
#include "base/attr.h"
#include "base/map.h"
#include "report/explain.h"
#include "report/grid.h"
#include "report/layer_text.h"
#include "report/reporter.h"
#include "report/table_head.h"

/* A million packages with their texts; past it the report fails by name. */
enum { TABLE_BYTES_MAX = 1024 * 1024 * 1024 };
enum { NAME_COLUMNS_LEAST = 10, VERSION_COLUMNS_LEAST = 9, LAYER_COLUMNS_LEAST = 5 };
enum { LAYER_COLUMNS_MOST = 48, LAYER_COLUMNS_USEFUL = 14 };

enum { CELL_SEVERITY, CELL_PACKAGE, CELL_INSTALLED, CELL_FIXED, CELL_ID, CELL_LAYER, CELLS };

struct row {
    const struct finding *finding; /* the one whose package names the row */
    size_t others;                 /* further packages */
    str cells[CELLS];
};

struct rows {
    struct row *at;
    size_t count, room;
    struct map by_key;
};

/* What findings that share a row have in common. */
static bool row_key(const struct finding *f, struct arena *arena, str *out, struct error *e)
{
    const struct package *p = &f->package->package;
    struct writer key;
    writer_to_memory(&key, TABLE_BYTES_MAX);
    const str parts[] = {p->source, p->version, f->id, f->fixed};
    bool ok = true;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        ok = ok && writer_printf(&key, e, "%zu:", parts[i].len) && writer_add(&key, parts[i], e);
    }
    ok = ok && writer_printf(&key, e, "%d %d %d %zu", (int)p->ecosystem, (int)f->severity,
                             (int)f->state, f->package->layer);
    ok = ok && arena_str(arena, buf_str(&key.pending), out, e);
    writer_done(&key);
    return ok;
}

/* The package that is called like its source names the row, else the first. */
static void row_join(struct row *row, const struct finding *f)
{
    row->others++;
    if (str_eq(f->package->package.name, f->package->package.source)) {
        row->finding = f;
    }
}

static bool rows_add(struct rows *rows, const struct finding *f, struct arena *arena,
                     struct error *e)
{
    str key;
    if (!row_key(f, arena, &key, e)) {
        return false;
    }
    /* the map keeps index + 1 as a pointer: the array moves when it grows */
    size_t known = (size_t)(uintptr_t)map_get(&rows->by_key, key);
    if (known > 0) {
        row_join(&rows->at[known - 1], f);
        return true;
    }
    if (!arena_grow(arena, (void **)&rows->at, rows->count, &rows->room, sizeof(*rows->at), e)) {
        return false;
    }
    rows->at[rows->count++] = (struct row){.finding = f};
    return map_put(&rows->by_key, key, (void *)(uintptr_t)rows->count, e);
}

static bool row_fill(struct row *row, const str *layers, size_t layers_count, struct arena *arena,
                     struct error *e)
{
    const struct finding *f = row->finding;
    const struct package *p = &f->package->package;
    row->cells[CELL_SEVERITY] = str_from(severity_name(f->severity));
    row->cells[CELL_PACKAGE] = p->name;
    row->cells[CELL_INSTALLED] = print_version(p->version);
    row->cells[CELL_FIXED] =
        f->fixed.len > 0 ? print_version(f->fixed) : str_from(explain_state(f->state));
    row->cells[CELL_ID] = f->id;
    row->cells[CELL_LAYER] =
        f->package->layer < layers_count ? layers[f->package->layer] : STR_NONE;
    return row->others == 0 || arena_printf(arena, &row->cells[CELL_PACKAGE], e, STR_FMT " (+%zu)",
                                            STR_ARG(p->name), row->others);
}

static bool has_layers(const struct inventory *inventory)
{
    return !str_eq(inventory->image.kind, STR("dir"));
}

/* Half a word of a command is no use: the other columns get its place. */
static void rows_shorten_layers(struct rows *rows, struct grid *g)
{
    grid_restart(g);
    for (size_t i = 0; i < rows->count; i++) {
        layer_texts_shorten(&rows->at[i].cells[CELL_LAYER], 1);
        grid_measure(g, rows->at[i].cells);
    }
}

static void rows_print(struct rows *rows, bool layers, struct print *p)
{
    struct grid g = {
        .count = layers ? CELLS : CELLS - 1,
        .columns = {[CELL_SEVERITY] = {.title = "SEVERITY", .least = SIZE_MAX},
                    [CELL_PACKAGE] = {.title = "PACKAGE", .least = NAME_COLUMNS_LEAST},
                    [CELL_INSTALLED] = {.title = "INSTALLED", .least = VERSION_COLUMNS_LEAST},
                    [CELL_FIXED] = {.title = "FIXED IN", .least = VERSION_COLUMNS_LEAST},
                    [CELL_ID] = {.title = "ID", .least = SIZE_MAX},
                    [CELL_LAYER] = {.title = "LAYER",
                                    .least = LAYER_COLUMNS_LEAST,
                                    .most = LAYER_COLUMNS_MOST}},
    };
    for (size_t i = 0; i < rows->count; i++) {
        grid_measure(&g, rows->at[i].cells);
    }
    grid_fit(&g, p->width);
    if (layers && p->width > 0 && g.columns[CELL_LAYER].width < LAYER_COLUMNS_USEFUL) {
        rows_shorten_layers(rows, &g);
        grid_fit(&g, p->width);
    }
    print_text(p, "\n");
    grid_header(&g, p);
    for (size_t i = 0; i < rows->count; i++) {
        grid_row(&g, p, rows->at[i].cells, print_severity_sgr(rows->at[i].finding->severity));
    }
}

static bool put_findings(struct print *p, const struct scan *scan, struct arena *arena)
{
    const struct image_info *image = &scan->inventory.image;
    struct rows rows = {0};
    str *layers;
    map_init(&rows.by_key, arena);
    if (!layer_texts(image, arena, &layers, p->e)) {
        return false;
    }
    for (size_t i = 0; i < scan->findings_count; i++) {
        if (!scan->findings[i].ignored && !rows_add(&rows, &scan->findings[i], arena, p->e)) {
            return false;
        }
    }
    for (size_t i = 0; i < rows.count; i++) {
        if (!row_fill(&rows.at[i], layers, image->layers_count, arena, p->e)) {
            return false;
        }
    }
    if (rows.count > 0) {
        rows_print(&rows, has_layers(&scan->inventory), p);
    }
    return p->ok;
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
    if (!put_findings(&p, scan, &arena) || !table_verdict(&p, scan, options, &arena)) {
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
