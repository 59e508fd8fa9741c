/* suse_product.h: SUSE's products, as its documents name them, to namespaces. Inside src/feed
 * only; for SUSE's OVAL, CVRF and CSAF alike. */
#ifndef LIMPID_FEED_SUSE_PRODUCT_H
#define LIMPID_FEED_SUSE_PRODUCT_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

struct suse_product {
    str namespace_; /* "sles:15.3"; empty: limpid has none for this product */
    str product;    /* "ltss", "sap", …: the part of the distribution; model/advisory.h */
};

/* "SUSE Linux Enterprise Server 15 SP1-LTSS" → sles:15.1, ltss;
 * "SUSE Linux Enterprise Module for Basesystem 15 SP3" → sles:15.3: modules are part of it. */
bool suse_product_find(str name, struct arena *arena, struct suse_product *out,
                       struct error *e) MUST_USE;

/* The same from the package that tells the release: "sles-ltss-release", "15.1". */
bool suse_product_of_release(str package, str version, struct arena *arena,
                             struct suse_product *out, struct error *e) MUST_USE;

#endif
