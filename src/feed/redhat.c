/* redhat.c: Red Hat's feeds: which kind of document goes to which reader. */
#include "feed/redhat.h"

#include "feed/document.h"
#include "feed/plans.h"
#include "feed/redhat_oval.h"

struct kind {
    bool (*claims)(str path);
    bool (*read)(const struct feed_document *document, struct reader *body, struct arena *arena,
                 struct advisory_sink *out, struct error *e);
};

/* A further kind of document is a row here. */
static const struct kind kinds[] = {
    {redhat_csaf_claims, redhat_csaf_read},
    {redhat_hydra_claims, redhat_hydra_read},
    {redhat_oval_claims, redhat_oval_read},
};

static const struct kind *kind_of(str path)
{
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        if (kinds[i].claims(path)) {
            return &kinds[i];
        }
    }
    return NULL;
}

static bool claims(str path)
{
    return kind_of(path) != NULL;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    const struct kind *kind = kind_of(document->path);
    if (kind == NULL) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no document of Red Hat's",
                         STR_ARG(document->path));
    }
    return kind->read(document, body, arena, out, e);
}

/* The archives' names have their date in them: archive_latest.txt tells. */
static const char *const documents[] = {
    "vex/archive_latest.txt",
    "advisories/archive_latest.txt",
    NULL,
};

const struct feed feed_redhat = {
    .name = "redhat",
    .summary = "Red Hat's CSAF: VEX and security advisories of RHEL",
    .publisher = "Red Hat Product Security",
    .licence = "CC BY 4.0",
    .redistributable = true,
    .site = "https://security.access.redhat.com/data/csaf/v2/",
    .documents = documents,
    .plan = &plan_redhat,
    .claims = claims,
    .read = read_document,
};
