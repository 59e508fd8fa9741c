/* go.c: Go's own vulnerability database, in OSV format: vulndb.zip has ID/GO-….json and, for
 * clients that ask for one module, index/, which is not read.
 * https://go.dev/doc/security/vuln/database */
#include "feed/osv.h"

static const char *const documents[] = {
    "vulndb.zip",
    NULL,
};

/* "ID/GO-2020-0001.json" */
static bool is_record(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str folder = str_slice(path, 0, slash), name = str_slice(path, slash + 1, path.len);
    return document_path_ends(folder, STR("ID")) && str_starts(name, STR("GO-")) &&
           str_ends(name, STR(".json"));
}

static bool claims(str path)
{
    return document_path_ends(path, STR("vulndb.zip")) || is_record(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher publisher = {.only = STR_INIT("Go"), .whole = true};
    (void)self;
    return osv_document_read(&publisher, document, body, arena, out, e);
}

const struct feed feed_go = {
    .name = "go",
    .summary = "Go's vulnerability database: modules, the standard library, the toolchain",
    .publisher = "the Go project",
    .licence = "CC BY 4.0",
    .redistributable = true,
    .site = "https://vuln.go.dev/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
