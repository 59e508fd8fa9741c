/* xml.h: XML 1.0 as a stream of events, over expat's SAX parser, for documents of publishers
 * (OVAL, CVRF, updateinfo). Memory: the path, one text, and what expat needs for one tag. Prefixes
 * of namespaces are cut off ("red-def:rpminfo_test" is "rpminfo_test"); names are compared as they
 * are written otherwise. UTF-8, UTF-16, ISO-8859-1 and US-ASCII are read; text is UTF-8.
 * No external entity is ever loaded; internal ones may grow to XML_GROWTH_MAX times the document.
 *
 * expat keeps each name that it has ever seen, each declaration of a DTD, and a tag until it is
 * whole: that is what the last three limits are for. */
#ifndef LIMPID_FORMAT_XML_H
#define LIMPID_FORMAT_XML_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/reader.h"

enum {
    XML_DEPTH_MAX = 64,
    XML_TEXT_BYTES_MAX = 4 * 1024 * 1024, /* of all open elements together */
    XML_ATTRIBUTES_MAX = 256,             /* of one element */
    XML_PATH_BYTES_MAX = 16 * 1024,       /* the names of all open elements */
    XML_NAMES_MAX = 4096,                 /* different names of elements and attributes */
    XML_TAG_BYTES_MAX = 4 * 1024 * 1024,  /* one tag with its attributes, one comment */
    XML_DTD_BYTES_MAX = 64 * 1024,
    XML_GROWTH_MAX = 4,
};

enum xml_kind {
    XML_BEGIN, /* an element begins; its attributes are there */
    XML_END,   /* it ends; `text` is its own character data, blanks at both ends cut off. Text
                  around child elements is joined */
};

struct xml_attribute {
    str name; /* without prefix */
    str value;
};

struct xml_event {
    enum xml_kind kind;
    size_t depth;    /* 1 for the document's element */
    const str *path; /* `depth` names from the outside in: path[depth - 1] is its own */
    str text;        /* XML_END */
    const struct xml_attribute *attributes; /* XML_BEGIN */
    size_t attributes_count;
};

struct xml_handler {
    /* Text, names and attributes are borrowed during the call. False stops with that error. */
    bool (*event)(struct xml_handler *self, const struct xml_event *event, struct error *e);
};

/* One whole document; a cut one, or anything that is not well-formed: ERROR_FORMAT with line and
 * column. Over one of the limits above: ERROR_LIMIT. */
bool xml_read(struct reader *from, struct xml_handler *handler, struct error *e) MUST_USE;

/* The value of an attribute of XML_BEGIN, or STR_NONE. */
str xml_attribute(const struct xml_event *event, const char *name);

/* Is the element's own name `name`? */
bool xml_is(const struct xml_event *event, const char *name);

/* Is the element directly in one called `parent`? */
bool xml_is_in(const struct xml_event *event, const char *parent);

#endif
