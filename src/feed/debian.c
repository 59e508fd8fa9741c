/* debian.c: the Debian security team's feed: the tracker's JSON says what is affected and why it
 * is not fixed; the lists of notices add their numbers, and the releases that left the JSON at
 * the end of their support. */
#include "feed/debian.h"

#include "feed/debian_oval.h"
#include "feed/document.h"

#define SALSA "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/"

static const char *const documents[] = {
    "tracker/data/json",
    SALSA "data/DSA/list",
    SALSA "data/DLA/list",
    NULL,
};

static bool is_list(str path)
{
    return document_path_ends(path, STR("data/DSA/list")) ||
           document_path_ends(path, STR("data/DLA/list"));
}

/* Freexian's tracker has the same name and form; it is the feed debian-elts-tracker. */
static bool claims(str path)
{
    bool elts = str_find(path, STR("extended-lts/")) < path.len;
    return (document_path_ends(path, STR("data/json")) && !elts) || is_list(path) ||
           debian_oval_claims(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    if (is_list(document->path)) {
        return debian_list_read(document->path, body, arena, out, e);
    }
    if (debian_oval_claims(document->path)) {
        return debian_oval_read(document, body, arena, out, e);
    }
    static const struct debian_tracker tracker = {
        .severity_source = STR_INIT("debian"),
        .url = "https://security-tracker.debian.org/tracker/",
    };
    return debian_tracker_read(&tracker, document->path, body, arena, out, e);
}

const struct feed feed_debian = {
    .name = "debian",
    .summary = "Debian security tracker, and the lists of DSA and DLA notices",
    .publisher = "Debian security team",
    .licence = "free to use; not stated in the data",
    .redistributable = true,
    .site = "https://security-tracker.debian.org/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
