#include "server/load.h"

#include <unistd.h>

#include "server/settings.h"

bool load_config(const struct serve_options *options, struct arena *arena, struct config *out,
                 struct error *e)
{
    static const char *const places[] = {"/etc/limpid/config.yaml", "/etc/clair/config.yaml"};
    const char *path = options->config;
    for (size_t i = 0; path == NULL && i < ARRAY_COUNT(places); i++) {
        path = access(places[i], R_OK) == 0 ? places[i] : NULL;
    }
    config_defaults(out);
    if (path != NULL && !config_read(str_from(path), arena, out, e)) {
        return false;
    }
    if (options->address != NULL) {
        out->address = str_from(options->address);
    }
    if (options->has_level) {
        out->log_level = options->level;
    }
    return settings_check(out, e);
}

static bool add(struct arena *arena, struct config_list *list, str text, struct error *e)
{
    void *items = list->at;
    if (!arena_grow(arena, &items, list->count, &list->room, sizeof(str), e)) {
        return false;
    }
    list->at = items;
    list->at[list->count++] = text;
    return true;
}

bool load_warnings(const struct serve_options *options, const struct config *c, struct arena *arena,
                   struct config_list *out, struct error *e)
{
    bool open = !config_is_loopback(c->address) && c->tokens.count + c->tokens_file.len == 0 &&
                c->ca_file.len == 0;
    const struct {
        bool holds;
        str text;
    } rows[] = {
        {c->ca_file.len > 0 && c->cert_file.len == 0,
         STR("api.cafile has no effect without api.certfile and api.keyfile")},
        {options->insecure_tls,
         STR("layers are downloaded without a look at certificates (-insecure-tls)")},
        {c->as_recorded, STR("api.as-recorded is set, which is for replays of recordings")},
        {open, STR("api.address is not a loopback address, and neither auth.tokens nor api.cafile "
                   "is set: everybody who reaches the port may use it")},
    };
    *out = (struct config_list){.at = NULL};
    for (size_t i = 0; i < c->warnings.count; i++) {
        if (!add(arena, out, c->warnings.at[i], e)) {
            return false;
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].holds && !add(arena, out, rows[i].text, e)) {
            return false;
        }
    }
    return true;
}
