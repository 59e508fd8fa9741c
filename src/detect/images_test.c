/* images_test.c: the detectors over the layers of real images, against what the package managers
 * themselves list (NAME.packages.tsv beside each image). */
#include <stdio.h>

#include "facts_test.h"
#include "format/tar.h"
#include "layer/layer.h"
#include "stream/codec.h"
#include "stream/file.h"

static const struct {
    const char *image, *list; /* NULL: only the distribution is looked at */
    const char *distribution;
    bool spread; /* one database over all layers; else one layer has it whole */
} images[] = {
    {"alpine-3.18.tar", "alpine-3.18", "id=alpine version=3.18.9", false},
    {"alpine-3.12.tar", "alpine-3.12", "id=alpine version=3.12.12", false},
    {"real-alpine-3.11.tar.gz", "real-alpine-3.11", "id=alpine version=3.11", false},
    {"untagged-zstd.tar", "untagged-zstd", "id=alpine version=3.18.9", false},
    {"names-links.tar", "names-links", "id=alpine version=3.18.9", false},
    {"whiteouts.tar", "whiteouts", "id=alpine version=3.18.9", false},
    {"dup-layers.tar", "dup-layers", "id=alpine version=3.12.12", false},
    {"docker25-save.tar", "docker25-save", "id=alpine version=3.18.9", false},
    {"debian-bookworm-slim.oci.tar", "debian-bookworm-slim", "id=debian version=12", false},
    {"debian-app-small.oci.tar", "debian-app-small", "id=debian version=12", false},
    {"distroless-debian12.tar.gz", "distroless-debian12", "id=debian version=12", true},
    {"rpm-centos7.oci.tar", NULL, "id=centos version=7", false},
    {"rpm-ubi8.oci.tar", NULL, "id=rhel version=8", false},
    {"rpm-rocky9.tar", NULL, "id=rocky version=9.3", false},
    {"rpm-mariner2.tar", NULL, "id=mariner version=2.0", false},
    {"rpm-sles15.3.tar", NULL, "id=sles version=15.3", false},
    {"rpm-leap15.oci.tar", NULL, "id=opensuse-leap version=15.3", false},
};

static const struct detector *const tested[] = {&detector_os_release, &detector_dpkg,
                                                &detector_apk};

struct walk {
    struct fact_lines out;
    struct error e;
    str want[2000];
    size_t want_count;
    str distribution;
    bool known;        /* some layer's distribution was that wanted */
    bool spread, same; /* some layer's packages were those wanted */
};

static int line_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* The first `columns` columns of the deb and apk rows, joined by blanks as fact_lines does. */
static size_t list_read(str text, str *to, size_t room)
{
    static char joined[2000][512];
    size_t count = 0;
    str row, column;
    while (count < room && str_line(&text, &row)) {
        if (!str_cut(&row, '\t', &column) ||
            (!str_eq(column, STR("deb")) && !str_eq(column, STR("apk")))) {
            continue;
        }
        char *at = joined[count];
        size_t len = 0;
        for (int i = 0; i < 5; i++) {
            if (!str_cut(&row, '\t', &column)) {
                column = row;
                row = STR_NONE;
            }
            len += (size_t)snprintf(at + len, 512 - len, "%s" STR_FMT, i == 0 ? "" : " ",
                                    STR_ARG(column));
        }
        to[count++] = (str){.at = at, .len = len};
    }
    qsort(to, count, sizeof(*to), line_order);
    return count;
}

/* The packages among the lines of facts, sorted, each once. */
static size_t packages_sorted(str text, str *to, size_t room)
{
    size_t count = 0, kept = 0;
    while (count < room && str_line(&text, &to[count])) {
        if (!str_starts(to[count], STR("database ")) &&
            !str_starts(to[count], STR("distribution "))) {
            count++;
        }
    }
    qsort(to, count, sizeof(*to), line_order);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !str_eq(to[i], to[kept - 1])) {
            to[kept++] = to[i];
        }
    }
    return kept;
}

static void compare(struct walk *w)
{
    static str got[4000];
    size_t count = packages_sorted(buf_str(&w->out.text), got, ARRAY_COUNT(got));
    bool same = count == w->want_count;
    for (size_t i = 0; same && i < count; i++) {
        same = str_eq(got[i], w->want[i]);
    }
    w->same = w->same || same;
}

static bool claims(const struct detector *d, str path)
{
    for (const char *const *p = d->paths; *p != NULL; p++) {
        str claimed = str_from(*p);
        if (str_eq(path, claimed) || (str_ends(claimed, STR("/")) && str_starts(path, claimed) &&
                                      str_find_char(str_slice(path, claimed.len, path.len), '/') ==
                                          path.len - claimed.len)) {
            return true;
        }
    }
    return false;
}

static bool entry_read(struct walk *w, struct layer *layer, const struct entry *entry)
{
    for (size_t i = 0; i < ARRAY_COUNT(tested); i++) {
        if (entry->kind != ENTRY_FILE || !claims(tested[i], entry->path)) {
            continue;
        }
        struct arena arena;
        arena_init(&arena, 64 * 1024 * 1024, "test");
        bool ok = tested[i]->read(tested[i], entry->path, entry, layer_body(layer), &arena,
                                  &w->out.base, &w->e);
        arena_done(&arena);
        if (!CHECK_OK(ok, &w->e)) {
            return false;
        }
    }
    return true;
}

static void layer_walk(struct walk *w, struct reader *tar)
{
    struct layer layer;
    struct entry entry;
    struct arena arena;
    arena_init(&arena, 64 * 1024 * 1024, "test");
    enum step got = layer_open(&layer, tar, &arena, &w->e) ? STEP_GOT : STEP_FAILED;
    while (got == STEP_GOT && (got = layer_next(&layer, &entry, &w->e)) == STEP_GOT) {
        if (!entry_read(w, &layer, &entry)) {
            break;
        }
    }
    CHECK(got == STEP_END);
    arena_done(&arena);
}

/* A file of the image that is a tar, compressed or not, is taken for a layer. */
static void blob_walk(struct walk *w, struct reader *blob)
{
    struct reader *tar = NULL;
    if (!CHECK_OK(codec_open(blob, &tar, NULL, &w->e), &w->e)) {
        return;
    }
    if (reader_need(tar, TAR_BLOCK_BYTES, &w->e) == STEP_GOT &&
        tar_looks_like(tar->at, reader_ready(tar))) {
        layer_walk(w, tar);
        str text = buf_str(&w->out.text);
        w->known = w->known || str_find(text, w->distribution) < text.len;
        if (!w->spread) {
            compare(w);
            buf_drop(&w->out.text, text.len);
        }
    }
    codec_close(tar, blob);
}

static void image_walk(struct walk *w, const char *path)
{
    struct file_reader file;
    struct reader *outer = NULL;
    struct arena arena;
    struct tar tar;
    struct tar_entry entry;
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    arena_init(&arena, 64 * 1024 * 1024, "test");
    if (CHECK(fd >= 0) && CHECK_OK(file_reader_open(&file, fd, 0, UINT64_MAX, &w->e), &w->e)) {
        if (CHECK_OK(codec_open(&file.base, &outer, NULL, &w->e), &w->e)) {
            enum step got = tar_open(&tar, outer, &arena, &w->e) ? STEP_GOT : STEP_FAILED;
            while (got == STEP_GOT && (got = tar_next(&tar, &entry, &w->e)) == STEP_GOT) {
                if (entry.type == TAR_FILE) {
                    blob_walk(w, tar_body(&tar));
                }
            }
            CHECK(got == STEP_END);
            codec_close(outer, &file.base);
        }
        reader_close(&file.base);
    }
    arena_done(&arena);
}

int main(void)
{
    static struct walk w;
    for (size_t i = 0; i < ARRAY_COUNT(images); i++) {
        char name[200];
        snprintf(name, sizeof(name), "images/%s", images[i].image);
        const char *path = check_shared(name);
        CHECK_CASE("the packages and the distribution of %s are found", images[i].image)
        {
            if (path == NULL) {
                check_skip("the image is not here");
                continue;
            }
            memset(&w, 0, sizeof(w));
            fact_lines_init(&w.out);
            w.spread = images[i].spread;
            w.distribution = str_from(images[i].distribution);
            if (images[i].list != NULL) {
                snprintf(name, sizeof(name), "images/%s.packages.tsv", images[i].list);
                str list = check_file(check_shared(name));
                w.want_count = list_read(list, w.want, ARRAY_COUNT(w.want));
                heap_free(list);
                CHECK(w.want_count > 0);
            }
            image_walk(&w, path);
            if (w.spread) {
                compare(&w);
            }
            CHECK(images[i].list == NULL || w.same);
            CHECK_NUM(w.out.incomplete, 0);
            CHECK(w.known);
            fact_lines_done(&w.out);
        }
    }
    return check_done();
}
