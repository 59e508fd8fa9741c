/* csaf_put.h: from CSAF documents to advisories: what the publishers of CSAF have in common, and
 * archives of documents. Inside src/feed only.
 *
 * A document about one CVE (VEX) becomes an advisory of that CVE with every state. A document
 * about an update (an erratum, RHSA-…, SUSE-SU-…) becomes one advisory that is about its CVEs, with
 * what the update fixes; what it calls not affected by one of its CVEs holds for that one only,
 * which a row cannot say, and VEX says it again: it is left out and counted. */
#ifndef LIMPID_FEED_CSAF_PUT_H
#define LIMPID_FEED_CSAF_PUT_H

#include "feed/csaf.h"
#include "feed/document.h"
#include "feed/rpm_product.h"

struct csaf_place {
    str namespace_; /* empty: left out, */
    str product;    /* of the row; or what is tallied where it is left out */
};

/* What differs among publishers. */
struct csaf_publisher {
    const char *name; /* source of the severity: "redhat" */
    const char *site; /* where a CVE's page is: this and the id; or NULL: as the document says */
    bool whole;       /* a document is all that the feed says of its id: a newer one replaces it */

    /* The namespace of a product of the tree that others are components of. */
    bool (*place)(const struct csaf_product *of, struct arena *arena, struct csaf_place *out,
                  struct error *e);

    /* The package of a component. `versioned`: the status is one of those that name a version. */
    bool (*package)(const struct csaf_product *component, const struct csaf_product *whole,
                    bool versioned, struct arena *arena, struct rpm_product *out, bool *bad_module,
                    struct error *e);
};

struct csaf_put {
    const struct csaf_publisher *publisher;
    struct advisory_sink *out;
    struct arena *arena; /* rewound after each document */
    str document;
    bool sink_failed; /* the error is the sink's, not the document's */
    uint64_t documents;
    uint64_t damaged;

    /* what was left out, for csaf_put_notes */
    struct tally products, components, strange;
    uint64_t deleted, without_rows, not_affected_of_updates, contradicted;
};

/* One document. */
bool csaf_put_one(struct csaf_put *c, struct reader *body, struct error *e) MUST_USE;

/* A tar of documents, "*.json"; `wanted` (may be NULL) tells of a name. A document that is damaged
 * spoils itself only: a note. A cut archive: ERROR_FORMAT. */
bool csaf_put_archive(struct csaf_put *c, struct reader *body, bool (*wanted)(str name),
                      struct error *e) MUST_USE;

/* What was left out. */
bool csaf_put_notes(struct csaf_put *c, struct error *e) MUST_USE;

#endif
