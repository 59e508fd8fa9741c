#include <string.h>

#include "check.h"
#include "detect/detector.h"

static const struct {
    const char *path;
    enum reach reach;
    const char *by;
} cases[] = {
    {"", REACH_ABOVE, NULL},
    {"e", REACH_NONE, NULL},
    {"etc", REACH_ABOVE, NULL},
    {"etc/os-release", REACH_CLAIMED, "os-release"},
    {"etc/os-release/x", REACH_NONE, NULL},
    {"etc/os-releas", REACH_NONE, NULL},
    {"etc/os-release2", REACH_NONE, NULL},
    {"etc/passwd", REACH_NONE, NULL},
    {"usr", REACH_ABOVE, NULL},
    {"usr/lib", REACH_ABOVE, NULL},
    {"usr/lib/os-release", REACH_CLAIMED, "os-release"},
    {"usr/lib/x86_64-linux-gnu/libc.so.6", REACH_NONE, NULL},
    {"usr/lib/os", REACH_NONE, NULL},
    {"usr/bin", REACH_NONE, NULL},
    {"usr/share/doc/bash/copyright", REACH_NONE, NULL},
    {"var", REACH_ABOVE, NULL},
    {"var/lib", REACH_ABOVE, NULL},
    {"var/lib/dpkg", REACH_ABOVE, NULL},
    {"var/lib/dpkg/status", REACH_CLAIMED, "dpkg"},
    {"var/lib/dpkg/status-old", REACH_NONE, NULL},
    {"var/lib/dpkg/status.d", REACH_ABOVE, NULL},
    {"var/lib/dpkg/status.d/base", REACH_CLAIMED, "dpkg"},
    {"var/lib/dpkg/status.d/a-package-with-a-name-that-is-longer-than-all-claimed-paths",
     REACH_CLAIMED, "dpkg"},
    {"var/lib/dpkg/status.d/base/x", REACH_NONE, NULL},
    {"var/lib/dpkg/info/base.list", REACH_NONE, NULL},
    {"lib", REACH_ABOVE, NULL},
    {"lib/apk/db", REACH_ABOVE, NULL},
    {"lib/apk/db/installed", REACH_CLAIMED, "apk"},
    {"lib/apk/db/scripts.tar", REACH_NONE, NULL},
    {"usr/lib/apk/db/installed", REACH_CLAIMED, "apk"},
    {"var/lib/rpm", REACH_ABOVE, NULL},
    {"var/lib/rpm/Packages", REACH_CLAIMED, "rpm"},
    {"usr/lib/sysimage/rpm/rpmdb.sqlite", REACH_CLAIMED, "rpm"},
    {"root/buildinfo", REACH_ABOVE, NULL},
    {"root/buildinfo/Dockerfile-ubi9-9.4", REACH_NONE, NULL},
    {"root/buildinfo/content_manifests/ubi9-container-9.4-1214.1726694543.json", REACH_CLAIMED,
     "redhat-content"},
    {"root/buildinfo/labels.json", REACH_CLAIMED, "redhat-content"},
    {"usr/share/buildinfo/content-sets.json", REACH_CLAIMED, "redhat-content"},
    {"usr/share/buildinfo/a/b.json", REACH_NONE, NULL},
    {"app/etc/os-release", REACH_NONE, NULL},
    {"home/a/var/lib/dpkg/status", REACH_NONE, NULL},
};

/* That `path`, claimed as `claimed` says, is found, and each folder above it. */
static void check_claimed(const struct detector *d, str path)
{
    const struct detector *by = NULL;
    CHECK(detectors_reach(path, &by) == REACH_CLAIMED);
    CHECK(by == d);
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == '/') {
            CHECK_NUM(detectors_reach(str_slice(path, 0, i), NULL), REACH_ABOVE);
        }
    }
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("the reach of '%s'", cases[i].path)
        {
            const struct detector *by = NULL;
            CHECK_NUM(detectors_reach(str_from(cases[i].path), &by), cases[i].reach);
            CHECK_STR(str_from(by == NULL ? NULL : by->name), str_from(cases[i].by));
            CHECK_NUM(detectors_reach(str_from(cases[i].path), NULL), cases[i].reach);
        }
    }
    CHECK_CASE("every path that a detector claims is reached, and the folders above it")
    {
        for (size_t i = 0; i < detectors_count; i++) {
            for (const char *const *path = detectors[i]->paths; *path != NULL; path++) {
                char file[200];
                size_t len = strlen(*path);
                memcpy(file, *path, len);
                if ((*path)[len - 1] == '/') {
                    file[len++] = 'x';
                }
                check_claimed(detectors[i], (str){.at = file, .len = len});
            }
        }
    }
    CHECK_CASE("detectors have a name, a summary, a revision, a limit and a reader")
    {
        for (size_t i = 0; i < detectors_count; i++) {
            const struct detector *d = detectors[i];
            CHECK(d->name != NULL && d->summary != NULL && d->read != NULL);
            CHECK(d->revision > 0 && d->file_bytes_max > 0);
        }
        CHECK(detectors_revision() == detectors_revision());
        CHECK(detectors_revision() != 0);
    }
    return check_done();
}
