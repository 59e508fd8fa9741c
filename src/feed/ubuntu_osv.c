/* ubuntu_osv.c: Ubuntu's own OSV records: osv-all.tar with osv/cve/YEAR/UBUNTU-CVE-….json,
 * osv/usn/USN-….json and osv/lsn/LSN-….json, or such a file alone. They name what is affected
 * and since when not; why something is not fixed, VEX tells (ubuntu_vex.c). */
#include "feed/osv.h"
#include "feed/ubuntu.h"

static str base_name(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == path.len ? path : str_slice(path, slash + 1, path.len);
}

/* "vex/usn/USN-7372-1.json" has the same name, and is none. */
static bool is_record(str path)
{
    str name = base_name(path);
    bool in_vex = str_find(path, STR("vex/")) < path.len;
    return str_ends(name, STR(".json")) && !in_vex &&
           (str_starts(name, STR("UBUNTU-CVE-")) || str_starts(name, STR("USN-")) ||
            str_starts(name, STR("LSN-")));
}

bool ubuntu_osv_claims(str path)
{
    return document_path_ends(path, STR("osv-all.tar")) || is_record(path);
}

bool ubuntu_osv_read(struct ubuntu *u, struct reader *body, struct error *e)
{
    static const struct osv_publisher ubuntu = {.only = STR_INIT("Ubuntu"), .wants = is_record};
    const struct feed_document document = {.path = u->document};
    return osv_document_read(&ubuntu, &document, body, u->arena, u->out, e);
}
