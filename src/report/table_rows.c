#include "report/table_rows.h"

#include <stdio.h>

#include "base/map.h"
#include "model/risk.h"
#include "report/explain.h"
#include "report/grid.h"
#include "report/layer_text.h"

enum { KEY_BYTES_MAX = 1024 * 1024 * 1024 };
enum { NAME_COLUMNS_LEAST = 10, VERSION_COLUMNS_LEAST = 9, LAYER_COLUMNS_LEAST = 5 };
enum { LAYER_COLUMNS_MOST = 48, LAYER_COLUMNS_USEFUL = 14 };

enum { CVSS_COLUMNS_FROM = 100, USE_COLUMNS_FROM = 120 };

enum {
    CELL_SEVERITY,
    CELL_CVSS,
    CELL_USE,
    CELL_PACKAGE,
    CELL_INSTALLED,
    CELL_FIXED,
    CELL_ID,
    CELL_LAYER,
    CELLS
};

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
    writer_to_memory(&key, KEY_BYTES_MAX);
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

const char *table_epss(uint32_t epss, char to[EPSS_TEXT_BYTES])
{
    unsigned hundredths = epss <= EPSS_WHOLE ? epss / 10 : EPSS_WHOLE / 10; /* of a percent */
    if (hundredths >= 100) {
        snprintf(to, EPSS_TEXT_BYTES, "%u.%u%%", hundredths / 100, hundredths / 10 % 10);
    } else {
        snprintf(to, EPSS_TEXT_BYTES, hundredths > 0 ? "0.%02u%%" : "<0.01%%", hundredths);
    }
    return to;
}

/* "KEV 94.4%" */
static bool use_text(const struct exploitation *x, struct arena *arena, str *out, struct error *e)
{
    char text[EPSS_TEXT_BYTES] = "";
    bool kev = x->kev_added_s != 0, epss = risk_has_epss(x);
    if (epss) {
        table_epss(x->epss, text);
    }
    return arena_printf(arena, out, e, "%s%s%s", kev ? "KEV" : "", kev && epss ? " " : "", text);
}

/* Which columns there are. */
struct shown {
    bool cells[CELLS];
};

static bool id_text(const struct finding *f, const struct shown *shown, struct arena *arena,
                    str *out, struct error *e)
{
    *out = f->id;
    return shown->cells[CELL_USE] || f->exploitation.kev_added_s == 0 ||
           arena_printf(arena, out, e, "%.*s KEV", (int)f->id.len, f->id.at);
}

static bool row_fill(struct row *row, const struct shown *shown, const str *layers,
                     size_t layers_count, struct arena *arena, struct error *e)
{
    const struct finding *f = row->finding;
    const struct package *p = &f->package->package;
    row->cells[CELL_SEVERITY] = str_from(severity_name(f->severity));
    row->cells[CELL_PACKAGE] = p->name;
    row->cells[CELL_INSTALLED] = print_version(p->version);
    row->cells[CELL_FIXED] =
        f->fixed.len > 0 ? print_version(f->fixed) : str_from(explain_state(f->state));
    row->cells[CELL_LAYER] =
        f->package->layer < layers_count ? layers[f->package->layer] : STR_NONE;
    if (f->cvss_tenths > 0 && !arena_printf(arena, &row->cells[CELL_CVSS], e, "%u.%u",
                                            f->cvss_tenths / 10, f->cvss_tenths % 10)) {
        return false;
    }
    return use_text(&f->exploitation, arena, &row->cells[CELL_USE], e) &&
           id_text(f, shown, arena, &row->cells[CELL_ID], e) &&
           (row->others == 0 || arena_printf(arena, &row->cells[CELL_PACKAGE], e, STR_FMT " (+%zu)",
                                             STR_ARG(p->name), row->others));
}

static bool has_room(const struct print *p, size_t columns)
{
    return p->width == 0 || p->width >= columns;
}

static struct shown columns_of(const struct print *p, const struct scan *scan)
{
    struct shown s = {.cells = {[CELL_SEVERITY] = true,
                                [CELL_PACKAGE] = true,
                                [CELL_INSTALLED] = true,
                                [CELL_FIXED] = true,
                                [CELL_ID] = true}};
    s.cells[CELL_LAYER] = !str_eq(scan->inventory.image.kind, STR("dir"));
    for (size_t i = 0; i < scan->findings_count; i++) {
        const struct finding *f = &scan->findings[i];
        bool used = risk_has_epss(&f->exploitation) || f->exploitation.kev_added_s != 0;
        s.cells[CELL_CVSS] =
            s.cells[CELL_CVSS] || (f->cvss_tenths > 0 && has_room(p, CVSS_COLUMNS_FROM));
        s.cells[CELL_USE] = s.cells[CELL_USE] || (used && has_room(p, USE_COLUMNS_FROM));
    }
    return s;
}

/* -- printing ------------------------------------------------------------------------------- */

/* The cells of those columns that there are. */
static void pick(const struct shown *shown, const str all[CELLS], str out[CELLS])
{
    size_t count = 0;
    for (size_t i = 0; i < CELLS; i++) {
        if (shown->cells[i]) {
            out[count++] = all[i];
        }
    }
}

static void measure(struct rows *rows, const struct shown *shown, struct grid *g, size_t width)
{
    str cells[CELLS];
    grid_restart(g);
    for (size_t i = 0; i < rows->count; i++) {
        pick(shown, rows->at[i].cells, cells);
        grid_measure(g, cells);
    }
    grid_fit(g, width);
}

static struct grid grid_of(const struct shown *shown)
{
    static const struct grid_column columns[CELLS] = {
        [CELL_SEVERITY] = {.title = "SEVERITY", .least = SIZE_MAX},
        [CELL_CVSS] = {.title = "CVSS", .least = SIZE_MAX},
        [CELL_USE] = {.title = "EPSS", .least = SIZE_MAX},
        [CELL_PACKAGE] = {.title = "PACKAGE", .least = NAME_COLUMNS_LEAST},
        [CELL_INSTALLED] = {.title = "INSTALLED", .least = VERSION_COLUMNS_LEAST},
        [CELL_FIXED] = {.title = "FIXED IN", .least = VERSION_COLUMNS_LEAST},
        [CELL_ID] = {.title = "ID", .least = SIZE_MAX},
        [CELL_LAYER] = {.title = "LAYER", .least = LAYER_COLUMNS_LEAST, .most = LAYER_COLUMNS_MOST},
    };
    struct grid g = {.count = 0};
    for (size_t i = 0; i < CELLS; i++) {
        if (shown->cells[i]) {
            g.columns[g.count++] = columns[i];
        }
    }
    return g;
}

static void rows_print(struct rows *rows, const struct shown *shown, struct print *p)
{
    struct grid g = grid_of(shown);
    str cells[CELLS];
    measure(rows, shown, &g, p->width);
    if (shown->cells[CELL_LAYER] && p->width > 0 &&
        g.columns[g.count - 1].width < LAYER_COLUMNS_USEFUL) {
        /* half a word of a command is no use: the other columns get its place */
        for (size_t i = 0; i < rows->count; i++) {
            layer_texts_shorten(&rows->at[i].cells[CELL_LAYER], 1);
        }
        measure(rows, shown, &g, p->width);
    }
    print_text(p, "\n");
    grid_header(&g, p);
    for (size_t i = 0; i < rows->count; i++) {
        pick(shown, rows->at[i].cells, cells);
        grid_row(&g, p, cells, print_severity_sgr(rows->at[i].finding->severity));
    }
}

bool table_rows(struct print *p, const struct scan *scan, struct arena *arena)
{
    const struct image_info *image = &scan->inventory.image;
    struct rows rows = {0};
    const struct shown shown = columns_of(p, scan);
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
        if (!row_fill(&rows.at[i], &shown, layers, image->layers_count, arena, p->e)) {
            return false;
        }
    }
    if (rows.count > 0) {
        rows_print(&rows, &shown, p);
    }
    return p->ok;
}
