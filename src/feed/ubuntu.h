/* ubuntu.h: what the readers of Ubuntu's documents share. Inside src/feed only. */
#ifndef LIMPID_FEED_UBUNTU_H
#define LIMPID_FEED_UBUNTU_H

#include "base/arena.h"
#include "feed/document.h"
#include "feed/feed.h"

enum {
    UBUNTU_MEMBER_BYTES_MAX = 64 * 1024 * 1024, /* one file of an archive, or a document alone */
    UBUNTU_WORD_BYTES_MAX = 200,                /* of a reason; real ones have a line */
};

/* A reading of one document. */
struct ubuntu {
    struct advisory_sink *out;
    struct arena *arena;
    str document;
    uint64_t records; /* CVEs, notices, statements: what the document consists of */
    bool sink_failed; /* the error is the sink's, not the record's */
    struct tally releases, strange;
};

/* Puts `like` with these rows, as often as their number needs it; without any once too. */
bool ubuntu_put_rows(struct ubuntu *u, const struct advisory *like, const struct affected *rows,
                     size_t count, struct error *e) MUST_USE;

/* The notes of what was left out; ERROR_FORMAT where nothing was found: "holds no WHAT". */
bool ubuntu_done(struct ubuntu *u, const char *what, struct error *e) MUST_USE;

/* -- words (ubuntu_words.c) ------------------------------------------------------------------ */

struct ubuntu_place {
    str namespace_; /* empty: a release that limpid does not know */
    str product;
};

/* A release as the tracker and the purls of VEX write it: "jammy", "esm-infra/xenial",
 * "trusty/esm", "fips-updates/jammy", "vivid/ubuntu-core". The extended maintenance is product
 * "pro", as it is in OSV's "Ubuntu:Pro:18.04:LTS"; other pockets of it are "pro:fips-updates". */
bool ubuntu_place_find(str release, struct arena *arena, struct ubuntu_place *out,
                       struct error *e) MUST_USE;

/* The same where the pocket stands apart: "xenial" and "esm-infra", or "jammy" and "security". */
bool ubuntu_pocket_find(str codename, str pocket, struct arena *arena, struct ubuntu_place *out,
                        struct error *e) MUST_USE;

enum ubuntu_verdict {
    UBUNTU_ROW,     /* state, fixed and word are filled in */
    UBUNTU_NO_ROW,  /* "DNE": the release has no such package */
    UBUNTU_STRANGE, /* not understood: a fix without its version, a word nobody has told of */
};

/* The tracker's words, which the web API uses too: `status` "released", "ignored" …; `note` is
 * what stands in parentheses behind it. Text of the row may be put in `arena`; a refused
 * allocation is false. */
bool ubuntu_state(str status, str note, struct arena *arena, struct affected *row,
                  enum ubuntu_verdict *verdict, struct error *e) MUST_USE;

/* True where it may be a version: begins with a letter or digit, and has no blank. */
bool ubuntu_is_version(str text);

/* Where a person reads on about "CVE-…", "USN-…", "LSN-…"; empty for others. */
bool ubuntu_url(str id, struct arena *arena, str *url, struct error *e) MUST_USE;

/* -- archives (ubuntu_archive.c) ------------------------------------------------------------- */

/* Reads one record from text; the arena is rewound afterwards. */
typedef bool ubuntu_read_text(struct ubuntu *u, str name, str text, struct error *e);

/* A document by the end of its path: of a tar the files that `wants` knows, each with `read`; else
 * the document itself. A damaged file in an archive is a note. */
bool ubuntu_texts_read(struct ubuntu *u, struct reader *body, bool (*wants)(str path),
                       ubuntu_read_text *read, struct error *e) MUST_USE;

/* -- the readers, by what they claim ----------------------------------------------------------- */

bool ubuntu_osv_claims(str path);
bool ubuntu_osv_read(struct ubuntu *u, struct reader *body, struct error *e) MUST_USE;
bool ubuntu_vex_claims(str path);
bool ubuntu_vex_read(struct ubuntu *u, struct reader *body, struct error *e) MUST_USE;
bool ubuntu_tracker_claims(str path);
bool ubuntu_tracker_read(struct ubuntu *u, struct reader *body, struct error *e) MUST_USE;
bool ubuntu_usn_claims(str path);
bool ubuntu_usn_read(struct ubuntu *u, struct reader *body, struct error *e) MUST_USE;
bool ubuntu_cves_claims(str path);
bool ubuntu_cves_read(struct ubuntu *u, struct reader *body, struct error *e) MUST_USE;
bool ubuntu_notices_claims(str path);
bool ubuntu_notices_read(struct ubuntu *u, struct reader *body, struct error *e) MUST_USE;

#endif
