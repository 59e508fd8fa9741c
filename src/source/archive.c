#include "source/archive.h"

#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "format/tar.h"
#include "stream/hash.h"

enum { NAMES_BYTES_MAX = 8 * 1024 * 1024 };

void archive_init(struct archive *a, struct arena *arena, int fd)
{
    *a = (struct archive){.arena = arena, .fd = fd};
    map_init(&a->entries, arena);
}

/* Clean name and link target in the arena; false in `*kept` for what cannot be named. */
static bool clean_names(struct archive *a, const struct tar_entry *from, struct archive_entry *to,
                        bool *kept, struct error *e)
{
    char room[PATH_BYTES_MAX + 1];
    str name, link;
    *kept = false;
    if (from->name_too_long || path_clean(from->path, room, &name) != PATH_OK || name.len == 0) {
        a->links_out++;
        return true;
    }
    if (!arena_str(a->arena, name, &to->name, e)) {
        return false;
    }
    *kept = true;
    if (from->type == TAR_SYMLINK) {
        /* inside the archive, a link that would lead out of it leads nowhere */
        char raw[PATH_BYTES_MAX * 2];
        str dir = path_dir(to->name);
        if (from->link.len == 0 || from->link.at[0] == '/' ||
            dir.len + 1 + from->link.len > sizeof(raw)) {
            *kept = false;
            a->links_out++;
            return true;
        }
        size_t len = 0;
        for (size_t i = 0; i < dir.len; i++) {
            raw[len++] = dir.at[i];
        }
        raw[len++] = '/';
        for (size_t i = 0; i < from->link.len; i++) {
            raw[len++] = from->link.at[i];
        }
        str joined = {.at = dir.len == 0 ? raw + 1 : raw, .len = dir.len == 0 ? len - 1 : len};
        if (path_clean(joined, room, &link) != PATH_OK) {
            *kept = false;
            a->links_out++;
            return true;
        }
        return arena_str(a->arena, link, &to->link, e);
    }
    if (from->type == TAR_HARDLINK) {
        if (path_clean(from->link, room, &link) != PATH_OK) {
            *kept = false;
            a->links_out++;
            return true;
        }
        return arena_str(a->arena, link, &to->link, e);
    }
    return true;
}

static bool add_entry(struct archive *a, struct tar *tar, const struct tar_entry *from,
                      struct archive_entry **out, struct error *e)
{
    bool kept = false;
    *out = NULL;
    if (from->type == TAR_DIRECTORY) {
        return true;
    }
    if (a->count >= ARCHIVE_ENTRIES_MAX) {
        return error_set(e, ERROR_LIMIT, "more than %d entries in the archive",
                         ARCHIVE_ENTRIES_MAX);
    }
    struct archive_entry *entry = ARENA_NEW(a->arena, struct archive_entry, e);
    if (entry == NULL || !clean_names(a, from, entry, &kept, e)) {
        return false;
    }
    if (!kept) {
        return true;
    }
    entry->is_file = from->type == TAR_FILE && !tar_body_is_sparse(tar);
    entry->size_bytes = from->size_bytes;
    entry->offset = tar_body_offset(tar);
    entry->twice = map_get(&a->entries, entry->name) != NULL;
    a->count++;
    *out = entry;
    return map_put(&a->entries, entry->name, entry, e);
}

bool archive_index(struct archive *a, struct reader *from, struct error *e)
{
    struct tar tar = {0};
    struct tar_entry seen;
    struct archive_entry *entry;
    struct arena names;
    enum step got = STEP_FAILED;
    /* the tar rewinds its arena entry by entry; what is kept here needs one of its own */
    arena_init(&names, NAMES_BYTES_MAX, "names of the archive");
    if (tar_open(&tar, from, &names, e)) {
        while ((got = tar_next(&tar, &seen, e)) == STEP_GOT) {
            if (!add_entry(a, &tar, &seen, &entry, e)) {
                got = STEP_FAILED;
                break;
            }
        }
    }
    a->ended_early = tar.ended_early;
    arena_done(&names);
    return got == STEP_END;
}

static bool looks_like_json(struct reader *body, struct error *e, bool *json)
{
    *json = false;
    enum step got = reader_need(body, 1, e);
    if (got == STEP_FAILED) {
        return false;
    }
    size_t i = 0, ready = reader_ready(body);
    while (
        i < ready && i < 64 &&
        (body->at[i] == ' ' || body->at[i] == '\n' || body->at[i] == '\t' || body->at[i] == '\r')) {
        i++;
    }
    *json = i < ready && (body->at[i] == '{' || body->at[i] == '[');
    return true;
}

static bool keep_json(struct archive *a, struct archive_entry *entry, struct reader *body,
                      struct error *e)
{
    char *content = arena_alloc(a->arena, (size_t)entry->size_bytes + 1, 1, 1, e);
    size_t got;
    if (content == NULL || !reader_read(body, content, (size_t)entry->size_bytes, &got, e)) {
        return false;
    }
    entry->json = (str){.at = content, .len = got};
    entry->has_json = true;
    return true;
}

bool archive_pass(struct archive *a, struct reader *from, struct archive_visitor *visitor,
                  struct error *e)
{
    struct tar tar = {0};
    struct tar_entry seen;
    struct arena names;
    enum step got = STEP_FAILED;
    bool ok = true;
    arena_init(&names, NAMES_BYTES_MAX, "names of the archive");
    if (tar_open(&tar, from, &names, e)) {
        while (ok && (got = tar_next(&tar, &seen, e)) == STEP_GOT) {
            struct archive_entry *entry;
            bool json = false;
            ok = add_entry(a, &tar, &seen, &entry, e);
            if (!ok || entry == NULL || !entry->is_file || entry->size_bytes == 0) {
                continue;
            }
            ok = looks_like_json(tar_body(&tar), e, &json);
            if (ok && json && entry->size_bytes <= IMAGE_JSON_BYTES_MAX) {
                ok = keep_json(a, entry, tar_body(&tar), e);
            } else if (ok) {
                ok = visitor->layer(visitor, entry, tar_body(&tar), e);
            }
        }
    }
    a->ended_early = tar.ended_early;
    arena_done(&names);
    return ok && got == STEP_END;
}

bool archive_find(struct archive *a, str name, struct archive_entry **out, struct error *e)
{
    char room[PATH_BYTES_MAX + 1];
    str clean;
    if (path_clean(name, room, &clean) != PATH_OK || clean.len == 0 || name.at[0] == '/') {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not a plain name inside the archive",
                         STR_ARG(name));
    }
    struct archive_entry *entry = map_get(&a->entries, clean);
    for (int hops = 0; entry != NULL && entry->link.len > 0; hops++) {
        if (hops >= ARCHIVE_LINK_HOPS_MAX) {
            return error_set(e, ERROR_FORMAT, "links of '" STR_FMT "' lead in a circle",
                             STR_ARG(name));
        }
        entry = map_get(&a->entries, entry->link);
    }
    if (entry == NULL) {
        return error_set(e, ERROR_ABSENT, "'" STR_FMT "' is not in the archive", STR_ARG(name));
    }
    if (!entry->is_file) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is not a file", STR_ARG(name));
    }
    if (entry->twice) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is in the archive more than once",
                         STR_ARG(name));
    }
    *out = entry;
    return true;
}

bool archive_json(struct archive *a, struct archive_entry *entry, str *out, struct error *e)
{
    if (entry->has_json) {
        *out = entry->json;
        return true;
    }
    if (entry->size_bytes > IMAGE_JSON_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%llu bytes are over the limit of %d",
                         (unsigned long long)entry->size_bytes, IMAGE_JSON_BYTES_MAX);
    }
    if (a->fd < 0) {
        return error_set(e, ERROR_FORMAT, "it does not look like JSON");
    }
    size_t size = (size_t)entry->size_bytes, got;
    char *content = arena_alloc(a->arena, size + 1, 1, 1, e);
    if (content == NULL || !fd_pread_full(a->fd, content, size, entry->offset, &got, e)) {
        return false;
    }
    if (got != size) {
        return error_set(e, ERROR_FORMAT, "the archive ends after %zu of its %zu bytes", got, size);
    }
    entry->json = (str){.at = content, .len = size};
    entry->has_json = true;
    *out = entry->json;
    return true;
}

/* -- blobs ---------------------------------------------------------------------------------- */

static bool find_blob(struct archive_blobs *b, digest name, uint64_t size_bytes,
                      struct archive_entry **out, struct error *e)
{
    char text[DIGEST_TEXT_BYTES], path[DIGEST_TEXT_BYTES + 8] = "blobs/";
    (void)digest_text(name, text);
    size_t len = 6;
    for (const char *c = text; *c != '\0'; c++) {
        path[len++] = *c == ':' ? '/' : *c;
    }
    if (!archive_find(b->archive, (str){.at = path, .len = len}, out, e)) {
        return false;
    }
    if ((*out)->size_bytes != size_bytes) {
        return error_set(e, ERROR_FORMAT, "%s has %llu bytes, its descriptor says %llu", text,
                         (unsigned long long)(*out)->size_bytes, (unsigned long long)size_bytes);
    }
    return true;
}

static bool blob_read(struct blobs *self, digest name, uint64_t size_bytes, struct arena *arena,
                      str *out, struct error *e)
{
    struct archive_blobs *b = CONTAINER_OF(self, struct archive_blobs, base);
    struct archive_entry *entry;
    struct hash hash;
    char is[DIGEST_TEXT_BYTES], says[DIGEST_TEXT_BYTES];
    (void)arena;
    if (!find_blob(b, name, size_bytes, &entry, e) || !archive_json(b->archive, entry, out, e)) {
        return false;
    }
    hash_init(&hash, name.algorithm);
    hash_update(&hash, out->at, out->len);
    digest found = hash_done(&hash);
    return digest_eq(found, name) || error_set(e, ERROR_DIGEST, "it is %s, its name says %s",
                                               digest_text(found, is), digest_text(name, says));
}

static bool blob_place(struct blobs *self, digest name, uint64_t size_bytes, uint64_t *offset,
                       str *entry_name, struct error *e)
{
    struct archive_blobs *b = CONTAINER_OF(self, struct archive_blobs, base);
    struct archive_entry *entry;
    if (!find_blob(b, name, size_bytes, &entry, e)) {
        return false;
    }
    *offset = entry->offset;
    *entry_name = entry->name;
    return true;
}

void archive_blobs_init(struct archive_blobs *b, struct archive *archive)
{
    *b = (struct archive_blobs){.base = {.read = blob_read, .place = blob_place},
                                .archive = archive};
}
