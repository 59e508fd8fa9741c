/* image.h: the description of an image: config and ordered layers. What the readers of both
 * layouts (docker.h, oci.h) fill. Read in a worker; packed for the way to the parent. */
#ifndef LIMPID_SOURCE_IMAGE_H
#define LIMPID_SOURCE_IMAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"

enum {
    IMAGE_LAYERS_MAX = 512,
    IMAGE_JSON_BYTES_MAX = 8 * 1024 * 1024, /* manifest, index, config: each */
};

struct image_layer {
    str name;            /* entry in the archive, or digest of the blob: for messages */
    uint64_t offset;     /* of the stored bytes in the archive; 0 for a blob of its own */
    uint64_t size_bytes; /* of the stored bytes */
    digest blob;         /* that names the stored bytes; DIGEST_NONE where nothing does */
    digest diff_id;      /* of the uncompressed tar, as the config says */
    str created_by;      /* history entry of the config */
};

struct image_description {
    str kind; /* "docker-archive", "oci-archive", "oci" */
    str tag;
    digest id;       /* of the config */
    digest manifest; /* of the OCI manifest, or DIGEST_NONE */
    str os, arch, variant;
    struct image_layer *layers; /* bottom first */
    size_t layers_count;
};

/* What the user asked for. */
struct image_choice {
    str reference; /* tag or image ID; empty: the only one */
    str platform;  /* "linux/arm64/v8", "arm64"; empty: this machine's, where there is a choice */
    str wants;     /* "manifest.json", "index.json" or empty: see source.h */
};

bool image_pack(const struct image_description *image, struct buf *to, struct error *e) MUST_USE;
/* Checks counts and texts; text is copied into `arena`. */
bool image_unpack(str from, struct arena *arena, struct image_description *out,
                  struct error *e) MUST_USE;

/* Fills os, arch, variant, diff IDs and history from a config (OCI image-spec, config.md; Docker's
 * is the same here). `layers` must be there; another number of diff IDs is ERROR_FORMAT. */
bool image_read_config(str json, struct arena *arena, struct image_description *image,
                       struct error *e) MUST_USE;

/* Does "os/arch[/variant]" satisfy `wanted` ("linux/arm64", "arm64", "arm/v7")? Aliases as in
 * containerd: x86_64 = amd64, aarch64 = arm64, armhf = arm/v7, i386 = 386. */
bool platform_matches(str wanted, str os, str arch, str variant);

/* "linux/amd64" of the machine this runs on. */
str platform_of_this_machine(void);

/* Matches what a person typed ("alpine:3.18", "3.18", "docker.io/library/alpine:3.18") against a
 * reference in an image. */
bool reference_matches(str wanted, str reference);

#endif
