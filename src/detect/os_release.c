/* os_release.c: which distribution a layer is of. os-release(5) says so since about 2012; before
 * it, each distribution had a file of its own, and some images have those alone. */
#include "detect/put.h"
#include "detect/release_file.h"

enum { OS_RELEASE_FILE_BYTES_MAX = 64 * 1024 };

/* Path, rank, form. What a derivative writes ranks over what it keeps of the distribution it comes
 * from: Oracle Linux has a redhat-release that says "Red Hat Enterprise Linux", Ubuntu a
 * debian_version that says "trixie/sid". */
#define RELEASE_FILES(X)                                                                           \
    X("etc/os-release", 100, os)                                                                   \
    X("usr/lib/os-release", 99, os)                                                                \
    X("etc/lsb-release", 70, lsb)                                                                  \
    X("etc/oracle-release", 60, named)                                                             \
    X("etc/fedora-release", 60, named)                                                             \
    X("etc/rocky-release", 60, named)                                                              \
    X("etc/almalinux-release", 60, named)                                                          \
    X("etc/photon-release", 60, named)                                                             \
    X("etc/mariner-release", 60, named)                                                            \
    X("etc/azurelinux-release", 60, named)                                                         \
    X("etc/SuSE-release", 60, suse)                                                                \
    X("etc/alpine-release", 60, alpine)                                                            \
    X("etc/centos-release", 50, named)                                                             \
    X("etc/system-release", 45, named)                                                             \
    X("etc/redhat-release", 40, named)                                                             \
    X("etc/debian_version", 30, debian)                                                            \
    X("etc/apt/sources.list", 25, apt)                                                             \
    X("etc/arch-release", 20, arch)

#define RELEASE_PATH(path, rank, form) path,
static const char *const os_release_paths[] = {RELEASE_FILES(RELEASE_PATH) NULL};

#define RELEASE_ROLE(path, rank, form) {STR_INIT(path), rank, release_parse_##form},
static const struct role {
    str path;
    uint32_t rank;
    bool (*parse)(str text, struct arena *arena, struct release *out, struct error *e);
} roles[] = {RELEASE_FILES(RELEASE_ROLE)};

enum { RANK_OS_RELEASE = 99 }; /* from here on the file has to name a distribution */

static const struct role *role_find(str path)
{
    for (size_t i = 0; i < ARRAY_COUNT(roles); i++) {
        if (str_eq(roles[i].path, path)) {
            return &roles[i];
        }
    }
    return NULL;
}

/* Rank 0 without an ID: the file is there, replaces what was below it, and says nothing. */
static bool put_distribution(const struct detector *self, const struct entry *at,
                             const struct release *r, uint32_t rank, struct fact_sink *out,
                             struct error *e)
{
    struct fact fact = {
        .kind = FACT_DISTRIBUTION,
        .path = at->path,
        .text = str_from(self->name),
        .rank = r->distribution.id.len == 0 ? 0 : rank,
        .distribution = r->distribution,
    };
    return out->put(out, &fact, e);
}

static bool put_problem(const struct entry *at, const struct release *r, uint32_t rank,
                        struct fact_sink *out, struct error *e)
{
    if (r->problem == NULL) {
        return true;
    }
    enum fact_kind kind = rank >= RANK_OS_RELEASE ? FACT_INCOMPLETE : FACT_NOTE;
    const char *unknown = r->distribution.id.len == 0 ? "distribution unknown: " : "";
    if (r->problem_line == 0) {
        return put_text(kind, at, out, e, "%s%s", unknown, r->problem);
    }
    return put_text(kind, at, out, e, "%sline %llu: %s", unknown,
                    (unsigned long long)r->problem_line, r->problem);
}

static bool os_release_read(const struct detector *self, str role_path, const struct entry *at,
                            struct reader *body, struct arena *arena, struct fact_sink *out,
                            struct error *e)
{
    const struct role *role = role_find(role_path);
    struct release release = {.problem = NULL};
    bool put;
    if (role == NULL) {
        return true;
    }
    if (at->size_bytes > self->file_bytes_max) {
        return put_distribution(self, at, &release, 0, out, e) &&
               put_too_large(self, at, out, &put, e) && put;
    }
    size_t room = (size_t)at->size_bytes, len; /* at most OS_RELEASE_FILE_BYTES_MAX */
    char *text = arena_alloc(arena, room, 1, 1, e);
    if (text == NULL || !reader_read(body, text, room, &len, e) ||
        !role->parse((str){.at = text, .len = len}, arena, &release, e)) {
        return false;
    }
    return put_distribution(self, at, &release, role->rank, out, e) &&
           put_problem(at, &release, role->rank, out, e);
}

const struct detector detector_os_release = {
    .name = "os-release",
    .summary = "The distribution: os-release, lsb-release and older release files",
    .revision = 2,
    .file_bytes_max = OS_RELEASE_FILE_BYTES_MAX,
    .paths = os_release_paths,
    .read = os_release_read,
};
