/* csaf_parse.h: what the parts of the CSAF reader share: csaf.c (document), csaf_tree.c (product
 * tree), csaf_vulnerability.c. For these files only. */
#ifndef LIMPID_FEED_CSAF_PARSE_H
#define LIMPID_FEED_CSAF_PARSE_H

#include "base/map.h"
#include "feed/csaf.h"
#include "format/json.h"

enum csaf_section {
    CSAF_SECTION_OTHER,
    CSAF_SECTION_DOCUMENT,
    CSAF_SECTION_TREE,
    CSAF_SECTION_VULNERABILITIES
};

/* The element of a list that is open: a remediation, threat, flag, score, note, reference. */
struct csaf_element {
    str category, title, text, url;
    struct csaf_product **products;
    size_t count, room;
    unsigned cvss_version, cvss_tenths; /* of `text`, where that is a vector */
    bool has_group;
};

struct csaf_parser {
    struct json_handler base;
    struct arena *arena;
    struct csaf_document *d;
    struct map products; /* id → struct csaf_product */
    str *texts_at;
    size_t texts_count, texts_room;
    enum csaf_section section;
    bool is_other; /* of another category than "csaf_…" */

    /* csaf_tree.c */
    str product_id, product_name, product_cpe, product_purl;
    str relation_category, relation_component, relation_of;

    /* csaf_vulnerability.c */
    struct csaf_vulnerability *open;
    size_t vulnerabilities_room;
    unsigned cvss_version, cvss_tenths; /* of open->cvss */
    enum csaf_status status;            /* of the list that is open */
    unsigned description_rank;          /* of open->description */

    unsigned document_rank; /* of d->description */
    struct csaf_element element;
};

/* The product of this id, made where there is none. */
struct csaf_product *csaf_product(struct csaf_parser *p, str id, struct error *e) MUST_USE;

/* A copy in the arena; the empty str for an empty one. */
bool csaf_keep(struct csaf_parser *p, str text, str *to, struct error *e) MUST_USE;

/* csaf_cut into the parser's arena. */
bool csaf_keep_cut(struct csaf_parser *p, str text, size_t bytes_max, str *to,
                   struct error *e) MUST_USE;

/* The number of a text; it is trimmed, and cut to CSAF_TEXT_BYTES_MAX. */
bool csaf_number(struct csaf_parser *p, str text, uint16_t *out, struct error *e) MUST_USE;

/* Starts an element without products; the room for them stays. */
void csaf_element_begin(struct csaf_parser *p);

/* A member of an element that notes, references and remediations have alike; others are ignored. */
bool csaf_element_member(struct csaf_parser *p, str key, str text, struct error *e) MUST_USE;

/* A note that is over: `*to` is its text, if that describes better than what is there. */
void csaf_note_end(struct csaf_parser *p, str *to, unsigned *rank);

static inline bool csaf_key(const struct json_event *event, size_t depth, str name)
{
    return event->depth >= depth && str_eq(event->path[depth - 1].key, name);
}

bool csaf_tree_event(struct csaf_parser *p, const struct json_event *event,
                     struct error *e) MUST_USE;
bool csaf_vulnerability_event(struct csaf_parser *p, const struct json_event *event,
                              struct error *e) MUST_USE;

#endif
