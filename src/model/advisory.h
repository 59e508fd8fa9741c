/* advisory.h: one publisher's statement about one vulnerability or one update. Text is borrowed. */
#ifndef LIMPID_MODEL_ADVISORY_H
#define LIMPID_MODEL_ADVISORY_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "model/severity.h"

/* What the publisher says of one package in one namespace. */
enum fix_state {
    FIX_AVAILABLE,    /* `fixed` tells the first version that is not affected */
    FIX_NONE_YET,     /* affected, no fix yet */
    FIX_WILL_NOT,     /* affected, will not be fixed ("ignored", "will not fix") */
    FIX_DEFERRED,     /* affected, fix put off ("postponed", "fix deferred", "no DSA planned") */
    FIX_END_OF_LIFE,  /* affected, out of support */
    FIX_NOT_AFFECTED, /* never applied: not a finding, and overrules other statements */
    FIX_UNDETERMINED, /* under investigation: not a finding */
    FIX_STATE_COUNT,
};

const char *fix_state_name(enum fix_state s); /* "fixed", "affected", "will-not-fix", … */

enum package_scope {
    SCOPE_SOURCE, /* `package` is a source package (apk: origin); its source_version is compared */
    SCOPE_BINARY, /* `package` is the installed package */
};

struct affected {
    str namespace_; /* "debian:12", "alpine:v3.18", "pypi" (model/namespace.h) */
    /* The part of the distribution that the row is limited to; empty: all of it.
     *   Red Hat          the product's CPE as written: "cpe:/a:redhat:rhel_eus:9.2::appstream"
     *   Ubuntu Pro       "pro" and "pro:fips-updates", from "Ubuntu:Pro:FIPS-updates:22.04:LTS"
     *   others           the repository, where rows of it must not be compared with packages of
     *                    another: "ksplice", "extra:docker", "livepatch", "fips" */
    str product;
    str package;
    enum package_scope scope;
    str arch;   /* empty: all */
    str module; /* rpm "name:stream"; empty: packages without a module label, or any (see match) */
    enum fix_state state;
    /* The range: introduced ≤ version, and version < fixed, or version ≤ last_affected.
     * Empty: no bound on that side. */
    str introduced, fixed, last_affected;
    str word;               /* the publisher's own word or reason: "no-dsa: Minor issue", "" */
    enum severity severity; /* for this namespace; SEVERITY_UNKNOWN: the advisory's */
};

enum { ADVISORY_IDS_MAX = 4096, ADVISORY_AFFECTED_MAX = 65535 };

/* Texts longer than this are cut by whoever reads them (at a character, with "…" behind). */
enum { ADVISORY_DESCRIPTION_BYTES_MAX = 4096 };

/* What FIRST (EPSS) and CISA (KEV) say of a CVE. */
enum { EPSS_WHOLE = 100000 };

struct exploitation {
    uint32_t epss; /* probability in hundred-thousandths (0.00043 → 43), ≤ EPSS_WHOLE */
    uint32_t epss_percentile; /* the same; both 0: not said */
    int64_t kev_added_s; /* in the catalogue of known exploited vulnerabilities; 0: not in it */
    int64_t kev_due_s;
    bool kev_ransomware; /* known to be used by ransomware */
};

struct advisory {
    str id;         /* "CVE-2014-0160", "DSA-2896-1", "ALSA-2024:1234" */
    const str *ids; /* the vulnerabilities it is about (CVE …), aliases; without `id` itself, and
                       without what is only related */
    size_t ids_count;
    enum severity severity;
    str severity_source; /* "debian", "cvss3", "almalinux"; empty where severity is unknown */
    str cvss; /* vector of the highest version that the publisher gives (v4, v3, v2), or empty */
    str description;                              /* what it is, in plain text; may be empty */
    str url;                                      /* where a person reads on; may be empty */
    struct exploitation exploitation;             /* feeds `kev` and `epss` only */
    int64_t published_s, modified_s, withdrawn_s; /* 0: not said */
    /* It is all that the feed says of this id: of two, or more, those with the latest change stand
     * alone. Otherwise rows and ids of all add up. */
    bool whole;
    const struct affected *affected;
    size_t affected_count; /* 0 is fine: NVD, KEV and EPSS speak of no package */
};

/* Where a feed's reader puts advisories: over the worker's pipe, or into a test's list. The same
 * id may come more than once (see `whole`). Text is borrowed during put. */
struct advisory_sink {
    bool (*put)(struct advisory_sink *self, const struct advisory *advisory, struct error *e);
    /* Something of the feed that could not be read, or was left out on purpose. */
    bool (*note)(struct advisory_sink *self, str document, str text, struct error *e);
};

#endif
