#include "ops/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum { KEYS_BYTES_MAX = 64 * 1024, FILES_MAX = 1000 };

static const char system_keys[] = "/etc/limpid/trusted-keys";

bool trust_read(str file, struct arena *arena, str *text, struct error *e)
{
    str path;
    size_t got = 0;
    if (!arena_str(arena, file, &path, e)) {
        return false;
    }
    CLEANUP(fd_close) int fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return error_sys(e, errno, "cannot read '%s'", path.at);
    }
    char *bytes = arena_alloc(arena, KEYS_BYTES_MAX + 1, 1, 1, e);
    if (bytes == NULL || !fd_read_full(fd, bytes, KEYS_BYTES_MAX + 1, &got, e)) {
        return error_wrap(e, "'%s'", path.at);
    }
    *text = (str){.at = bytes, .len = got};
    return got <= KEYS_BYTES_MAX ||
           error_set(e, ERROR_LIMIT, "'%s' has more than %d bytes", path.at, KEYS_BYTES_MAX);
}

static bool file_add(str file, struct arena *arena, struct sign_keys *out, struct error *e)
{
    str text;
    size_t before = out->count;
    if (!trust_read(file, arena, &text, e)) {
        return false;
    }
    if (!sign_keys_add(out, text, arena, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(file));
    }
    return out->count > before ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' has no key in it", STR_ARG(file));
}

static bool folder_add(str folder, struct arena *arena, struct sign_keys *out, struct error *e)
{
    DIR *list = opendir(folder.at);
    struct dirent *entry;
    size_t count = 0;
    if (list == NULL) {
        return error_sys(e, errno, "cannot read '%s'", folder.at);
    }
    bool done = true;
    while (done && (entry = readdir(list)) != NULL) {
        str path;
        if (entry->d_name[0] == '.') {
            continue;
        }
        done = (++count <= FILES_MAX ||
                error_set(e, ERROR_LIMIT, "'%s' has more than %d files", folder.at, FILES_MAX)) &&
               arena_printf(arena, &path, e, "%s/%s", folder.at, entry->d_name) &&
               file_add(path, arena, out, e);
    }
    closedir(list);
    return done && (count > 0 ||
                    error_set(e, ERROR_FORMAT, "'" STR_FMT "' has no key in it", STR_ARG(folder)));
}

/* A place that is configured: nothing there is fine. */
static bool place_add(str place, struct arena *arena, struct sign_keys *out, struct error *e)
{
    struct stat st;
    if (stat(place.at, &st) != 0) {
        return errno == ENOENT || errno == ENOTDIR ||
               error_sys(e, errno, "cannot read '%s'", place.at);
    }
    return S_ISDIR(st.st_mode) ? folder_add(place, arena, out, e) : file_add(place, arena, out, e);
}

static bool user_place(struct arena *arena, str *out, struct error *e)
{
    const char *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    *out = STR_NONE;
    if (xdg != NULL && xdg[0] == '/') {
        return arena_printf(arena, out, e, "%s/limpid/trusted-keys", xdg);
    }
    return home == NULL || home[0] != '/' ||
           arena_printf(arena, out, e, "%s/.config/limpid/trusted-keys", home);
}

bool trust_keys(str key, struct arena *arena, struct sign_keys *out, struct error *e)
{
    struct sign_public given;
    str place;
    *out = (struct sign_keys){0};
    if (key.len > 0) {
        if (sign_public_parse(key, &given, NULL)) {
            return sign_keys_add(out, key, arena, e);
        }
        return file_add(key, arena, out, e) || error_wrap(e, "--key");
    }
    return user_place(arena, &place, e) && (place.len == 0 || place_add(place, arena, out, e)) &&
           place_add(STR(system_keys), arena, out, e);
}

bool trust_secret(str file, str password, struct arena *arena, struct sign_secret *out,
                  struct error *e)
{
    str text;
    return (trust_read(file, arena, &text, e) && sign_secret_parse(text, password, out, e)) ||
           error_wrap(e, "the key '" STR_FMT "'", STR_ARG(file));
}
