/* end_of_life.h: until when a distribution's publisher cares for a release. A table of facts that
 * is built in; a release, or a phase of it, whose date is not sure is not in it. */
#ifndef LIMPID_MODEL_END_OF_LIFE_H
#define LIMPID_MODEL_END_OF_LIFE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/str.h"
#include "model/result.h"

struct end_of_life {
    enum support support;
    /* The last day (its midnight, UTC) of the phase that `support` tells: of the standard support
     * while that lasts, then of the publisher's last extended phase; 0: not known, or none. */
    int64_t end_s;
    /* All phases with their dates, and who says so, ready for people; empty where unknown:
     * "Debian 10 (buster): support ended on 2022-09-10, LTS on 2024-06-30, ELTS (Freexian, for
     * customers) until 2029-06-30 (distro-info-data)". */
    str note;
};

/* What holds for `namespace_` ("debian:10", "alpine:v3.11", "ubuntu:18.04") at `day_s`, a time of
 * that day. A namespace that is not in the table: SUPPORT_UNKNOWN, and true. The last day counts
 * as supported. Phases that only somebody else than the publisher offers are in the note and do
 * not change `support`. False where the arena refuses the note. */
bool end_of_life_of(str namespace_, int64_t day_s, struct arena *arena, struct end_of_life *out,
                    struct error *e) MUST_USE;

#endif
