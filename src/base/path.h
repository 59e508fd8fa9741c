/* path.h: paths as they stand in a layer: relative to the image's root, '/' between components,
 * no leading or trailing '/', no "." or ".." inside; "" is the root itself. */
#ifndef LIMPID_BASE_PATH_H
#define LIMPID_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

enum { PATH_BYTES_MAX = 4096, PATH_COMPONENT_BYTES_MAX = 255 };

enum path_verdict {
    PATH_OK,
    PATH_ESCAPES,  /* ".." leads above the root */
    PATH_TOO_LONG, /* over PATH_BYTES_MAX, or a component over PATH_COMPONENT_BYTES_MAX */
    PATH_NUL,      /* a NUL byte inside */
};

/* Normalises `raw` ("./a//b/", "/a/b", "a/./b", "a/x/../b") into `to`, which has room for
 * PATH_BYTES_MAX + 1 bytes. `*out` points into `to`, or into `raw` itself where nothing had to be
 * changed; it is set for PATH_OK only. */
enum path_verdict path_clean(str raw, char *to, str *out) MUST_USE;

/* The target of a symbolic link at clean path `link`, from the root of the image, cleaned: ".."
 * above the root stays at the root, as the kernel does under chroot(2). */
enum path_verdict path_resolve(str link, str target, char *to, str *out) MUST_USE;

str path_base(str path); /* after the last '/' */
str path_dir(str path);  /* before the last '/', or "" */

/* True where `path` is `dir` or lies below it. Everything lies below "". */
bool path_within(str path, str dir);

#endif
