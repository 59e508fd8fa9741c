/* xml.c: the event stream. expat tokenizes and decodes; here are the path, the limits and the
 * text. Each open element has its text behind that of the elements around it: one that ends takes
 * its own off the end, and what follows goes on with that of the element around it. */
#include "format/xml.h"

#include <expat.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"

enum { CHUNK_BYTES = 64 * 1024, NAMES_BYTES_MAX = 64 * 1024 };

struct level {
    size_t name_at, name_len; /* in `names` */
    size_t text_at;           /* in `texts` */
};

struct parser {
    XML_Parser expat;
    struct xml_handler *handler;
    struct error *e;
    bool failed; /* `e` is set: the rest of expat's calls are ignored */
    size_t depth;
    struct buf names, texts;
    struct level levels[XML_DEPTH_MAX];
    str path[XML_DEPTH_MAX];
    struct xml_attribute attributes[XML_ATTRIBUTES_MAX];
};

static void stop(struct parser *p)
{
    p->failed = true;
    XML_StopParser(p->expat, XML_FALSE);
}

static str without_prefix(const char *name)
{
    const char *colon = strrchr(name, ':');
    return str_from(colon == NULL ? name : colon + 1);
}

static void emit(struct parser *p, struct xml_event *event)
{
    for (size_t i = 0; i < p->depth; i++) {
        p->path[i] = (str){.at = p->names.at + p->levels[i].name_at, .len = p->levels[i].name_len};
    }
    event->depth = p->depth;
    event->path = p->path;
    if (!p->handler->event(p->handler, event, p->e)) {
        stop(p);
    }
}

static bool take_attributes(struct parser *p, const char **attributes, struct xml_event *event)
{
    size_t count = 0;
    for (; attributes[2 * count] != NULL; count++) {
        if (count == XML_ATTRIBUTES_MAX) {
            return error_set(p->e, ERROR_LIMIT, "an element with more than %d attributes",
                             XML_ATTRIBUTES_MAX);
        }
        p->attributes[count].name = without_prefix(attributes[2 * count]);
        p->attributes[count].value = str_from(attributes[2 * count + 1]);
    }
    event->attributes = p->attributes;
    event->attributes_count = count;
    return true;
}

static void on_begin(void *arg, const char *name, const char **attributes)
{
    struct parser *p = arg;
    struct xml_event event = {.kind = XML_BEGIN};
    str own = without_prefix(name);
    if (p->failed) {
        return;
    }
    if (p->depth == XML_DEPTH_MAX) {
        error_set(p->e, ERROR_LIMIT, "elements more than %d deep", XML_DEPTH_MAX);
        stop(p);
        return;
    }
    p->levels[p->depth] =
        (struct level){.name_at = p->names.len, .name_len = own.len, .text_at = p->texts.len};
    if (!buf_add_str(&p->names, own, p->e) || !take_attributes(p, attributes, &event)) {
        stop(p);
        return;
    }
    p->depth++;
    emit(p, &event);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static str trimmed(str text)
{
    while (text.len > 0 && is_blank(text.at[0])) {
        text = str_slice(text, 1, text.len);
    }
    while (text.len > 0 && is_blank(text.at[text.len - 1])) {
        text.len--;
    }
    return text;
}

static void on_end(void *arg, const char *name)
{
    struct parser *p = arg;
    (void)name; /* expat has checked that it is the one that is open */
    if (p->failed) {
        return;
    }
    struct level *level = &p->levels[p->depth - 1];
    struct xml_event event = {
        .kind = XML_END,
        .text = trimmed(str_slice(buf_str(&p->texts), level->text_at, p->texts.len))};
    emit(p, &event);
    p->depth--;
    p->names.len = level->name_at;
    p->texts.len = level->text_at;
}

static void on_text(void *arg, const char *at, int len)
{
    struct parser *p = arg;
    if (!p->failed && !buf_add(&p->texts, at, (size_t)len, p->e)) {
        stop(p);
    }
}

/* What expat says of a document that it refuses. */
static bool refused(struct parser *p)
{
    enum XML_Error code = XML_GetErrorCode(p->expat);
    if (p->failed) {
        return false;
    }
    if (code == XML_ERROR_NO_MEMORY) {
        return error_set(p->e, ERROR_MEMORY, "no memory for the XML parser");
    }
    return error_set(p->e, ERROR_FORMAT, "not well-formed XML at line %lu, column %lu: %s",
                     (unsigned long)XML_GetCurrentLineNumber(p->expat),
                     (unsigned long)XML_GetCurrentColumnNumber(p->expat), XML_ErrorString(code));
}

static bool parse(struct parser *p, struct reader *from)
{
    for (;;) {
        enum step got = reader_need(from, 1, p->e);
        if (got == STEP_FAILED) {
            return false;
        }
        size_t ready = reader_ready(from);
        int len = ready > CHUNK_BYTES ? CHUNK_BYTES : (int)ready;
        enum XML_Status status =
            XML_Parse(p->expat, (const char *)from->at, len, got == STEP_END ? 1 : 0);
        if (status != XML_STATUS_OK || p->failed) {
            return refused(p);
        }
        if (got == STEP_END) {
            return true;
        }
        from->at += len;
    }
}

bool xml_read(struct reader *from, struct xml_handler *handler, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 2 * sizeof(struct parser) + 4096, "an XML parser");
    struct parser *p = ARENA_NEW(&arena, struct parser, e);
    if (p == NULL) {
        return false;
    }
    p->handler = handler;
    p->e = e;
    buf_init(&p->names, NAMES_BYTES_MAX);
    buf_init(&p->texts, XML_TEXT_BYTES_MAX);
    p->expat = XML_ParserCreate(NULL);
    bool done = p->expat != NULL;
    if (done) {
        XML_SetUserData(p->expat, p);
        XML_SetElementHandler(p->expat, on_begin, on_end);
        XML_SetCharacterDataHandler(p->expat, on_text);
        done = parse(p, from);
        XML_ParserFree(p->expat);
    } else {
        error_set(e, ERROR_MEMORY, "no memory for the XML parser");
    }
    buf_done(&p->names);
    buf_done(&p->texts);
    return done;
}

str xml_attribute(const struct xml_event *event, const char *name)
{
    for (size_t i = 0; i < event->attributes_count; i++) {
        if (str_eq(event->attributes[i].name, str_from(name))) {
            return event->attributes[i].value;
        }
    }
    return STR_NONE;
}

bool xml_is(const struct xml_event *event, const char *name)
{
    return str_eq(event->path[event->depth - 1], str_from(name));
}

bool xml_is_in(const struct xml_event *event, const char *parent)
{
    return event->depth >= 2 && str_eq(event->path[event->depth - 2], str_from(parent));
}
