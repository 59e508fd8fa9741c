/* gem_ranges.h: requirements of RubyGems
 * (https://guides.rubygems.org/patterns/#declaring-dependencies) and what they leave over: an
 * advisory tells which versions are patched, and which were never affected; the others are
 * vulnerable. Inside src/feed only. */
#ifndef LIMPID_FEED_GEM_RANGES_H
#define LIMPID_FEED_GEM_RANGES_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"

/* A place between versions: just before `version`, or just behind it. Without a version: the
 * beginning or the end of all. */
struct gem_cut {
    str version;
    bool behind;
};

/* The versions between two cuts. */
struct gem_range {
    struct gem_cut from, to;
};

struct gem_ranges {
    struct gem_range *at;
    size_t count, room;
};

enum { GEM_RANGES_MAX = 1000 };

/* Adds what "~> 2.0.9, >= 2.0.9.1" allows: one range, for all its parts hold. False in `*fine`,
 * and nothing added, where the text is no requirement, or has "!=". An empty one adds nothing. */
bool gem_range_add(str requirement, struct arena *arena, struct gem_ranges *to, bool *fine,
                   struct error *e) MUST_USE;

/* What lies in none of the ranges, in order. Sorts `ranges`. */
bool gem_ranges_invert(struct gem_ranges *ranges, struct arena *arena, struct gem_ranges *out,
                       struct error *e) MUST_USE;

#endif
