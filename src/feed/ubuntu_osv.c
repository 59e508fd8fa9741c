/* ubuntu_osv.c: Ubuntu's own OSV records: osv-all.tar with osv/cve/YEAR/UBUNTU-CVE-….json,
 * osv/usn/USN-….json and osv/lsn/LSN-….json, or such a file alone. They name what is affected
 * and since when not; why something is not fixed, VEX tells (ubuntu_vex.c). */
#include <inttypes.h>

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

struct osv_reading {
    struct ubuntu base;
    struct osv osv;
};

static bool read_record(struct ubuntu *u, str name, str text, struct error *e)
{
    (void)name;
    struct osv_reading *r = CONTAINER_OF(u, struct osv_reading, base);
    bool done = osv_record_read(&r->osv, text, e);
    u->sink_failed = r->osv.sink_failed;
    return done;
}

static bool put_notes(const struct osv *o, struct error *e)
{
    if (o->live > 0 && !document_note(o->out, o->document, e,
                                      "left out: %" PRIu64 " notices of live patches", o->live)) {
        return false;
    }
    return tally_note(&o->ecosystems, o->out, o->document, "packages of the ecosystems", e) &&
           tally_note(&o->strange, o->out, o->document, "what was not understood", e);
}

bool ubuntu_osv_read(struct ubuntu *u, struct reader *body, struct error *e)
{
    struct osv_reading r = {
        .base = *u,
        .osv = {.out = u->out, .arena = u->arena, .document = u->document, .only = STR("Ubuntu")},
    };
    if (!ubuntu_texts_read(&r.base, body, is_record, read_record, e)) {
        return false;
    }
    if (r.osv.records == 0) {
        return error_set(e, ERROR_FORMAT, "holds no OSV record");
    }
    return put_notes(&r.osv, e);
}
