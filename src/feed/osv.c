/* osv.c: feeds in the OSV format: OSV.dev's bucket (ECOSYSTEM/all.zip), and AlmaLinux's own
 * database (an archive of its git repository), which share the reader. So far the distributions'
 * ecosystems are read; records of others are counted and left out. */
#include "feed/osv.h"

#include <inttypes.h>

#include "feed/plans.h"
#include "format/tar.h"
#include "format/zip.h"

#define BUCKET "https://osv-vulnerabilities.storage.googleapis.com/"

static const char *const osv_documents[] = {
    "AlmaLinux/all.zip",     "Alpine/all.zip", "Debian/all.zip",
    "Rocky%20Linux/all.zip", "Ubuntu/all.zip", NULL,
};

static const char *const almalinux_documents[] = {
    "AlmaLinux/all.zip",
    NULL,
};

/* Records of the distributions that are read, by the start of their file's name. */
static const str prefixes[] = {
    STR_INIT("ALSA-"),   STR_INIT("ALBA-"), STR_INIT("ALEA-"),   STR_INIT("ALPINE-"),
    STR_INIT("DEBIAN-"), STR_INIT("DSA-"),  STR_INIT("DLA-"),    STR_INIT("DTSA-"),
    STR_INIT("RLSA-"),   STR_INIT("RXSA-"), STR_INIT("UBUNTU-"), STR_INIT("USN-"),
};
enum { ALMALINUX_PREFIXES = 3 };

static bool is_record(str path, size_t prefixes_count)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    if (!str_ends(name, STR(".json"))) {
        return false;
    }
    for (size_t i = 0; i < prefixes_count; i++) {
        if (str_starts(name, prefixes[i])) {
            return true;
        }
    }
    return false;
}

static bool osv_claims(str path)
{
    return document_path_ends(path, STR("all.zip")) || is_record(path, ARRAY_COUNT(prefixes));
}

/* "osv-database.tar", or GitHub's "AlmaLinux/osv-database/archive/refs/heads/master.tar". */
static bool almalinux_claims(str path)
{
    return document_path_ends(path, STR("AlmaLinux/all.zip")) ||
           document_path_ends(path, STR("osv-database.tar")) ||
           document_path_ends(path, STR("osv-database/archive/refs/heads/master.tar")) ||
           is_record(path, ALMALINUX_PREFIXES);
}

/* A record in an archive: one that is damaged spoils itself only. `size` is 0 where unknown. */
static bool read_member(struct osv *o, str name, uint64_t size, struct reader *body,
                        struct buf *text, struct error *e)
{
    if (!str_ends(name, STR(".json"))) {
        return true;
    }
    if (size > OSV_RECORD_BYTES_MAX) {
        return document_note(o->out, o->document, e,
                             "not read: '" STR_FMT "': %" PRIu64
                             " bytes, more than the limit of %d",
                             STR_ARG(name), size, OSV_RECORD_BYTES_MAX);
    }
    text->len = 0;
    if (!document_text(body, text, e)) {
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(name));
    }
    struct error own;
    error_clear(&own);
    if (osv_record_read(o, buf_str(text), &own)) {
        return true;
    }
    if (o->sink_failed || (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT)) {
        *e = own;
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(name));
    }
    return document_note(o->out, o->document, e, "not read: '" STR_FMT "': %s", STR_ARG(name),
                         own.text);
}

static bool read_zip(struct osv *o, struct reader *body, struct buf *text, struct error *e)
{
    struct zip zip;
    if (!zip_open(&zip, body, o->arena, e)) {
        return false;
    }
    struct zip_entry entry;
    enum step step;
    while ((step = zip_next(&zip, &entry, e)) == STEP_GOT) {
        if (!read_member(o, entry.name, entry.size_known ? entry.size_bytes : 0, zip_body(&zip),
                         text, e)) {
            step = STEP_FAILED;
            break;
        }
    }
    zip_close(&zip);
    return step == STEP_END;
}

static bool read_tar(struct osv *o, struct reader *body, struct buf *text, struct error *e)
{
    struct tar tar;
    if (!tar_open(&tar, body, o->arena, e)) {
        return false;
    }
    struct tar_entry entry;
    enum step step;
    while ((step = tar_next(&tar, &entry, e)) == STEP_GOT) {
        if (entry.type == TAR_FILE &&
            !read_member(o, entry.path, entry.size_bytes, tar_body(&tar), text, e)) {
            return false;
        }
    }
    if (step == STEP_END && tar.ended_early) {
        return error_set(e, ERROR_FORMAT, "the tar archive is cut after %" PRIu64 " entries",
                         tar.entries);
    }
    return step == STEP_END;
}

static bool read_single(struct osv *o, struct reader *body, struct buf *text, struct error *e)
{
    return document_text(body, text, e) && osv_record_read(o, buf_str(text), e);
}

static bool put_notes(const struct osv *o, struct error *e)
{
    if (o->harmless > 0 &&
        !document_note(o->out, o->document, e,
                       "left out: %" PRIu64 " notices that fix no vulnerability", o->harmless)) {
        return false;
    }
    if (o->live > 0 && !document_note(o->out, o->document, e,
                                      "left out: %" PRIu64 " notices of live patches", o->live)) {
        return false;
    }
    return tally_note(&o->ecosystems, o->out, o->document, "packages of the ecosystems", e) &&
           tally_note(&o->strange, o->out, o->document, "what was not understood", e);
}

static bool read_document(struct osv *o, struct reader *body, struct error *e)
{
    struct buf text;
    buf_init(&text, OSV_RECORD_BYTES_MAX);
    bool done;
    if (str_ends(o->document, STR(".zip"))) {
        done = read_zip(o, body, &text, e);
    } else if (str_ends(o->document, STR(".tar"))) {
        done = read_tar(o, body, &text, e);
    } else {
        done = read_single(o, body, &text, e);
    }
    buf_done(&text);
    if (done && o->records == 0) {
        return error_set(e, ERROR_FORMAT, "holds no OSV record");
    }
    return done && put_notes(o, e);
}

static bool osv_read(const struct feed *self, const struct feed_document *document,
                     struct reader *body, struct arena *arena, struct advisory_sink *out,
                     struct error *e)
{
    (void)self;
    struct osv o = {.out = out, .arena = arena, .document = document->path};
    return read_document(&o, body, e);
}

static bool almalinux_read(const struct feed *self, const struct feed_document *document,
                           struct reader *body, struct arena *arena, struct advisory_sink *out,
                           struct error *e)
{
    (void)self;
    struct osv o = {
        .out = out, .arena = arena, .document = document->path, .only = STR("AlmaLinux")};
    return read_document(&o, body, e);
}

const struct feed feed_osv = {
    .name = "osv",
    .summary = "OSV.dev's records of AlmaLinux, Alpine, Debian, Rocky Linux and Ubuntu",
    .publisher = "OSV.dev, from the distributions' own data",
    .licence = "each publisher's own: CC BY 4.0, MIT and others",
    .redistributable = true,
    .site = BUCKET,
    .documents = osv_documents,
    .plan = &plan_osv,
    .claims = osv_claims,
    .read = osv_read,
};

const struct feed feed_almalinux = {
    .name = "almalinux",
    .summary = "AlmaLinux errata in OSV format",
    .publisher = "AlmaLinux OS Foundation",
    .licence = "MIT",
    .redistributable = true,
    .site = BUCKET,
    .documents = almalinux_documents,
    .plan = &plan_osv,
    .claims = almalinux_claims,
    .read = almalinux_read,
};
