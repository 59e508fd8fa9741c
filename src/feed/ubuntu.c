/* ubuntu.c: Ubuntu's security data, in all forms in which it is published. The OSV archive says
 * what is affected and fixed; the VEX archive adds what is not affected, and what will not be
 * fixed and why. The other forms say the same, for mirrors and releases that have only them:
 * the CVE tracker's text files, the database of notices (USN), the web API's pages, OVAL. */
#include "feed/ubuntu.h"

#include "feed/ubuntu_oval.h"

static const char *const documents[] = {
    "osv/osv-all.tar.xz",
    "vex/vex-all.tar.xz",
    NULL,
};

static bool read_oval(struct ubuntu *u, struct reader *body, struct error *e)
{
    struct feed_document document = {.path = u->document};
    return ubuntu_oval_read(&document, body, u->arena, u->out, e);
}

/* A form more is a row more. */
static const struct {
    bool (*claims)(str path);
    bool (*read)(struct ubuntu *u, struct reader *body, struct error *e);
} forms[] = {
    {ubuntu_cves_claims, ubuntu_cves_read},
    {ubuntu_notices_claims, ubuntu_notices_read}, /* before OSV's files of the same names */
    {ubuntu_vex_claims, ubuntu_vex_read},
    {ubuntu_osv_claims, ubuntu_osv_read},
    {ubuntu_tracker_claims, ubuntu_tracker_read},
    {ubuntu_usn_claims, ubuntu_usn_read},
    {ubuntu_oval_claims, read_oval},
};

static bool claims(str path)
{
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        if (forms[i].claims(path)) {
            return true;
        }
    }
    return false;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct ubuntu u = {.out = out, .arena = arena, .document = document->path};
    for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
        if (forms[i].claims(document->path)) {
            return forms[i].read(&u, body, e);
        }
    }
    return error_set(e, ERROR_FORMAT, "is no document of Ubuntu's, by its name");
}

const struct feed feed_ubuntu = {
    .name = "ubuntu",
    .summary = "Ubuntu's security data: OSV and VEX, also its CVE tracker, USN database and API",
    .publisher = "Canonical, Ubuntu security team",
    .licence = "CC BY-SA 4.0",
    .redistributable = true,
    .site = "https://security-metadata.canonical.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
