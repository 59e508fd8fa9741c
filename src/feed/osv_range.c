/* osv_range.c: from an affected range's events to rows, and from ecosystems to namespaces. */
#include "feed/osv.h"

static const struct osv_ecosystem ecosystems[] = {
    {.name = STR_INIT("AlmaLinux"),
     .namespace_ = STR_INIT("almalinux"),
     .scope = SCOPE_BINARY,
     .related_are_ids = true,
     .modular = true,
     .severity_first = true},
    {.name = STR_INIT("Alpine"), .namespace_ = STR_INIT("alpine"), .scope = SCOPE_SOURCE},
    {.name = STR_INIT("Debian"), .namespace_ = STR_INIT("debian"), .scope = SCOPE_SOURCE},
    /* names few of the packages that a source builds: it is matched by the source's name */
    {.name = STR_INIT("Rocky Linux"),
     .namespace_ = STR_INIT("rocky"),
     .scope = SCOPE_SOURCE,
     .related_are_ids = true,
     .modular = true,
     .severity_first = true},
    {.name = STR_INIT("Ubuntu"), .namespace_ = STR_INIT("ubuntu"), .scope = SCOPE_SOURCE},
};

/* "22.04", "v3.18", "9", "edge": what namespaces are made of. */
static bool is_release(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.')) {
            return false;
        }
    }
    return text.len > 0 && text.len <= 16;
}

bool osv_ecosystem_find(str text, struct arena *arena, const struct osv_ecosystem **out,
                        str *namespace_, struct error *e)
{
    *out = NULL;
    str release = text, name;
    if (!str_cut(&release, ':', &name)) {
        return true;
    }
    if (str_ends(release, STR(":LTS"))) {
        release.len -= 4;
    }
    if (!is_release(release)) { /* "Ubuntu:Pro:FIPS:22.04:LTS" is another archive */
        return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(ecosystems); i++) {
        if (str_eq(name, ecosystems[i].name)) {
            if (!arena_printf(arena, namespace_, e, STR_FMT ":" STR_FMT,
                              STR_ARG(ecosystems[i].namespace_), STR_ARG(release))) {
                return false;
            }
            *out = &ecosystems[i];
            return true;
        }
    }
    return true;
}

bool osv_row_add(struct osv *o, const struct affected *row, struct osv_rows *rows, struct error *e)
{
    if (!arena_grow(o->arena, (void **)&rows->at, rows->count, &rows->room, sizeof(*row), e)) {
        return false;
    }
    rows->at[rows->count++] = *row;
    return true;
}

static bool is_zero(str version)
{
    return str_eq(version, STR("0"));
}

/* The schema lets events stand in any order, and sorting needs the ecosystem's order of versions.
 * Publishers write them sorted; what is put right here are pairs written backwards. */
static void begin_first(struct osv_event *events, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        bool first =
            events[i].kind == OSV_INTRODUCED &&
            (is_zero(events[i].version) || (count == 2 && events[0].kind != OSV_INTRODUCED));
        if (first) {
            struct osv_event moved = events[i];
            for (size_t k = i; k > 0; k--) {
                events[k] = events[k - 1];
            }
            events[0] = moved;
            return;
        }
    }
}

static bool close_range(struct osv *o, struct affected row, const struct osv_event *end,
                        struct osv_rows *rows, struct error *e)
{
    if (end == NULL) {
        return osv_row_add(o, &row, rows, e);
    }
    if (end->kind == OSV_LAST_AFFECTED) {
        row.last_affected = end->version;
    } else if (is_zero(end->version)) {
        row.state = FIX_NOT_AFFECTED;
    } else {
        row.state = FIX_AVAILABLE;
        row.fixed = end->version;
        row.word = STR_NONE;
    }
    return osv_row_add(o, &row, rows, e);
}

bool osv_range_rows(struct osv *o, const struct affected *row, struct osv_event *events,
                    size_t count, struct osv_rows *rows, struct error *e)
{
    begin_first(events, count);
    struct affected open = *row;
    bool is_open = false;
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == OSV_INTRODUCED) {
            if (!is_open) { /* a second beginning of what has not ended says nothing new */
                open.introduced = is_zero(events[i].version) ? STR_NONE : events[i].version;
            }
            is_open = true;
        } else if (is_open) {
            if (!close_range(o, open, &events[i], rows, e)) {
                return false;
            }
            is_open = false;
        } else {
            tally_add(&o->strange, STR("the end of a range that has not begun"));
        }
    }
    return !is_open || close_range(o, open, NULL, rows, e);
}
