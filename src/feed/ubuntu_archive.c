/* ubuntu_archive.c: Ubuntu's documents as texts: the files of a tar, or one alone. */
#include <inttypes.h>

#include "feed/ubuntu.h"
#include "format/tar.h"

bool ubuntu_put_rows(struct ubuntu *u, const struct advisory *like, const struct affected *rows,
                     size_t count, struct error *e)
{
    struct advisory advisory = *like;
    size_t from = 0;
    do {
        size_t left = count - from;
        advisory.affected = rows == NULL ? NULL : rows + from;
        advisory.affected_count = left < ADVISORY_AFFECTED_MAX ? left : ADVISORY_AFFECTED_MAX;
        if (!u->out->put(u->out, &advisory, e)) {
            u->sink_failed = true;
            return false;
        }
        from += advisory.affected_count;
    } while (from < count);
    return true;
}

bool ubuntu_done(struct ubuntu *u, const char *what, struct error *e)
{
    if (u->records == 0) {
        return error_set(e, ERROR_FORMAT, "holds no %s", what);
    }
    return tally_note(&u->releases, u->out, u->document, "rows of releases without a namespace",
                      e) &&
           tally_note(&u->strange, u->out, u->document, "what was not understood", e);
}

static bool read_text(struct ubuntu *u, str name, str text, ubuntu_read_text *read, struct error *e)
{
    struct arena_mark mark = arena_mark(u->arena);
    bool done = read(u, name, text, e);
    arena_rewind(u->arena, mark);
    return done;
}

/* A file in an archive: one that is damaged spoils itself only. */
static bool read_member(struct ubuntu *u, const struct tar_entry *entry, struct reader *body,
                        struct buf *text, ubuntu_read_text *read, struct error *e)
{
    if (entry->size_bytes > UBUNTU_MEMBER_BYTES_MAX) {
        return document_note(u->out, u->document, e,
                             "not read: '" STR_FMT "': %" PRIu64
                             " bytes, more than the limit of %d",
                             STR_ARG(entry->path), entry->size_bytes, UBUNTU_MEMBER_BYTES_MAX);
    }
    text->len = 0;
    if (!document_text(body, text, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(entry->path));
    }
    struct error own;
    error_clear(&own);
    if (read_text(u, entry->path, buf_str(text), read, &own)) {
        return true;
    }
    if (u->sink_failed || (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT)) {
        *e = own;
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(entry->path));
    }
    return document_note(u->out, u->document, e, "not read: '" STR_FMT "': %s",
                         STR_ARG(entry->path), own.text);
}

static bool read_tar(struct ubuntu *u, struct reader *body, struct buf *text,
                     bool (*wants)(str path), ubuntu_read_text *read, struct error *e)
{
    struct tar tar;
    if (!tar_open(&tar, body, u->arena, e)) {
        return false;
    }
    struct tar_entry entry;
    enum step step;
    while ((step = tar_next(&tar, &entry, e)) == STEP_GOT) {
        if (entry.type == TAR_FILE && wants(entry.path) &&
            !read_member(u, &entry, tar_body(&tar), text, read, e)) {
            return false;
        }
    }
    if (step == STEP_END && tar.ended_early) {
        return error_set(e, ERROR_FORMAT, "the tar archive is cut after %" PRIu64 " entries",
                         tar.entries);
    }
    return step == STEP_END;
}

bool ubuntu_texts_read(struct ubuntu *u, struct reader *body, bool (*wants)(str path),
                       ubuntu_read_text *read, struct error *e)
{
    struct buf text;
    buf_init(&text, UBUNTU_MEMBER_BYTES_MAX);
    bool done = false;
    if (str_ends(u->document, STR(".tar"))) {
        done = read_tar(u, body, &text, wants, read, e);
    } else if (document_text(body, &text, e)) {
        done = read_text(u, u->document, buf_str(&text), read, e);
    }
    buf_done(&text);
    return done;
}
