/* feedfile.h: one feed's advisories as a database file of their own (schema/…_advisories.sql):
 * advisories by number and id, packages by name, the rows of a package; each a shelf (shelf.h). */
#ifndef LIMPID_STORE_FEEDFILE_H
#define LIMPID_STORE_FEEDFILE_H

#include "store/engine.h"
#include "store/heads.h"
#include "store/items.h"
#include "store/part_watch.h"
#include "store/rows.h"
#include "store/spill.h"
#include "store/texts.h"

/* -- writing --------------------------------------------------------------------------------- */

struct feedfile_options {
    const char *path;    /* of the new file */
    const char *scratch; /* directory of temporary files */
    size_t budget_bytes; /* of memory, before they are used */
    str dictionary;      /* of the descriptions (survey.h) */
    uint64_t items;      /* advisories and rows: small feeds get small pages */
};

/* Reads `from` twice. The same items and dictionary give the same bytes, whatever the budget. The
 * file is not yet synced. */
bool feedfile_write(const struct feedfile_options *options, struct items *from,
                    struct error *e) MUST_USE;

/* -- reading --------------------------------------------------------------------------------- */

struct feedfile {
    struct arena arena; /* this struct lives in it */
    struct db *db;
    struct statement *namespace_, *namespace_name;
    struct shelf heads, aliases, names, rows;
    struct texts_reader texts;
    struct words_reader words;
    struct part_watch *watch;  /* of whoever reads all of it; or NULL */
    struct buf key, head_key;  /* scratch */
    struct heads_walk head;    /* where the last look for a head ended */
    size_t head_block;         /* + 1; 0: nowhere */
    uint64_t head_number;      /* of the head it is at */
    struct heads_walk matched; /* at the advisory that an id was found at last */
    struct buf matched_key;
    uint64_t matched_number;
    bool matched_there;    /* until another block is read */
    struct buf passed_key; /* the id that was looked for last, see passed_keep */
    size_t passed_block;   /* + 1; 0: nowhere */
    bool passed_end;
    enum { FEEDFILE_UNASKED, FEEDFILE_SILENT, FEEDFILE_DESCRIBES } describes;
    struct buf namespace_asked; /* the last one */
    bool namespace_known;       /* there was one */
    uint32_t namespace_number;  /* 0: not in this file */
};

/* Opens one that nobody changes any more. ERROR_IO with ENOENT where it is gone, ERROR_FORMAT where
 * it does not have `size_bytes` or is not of our schema. */
bool feedfile_open(const char *path, uint64_t size_bytes, struct feedfile **out,
                   struct error *e) MUST_USE;
void feedfile_close(struct feedfile *f); /* NULL is fine */

/* Whether the file can be read by this program: it is there, and of the newest schema. */
bool feedfile_is_current(const char *path, uint64_t size_bytes);

/* Before somebody else reads blocks of `heads`: the walks below begin anew. */
void feedfile_heads_moved(struct feedfile *f);

/* Advisory `number` without rows and description, in `arena`; `raw` is valid until the next call.
 */
bool feedfile_head(struct feedfile *f, uint64_t number, struct arena *arena, struct advisory *out,
                   const struct raw_head **raw, struct error *e) MUST_USE;

bool feedfile_description(struct feedfile *f, uint64_t number, struct arena *arena, str *out,
                          struct error *e) MUST_USE;

/* Whether any advisory has a description. */
bool feedfile_describes(struct feedfile *f, bool *describes, struct error *e) MUST_USE;

/* Adds to `numbers` (uint32_t) the advisories whose id is `folded` (key_add_folded); and with
 * `about`, those that are about it too. Quickest where ids are asked for in their order. */
bool feedfile_numbers(struct feedfile *f, str folded, bool about, struct buf *numbers,
                      struct error *e) MUST_USE;

/* Takes the advisories that an entry of the list of aliases names off its front, behind the key.
 * `single`: the key's flag. `*before`: the first one of the entry before in the block, or 0.
 * `numbers` may be NULL. */
bool feedfile_alias_take(str *rest, bool single, uint32_t *before, struct buf *numbers,
                         struct error *e) MUST_USE;

/* Gives the rows of a package at a place to `to`, whose `place` this sets. */
bool feedfile_rows(struct feedfile *f, str namespace_, enum package_scope scope, str package,
                   struct arena *arena, struct row_sink *to, struct error *e) MUST_USE;

/* The number that a namespace has in this file; 0: none. */
bool feedfile_namespace(struct feedfile *f, str namespace_, uint32_t *number,
                        struct error *e) MUST_USE;

/* What a group says, in `arena`, but for the package. */
bool feedfile_affected(struct feedfile *f, const struct row_group *group, struct arena *arena,
                       struct affected *out, struct error *e) MUST_USE;

/* Loads the shelves that hold packages and their rows. */
bool feedfile_load_rows(struct feedfile *f, struct error *e) MUST_USE;

/* -- all of it -------------------------------------------------------------------------------- */

/* The items that the file was written from. */
struct feedfile_items {
    struct items items;
    struct feedfile *file; /* borrowed */
    struct spill rows;     /* by advisory */
    struct arena arena;    /* of the item that was given last */
    struct buf walk_key, advisory_key;
    struct heads_walk walk;
    str ids;       /* of the advisory: those that were not given yet */
    str row;       /* a record that was read and not given; at NULL: none */
    size_t block;  /* the next one */
    uint64_t next; /* number of the next advisory */
    bool sorted;
};

bool feedfile_items_init(struct feedfile_items *x, struct feedfile *file, const char *scratch,
                         size_t budget_bytes, struct error *e) MUST_USE;
void feedfile_items_done(struct feedfile_items *x); /* twice is fine, and on a zeroed struct */

#endif
