/* debian_elts_tracker.c: Freexian's tracker of the releases that Debian no longer cares for, in
 * the form of Debian's own. Its fixes are in Freexian's archive, for customers: product "elts". */
#include "feed/debian.h"
#include "feed/document.h"

static const char *const documents[] = {"extended-lts/tracker/data/json", NULL};

static bool claims(str path)
{
    return document_path_ends(path, STR("extended-lts/tracker/data/json"));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    static const struct debian_tracker tracker = {
        .product = STR_INIT("elts"),
        .severity_source = STR_INIT("debian"),
        .url = "https://deb.freexian.com/extended-lts/tracker/",
    };
    return debian_tracker_read(&tracker, document->path, body, arena, out, e);
}

const struct feed feed_debian_elts_tracker = {
    .name = "debian-elts-tracker",
    .summary = "Freexian's tracker for Debian's extended long term support (ELTS)",
    .publisher = "Freexian",
    .licence = "not stated",
    .redistributable = false,
    .site = "https://deb.freexian.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
