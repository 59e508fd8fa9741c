/* scan.h: from what the user named to its inventory, and to its findings. */
#ifndef LIMPID_OPS_SCAN_H
#define LIMPID_OPS_SCAN_H

#include "base/arena.h"
#include "base/error.h"
#include "model/result.h"
#include "ops/context.h"
#include "policy/policy.h"

struct image_options {
    str source;   /* as typed: "alpine.tar", "oci:./layout", "/", "docker-archive:x.tar:app:1.0" */
    str platform; /* "linux/arm64/v8", "arm64"; empty: this machine's */
    str image;    /* which image of an archive with several: a tag or an image ID; empty: the one */
    str distro;   /* "debian/12", "alpine@3.18": overrides what the image says */
    bool no_cache;
    enum verify_mode verify;
    unsigned parallel; /* workers at most; 0: one a core */
};

/* Reads the image. The result is in `arena`. */
bool ops_inventory(const struct ops_context *context, const struct image_options *options,
                   struct arena *arena, struct inventory *out, struct error *e) MUST_USE;

/* Reads the image, matches it against the store's advisories, applies the policy. */
bool ops_scan(const struct ops_context *context, const struct image_options *options,
              const struct policy *policy, struct arena *arena, struct scan *out,
              struct error *e) MUST_USE;

#endif
