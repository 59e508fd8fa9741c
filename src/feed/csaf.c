/* csaf.c: the document's own members, and what the parts of the reader share. */
#include "feed/csaf.h"

#include <string.h>

#include "base/clock.h"
#include "feed/csaf_parse.h"
#include "model/advisory.h"

/* -- keeping -------------------------------------------------------------------------------- */

bool csaf_keep(struct csaf_parser *p, str text, str *to, struct error *e)
{
    *to = STR_NONE;
    return text.len == 0 || arena_str(p->arena, text, to, e);
}

bool csaf_cut(str text, size_t bytes_max, struct arena *arena, str *out, struct error *e)
{
    static const str more = STR_INIT("\u2026");
    *out = STR_NONE;
    if (text.len <= bytes_max) {
        return text.len == 0 || arena_str(arena, text, out, e);
    }
    size_t end = bytes_max - more.len;
    while (end > 0 && ((uint8_t)text.at[end] & 0xc0) == 0x80) {
        end--;
    }
    char *room = arena_alloc(arena, end + more.len, 1, 1, e);
    if (room == NULL) {
        return false;
    }
    memcpy(room, text.at, end);
    memcpy(room + end, more.at, more.len);
    *out = (str){.at = room, .len = end + more.len};
    return true;
}

bool csaf_keep_cut(struct csaf_parser *p, str text, size_t bytes_max, str *to, struct error *e)
{
    return csaf_cut(text, bytes_max, p->arena, to, e);
}

void csaf_date(str text, int64_t *to)
{
    int64_t seconds;
    if (clock_parse(str_trim(text), &seconds)) {
        *to = seconds;
    }
}

static bool number_put(struct csaf_parser *p, str text, struct error *e)
{
    str kept;
    if (p->texts_count > CSAF_TEXTS_MAX) {
        return error_set(e, ERROR_LIMIT, "more than the limit of %d different texts",
                         CSAF_TEXTS_MAX);
    }
    if (!csaf_keep_cut(p, text, CSAF_TEXT_BYTES_MAX, &kept, e) ||
        !arena_grow(p->arena, (void **)&p->texts_at, p->texts_count, &p->texts_room, sizeof(str),
                    e)) {
        return false;
    }
    p->texts_at[p->texts_count++] = kept;
    return true;
}

bool csaf_number(struct csaf_parser *p, str text, uint16_t *out, struct error *e)
{
    text = str_trim(text);
    *out = 0;
    if (text.len == 0) {
        return true;
    }
    /* documents have a handful, and the last ones come again */
    for (size_t i = p->texts_count; i > 1 && p->texts_count - i < 64; i--) {
        if (str_eq(p->texts_at[i - 1], text)) {
            *out = (uint16_t)(i - 1);
            return true;
        }
    }
    *out = (uint16_t)p->texts_count; /* number_put refuses those that do not fit */
    return number_put(p, text, e);
}

struct csaf_product *csaf_product(struct csaf_parser *p, str id, struct error *e)
{
    struct csaf_product *product = map_get(&p->products, id);
    if (product != NULL) {
        return product;
    }
    product = ARENA_NEW(p->arena, struct csaf_product, e);
    if (product == NULL || !csaf_keep(p, id, &product->id, e) ||
        !map_put(&p->products, product->id, product, e)) {
        return NULL;
    }
    product->next = p->d->products;
    p->d->products = product;
    p->d->products_count++;
    return product;
}

/* -- elements of lists ---------------------------------------------------------------------- */

void csaf_element_begin(struct csaf_parser *p)
{
    struct csaf_element empty = {.products = p->element.products, .room = p->element.room};
    p->element = empty;
}

bool csaf_element_member(struct csaf_parser *p, str key, str text, struct error *e)
{
    struct csaf_element *element = &p->element;
    if (str_eq(key, STR("category"))) {
        return csaf_keep(p, text, &element->category, e);
    }
    if (str_eq(key, STR("title"))) {
        return csaf_keep_cut(p, text, CSAF_TEXT_BYTES_MAX, &element->title, e);
    }
    if (str_eq(key, STR("text")) || str_eq(key, STR("details")) || str_eq(key, STR("label"))) {
        return csaf_keep_cut(p, text, ADVISORY_DESCRIPTION_BYTES_MAX, &element->text, e);
    }
    return !str_eq(key, STR("url")) || csaf_keep(p, text, &element->url, e);
}

/* Notes of category "general" are about anything; those with a description say so in the title. */
static unsigned note_rank(const struct csaf_element *note)
{
    if (str_eq(note->category, STR("description"))) {
        return 3;
    }
    bool titled = str_find(note->title, STR("escription")) < note->title.len ||
                  str_eq(note->title, STR("Details"));
    if (str_eq(note->category, STR("general")) && titled) {
        return 2;
    }
    return str_eq(note->category, STR("summary")) ? 1 : 0;
}

void csaf_note_end(struct csaf_parser *p, str *to, unsigned *rank)
{
    unsigned now = note_rank(&p->element);
    if (p->element.text.len > 0 && now > *rank) {
        *to = p->element.text;
        *rank = now;
    }
}

/* -- the document --------------------------------------------------------------------------- */

/* The publisher's page; a document's own address, ".json", is of no use to people. */
static void reference_end(struct csaf_parser *p)
{
    bool page = str_eq(p->element.category, STR("self")) &&
                !str_ends(p->element.url, STR(".json")) &&
                str_find(p->element.url, STR("/rating/")) == p->element.url.len;
    if (page && p->d->url.len == 0) {
        p->d->url = p->element.url;
    }
}

static bool document_text_member(struct csaf_parser *p, const struct json_event *event,
                                 struct error *e)
{
    struct csaf_document *d = p->d;
    if (event->depth == 2) {
        if (csaf_key(event, 2, STR("category"))) {
            p->is_other = !str_starts(event->text, STR("csaf_"));
        }
        return !csaf_key(event, 2, STR("title")) ||
               csaf_keep_cut(p, event->text, ADVISORY_DESCRIPTION_BYTES_MAX, &d->title, e);
    }
    if (event->depth == 3 && csaf_key(event, 2, STR("tracking"))) {
        if (csaf_key(event, 3, STR("initial_release_date"))) {
            csaf_date(event->text, &d->published_s);
        }
        if (csaf_key(event, 3, STR("current_release_date"))) {
            csaf_date(event->text, &d->modified_s);
        }
        if (csaf_key(event, 3, STR("status"))) {
            d->deleted = str_eq(event->text, STR("deleted"));
        }
        return !csaf_key(event, 3, STR("id")) || csaf_keep(p, str_trim(event->text), &d->id, e);
    }
    if (event->depth == 3 && csaf_key(event, 2, STR("aggregate_severity")) &&
        csaf_key(event, 3, STR("text"))) {
        return csaf_keep_cut(p, event->text, CSAF_TEXT_BYTES_MAX, &d->aggregate, e);
    }
    bool in_list = csaf_key(event, 2, STR("notes")) || csaf_key(event, 2, STR("references"));
    return event->depth != 4 || !in_list ||
           csaf_element_member(p, event->path[3].key, event->text, e);
}

static bool document_event(struct csaf_parser *p, const struct json_event *event, struct error *e)
{
    if (event->kind == JSON_STRING) {
        return document_text_member(p, event, e);
    }
    if (event->depth == 3 && event->kind == JSON_OBJECT) {
        csaf_element_begin(p);
    }
    if (event->depth == 3 && event->kind == JSON_END) {
        if (csaf_key(event, 2, STR("notes"))) {
            csaf_note_end(p, &p->d->description, &p->document_rank);
        } else if (csaf_key(event, 2, STR("references"))) {
            reference_end(p);
        }
    }
    return true;
}

static enum csaf_section section_of(str key)
{
    if (str_eq(key, STR("vulnerabilities"))) {
        return CSAF_SECTION_VULNERABILITIES;
    }
    if (str_eq(key, STR("product_tree"))) {
        return CSAF_SECTION_TREE;
    }
    return str_eq(key, STR("document")) ? CSAF_SECTION_DOCUMENT : CSAF_SECTION_OTHER;
}

static bool on_event(struct json_handler *self, const struct json_event *event, struct error *e)
{
    struct csaf_parser *p = CONTAINER_OF(self, struct csaf_parser, base);
    if (event->depth < 2) {
        if (event->depth == 1) {
            p->section = section_of(event->path[0].key);
        }
        return true;
    }
    switch (p->section) {
    case CSAF_SECTION_VULNERABILITIES:
        return csaf_vulnerability_event(p, event, e);
    case CSAF_SECTION_TREE:
        return csaf_tree_event(p, event, e);
    case CSAF_SECTION_DOCUMENT:
        return document_event(p, event, e);
    case CSAF_SECTION_OTHER:
        break;
    }
    return true;
}

bool csaf_read(struct reader *from, struct arena *arena, struct csaf_document *out, struct error *e)
{
    struct csaf_document d = {.id = STR_NONE};
    struct csaf_parser p = {.base = {.event = on_event}, .arena = arena, .d = &d};
    map_init(&p.products, arena);
    if (!number_put(&p, STR_NONE, e) || !json_read(from, CSAF_DEPTH_MAX, &p.base, e)) {
        return false;
    }
    if (p.is_other || d.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "is no CSAF document: has %s",
                         p.is_other ? "a category that does not begin with 'csaf_'"
                                    : "no tracking id");
    }
    d.texts = p.texts_at;
    *out = d;
    return true;
}
