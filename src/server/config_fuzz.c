/* config_fuzz.c: any bytes as config.yaml: read without harm, an error says where, and what was
 * read is what the parts of the service expect of it. */
#include "server/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* What is passed on as a C string ends where it says. */
static void check_text(str text)
{
    hold(text.len == 0 || text.at[text.len] == '\0');
}

static void check(const struct config *c)
{
    const str texts[] = {c->database_source, c->data_dir, c->address,     c->health_address,
                         c->ca_file,         c->key_file, c->cert_file,   c->page_key,
                         c->tokens_file,     c->endpoint, c->proxy,       c->hmac,
                         c->server_name,     c->log_file, c->updater_from};
    const struct config_list *const lists[] = {&c->paths, &c->tokens, &c->updater_feeds,
                                               &c->warnings};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        check_text(texts[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++) {
        hold(lists[i]->count <= CONFIG_LIST_MAX);
        for (size_t k = 0; k < lists[i]->count; k++) {
            check_text(lists[i]->at[k]);
        }
    }
    hold(c->warnings.count <= CONFIG_WARNINGS_MAX);
    hold(c->port <= 65535 && c->health_port <= 65535 && c->workers <= 64);
    hold(c->database == DATABASE_SQLITE || c->database_source.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = {.at = (const char *)data, .len = size};
    struct config c;
    struct error e;
    struct arena arena;
    error_clear(&e);
    arena_init(&arena, 64 * 1024 * 1024, "a fuzz target");
    if (config_parse(text, STR("c.yaml"), &arena, &c, &e)) {
        check(&c);
        (void)!settings_check(&c, &e);
        (void)settings_seconds(c.timeout_ms);
    } else {
        hold(e.kind != ERROR_NONE && strstr(e.text, "c.yaml") != NULL);
    }
    arena_done(&arena);
    return 0;
}
