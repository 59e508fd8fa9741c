/* result.h: what a scan or an inventory found, as the reporters get it. All text is borrowed from
 * the arena of the operation. */
#ifndef LIMPID_MODEL_RESULT_H
#define LIMPID_MODEL_RESULT_H

#include <stdint.h>

#include "base/diag.h"
#include "base/digest.h"
#include "base/str.h"
#include "model/advisory.h"
#include "model/distribution.h"
#include "model/package.h"
#include "model/severity.h"

struct layer_info {
    digest blob;         /* of the stored bytes; DIGEST_NONE for a root file system */
    digest diff_id;      /* of the uncompressed tar */
    str created_by;      /* the history entry that made it, as the image's config has it */
    uint64_t size_bytes; /* stored size */
    bool cached;         /* facts came from the cache */
    bool verified;       /* the stored bytes were hashed and have the digest that names them */
};

struct image_info {
    str source;                      /* as the user named it */
    str kind;                        /* "docker-archive", "oci-archive", "oci", "dir" */
    str tag;                         /* reference in the archive, or empty */
    digest id;                       /* of the config (image ID), or DIGEST_NONE */
    digest manifest;                 /* of the OCI manifest, or DIGEST_NONE */
    str os, arch, variant;           /* platform, may be empty */
    const struct layer_info *layers; /* bottom first; a root file system is one layer */
    size_t layers_count;
};

struct found_package {
    struct package package;
    str location;      /* the database file */
    size_t layer;      /* index of the layer that introduced this name at this version */
    size_t changed_in; /* layer of the database file that lists it now */
};

struct inventory {
    struct image_info image;
    bool has_distribution;
    struct distribution distribution;
    str namespace_;                       /* empty: unknown */
    const struct found_package *packages; /* sorted: ecosystem, name, version, arch */
    size_t packages_count;
    /* Red Hat: the repositories that its packages come from, as the image's content manifests
     * name them ("rhel-9-for-x86_64-baseos-rpms"), and CPEs that it names itself; sorted. */
    const str *repositories;
    size_t repositories_count;
    struct diag notes;
};

enum support { /* of the distribution's release, on the day of the report */
               SUPPORT_UNKNOWN,
               SUPPORT_FULL,
               SUPPORT_EXTENDED, /* security updates only, or only for paying customers: `note`
                                    tells */
               SUPPORT_ENDED,
};

/* One advisory's statement that made or joined a finding. */
struct finding_advisory {
    str id;   /* "DSA-2896-1" */
    str feed; /* "debian" */
    str cvss;
    enum severity severity;
    str severity_source;
    int64_t published_s, modified_s;
    struct affected affected; /* the row that matched */
    str compared; /* the installed version that was compared: the source's for SCOPE_SOURCE */
    str url;
};

/* A package of the image and one vulnerability that applies to it. */
struct finding {
    const struct found_package *package;
    str id; /* the CVE where there is one, else the advisory's own id */
    const str *aliases;
    size_t aliases_count;
    enum fix_state state;
    str fixed; /* the version to upgrade to, or empty */
    enum severity severity;
    str severity_source;    /* "debian", "redhat", "nvd": who says so; then " by cvss" in reports */
    bool severity_by_score; /* derived from `cvss`, because nobody gave a word */
    str cvss;               /* the vector, of the deciding advisories before NVD's */
    str cvss_source;        /* the feed that gave it */
    unsigned cvss_tenths;   /* base score of it, 0 to 100; 0 also where there is none */
    struct exploitation exploitation;
    str description; /* of the deciding advisories before NVD's; may be empty */
    str word;        /* the publisher's own word for the state, may be empty */
    const struct finding_advisory *advisories; /* the one that decided comes first */
    size_t advisories_count;
    bool ignored; /* by policy; the rest of the report does not count it */
    str ignored_by;
};

struct feed_stamp {
    str feed;
    int64_t date_s; /* of the data, as its publisher dates it, or when it was fetched */
    uint64_t advisories;
};

struct upgrade { /* one step of "what to do" */
    str package; /* source package that is to be upgraded */
    enum ecosystem ecosystem;
    str to;         /* version that removes all of its fixable findings */
    size_t removes; /* how many findings */
    enum severity worst;
    size_t packages; /* installed packages it touches */
};

struct scan {
    struct inventory inventory;
    const struct finding *findings; /* sorted worst first: severity, package, id */
    size_t findings_count;
    const struct upgrade *upgrades; /* most findings removed first */
    size_t upgrades_count;
    str generation;                 /* names the set of advisories that was used */
    const struct feed_stamp *feeds; /* those that speak of this namespace */
    size_t feeds_count;
    int64_t date_s; /* clock_report_s() */
    bool judged;    /* the packages could be compared with advisories; why not is in the notes */
    enum support support;
    int64_t end_of_life_s; /* of the release, or 0 */
    str support_note;      /* "Debian 10: end of LTS on 2024-06-30 (distro-info-data)", or empty */
    bool fails;            /* --fail-on matched */
};

#endif
