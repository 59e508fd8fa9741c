/* os_name.h: what Clair's APIs call a distribution ("debian:8", "oracle:7", "centos:7"), and
 * limpid's namespaces, by which advisories are found ("ol:7", "rhel:7"). Pure functions. */
#ifndef LIMPID_API_OS_NAME_H
#define LIMPID_API_OS_NAME_H

#include "base/arena.h"
#include "model/distribution.h"
#include "model/package.h"
#include "store/graph.h"

enum { OS_NAMESPACES_MAX = 3 };

/* The APIs' name; empty where there is no distribution or it has no version. Red Hat's own is
 * "centos:7" since 2016, as Clair said. */
bool os_name(const struct distribution *d, str namespace_, enum graph_api api, struct arena *arena,
             str *out, struct error *e) MUST_USE;

/* The name in the APIs of 2016 of a namespace of advisories. */
bool os_of_namespace(str namespace_, struct arena *arena, str *out, struct error *e) MUST_USE;

/* The namespaces that layers with this name may have; the name itself where it is unknown. */
bool os_namespaces(str os, struct arena *arena, str out[OS_NAMESPACES_MAX], size_t *count,
                   struct error *e) MUST_USE;

/* CentOS Stream, which is ahead of Red Hat's releases and has no advisories: layers of it have a
 * namespace of its own, "centos-stream:8", and the name of CentOS. */
bool os_stream(const struct distribution *d, str namespace_, struct arena *arena, str *out,
               struct error *e) MUST_USE; /* `namespace_` where it is another system */
bool os_is_stream(str namespace_);

/* Is it a namespace of packages that the APIs list: dpkg's, rpm's, apk's? */
bool os_is_distribution(str namespace_);

/* "dpkg" or "rpm", by name or by what is installed; "dpkg" where nothing is known. */
str os_version_format(str os);
str package_version_format(enum ecosystem ecosystem);

/* Does the API of 2015 know it? debian, ubuntu and centos alone. */
bool os_known_2015(str os);

#endif
