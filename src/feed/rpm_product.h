/* rpm_product.h: which rpm a product of a security document is: from its package URL, or from an
 * identifier that has name, version and architecture in it. Inside src/feed only. */
#ifndef LIMPID_FEED_RPM_PRODUCT_H
#define LIMPID_FEED_RPM_PRODUCT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct rpm_product {
    str name;
    str version; /* "VERSION-RELEASE", with "EPOCH:" where that is not 0; empty: not said */
    str arch;    /* empty: not said, or a source package */
    str module;  /* "name:stream" */
    bool source;
    str left_out; /* not empty: it is no rpm, or cannot be told; a word for the tally */
};

/* "pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=x86_64&epoch=1&rpmmod=perl:5.26:8060…:e8cd"
 * (purl-spec, type rpm). A malformed `rpmmod` is tallied in `*bad_module` and gives no module. */
bool rpm_product_of_purl(str purl, struct arena *arena, struct rpm_product *out, bool *bad_module,
                         struct error *e) MUST_USE;

/* Red Hat's identifiers, where there is no package URL:
 *   openssl-1:1.1.1k-9.el8_6.x86_64     with an epoch always
 *   python39:3.9/python39-devel         module "python39:3.9"
 *   python39-devel::python39:3.9        the same
 *   kernel.src, kernel                  without a version; a plain name is a component, which is
 *                                       the name of a source package
 *   openshift4/ose-node                 an image: left out */
void rpm_product_of_id(str id, struct rpm_product *out);

/* The module in such an identifier ("…::name:stream", "name:stream/…"), or STR_NONE. */
str rpm_module_of_id(str id);

/* "bind-libs-9.9.4P2-0.6.1.i586", ".rpm" behind it or not, no epoch, the architecture may be
 * missing. False where it is not NAME-VERSION-RELEASE. */
bool rpm_product_of_file(str id, struct rpm_product *out);

#endif
