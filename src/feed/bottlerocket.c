/* bottlerocket.c: Bottlerocket's advisories. The packages are those of its application inventory;
 * their release is a commit of the build and has no order. */
#include "feed/updateinfo.h"

static const char *const documents[] = {"updateinfo.xml.gz", NULL};

static bool bottlerocket_place(const struct updateinfo_update *u, struct arena *arena,
                               struct updateinfo_place *out, struct error *e)
{
    (void)arena;
    (void)e;
    if (str_eq(u->collection, STR("bottlerocket"))) {
        out->namespace_ = STR("bottlerocket");
    }
    return true;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct updateinfo_publisher bottlerocket = {
        .name = STR_INIT("bottlerocket"),
        .without_release = true,
        .place = bottlerocket_place,
    };
    (void)self;
    return updateinfo_read(&bottlerocket, document, body, arena, out, e);
}

const struct feed feed_bottlerocket = {
    .name = "bottlerocket",
    .summary = "Bottlerocket's security advisories",
    .publisher = "Amazon Web Services",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://advisories.bottlerocket.aws/",
    .documents = documents,
    .claims = updateinfo_claims,
    .read = read_document,
};
