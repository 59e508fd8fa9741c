/* ignorefile.h: identifiers that are accepted, one a line: "CVE-2014-0160", then blanks, then
 * anything; '#' begins a comment. Trivy's .trivyignore is read too: its "exp:2026-12-31" ends an
 * entry on that day. */
#ifndef LIMPID_CLI_IGNOREFILE_H
#define LIMPID_CLI_IGNOREFILE_H

#include "base/arena.h"
#include "base/attr.h"
#include "cli/options.h"

enum { IGNOREFILE_BYTES_MAX = 1024 * 1024 };

struct ignorefile_reading {
    int64_t now_s;          /* entries that ended before are left out */
    size_t expired;         /* how many were */
    struct option_list ids; /* grows in `arena` */
};

/* Adds the text's identifiers, borrowed from it. ERROR_USAGE names line and what is wrong. */
bool ignorefile_parse(str text, struct ignorefile_reading *reading, struct arena *arena,
                      struct error *e) MUST_USE;

/* Reads a file into `arena` and parses it. `*found` is false where there is none. */
bool ignorefile_read(const char *path, struct ignorefile_reading *reading, struct arena *arena,
                     bool *found, struct error *e) MUST_USE;

#endif
