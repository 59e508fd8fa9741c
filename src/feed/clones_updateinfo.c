#include "feed/clones_updateinfo.h"

/* The folder of the path that is a release: "9", "8.6", without what follows the dot. */
static str number_in_path(str path)
{
    str folder;
    while (str_cut(&path, '/', &folder)) {
        size_t n = 0, dots = 0;
        while (n < folder.len && ((folder.at[n] >= '0' && folder.at[n] <= '9') ||
                                  (folder.at[n] == '.' && n > 0 && dots == 0))) {
            dots += folder.at[n] == '.';
            n++;
        }
        if (n > 0 && n == folder.len) {
            return str_slice(folder, 0, str_find_char(folder, '.'));
        }
    }
    return STR_NONE;
}

/* The first that names a number: the release in words, the collection, the path. */
static str number_of(const struct updateinfo_update *u, str words, str collection)
{
    str number = updateinfo_number_after(u->release, words);
    if (number.len == 0) {
        number = updateinfo_number_after(u->collection, collection);
    }
    return number.len > 0 ? number : number_in_path(u->path);
}

static bool has_prefix(str id, const char *first, const char *second, const char *third)
{
    return str_starts(id, str_from(first)) || str_starts(id, str_from(second)) ||
           str_starts(id, str_from(third));
}

static bool rocky_place(const struct updateinfo_update *u, struct arena *arena,
                        struct updateinfo_place *out, struct error *e)
{
    if (!has_prefix(u->id, "RLSA-", "RLBA-", "RLEA-") && !str_starts(u->id, STR("RXSA-"))) {
        return true;
    }
    str number = number_of(u, STR("Rocky Linux "), STR("rocky-linux-"));
    return number.len == 0 ||
           (arena_printf(arena, &out->namespace_, e, "rocky:" STR_FMT, STR_ARG(number)) &&
            arena_printf(arena, &out->url, e, "https://errata.rockylinux.org/" STR_FMT,
                         STR_ARG(u->id)));
}

static bool almalinux_place(const struct updateinfo_update *u, struct arena *arena,
                            struct updateinfo_place *out, struct error *e)
{
    if (!has_prefix(u->id, "ALSA-", "ALBA-", "ALEA-")) {
        return true;
    }
    str number = number_of(u, STR("AlmaLinux "), STR("almalinux-"));
    return number.len == 0 ||
           arena_printf(arena, &out->namespace_, e, "almalinux:" STR_FMT, STR_ARG(number));
}

bool rocky_updateinfo_read(const struct feed_document *document, struct reader *body,
                           struct arena *arena, struct advisory_sink *out, struct error *e)
{
    static const struct updateinfo_publisher rocky = {
        .name = STR_INIT("rocky"),
        .place = rocky_place,
    };
    return updateinfo_read(&rocky, document, body, arena, out, e);
}

bool almalinux_updateinfo_read(const struct feed_document *document, struct reader *body,
                               struct arena *arena, struct advisory_sink *out, struct error *e)
{
    static const struct updateinfo_publisher almalinux = {
        .name = STR_INIT("almalinux"),
        .place = almalinux_place,
    };
    return updateinfo_read(&almalinux, document, body, arena, out, e);
}
