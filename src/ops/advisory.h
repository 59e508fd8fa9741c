/* advisory.h: all that is known under one name: `limpid advisory`. */
#ifndef LIMPID_OPS_ADVISORY_H
#define LIMPID_OPS_ADVISORY_H

#include "base/arena.h"
#include "base/error.h"
#include "model/vulnerability.h"
#include "ops/context.h"

struct publication { /* one publisher's advisory, with all of its rows */
    str feed;
    struct advisory advisory; /* rows sorted by namespace, package, product */
};

struct advisory_report {
    str id;         /* the CVE where the name means one; else as the advisories spell it */
    str generation; /* of the advisories */
    bool has_vulnerability;
    struct vulnerability vulnerability; /* what is said whatever package has it */
    unsigned cvss_tenths;               /* of vulnerability.cvss; 0: none */
    const str *aliases;                 /* other names of it; of an update: what it is about */
    size_t aliases_count;
    bool is_update;                         /* `id` is an update about several vulnerabilities */
    const struct publication *publications; /* sorted by feed, id */
    size_t publications_count;
};

/* `id` in any letter case: a CVE, another name of one, or an update's. ERROR_ABSENT where nothing
 * is known of it, or there are no advisories at all. The result is in `arena`. */
bool ops_advisory(const struct ops_context *context, str id, struct arena *arena,
                  struct advisory_report *out, struct error *e) MUST_USE;

#endif
