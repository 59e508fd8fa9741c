/* alpine.c: Alpine's secdb, a document a branch and repository (secdb.c reads it). The site has
 * each as JSON and as YAML, with the same in it: JSON is fetched, and a mirror may have either. */
#include "feed/document.h"
#include "feed/plans.h"
#include "feed/secdb.h"

enum { BRANCH_BYTES_MAX = 32 };

/* Optional: old branches go, new ones come, twice a year; the last ones here are still to come. */
#define BOTH(branch) "?" branch "/main.json", "?" branch "/community.json"

static const char *const documents[] = {
    "?v3.2/main.json", BOTH("v3.3"),  BOTH("v3.4"),  BOTH("v3.5"),  BOTH("v3.6"),  BOTH("v3.7"),
    BOTH("v3.8"),      BOTH("v3.9"),  BOTH("v3.10"), BOTH("v3.11"), BOTH("v3.12"), BOTH("v3.13"),
    BOTH("v3.14"),     BOTH("v3.15"), BOTH("v3.16"), BOTH("v3.17"), BOTH("v3.18"), BOTH("v3.19"),
    BOTH("v3.20"),     BOTH("v3.21"), BOTH("v3.22"), BOTH("v3.23"), BOTH("v3.24"), BOTH("v3.25"),
    BOTH("v3.26"),     BOTH("v3.27"), BOTH("edge"),  NULL,
};

/* "v3.18" or "edge". */
static bool is_branch(str branch)
{
    if (str_eq(branch, STR("edge"))) {
        return true;
    }
    size_t dots = 0;
    for (size_t i = 1; i < branch.len; i++) {
        dots += branch.at[i] == '.';
        if (branch.at[i] != '.' && (branch.at[i] < '0' || branch.at[i] > '9')) {
            return false;
        }
    }
    return branch.len >= 4 && branch.len <= BRANCH_BYTES_MAX && branch.at[0] == 'v' && dots == 1 &&
           branch.at[1] != '.' && branch.at[branch.len - 1] != '.';
}

/* The folder that holds the document, where it is a branch. */
static str branch_of_path(str path)
{
    size_t slash = str_find_last_char(path, '/');
    if (slash == path.len) {
        return STR_NONE;
    }
    str folder = str_slice(path, 0, slash);
    size_t before = str_find_last_char(folder, '/');
    str branch = before == folder.len ? folder : str_slice(folder, before + 1, folder.len);
    return is_branch(branch) ? branch : STR_NONE;
}

static bool claims(str path)
{
    static const str names[] = {STR_INIT("main.json"), STR_INIT("community.json"),
                                STR_INIT("main.yaml"), STR_INIT("community.yaml")};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (document_path_ends(path, names[i]) && branch_of_path(path).len > 0) {
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
    struct secdb_publisher alpine = {
        .distribution = STR("alpine"),
        .is_branch = is_branch,
        .branch = branch_of_path(document->path),
        .url = "https://security.alpinelinux.org/vuln/",
    };
    return secdb_read(&alpine, document->path, body, arena, out, e);
}

const struct feed feed_alpine = {
    .name = "alpine",
    .summary = "Alpine's secdb: fixes by branch and origin package",
    .publisher = "Alpine Linux security team",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://secdb.alpinelinux.org/",
    .documents = documents,
    .plan = &plan_alpine,
    .claims = claims,
    .read = read_document,
};
