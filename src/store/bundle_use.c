#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "store/bundle_file.h"
#include "store/current.h"
#include "store/migrate.h"

/* A bundle as a store: it is imported into a folder of its own, DIR/bundles/SUM-N, where SUM is the
 * digest of its bytes and N the schema of feeds' files. The folder gets its name when it is whole.
 *
 *   cached_find   the file is known by its stat (layers.db), so is its folder: nothing is hashed;
 *                 where keys are asked for, the folder says (signed-by) which key was verified
 *   whole_check   the file's sum and signature, as an import does it; the folder may be there
 *   folder_make   an import, in DIR/bundles/tmp-…, or in TMPDIR for this store alone */

enum { BUNDLES_KEPT = 3, BUNDLES_KEPT_S = 24 * 60 * 60, LEFT_OVER_S = 60 * 60 };

static const char temporary_prefix[] = "tmp-";

/* -- folders ----------------------------------------------------------------------------------- */

static void files_remove(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    if (list == NULL) {
        fd_close(&fd);
        return;
    }
    while ((entry = readdir(list)) != NULL) {
        unlinkat(fd, entry->d_name, 0);
    }
    closedir(list);
}

/* A store's folder has files, and the folder of advisories with files. */
static void folder_remove(int parent, const char *name)
{
    CLEANUP(fd_close)
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return;
    }
    files_remove(fd, "advisories");
    unlinkat(fd, "advisories", AT_REMOVEDIR);
    files_remove(parent, name);
    unlinkat(parent, name, AT_REMOVEDIR);
}

void store_temporary_remove(struct store *s)
{
    if (s->temporary.len > 0) {
        folder_remove(AT_FDCWD, s->temporary.at);
        s->temporary = STR_NONE;
    }
}

/* Removes what killed runs left, and folders that were not used for long beyond the newest few. */
static void bundles_sweep(const char *bundles, const char *used)
{
    CLEANUP(fd_close) int parent = open(bundles, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int listed = parent < 0 ? -1 : openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = listed < 0 ? NULL : fdopendir(listed);
    int64_t now_s = clock_now_s();
    struct dirent *entry;
    size_t others = 0;
    if (list == NULL) {
        fd_close(&listed);
        return;
    }
    while ((entry = readdir(list)) != NULL) {
        struct stat st;
        const char *name = entry->d_name;
        if (name[0] == '.' || strcmp(name, used) == 0 ||
            fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        bool left = str_starts(str_from(name), str_from(temporary_prefix));
        int64_t age_s = now_s - (int64_t)st.st_mtime;
        if (left ? age_s > LEFT_OVER_S : ++others >= BUNDLES_KEPT && age_s > BUNDLES_KEPT_S) {
            folder_remove(parent, name);
        }
    }
    closedir(list);
}

/* -- what is there ----------------------------------------------------------------------------- */

static bool folder_path(const struct store *s, digest sum, struct arena *arena, str *out,
                        struct error *e)
{
    char text[DIGEST_TEXT_BYTES];
    digest_text(sum, text);
    return arena_printf(arena, out, e, "%s/bundles/%s-%zu", s->dir.at, text + sizeof("sha256:") - 1,
                        schema_advisories.count);
}

/* The folder's `signed-by` names a trusted key. */
static bool folder_is_trusted(const char *folder, const struct sign_keys *keys, struct arena *arena,
                              struct sign_public *by)
{
    char bytes[SIGN_TEXT_BYTES_MAX];
    size_t got = 0;
    str path;
    struct sign_public key;
    if (!arena_printf(arena, &path, NULL, "%s/signed-by", folder)) {
        return false;
    }
    CLEANUP(fd_close) int fd = open(path.at, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !fd_read_full(fd, bytes, sizeof(bytes), &got, NULL) ||
        !sign_public_parse((str){.at = bytes, .len = got}, &key, NULL)) {
        return false;
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (sign_public_eq(&keys->at[i], &key)) {
            *by = key;
            return true;
        }
    }
    return false;
}

/* Answers from that folder, if it is whole. */
static bool folder_take(struct store *s, const char *folder, struct bundle_import_result *out,
                        bool *taken, struct error *e)
{
    CLEANUP(arena_done) struct arena arena;
    struct current c;
    str path, kept = s->advisories;
    arena_init(&arena, 64 * 1024 * 1024, "the list of feeds");
    *taken = false;
    if (!arena_printf(&arena, &path, e, "%s/advisories/current", folder)) {
        return false;
    }
    if (access(path.at, R_OK) != 0) {
        return true;
    }
    if (!arena_printf(&s->arena, &s->advisories, e, "%s/advisories", folder)) {
        return false;
    }
    if (arena_printf(&arena, &path, NULL, "%s/signature", folder)) {
        out->is_signed = access(path.at, F_OK) == 0;
    }
    if (!current_read(s, &arena, &c, NULL)) {
        s->advisories = kept; /* damaged: made again */
        return true;
    }
    for (size_t i = 0; i < c.count; i++) {
        out->feeds += c.feeds[i].file.len > 0;
    }
    s->shut = "a bundle";
    *taken = true;
    return true;
}

struct using
{
    struct store *store;
    const struct bundle_import_options *options;
    struct arena arena;
    struct stat st;
    str path;
    str signature; /* of the bundle, where it was looked at */
    struct bundle_import_result result;
    bool asked; /* for a signature */
};

static bool cached_find(struct using *u, bool *taken, struct error *e)
{
    digest sum;
    str folder;
    bool known = false;
    *taken = false;
    uint64_t bytes = (uint64_t)u->st.st_size;
    if (bytes <= BUNDLE_SUM_BYTES ||
        !store_file_digest_find(u->store, &u->st, 0, bytes - BUNDLE_SUM_BYTES, &sum, &known,
                                NULL) ||
        !known) {
        return true;
    }
    if (!folder_path(u->store, sum, &u->arena, &folder, e)) {
        return false;
    }
    if (u->asked && !folder_is_trusted(folder.at, u->options->keys, &u->arena, &u->result.by)) {
        return true;
    }
    utimensat(AT_FDCWD, folder.at, NULL, 0); /* used now */
    return folder_take(u->store, folder.at, &u->result, taken, e);
}

/* -- what is not ------------------------------------------------------------------------------- */

static bool note_write(const char *folder, const char *name, str text, struct arena *arena,
                       struct error *e)
{
    str path;
    if (!arena_printf(arena, &path, e, "%s/%s", folder, name)) {
        return false;
    }
    int fd = open(path.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make '%s'", path.at);
    }
    bool done = fd_write_all(fd, text.at, text.len, e);
    if (close(fd) != 0 && done) {
        done = error_sys(e, errno, "cannot write '%s'", path.at);
    }
    return done;
}

static bool signer_write(const char *folder, const struct sign_public *by, struct arena *arena,
                         struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, SIGN_TEXT_BYTES_MAX);
    return sign_public_write(by, &text, e) &&
           note_write(folder, "signed-by", buf_str(&text), arena, e);
}

/* Imports into the empty folder. */
static bool folder_fill(struct using *u, const char *folder, struct error *e)
{
    struct store *into = NULL;
    if (!store_open(str_from(folder), &into, e)) {
        return false;
    }
    bool done = store_bundle_import(into, u->options, &u->result, e);
    store_close(into);
    return done &&
           (u->signature.len == 0 || note_write(folder, "signature", u->signature, &u->arena, e)) &&
           (!u->asked || signer_write(folder, &u->result.by, &u->arena, e));
}

/* A new folder, in the cache; `*made` is false where that may not be written. */
static bool folder_in_cache(struct using *u, const char *folder, bool *made, struct error *e)
{
    str bundles, temporary;
    *made = false;
    if (!store_path(u->store, &u->arena, "bundles", &bundles, e) ||
        !arena_printf(&u->arena, &temporary, e, "%s/%sXXXXXX", bundles.at, temporary_prefix)) {
        return false;
    }
    char *path = arena_alloc(&u->arena, temporary.len + 1, 1, 1, e);
    if (path == NULL) {
        return false;
    }
    memcpy(path, temporary.at, temporary.len + 1);
    if (!store_make_dir(bundles.at, NULL) || mkdtemp(path) == NULL) {
        return true;
    }
    bool done = folder_fill(u, path, e);
    if (done && rename(path, folder) != 0) {
        if (errno != EEXIST && errno != ENOTEMPTY) { /* another process was first: as good */
            done = error_sys(e, errno, "cannot make '%s'", folder);
        } else {
            folder_remove(AT_FDCWD, path);
        }
    }
    if (!done) {
        folder_remove(AT_FDCWD, path);
        return e != NULL && (e->sys == ENOSPC || e->sys == EROFS || e->sys == EDQUOT);
    }
    bundles_sweep(bundles.at, strrchr(folder, '/') + 1);
    *made = true;
    return true;
}

/* One that goes with this store. */
static bool folder_for_now(struct using *u, bool *taken, struct error *e)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/limpid-bundle-XXXXXX", store_scratch_dir());
    if (len < 0 || (size_t)len >= sizeof(path) || mkdtemp(path) == NULL) {
        error_sys(e, errno, "cannot make a temporary folder in '%s'", store_scratch_dir());
        return error_hint(e, "TMPDIR names another");
    }
    if (!arena_str(&u->store->arena, str_from(path), &u->store->temporary, e)) {
        rmdir(path);
        return false;
    }
    return folder_fill(u, path, e) && folder_take(u->store, path, &u->result, taken, e);
}

static bool whole_use(struct using *u, struct error *e)
{
    CLEANUP(bundle_file_close) struct bundle_file b = {.fd = -1};
    str folder;
    bool made = false, taken = false;
    if (!bundle_file_open(&b, u->options->file, e) ||
        (u->asked && !bundle_file_trust(&b, u->options->keys, &u->result.by, e)) ||
        !folder_path(u->store, b.sum, &u->arena, &folder, e)) {
        return false;
    }
    store_file_digest_keep(u->store, &u->st, 0, (uint64_t)u->st.st_size - BUNDLE_SUM_BYTES, b.sum,
                           NULL);
    u->signature = b.signature;
    if (!folder_take(u->store, folder.at, &u->result, &taken, e)) {
        return false;
    }
    if (taken && u->asked) { /* it may have been made when nobody asked */
        (void)!signer_write(folder.at, &u->result.by, &u->arena, NULL);
    }
    if (taken) {
        return true;
    }
    folder_remove(AT_FDCWD, folder.at); /* one that is there and cannot be read */
    if (!folder_in_cache(u, folder.at, &made, e)) {
        return false;
    }
    return made ? folder_take(u->store, folder.at, &u->result, &taken, e) &&
                      (taken || error_set(e, ERROR_IO, "cannot read '%s'", folder.at))
                : folder_for_now(u, &taken, e);
}

bool store_use_bundle(struct store *s, const struct bundle_import_options *options,
                      struct bundle_import_result *out, struct error *e)
{
    struct using u = {
        .store = s, .options = options, .asked = options->keys != NULL && options->keys->count > 0};
    bool taken = false;
    arena_init(&u.arena, 1024 * 1024, "using a bundle");
    bool done = arena_str(&u.arena, options->file, &u.path, e);
    if (done && stat(u.path.at, &u.st) != 0) {
        done = error_sys(e, errno, "cannot open it");
    }
    done = done && cached_find(&u, &taken, e) && (taken || whole_use(&u, e));
    if (done) {
        u.result.is_verified = u.asked;
        u.result.is_signed = u.result.is_signed || u.asked;
        *out = u.result;
    }
    arena_done(&u.arena);
    return done;
}
