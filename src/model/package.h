/* package.h: a package as its package manager's database has it. All text is borrowed. */
#ifndef LIMPID_MODEL_PACKAGE_H
#define LIMPID_MODEL_PACKAGE_H

#include <stdint.h>

#include "base/str.h"

/* Package-URL types (purl-spec, "purl-types"); the order is that of the wire and the store. */
enum ecosystem {
    ECOSYSTEM_NONE,
    ECOSYSTEM_DEB,
    ECOSYSTEM_APK,
    ECOSYSTEM_RPM,
    ECOSYSTEM_ALPM,
    ECOSYSTEM_PYPI,
    ECOSYSTEM_NPM,
    ECOSYSTEM_GOLANG,
    ECOSYSTEM_MAVEN,
    ECOSYSTEM_CARGO,
    ECOSYSTEM_GEM,
    ECOSYSTEM_COMPOSER,
    ECOSYSTEM_NUGET,
    ECOSYSTEM_HEX,
    ECOSYSTEM_PUB,
    ECOSYSTEM_SWIFT,
    ECOSYSTEM_HACKAGE,
    ECOSYSTEM_JULIA,
    ECOSYSTEM_CRAN,
    ECOSYSTEM_CONAN,
    ECOSYSTEM_GITHUBACTIONS,
    ECOSYSTEM_BITNAMI,
    ECOSYSTEM_COUNT,
};

/* "deb", "apk", "rpm", "pypi", "golang" … */
str ecosystem_name(enum ecosystem e);

struct package {
    enum ecosystem ecosystem;
    str name;    /* the binary package */
    str version; /* whole: deb as in Version, rpm [EPOCH:]VERSION-RELEASE */
    str arch;    /* as the package manager writes it, may be empty */
    str source;  /* source package (deb Source, apk origin, rpm SOURCERPM's name) or `name` */
    str source_version; /* version of the source package; `version` where nothing else is said */
    str module;         /* rpm MODULARITYLABEL "name:stream:version:context", or empty */
    str vendor;         /* rpm Vendor, deb Maintainer is not kept; may be empty */
    str license;        /* as written, may be empty */
};

#endif
