/* namespace.h: where package names have a meaning, and which version order applies there. */
#ifndef LIMPID_MODEL_NAMESPACE_H
#define LIMPID_MODEL_NAMESPACE_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"
#include "model/distribution.h"
#include "model/package.h"

struct distribution_match {
    str namespace_; /* "debian:12"; empty: limpid does not know this distribution */
    enum ecosystem ecosystem;
    str note; /* not empty: how the namespace was arrived at, where not by ID alone
                 ("kali is treated as debian:testing, by ID_LIKE") */
};

/* From os-release to the namespace that advisories use:
 *   debian 12 → debian:12 (by VERSION_ID, or codename; testing and sid → debian:CODENAME or
 *   debian:sid), ubuntu → ubuntu:22.04, alpine 3.18.9 → alpine:v3.18 (…_alpha → alpine:edge),
 *   rhel/centos/rocky/almalinux/ol/amzn/fedora N.M → ID:N, sles 15.3 → sles:15.3,
 *   opensuse-leap 15.3 → opensuse-leap:15.3, openEuler 22.03 (LTS-SP3) →
 *   openeuler:22.03-LTS-SP3, photon 4.0, mariner 2.0, azurelinux 3.0, wolfi,
 *   chainguard, arch … Derivatives by ID_LIKE with a note. */
bool namespace_of(const struct distribution *d, struct arena *arena, struct distribution_match *out,
                  struct error *e) MUST_USE;

/* The IDs of os-release that are known, one by one; false behind the last. For tests that want all.
 */
bool namespace_id(size_t i, str *id);

/* Debian's codename ("bookworm") to its namespace ("debian:12"), or the empty str. */
str namespace_of_debian_codename(str codename);

/* Ubuntu's codename ("jammy") to its namespace ("ubuntu:22.04"), or the empty str. */
str namespace_of_ubuntu_codename(str codename);

/* The namespace of a programming language's packages, "pypi", "go" …; empty for those that belong
 * to a distribution. */
str namespace_of_ecosystem(enum ecosystem ecosystem);

/* The version scheme of a namespace ("deb", "rpm", "pypi" …); empty where unknown. */
str namespace_scheme(str namespace_);

#endif
