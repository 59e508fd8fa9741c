/* release_file.h: what the files that name a distribution say: os-release(5), lsb-release, and the
 * older release files of one or two lines. Each turns a text into a distribution as os-release
 * would have it; `id` stays empty where the text does not name one. New text is put into `arena`,
 * the rest is borrowed from `text`. False is ERROR_MEMORY (or the arena's limit) only. */
#ifndef LIMPID_DETECT_RELEASE_FILE_H
#define LIMPID_DETECT_RELEASE_FILE_H

#include "base/arena.h"
#include "model/distribution.h"

struct release {
    struct distribution distribution;
    /* The first thing that is wrong with the text, and its line; NULL where nothing is. */
    const char *problem;
    uint64_t problem_line;
};

/* os-release(5), and /etc/lsb-release, which has the same form with other names. The last of two
 * assignments to one name holds. */
bool release_parse_os(str text, struct arena *arena, struct release *out, struct error *e) MUST_USE;
bool release_parse_lsb(str text, struct arena *arena, struct release *out,
                       struct error *e) MUST_USE;

/* "CentOS release 6.10 (Final)", "VMware Photon OS 3.0". */
bool release_parse_named(str text, struct arena *arena, struct release *out,
                         struct error *e) MUST_USE;

/* "SUSE Linux Enterprise Server 11 (x86_64)", then VERSION = 11, PATCHLEVEL = 4. */
bool release_parse_suse(str text, struct arena *arena, struct release *out,
                        struct error *e) MUST_USE;

/* "7.11", "bookworm/sid". */
bool release_parse_debian(str text, struct arena *arena, struct release *out,
                          struct error *e) MUST_USE;

/* "3.18.9". */
bool release_parse_alpine(str text, struct arena *arena, struct release *out,
                          struct error *e) MUST_USE;

/* sources.list(5): the first repository of Debian or Ubuntu with the component main, by the
 * codename of its suite ("bookworm", "bookworm-updates", "bookworm/updates", "sid"). */
bool release_parse_apt(str text, struct arena *arena, struct release *out,
                       struct error *e) MUST_USE;

/* That the file is there is enough. */
bool release_parse_arch(str text, struct arena *arena, struct release *out,
                        struct error *e) MUST_USE;

#endif
