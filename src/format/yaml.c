/* yaml.c: libyaml scans and parses; here are the path, which it does not keep, and the limits. */
#include "format/yaml.h"

#include <yaml.h>

struct level {
    bool is_mapping, has_key;
    size_t next; /* the index of what comes next */
};

struct parser {
    yaml_parser_t yaml;
    struct arena *arena;
    struct yaml_handler *handler;
    struct error *e;
    size_t depth_max, depth, aliases;
    struct level levels[YAML_DEPTH_MAX + 1];
    struct yaml_place path[YAML_DEPTH_MAX + 1];
    size_t line; /* where the current event begins */
    bool done;   /* the document's own value has ended */
};

static bool fail(const struct parser *p)
{
    if (p->yaml.error == YAML_MEMORY_ERROR) {
        return error_set(p->e, ERROR_MEMORY, "no memory for YAML");
    }
    return error_set(p->e, ERROR_FORMAT, "is not YAML at line %zu: %s",
                     p->yaml.problem_mark.line + 1,
                     p->yaml.problem != NULL ? p->yaml.problem : "it cannot be read");
}

static bool emit(struct parser *p, struct yaml_event event)
{
    event.depth = p->depth;
    event.path = p->path;
    event.line = p->line;
    return p->handler->event(p->handler, &event, p->e);
}

/* The place of the node that comes now. `*is_key` where it is the name of a member instead. */
static bool node_place(struct parser *p, const yaml_event_t *from, bool *is_key)
{
    *is_key = false;
    if (p->depth == 0) {
        return true;
    }
    struct level *level = &p->levels[p->depth - 1];
    struct yaml_place *place = &p->path[p->depth - 1];
    if (!level->is_mapping) {
        *place = (struct yaml_place){.index = level->next++};
        return true;
    }
    if (level->has_key) {
        level->has_key = false;
        return true;
    }
    if (from->type != YAML_SCALAR_EVENT) {
        return error_set(p->e, ERROR_FORMAT, "a name at line %zu of the YAML is no text",
                         from->start_mark.line + 1);
    }
    *is_key = level->has_key = true;
    place->index = level->next++;
    str key = {.at = (const char *)from->data.scalar.value, .len = from->data.scalar.length};
    return arena_str(p->arena, key, &place->key, p->e);
}

/* A node ended; the document's own was the last one. */
static void node_end(struct parser *p)
{
    p->done = p->done || p->depth == 0;
}

static bool open_container(struct parser *p, bool is_mapping)
{
    if (!emit(p, (struct yaml_event){.kind = is_mapping ? YAML_MAPPING : YAML_SEQUENCE})) {
        return false;
    }
    if (p->depth == p->depth_max) {
        return error_set(p->e, ERROR_LIMIT, "YAML deeper than the limit of %zu levels",
                         p->depth_max);
    }
    p->levels[p->depth] = (struct level){.is_mapping = is_mapping};
    p->path[p->depth] = (struct yaml_place){.index = 0};
    p->depth++;
    return true;
}

static bool close_container(struct parser *p)
{
    p->depth--;
    if (!emit(p, (struct yaml_event){.kind = YAML_END})) {
        return false;
    }
    node_end(p);
    return true;
}

static bool on_scalar(struct parser *p, const yaml_event_t *from)
{
    struct yaml_event event = {
        .kind = YAML_SCALAR,
        .quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE,
        .text = {.at = (const char *)from->data.scalar.value, .len = from->data.scalar.length}};
    if (!emit(p, event)) {
        return false;
    }
    node_end(p);
    return true;
}

static bool on_alias(struct parser *p, const yaml_event_t *from)
{
    if (p->aliases++ == YAML_ALIASES_MAX) {
        return error_set(p->e, ERROR_LIMIT, "YAML with more than the limit of %d aliases",
                         YAML_ALIASES_MAX);
    }
    struct yaml_event event = {.kind = YAML_ALIAS,
                               .text = str_from((const char *)from->data.alias.anchor)};
    return emit(p, event);
}

static bool on_node(struct parser *p, const yaml_event_t *from)
{
    bool is_key;
    if (!node_place(p, from, &is_key)) {
        return false;
    }
    if (is_key) {
        return true;
    }
    if (from->type == YAML_SCALAR_EVENT) {
        return on_scalar(p, from);
    }
    return from->type == YAML_ALIAS_EVENT
               ? on_alias(p, from)
               : open_container(p, from->type == YAML_MAPPING_START_EVENT);
}

/* `*more` is false at the end. */
static bool on_event(struct parser *p, const yaml_event_t *from, bool *more)
{
    switch (from->type) {
    case YAML_SCALAR_EVENT:
    case YAML_ALIAS_EVENT:
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return on_node(p, from);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return close_container(p);
    case YAML_DOCUMENT_START_EVENT:
        return !p->done || error_set(p->e, ERROR_FORMAT, "a second document at line %zu",
                                     from->start_mark.line + 1);
    case YAML_STREAM_END_EVENT:
        *more = false;
        return p->done || error_set(p->e, ERROR_FORMAT, "is empty, not YAML");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static bool read_events(struct parser *p)
{
    bool more = true;
    while (more) {
        yaml_event_t event;
        if (yaml_parser_parse(&p->yaml, &event) == 0) {
            return fail(p);
        }
        p->line = event.start_mark.line + 1;
        bool fine = on_event(p, &event, &more);
        yaml_event_delete(&event);
        if (!fine) {
            return false;
        }
    }
    return true;
}

bool yaml_read_text(str text, size_t depth_max, struct arena *arena, struct yaml_handler *handler,
                    struct error *e)
{
    struct error unread;
    if (text.len > YAML_TEXT_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu bytes of YAML, more than the limit of %d", text.len,
                         YAML_TEXT_BYTES_MAX);
    }
    struct parser p = {.arena = arena,
                       .handler = handler,
                       .e = e != NULL ? e : &unread,
                       .depth_max = depth_max < YAML_DEPTH_MAX ? depth_max : YAML_DEPTH_MAX};
    if (yaml_parser_initialize(&p.yaml) == 0) {
        return error_set(p.e, ERROR_MEMORY, "no memory for YAML");
    }
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)(text.len > 0 ? text.at : ""),
                                 text.len);
    bool done = read_events(&p);
    yaml_parser_delete(&p.yaml);
    return done;
}
