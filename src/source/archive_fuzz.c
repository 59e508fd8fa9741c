/* archive_fuzz.c: an image archive that is read in order, and what it says of its image. */
#include "source/archive.h"

#include "format/tar.h"
#include "source/docker.h"
#include "source/docker_v1.h"
#include "source/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_no_layer(struct archive_visitor *self, struct archive_entry *entry,
                          struct reader *body, struct error *e)
{
    (void)self;
    (void)entry;
    return reader_drain(body, NULL, e);
}

static void describe(struct archive *archive, struct arena *arena)
{
    static const struct image_choice choices[] = {
        {.platform = {NULL, 0}},
        {.reference = STR_INIT("a:1"), .platform = STR_INIT("linux/arm64")},
    };
    for (size_t i = 0; i < ARRAY_COUNT(choices); i++) {
        struct image_description image;
        struct archive_blobs blobs;
        struct archive_entry *entry;
        struct error e = {0};
        str index;
        (void)!docker_describe(archive, &choices[i], arena, &image, &e);
        (void)!docker_v1_describe(archive, &choices[i], arena, &image, &e);
        archive_blobs_init(&blobs, archive);
        if (archive_find(archive, STR("index.json"), &entry, &e) &&
            archive_json(archive, entry, &index, &e)) {
            (void)!oci_describe(index, &blobs.base, &choices[i], arena, &image, &e);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct archive archive;
    struct memory_reader memory;
    struct error e = {0};
    struct archive_visitor visitor = {.layer = take_no_layer};
    arena_init(&arena, 32 * 1024 * 1024, "fuzz");
    memory_reader_init(&memory, (str){.at = (const char *)data, .len = size});
    archive_init(&archive, &arena, -1);
    if (archive_pass(&archive, &memory.base, &visitor, &e)) {
        describe(&archive, &arena);
    }
    arena_done(&arena);
    return 0;
}
