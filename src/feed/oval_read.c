/* oval_read.c: tests, objects, states and variables, as far as a definition refers to them. */
#include <string.h>

#include "base/num.h"
#include "feed/oval.h"

/* Ids are "PREFIX:NUMBER" in all documents: the prefix's number and the number are the key. Any
 * other id is a text, and its number the key. */
enum { KEY_NUMBER_BITS = 48, KEY_PREFIX_TEXT = 0xffff, KEY_DIGITS_MAX = 14 };

bool oval_key(struct oval *o, str id, uint64_t *key, struct error *e)
{
    size_t colon = str_find_last_char(id, ':');
    str digits = str_slice(id, colon + 1, id.len);
    uint64_t number;
    uint32_t prefix;
    if (colon < id.len && digits.len <= KEY_DIGITS_MAX && (digits.len < 2 || digits.at[0] != '0') &&
        num_parse(digits, 10, UINT64_MAX, &number)) {
        if (!oval_pool_add(&o->prefixes, str_slice(id, 0, colon), &prefix, e)) {
            return false;
        }
        if (prefix < KEY_PREFIX_TEXT) {
            *key = (uint64_t)prefix << KEY_NUMBER_BITS | number;
            return true;
        }
    }
    if (!oval_pool_add(&o->texts, id, &prefix, e)) {
        return false;
    }
    *key = (uint64_t)KEY_PREFIX_TEXT << KEY_NUMBER_BITS | prefix;
    return true;
}

static bool refer(struct oval *o, struct oval_table *table, str id, uint32_t *position,
                  struct error *e)
{
    uint64_t key;
    if (id.len == 0 || *position != 0) {
        return true; /* a second state: the first one tells the version in all that were seen */
    }
    if (!oval_key(o, id, &key, e) || oval_table_add(table, key, position, e) == NULL) {
        return false;
    }
    (*position)++;
    return true;
}

/* -- tests ---------------------------------------------------------------------------------- */

static bool on_test(struct oval *o, const struct xml_event *event, struct error *e)
{
    if (event->kind == XML_BEGIN && event->depth == 3) {
        if (!oval_key(o, xml_attribute(event, "id"), &o->current_key, e)) {
            return false;
        }
        struct oval_test *test = oval_table_find(&o->tests, o->current_key);
        if (test != NULL) {
            str check = xml_attribute(event, "check");
            str existence = xml_attribute(event, "check_existence");
            test->seen = true;
            test->negated = str_eq(check, STR("none satisfy"));
            test->absent = str_eq(existence, STR("none_exist"));
        }
        return true;
    }
    struct oval_test *test = oval_table_find(&o->tests, o->current_key);
    if (event->kind == XML_END || event->depth != 4 || test == NULL) {
        return true;
    }
    if (xml_is(event, "object")) {
        return refer(o, &o->objects, xml_attribute(event, "object_ref"), &test->object, e);
    }
    if (xml_is(event, "state")) {
        return refer(o, &o->states, xml_attribute(event, "state_ref"), &test->state, e);
    }
    return true;
}

/* -- objects -------------------------------------------------------------------------------- */

static bool on_object(struct oval *o, const struct xml_event *event, struct error *e)
{
    if (event->kind == XML_BEGIN && event->depth == 3) {
        return oval_key(o, xml_attribute(event, "id"), &o->current_key, e);
    }
    struct oval_object *object =
        event->depth > 3 ? oval_table_find(&o->objects, o->current_key) : NULL;
    if (object == NULL || event->depth != 4) {
        return true;
    }
    object->seen = true;
    if (event->kind == XML_BEGIN) {
        return refer(o, &o->variables, xml_attribute(event, "var_ref"), &object->variable, e);
    }
    return !xml_is(event, "name") || event->text.len == 0 ||
           oval_pool_add(&o->texts, event->text, &object->name, e);
}

/* -- states --------------------------------------------------------------------------------- */

static enum oval_says comparison_of(str operation)
{
    static const struct {
        str words;
        enum oval_says says;
    } operations[] = {
        {STR_INIT("less than"), OVAL_LESS},
        {STR_INIT("less than or equal"), OVAL_LESS_EQUAL},
        {STR_INIT("greater than"), OVAL_GREATER},
        {STR_INIT("greater than or equal"), OVAL_GREATER_EQUAL},
        {STR_INIT("equals"), OVAL_EQUAL},
        {STR_INIT(""), OVAL_EQUAL}, /* the schema's default */
    };
    for (size_t i = 0; i < ARRAY_COUNT(operations); i++) {
        if (str_eq(operations[i].words, operation)) {
            return operations[i].says;
        }
    }
    return OVAL_CONDITION;
}

/* What an element of a state is about; OVAL_CONDITION: nothing that is used here. */
static enum oval_says state_says(const struct xml_event *event)
{
    str operation = xml_attribute(event, "operation"), type = xml_attribute(event, "datatype");
    bool matches = str_eq(operation, STR("pattern match"));
    if (xml_is(event, "evr") || str_eq(type, STR("debian_evr_string")) ||
        str_eq(type, STR("evr_string"))) {
        return comparison_of(operation);
    }
    if (xml_is(event, "version")) {
        return matches                                  ? OVAL_VERSION_MATCHES
               : comparison_of(operation) == OVAL_EQUAL ? OVAL_VERSION_IS
                                                        : OVAL_CONDITION;
    }
    if (xml_is(event, "release") && matches) {
        return OVAL_RELEASE_MATCHES;
    }
    if (xml_is(event, "signature_keyid")) {
        return OVAL_SIGNED;
    }
    return xml_is(event, "arch") ? OVAL_ARCH_IS : OVAL_CONDITION;
}

/* An architecture beside a version limits it; alone it is what the state says. */
static bool on_state(struct oval *o, const struct xml_event *event, struct error *e)
{
    if (event->kind == XML_BEGIN && event->depth == 3) {
        return oval_key(o, xml_attribute(event, "id"), &o->current_key, e);
    }
    struct oval_state *state =
        event->depth > 3 ? oval_table_find(&o->states, o->current_key) : NULL;
    if (state == NULL || event->depth != 4) {
        return true;
    }
    state->seen = true;
    if (event->kind == XML_BEGIN) {
        enum oval_says says = state_says(event);
        if (says != OVAL_CONDITION && (says != OVAL_ARCH_IS || state->says == OVAL_CONDITION)) {
            state->says = (uint8_t)says;
        }
        return true;
    }
    if (xml_is(event, "arch")) {
        return oval_pool_add(&o->texts, event->text, &state->arch, e);
    }
    bool version = xml_is(event, "evr") || xml_is(event, "version") || xml_is(event, "release") ||
                   xml_is(event, "subexpression");
    return !version || event->text.len == 0 ||
           oval_pool_add(&o->texts, event->text, &state->version, e);
}

/* -- variables ------------------------------------------------------------------------------ */

/* Ubuntu's lists for manifests are regular expressions: "^NAME(?::\w+|)\s+(.*)$". */
static str value_of(str text)
{
    static const str tail = STR_INIT("(?::\\w+|)\\s+(.*)$");
    if (text.len > 0 && text.at[0] == '^') {
        text = str_slice(text, 1, text.len);
    }
    return str_ends(text, tail) ? str_slice(text, 0, text.len - tail.len) : text;
}

static bool on_variable(struct oval *o, const struct xml_event *event, struct error *e)
{
    if (event->kind == XML_BEGIN && event->depth == 3) {
        return oval_key(o, xml_attribute(event, "id"), &o->current_key, e);
    }
    struct oval_variable *variable =
        event->depth > 3 ? oval_table_find(&o->variables, o->current_key) : NULL;
    if (variable == NULL || event->kind == XML_BEGIN || event->depth != 4 ||
        !xml_is(event, "value") || event->text.len == 0) {
        return true;
    }
    uint32_t *value = oval_list_add(&o->values, e);
    if (value == NULL || !oval_pool_add(&o->texts, value_of(event->text), value, e)) {
        return false;
    }
    if (variable->values_count == 0) {
        variable->values_at = (uint32_t)(o->values.count - 1);
    }
    variable->values_count++;
    return true;
}

/* By the element: one of the slices that are about has "state" where "states" belongs. */
bool oval_section_event(struct oval *o, const struct xml_event *event, struct error *e)
{
    str element = event->path[2];
    if (str_ends(element, STR("_test"))) {
        return on_test(o, event, e);
    }
    if (str_ends(element, STR("_object"))) {
        return on_object(o, event, e);
    }
    if (str_ends(element, STR("_state"))) {
        return on_state(o, event, e);
    }
    return !str_ends(element, STR("_variable")) || on_variable(o, event, e);
}
