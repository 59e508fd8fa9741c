/* archive.h: the outer tar of an image archive: its entries' names and where they lie, or, where
 * it can only be read in order, what it holds as it passes. Runs in a worker. */
#ifndef LIMPID_SOURCE_ARCHIVE_H
#define LIMPID_SOURCE_ARCHIVE_H

#include "base/arena.h"
#include "base/map.h"
#include "source/blobs.h"
#include "source/image.h"
#include "stream/reader.h"

enum { ARCHIVE_ENTRIES_MAX = 100000, ARCHIVE_LINK_HOPS_MAX = 40 };

struct archive_entry {
    str name;        /* clean */
    str link;        /* clean target of a link in the archive; empty: a file */
    uint64_t offset; /* of the content in the archive */
    uint64_t size_bytes;
    bool is_file;
    bool twice; /* the name stands in the archive more than once */
    bool has_json;
    str json;    /* content kept by archive_pass, for files that look like JSON */
    digest blob; /* of the content, where archive_pass hashed it */
};

struct archive {
    struct arena *arena; /* borrowed */
    struct map entries;
    size_t count;
    int fd; /* where content can be read (pread), or -1 */
    bool ended_early;
    uint64_t links_out; /* entries whose names or links lead out of the archive */
};

void archive_init(struct archive *a, struct arena *arena, int fd);

/* Reads the headers of a seekable archive. */
bool archive_index(struct archive *a, struct reader *from, struct error *e) MUST_USE;

/* Reads an archive in order. `layer` is called for each file that is not JSON, with its content;
 * whatever it leaves unread is skipped. It sets entry->blob where it hashed. */
struct archive_visitor {
    bool (*layer)(struct archive_visitor *self, struct archive_entry *entry, struct reader *body,
                  struct error *e);
};
bool archive_pass(struct archive *a, struct reader *from, struct archive_visitor *visitor,
                  struct error *e) MUST_USE;

/* The file that `name` is, through links inside the archive. ERROR_ABSENT where there is none,
 * ERROR_FORMAT for a circle, a link out, a name that is not a plain relative path. */
bool archive_find(struct archive *a, str name, struct archive_entry **out,
                  struct error *e) MUST_USE;

/* Content of a JSON file, at most IMAGE_JSON_BYTES_MAX. */
bool archive_json(struct archive *a, struct archive_entry *entry, str *out,
                  struct error *e) MUST_USE;

/* Blobs at blobs/ALGORITHM/HEX in the archive. */
struct archive_blobs {
    struct blobs base;
    struct archive *archive;
};
void archive_blobs_init(struct archive_blobs *b, struct archive *archive);

#endif
