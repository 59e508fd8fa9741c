/* updateinfo.h: lists of updates as yum and dnf repositories serve them (repodata/…updateinfo.xml;
 * the form is libdnf's and createrepo_c's, there is no other specification). Publishers differ in
 * how an update tells its release: that is what a struct updateinfo_publisher knows. Inside
 * src/feed only. */
#ifndef LIMPID_FEED_UPDATEINFO_H
#define LIMPID_FEED_UPDATEINFO_H

#include "base/arena.h"
#include "feed/document.h"
#include "feed/feed.h"

/* What an update says of where it belongs. Any of them may be empty. */
struct updateinfo_update {
    str path;       /* of the document */
    str id;         /* "ALAS2023-2023-001" */
    str release;    /* "Rocky Linux 9" */
    str collection; /* `short` of the first collection: "F43", "rocky-linux-9-x86-64-baseos-rpms" */
    str title;
};

struct updateinfo_place {
    str namespace_; /* empty: not an update of this publisher */
    str product;    /* model/advisory.h */
    str url;        /* empty: the reference of type "self" */
};

struct updateinfo_publisher {
    str name;             /* severity_source */
    bool without_release; /* the package's release is a hash: the version alone has an order */
    /* Fills `out`, in `arena` where it is not borrowed. */
    bool (*place)(const struct updateinfo_update *update, struct arena *arena,
                  struct updateinfo_place *out, struct error *e);
};

/* Is it a list of updates, by its name: "updateinfo.xml", "HASH-updateinfo.xml",
 * "updateinfo_2023.xml"? */
bool updateinfo_claims(str path);

/* Reads a whole list: an advisory an update, with a row a package and version; rows that differ in
 * the architecture alone are one without it. Updates that name no vulnerability and are not of type
 * "security" are counted and left out, source packages too. */
bool updateinfo_read(const struct updateinfo_publisher *publisher,
                     const struct feed_document *document, struct reader *body, struct arena *arena,
                     struct advisory_sink *out, struct error *e) MUST_USE;

/* "9" of "rocky-linux-9-x86-64-baseos-rpms" after "rocky-linux-": the digits that follow the first
 * `before`, or STR_NONE. Letter case does not matter. */
str updateinfo_number_after(str text, str before);

#endif
