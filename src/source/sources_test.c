#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "source/source.h"

/* What is opened: the kind, the path and the reference; or the kind of error. */
static const struct {
    const char *says, *text, *source, *path, *reference;
    enum error_kind error;
} cases[] = {
    {"a file is an archive", "image.tar", "archive", "image.tar", "", ERROR_NONE},
    {"a folder is a root file system", "root", "dir", "root", "", ERROR_NONE},
    {"a folder with index.json and blobs is a layout", "layout", "oci", "layout", "", ERROR_NONE},
    {"a prefix makes it certain", "dir:layout", "dir", "layout", "", ERROR_NONE},
    {"a reference follows the path", "image.tar:app:1.0", "archive", "image.tar", "app:1.0",
     ERROR_NONE},
    {"a prefix, a path and a reference", "oci:layout:app:1.0", "oci", "layout", "app:1.0",
     ERROR_NONE},
    {"a path may have colons", "with:colon.tar", "archive", "with:colon.tar", "", ERROR_NONE},
    {"the longest path that exists counts", "with:colon.tar:app", "archive", "with:colon.tar",
     "app", ERROR_NONE},
    {"neither a file nor a folder", "absent.tar", NULL, NULL, NULL, ERROR_ABSENT},
    {"a name and a tag, as of a registry", "alpine:3.18", NULL, NULL, NULL, ERROR_ABSENT},
    {"many colons", "a:b:c:::d", NULL, NULL, NULL, ERROR_ABSENT},
    {"colons alone", ":::", NULL, NULL, NULL, ERROR_ABSENT},
    {"nothing", "", NULL, NULL, NULL, ERROR_ABSENT},
    {"a prefix alone", "dir:", NULL, NULL, NULL, ERROR_ABSENT},
    {"a digest behind a name", "app@sha256:0000", NULL, NULL, NULL, ERROR_ABSENT},
    {"a folder that has to be a file", "docker-archive:root", NULL, NULL, NULL, ERROR_FORMAT},
    {"a file that has to be a folder", "oci:image.tar", NULL, NULL, NULL, ERROR_FORMAT},
    {"a device", "/dev/zero", NULL, NULL, NULL, ERROR_FORMAT},
    {"an empty file", "empty", NULL, NULL, NULL, ERROR_FORMAT},
};

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    CHECK(file != NULL);
    if (file != NULL) {
        CHECK(fputs(text, file) >= 0 && fclose(file) == 0);
    }
}

int main(void)
{
    char folder[] = "/tmp/limpid-sources-XXXXXX";
    CHECK_CASE("files and folders to open")
    {
        CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
        put_file("image.tar", "x");
        put_file("with:colon.tar", "x");
        put_file("empty", "");
        CHECK(mkdir("root", 0700) == 0 && mkdir("layout", 0700) == 0);
        CHECK(mkdir("layout/blobs", 0700) == 0);
        put_file("layout/index.json", "{}");
    }
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct arena arena;
            struct source_opened opened = {.fd = -1};
            struct error e = {0};
            arena_init(&arena, 1 << 20, "test");
            if (cases[i].error != ERROR_NONE) {
                CHECK_FAILS(source_open(str_from(cases[i].text), &arena, &opened, &e), &e,
                            cases[i].error, "");
            } else if (source_open(str_from(cases[i].text), &arena, &opened, &e)) {
                CHECK_STR(str_from(opened.source->name), str_from(cases[i].source));
                CHECK_STR(opened.path, str_from(cases[i].path));
                CHECK_STR(opened.reference, str_from(cases[i].reference));
                source_close(&opened);
            } else {
                CHECK_OK(false, &e);
            }
            arena_done(&arena);
        }
    }
    static const char *const made[] = {"image.tar", "with:colon.tar", "empty", "layout/index.json"};
    for (size_t i = 0; i < ARRAY_COUNT(made); i++) {
        (void)unlink(made[i]);
    }
    (void)rmdir("layout/blobs");
    (void)rmdir("layout");
    (void)rmdir("root");
    (void)rmdir(folder);
    return check_done();
}
