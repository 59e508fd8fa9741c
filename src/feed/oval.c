/* oval.c: the document's outline: definitions with their criteria, and what is done at its end.
 * oval_meta.c has the facts of a definition, oval_read.c what definitions refer to, oval_rows.c
 * the rows that come out. */
#include "feed/oval.h"

#include <inttypes.h>
#include <string.h>

enum { DEFINITION_DEPTH = 3 };

str oval_text(const struct oval *o, uint32_t number)
{
    return oval_pool_get(&o->texts, number);
}

static enum oval_class class_of(str name)
{
    return str_eq(name, STR("vulnerability")) ? OVAL_VULNERABILITY
           : str_eq(name, STR("patch"))       ? OVAL_PATCH
                                              : OVAL_OTHER_CLASS;
}

static bool definition_begin(struct oval *o, const struct xml_event *event, struct error *e)
{
    o->current = (struct oval_definition){
        .facts_at = (uint32_t)o->facts.count,
        .tree_at = (uint32_t)o->tree.count,
        .class = class_of(xml_attribute(event, "class")),
    };
    o->best = (struct oval_best){.rank = 0};
    /* "inventory" says what a system is, others are not about vulnerabilities either */
    bool deprecated = str_eq(xml_attribute(event, "deprecated"), STR("true"));
    o->current_left_out = deprecated || o->current.class == OVAL_OTHER_CLASS;
    return oval_pool_add(&o->texts, xml_attribute(event, "id"), &o->current.id, e);
}

static bool definition_end(struct oval *o, struct error *e)
{
    if (o->current_left_out) {
        o->left_out++;
        o->facts.count = o->current.facts_at;
        o->tree.count = o->current.tree_at;
        return true;
    }
    if (!oval_meta_done(o, e)) {
        return false;
    }
    o->current.tree_count = (uint32_t)(o->tree.count - o->current.tree_at);
    struct oval_definition *kept = oval_list_add(&o->definitions, e);
    if (kept == NULL) {
        return false;
    }
    *kept = o->current;
    return true;
}

/* -- criteria ------------------------------------------------------------------------------- */

static bool add_token(struct oval *o, uint32_t token, struct error *e)
{
    uint32_t *t = oval_list_add(&o->tree, e);
    if (t == NULL) {
        return false;
    }
    *t = token;
    return true;
}

/* A comment's parts are kept as one text of three numbers, each once. */
static bool keep_comment(struct oval *o, str comment, uint32_t *number, struct error *e)
{
    struct oval_leaf leaf;
    uint32_t parts[3] = {0};
    oval_comment_parse(comment, o->publisher->name_version_comments, &leaf);
    parts[0] = leaf.says;
    bool condition = leaf.says == OVAL_CONDITION;
    str first = condition ? leaf.comment : leaf.name;
    return oval_pool_add(&o->texts, first, &parts[1], e) &&
           oval_pool_add(&o->texts, condition ? leaf.note : leaf.version, &parts[2], e) &&
           oval_pool_add(&o->comments, (str){.at = (const char *)parts, .len = sizeof(parts)},
                         number, e);
}

static bool on_criterion(struct oval *o, const struct xml_event *event, uint32_t negated,
                         struct error *e)
{
    static const str signed_ = STR_INIT(" is signed with ");
    str comment = xml_attribute(event, "comment");
    if (str_find(comment, signed_) < comment.len) {
        return add_token(o, OVAL_TRUE, e); /* half of the criteria there are */
    }
    uint64_t key;
    uint32_t at, number;
    if (!oval_key(o, xml_attribute(event, "test_ref"), &key, e) ||
        !keep_comment(o, comment, &number, e)) {
        return false;
    }
    struct oval_test *test = oval_table_add(&o->tests, key, &at, e);
    if (test == NULL) {
        return false;
    }
    test->comment = test->comment == 0 ? number : test->comment;
    uint32_t token = OVAL_CRITERION | negated | at << OVAL_TEST_SHIFT;
    if (test->comment == number) {
        return add_token(o, token, e);
    }
    return add_token(o, token | OVAL_OWN_COMMENT, e) && add_token(o, number, e);
}

static bool on_criteria(struct oval *o, const struct xml_event *event, struct error *e)
{
    bool begins = event->kind == XML_BEGIN;
    str negate = begins ? xml_attribute(event, "negate") : STR_NONE;
    uint32_t negated = str_eq(negate, STR("true")) || str_eq(negate, STR("1")) ? OVAL_NEGATED : 0;
    if (xml_is(event, "criteria")) {
        if (!begins) {
            return add_token(o, OVAL_CRITERIA_END, e);
        }
        bool or = str_eq_nocase(xml_attribute(event, "operator"), STR("OR"));
        return add_token(o, OVAL_CRITERIA | negated | (or ? OVAL_OR : 0), e);
    }
    if (!begins) {
        return true;
    }
    if (xml_is(event, "criterion")) {
        return on_criterion(o, event, negated, e);
    }
    return !xml_is(event, "extend_definition") || add_token(o, OVAL_TRUE, e);
}

/* -- the document --------------------------------------------------------------------------- */

static bool on_event(struct xml_handler *self, const struct xml_event *event, struct error *e)
{
    struct oval *o = CONTAINER_OF(self, struct oval, xml);
    bool begins = event->kind == XML_BEGIN;
    if (event->depth == 1 && !xml_is(event, "oval_definitions")) {
        return error_set(e, ERROR_FORMAT, "begins with '" STR_FMT "', which is not OVAL",
                         STR_ARG(event->path[0]));
    }
    if (event->depth == 2 && begins) {
        o->in_definitions = xml_is(event, "definitions");
        o->has_definitions = o->has_definitions || o->in_definitions;
    }
    if (event->depth < DEFINITION_DEPTH) {
        return true;
    }
    if (!o->in_definitions) {
        return oval_section_event(o, event, e);
    }
    if (event->depth == DEFINITION_DEPTH) {
        return begins ? definition_begin(o, event, e) : definition_end(o, e);
    }
    if (o->current_left_out) {
        return true;
    }
    str part = event->path[DEFINITION_DEPTH];
    if (str_eq(part, STR("criteria"))) {
        return on_criteria(o, event, e);
    }
    return !str_eq(part, STR("metadata")) || oval_meta_event(o, event, e);
}

static bool put_notes(struct oval *o, struct error *e)
{
    const struct {
        uint64_t count;
        const char *what;
    } notes[] = {
        {o->left_out, "left out: definitions that are inventory, or deprecated"},
        {o->without_rows, "left out: definitions of which no package came out"},
        {o->too_many, "left out: definitions with too many cases"},
        {o->cut, "descriptions cut short, for the memory that all may take"},
        {o->unresolved, "criteria told by their comments, for their tests are not there"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(notes); i++) {
        if (notes[i].count > 0 && !document_note(o->out, o->document, e, "%s (%" PRIu64 ")",
                                                 notes[i].what, notes[i].count)) {
            return false;
        }
    }
    return tally_note(&o->strange, o->out, o->document, "what limpid has no place for", e);
}

static uint64_t count_unresolved(const struct oval *o)
{
    uint64_t count = 0;
    for (size_t i = 0; i < o->tests.items.count; i++) {
        const struct oval_test *test = oval_list_at(&o->tests.items, i);
        count += !test->seen;
    }
    return count;
}

static bool put_all(struct oval *o, struct error *e)
{
    o->unresolved = count_unresolved(o);
    for (size_t i = 0; i < o->definitions.count; i++) {
        const struct oval_definition *d = oval_list_at(&o->definitions, i);
        bool done = o->publisher->definition(o, d, e);
        arena_done(&o->scratch);
        o->rows = (struct oval_rows){.count = 0};
        if (!done) {
            return error_wrap(e, "'" STR_FMT "'", STR_ARG(oval_text(o, d->id)));
        }
    }
    return put_notes(o, e);
}

struct oval *oval_new(const struct oval_publisher *publisher, const struct feed_document *document,
                      struct arena *arena, struct advisory_sink *out, struct error *e)
{
    struct oval *o = ARENA_NEW(arena, struct oval, e);
    if (o == NULL) {
        return NULL;
    }
    o->publisher = publisher;
    o->out = out;
    o->document = document->path;
    o->arena = arena;
    o->xml.event = on_event;
    arena_init(&o->scratch, OVAL_SCRATCH_BYTES_MAX, "a definition");
    oval_list_init(&o->definitions, arena, sizeof(struct oval_definition));
    oval_list_init(&o->facts, arena, sizeof(uint32_t));
    oval_list_init(&o->tree, arena, sizeof(uint32_t));
    oval_list_init(&o->values, arena, sizeof(uint32_t));
    oval_table_init(&o->tests, arena, sizeof(struct oval_test));
    oval_table_init(&o->objects, arena, sizeof(struct oval_object));
    oval_table_init(&o->states, arena, sizeof(struct oval_state));
    oval_table_init(&o->variables, arena, sizeof(struct oval_variable));
    bool done = oval_pool_init(&o->prefixes, arena, e) && oval_pool_init(&o->texts, arena, e) &&
                oval_pool_init(&o->comments, arena, e);
    return done ? o : NULL;
}

bool oval_read(struct oval *o, struct reader *body, struct error *e)
{
    if (!xml_read(body, &o->xml, e)) {
        return false;
    }
    if (!o->has_definitions) {
        return error_set(e, ERROR_FORMAT, "has no definitions, as an OVAL document has");
    }
    return put_all(o, e);
}
