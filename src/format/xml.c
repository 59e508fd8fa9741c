/* xml.c: the event stream. expat tokenizes and decodes; here are the path, the limits and the
 * text. Each open element has its text behind that of the elements around it: one that ends takes
 * its own off the end, and what follows goes on with that of the element around it. */
#include "format/xml.h"

#define XML_DTD 1 /* expat.h declares the bounds of entities only then */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/map.h"

/* expat turns from "whatever" to XML_GROWTH_MAX when this much has come out of entities. */
enum { CHUNK_BYTES = 64 * 1024, GROWTH_FREE_BYTES = 1024 * 1024 };

enum { SEEN_SLOTS = 4 * XML_NAMES_MAX };

struct level {
    size_t names_used; /* before this element's name */
    size_t text_at;    /* in `texts` */
};

struct parser {
    XML_Parser expat;
    struct xml_handler *handler;
    struct error *e;
    bool failed; /* `e` is set: the rest of expat's calls are ignored */
    bool in_dtd;
    uint64_t dtd_at, fed; /* bytes before the DTD, and those given to expat */
    size_t depth, names_used;
    struct buf texts;
    struct level levels[XML_DEPTH_MAX];
    str path[XML_DEPTH_MAX];
    struct xml_attribute attributes[XML_ATTRIBUTES_MAX];
    char names[XML_PATH_BYTES_MAX];
    uint64_t secret[2];
    size_t seen_count;
    uint64_t seen[SEEN_SLOTS]; /* hashes of the names that expat has; 0 is a free slot */
};

static void stop(struct parser *p)
{
    p->failed = true;
    XML_StopParser(p->expat, XML_FALSE);
}

static str without_prefix(str name)
{
    const char *colon = name.len > 0 ? memrchr(name.at, ':', name.len) : NULL;
    return colon == NULL ? name : str_slice(name, (size_t)(colon + 1 - name.at), name.len);
}

/* Two names with one hash count as one: that takes 2^32 names, and a secret that is not known. */
static bool name_seen(struct parser *p, str name)
{
    uint64_t hash = map_hash(p->secret, name) | 1;
    size_t at = (size_t)(hash >> 1) % SEEN_SLOTS;
    while (p->seen[at] != 0 && p->seen[at] != hash) {
        at = (at + 1) % SEEN_SLOTS;
    }
    if (p->seen[at] == hash) {
        return true;
    }
    if (p->seen_count == XML_NAMES_MAX) {
        return error_set(p->e, ERROR_LIMIT, "more than %d different names", XML_NAMES_MAX);
    }
    p->seen[at] = hash;
    p->seen_count++;
    return true;
}

static bool path_push(struct parser *p, str name)
{
    if (p->depth == XML_DEPTH_MAX) {
        return error_set(p->e, ERROR_LIMIT, "elements more than %d deep", XML_DEPTH_MAX);
    }
    if (name.len > XML_PATH_BYTES_MAX - p->names_used) {
        return error_set(p->e, ERROR_LIMIT, "names of open elements of more than %d bytes",
                         XML_PATH_BYTES_MAX);
    }
    p->levels[p->depth] = (struct level){.names_used = p->names_used, .text_at = p->texts.len};
    p->path[p->depth] = (str){.at = p->names + p->names_used, .len = name.len};
    if (name.len > 0) { /* "a:" has nothing behind its prefix */
        memcpy(p->names + p->names_used, name.at, name.len);
    }
    p->names_used += name.len;
    p->depth++;
    return true;
}

static void emit(struct parser *p, struct xml_event *event)
{
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
        str name = str_from(attributes[2 * count]);
        if (!name_seen(p, name)) {
            return false;
        }
        p->attributes[count].name = without_prefix(name);
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
    str own = str_from(name);
    if (p->failed) {
        return;
    }
    if (!name_seen(p, own) || !take_attributes(p, attributes, &event) ||
        !path_push(p, without_prefix(own))) {
        stop(p);
        return;
    }
    emit(p, &event);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void on_end(void *arg, const char *name)
{
    struct parser *p = arg;
    (void)name; /* expat has checked that it is the one that is open */
    if (p->failed) {
        return;
    }
    struct level *level = &p->levels[p->depth - 1];
    str text = str_slice(buf_str(&p->texts), level->text_at, p->texts.len);
    while (text.len > 0 && is_blank(text.at[text.len - 1])) {
        text.len--;
    }
    struct xml_event event = {.kind = XML_END, .text = text};
    emit(p, &event);
    p->depth--;
    p->names_used = level->names_used;
    p->texts.len = level->text_at;
}

/* Blanks at an element's start are not kept: those between a million children would fill the
 * memory for nothing. */
static void on_text(void *arg, const char *at, int count)
{
    struct parser *p = arg;
    size_t len = (size_t)count;
    if (p->failed) {
        return;
    }
    if (p->depth > 0 && p->texts.len == p->levels[p->depth - 1].text_at) {
        for (; len > 0 && is_blank(*at); at++) {
            len--;
        }
    }
    if (len > 0 && !buf_add(&p->texts, at, len, p->e)) {
        if (p->e->kind == ERROR_LIMIT) {
            error_set(p->e, ERROR_LIMIT, "text of more than %d bytes", XML_TEXT_BYTES_MAX);
        }
        stop(p);
    }
}

static void on_dtd(void *arg, const char *name, const char *system, const char *public,
                   int internal)
{
    struct parser *p = arg;
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    p->in_dtd = true;
    p->dtd_at = (uint64_t)XML_GetCurrentByteIndex(p->expat);
}

static void on_dtd_end(void *arg)
{
    struct parser *p = arg;
    p->in_dtd = false;
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
    if (code == XML_ERROR_AMPLIFICATION_LIMIT_BREACH) {
        return error_set(p->e, ERROR_LIMIT, "entities of more than %d times the document",
                         XML_GROWTH_MAX);
    }
    return error_set(p->e, ERROR_FORMAT, "not well-formed XML at line %lu, column %lu: %s",
                     (unsigned long)XML_GetCurrentLineNumber(p->expat),
                     (unsigned long)XML_GetCurrentColumnNumber(p->expat), XML_ErrorString(code));
}

/* expat holds what it could not tell yet: a tag or a comment whose end has not come. */
static bool check_held(struct parser *p)
{
    XML_Index at = XML_GetCurrentByteIndex(p->expat);
    if (at >= 0 && p->fed - (uint64_t)at > XML_TAG_BYTES_MAX) {
        return error_set(p->e, ERROR_LIMIT, "a tag or comment of more than %d bytes",
                         XML_TAG_BYTES_MAX);
    }
    if (p->in_dtd && p->fed - p->dtd_at > XML_DTD_BYTES_MAX + CHUNK_BYTES) {
        return error_set(p->e, ERROR_LIMIT, "a document type declaration of more than %d bytes",
                         XML_DTD_BYTES_MAX);
    }
    return true;
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
        p->fed += (uint64_t)len;
        enum XML_Status status =
            XML_Parse(p->expat, (const char *)from->at, len, got == STEP_END ? 1 : 0);
        if (status != XML_STATUS_OK || p->failed) {
            return refused(p);
        }
        if (got == STEP_END) {
            return true;
        }
        from->at += len;
        if (!check_held(p)) {
            return false;
        }
    }
}

/* All of expat's memory is the heap's, by these names, so that tests can refuse it. */
static bool create(struct parser *p)
{
    static const XML_Memory_Handling_Suite heap = {malloc, realloc, free};
    p->expat = XML_ParserCreate_MM(NULL, &heap, NULL);
    if (p->expat == NULL) {
        return error_set(p->e, ERROR_MEMORY, "no memory for the XML parser");
    }
    /* its own way to a secret may end at a file, which the worker cannot open */
    XML_SetHashSalt(p->expat, (unsigned long)(p->secret[0] | 1));
    XML_SetBillionLaughsAttackProtectionMaximumAmplification(p->expat, XML_GROWTH_MAX);
    XML_SetBillionLaughsAttackProtectionActivationThreshold(p->expat, GROWTH_FREE_BYTES);
    XML_SetUserData(p->expat, p);
    XML_SetElementHandler(p->expat, on_begin, on_end);
    XML_SetCharacterDataHandler(p->expat, on_text);
    XML_SetDoctypeDeclHandler(p->expat, on_dtd, on_dtd_end);
    return true;
}

bool xml_read(struct reader *from, struct xml_handler *handler, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, sizeof(struct parser) + 4096, "an XML parser");
    struct parser *p = ARENA_NEW(&arena, struct parser, e);
    if (p == NULL) {
        return false;
    }
    p->handler = handler;
    p->e = e;
    map_secret(p->secret, p);
    buf_init(&p->texts, XML_TEXT_BYTES_MAX);
    bool done = create(p) && parse(p, from);
    if (p->expat != NULL) {
        XML_ParserFree(p->expat);
    }
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
