/* csaf.h: one CSAF 2.0 document (OASIS, "Common Security Advisory Framework Version 2.0") of the
 * profiles csaf_vex and csaf_security_advisory, from a stream of JSON to what matters of it: each
 * product once, each statement about a product in 16 bytes. Inside src/feed only.
 *
 * The members of a document come in any order (RFC 8259, section 4): a product may be spoken of
 * before the product tree tells what it is. So all is kept to the document's end. */
#ifndef LIMPID_FEED_CSAF_H
#define LIMPID_FEED_CSAF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "model/severity.h"
#include "stream/reader.h"

enum {
    CSAF_DEPTH_MAX = 128,      /* of the JSON: 60 branches inside each other */
    CSAF_TEXTS_MAX = 65535,    /* different words, flags and addresses of fixes */
    CSAF_TEXT_BYTES_MAX = 300, /* of one of them; longer ones are cut */
};

struct csaf_product {
    str id;
    str name, cpe, purl; /* empty where not said */

    /* Of a relationship ("X as a component of Y"); NULL for a product of the tree. */
    struct csaf_product *component, *of;

    uint32_t vulnerability; /* number + 1 of the vulnerability that spoke of it last, */
    uint32_t statement;     /* and which of its statements that is */
    struct csaf_product *next;
};

/* What product_status says. Where several lists have a product, the larger one counts. */
enum csaf_status {
    CSAF_SAID_NOTHING, /* named by a flag, a score or a remediation only */
    CSAF_NOT_AFFECTED,
    CSAF_INVESTIGATED,
    CSAF_FIXED, /* fixed, first_fixed, recommended: the product names the version */
    CSAF_AFFECTED,
};

enum csaf_remedy { /* of products that are affected */
                   CSAF_REMEDY_NONE,
                   CSAF_REMEDY_NOT_YET, /* none_available */
                   CSAF_REMEDY_NEVER,   /* no_fix_planned */
};

/* Texts are named by number (csaf_text); 0 is the empty one. */
struct csaf_statement {
    struct csaf_product *product;
    uint16_t reason; /* details of the remedy: "Will not fix" */
    uint16_t flag;   /* "vulnerable_code_not_present" */
    uint16_t fix;    /* address of the vendor's fix */
    unsigned status : 4, remedy : 4, severity : 4;
};

struct csaf_vulnerability {
    str cve; /* may be empty */
    str title, description, url, cvss;
    int64_t released_s;
    enum severity severity; /* where the impact is said of no product */
    struct csaf_statement *statements;
    size_t count, room;
};

struct csaf_document {
    str id, title, description, url;
    str aggregate; /* "Important" */
    int64_t published_s, modified_s;
    bool deleted; /* the publisher's status of it: nothing that it says holds any more */
    struct csaf_product *products; /* of the tree and all others, newest first */
    size_t products_count;
    struct csaf_vulnerability *vulnerabilities;
    size_t vulnerabilities_count;
    const str *texts;
    uint64_t unused_statuses; /* first_affected, last_affected: of versions, which no list has */
    uint64_t groups;          /* remediations of product groups, which are not followed */
};

/* Reads one document into `arena`. Not JSON, cut, or no CSAF document: ERROR_FORMAT. */
bool csaf_read(struct reader *from, struct arena *arena, struct csaf_document *out,
               struct error *e) MUST_USE;

/* A copy in the arena of at most `bytes_max` (≥ 3): cut at a character, with "…" behind. */
bool csaf_cut(str text, size_t bytes_max, struct arena *arena, str *out, struct error *e) MUST_USE;

/* RFC 3339; what cannot be read leaves `*to` as it is. */
void csaf_date(str text, int64_t *to);

static inline str csaf_text(const struct csaf_document *d, uint16_t number)
{
    return d->texts[number];
}

#endif
