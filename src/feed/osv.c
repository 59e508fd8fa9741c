/* osv.c: the feed `osv` (OSV.dev's bucket, ECOSYSTEM/all.zip), and reading a document of OSV
 * records for the feeds of other publishers that have the same format. */
#include "feed/osv.h"

#include <inttypes.h>

#include "feed/plans.h"
#include "format/tar.h"
#include "format/zip.h"

#define BUCKET "https://osv-vulnerabilities.storage.googleapis.com/"

/* A '?' where the bucket has no such folder at times. Those of ranges of commits (GIT, Linux,
 * OSS-Fuzz, Android) say nothing about packages. */
static const char *const osv_documents[] = {
    "AlmaLinux/all.zip",
    "?Alpaquita/all.zip",
    "Alpine/all.zip",
    "?Azure%20Linux/all.zip",
    "?BellSoft%20Hardened%20Containers/all.zip",
    "Bitnami/all.zip",
    "CRAN/all.zip",
    "Chainguard/all.zip",
    "?ConanCenter/all.zip",
    "Debian/all.zip",
    "?Echo/all.zip",
    "?GHC/all.zip",
    "GitHub%20Actions/all.zip",
    "Go/all.zip",
    "Hackage/all.zip",
    "Hex/all.zip",
    "?Julia/all.zip",
    "Mageia/all.zip",
    "Maven/all.zip",
    "MinimOS/all.zip",
    "NuGet/all.zip",
    "Packagist/all.zip",
    "?Photon%20OS/all.zip",
    "Pub/all.zip",
    "PyPI/all.zip",
    "Red%20Hat/all.zip",
    "Rocky%20Linux/all.zip",
    "RubyGems/all.zip",
    "SUSE/all.zip",
    "SwiftURL/all.zip",
    "Ubuntu/all.zip",
    "Wolfi/all.zip",
    "crates"
    ".io/all.zip",
    "npm/all.zip",
    "openEuler/all.zip",
    "openSUSE/all.zip",
    NULL,
};

/* Databases whose records OSV.dev has, by the start of a file's name. Those named by CVE numbers
 * alone are not among them: other feeds have files of such names. */
static const str prefixes[] = {
    STR_INIT("ALBA-"),   STR_INIT("ALEA-"),    STR_INIT("ALPINE-"), STR_INIT("ALSA-"),
    STR_INIT("AZL-"),    STR_INIT("BELL-"),    STR_INIT("BIT-"),    STR_INIT("CGA-"),
    STR_INIT("DEBIAN-"), STR_INIT("DLA-"),     STR_INIT("DRUPAL-"), STR_INIT("DSA-"),
    STR_INIT("DTSA-"),   STR_INIT("ECHO-"),    STR_INIT("EEF-"),    STR_INIT("GHSA-"),
    STR_INIT("GO-"),     STR_INIT("GSD-"),     STR_INIT("HSEC-"),   STR_INIT("JLSEC-"),
    STR_INIT("LSN-"),    STR_INIT("MAL-"),     STR_INIT("MGASA-"),  STR_INIT("MGAA-"),
    STR_INIT("MINI-"),   STR_INIT("OESA-"),    STR_INIT("PHSA-"),   STR_INIT("PSF-"),
    STR_INIT("PYSEC-"),  STR_INIT("RHBA-"),    STR_INIT("RHEA-"),   STR_INIT("RHSA-"),
    STR_INIT("RLSA-"),   STR_INIT("RLBA-"),    STR_INIT("RLEA-"),   STR_INIT("ROOT-"),
    STR_INIT("RSEC-"),   STR_INIT("RUSTSEC-"), STR_INIT("RXSA-"),   STR_INIT("SUSE-"),
    STR_INIT("UBUNTU-"), STR_INIT("USN-"),     STR_INIT("V8-"),     STR_INIT("openSUSE-"),
};

static str file_name(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == path.len ? path : str_slice(path, slash + 1, path.len);
}

/* "GHSA-….json" */
static bool is_record(str path)
{
    str name = file_name(path);
    for (size_t i = 0; str_ends(name, STR(".json")) && i < ARRAY_COUNT(prefixes); i++) {
        if (str_starts(name, prefixes[i])) {
            return true;
        }
    }
    return false;
}

/* The bucket's lists of what changed: nothing of a vulnerability is in them. */
static bool is_list(str path)
{
    return document_path_ends(path, STR("modified_id.csv")) ||
           document_path_ends(path, STR("ecosystems.txt"));
}

static bool osv_claims(str path)
{
    return document_path_ends(path, STR("all.zip")) || is_list(path) || is_record(path);
}

/* -- documents of records ------------------------------------------------------------------- */

/* "index/modules.json" (Go), "all.json" (SUSE): lists of the records. */
static bool is_wanted(struct osv *o, str member)
{
    bool record = str_ends(member, STR(".json")) && !str_starts(member, STR("index/")) &&
                  str_find(member, STR("/index/")) == member.len &&
                  !document_path_ends(member, STR("all.json"));
    if (record && o->publisher->wants != NULL && !o->publisher->wants(member)) {
        o->unwanted++;
        return false;
    }
    return record;
}

/* One that is damaged spoils itself only: a note with `name`. */
static bool record_try(struct osv *o, str name, str json, struct error *e)
{
    struct error own;
    error_clear(&own);
    if (osv_record_read(o, json, &own)) {
        return true;
    }
    if (o->sink_failed || (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT)) {
        *e = own;
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(name));
    }
    return document_note(o->out, o->document, e, "not read: '" STR_FMT "': %s", STR_ARG(name),
                         own.text);
}

/* A file of an archive; `size` is 0 where it is unknown. */
static bool read_member(struct osv *o, str name, uint64_t size, struct reader *body,
                        struct buf *text, struct error *e)
{
    if (!is_wanted(o, name)) {
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
    return record_try(o, name, buf_str(text), e);
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

bool osv_notes_put(const struct osv *o, struct error *e)
{
    if (o->harmless > 0 &&
        !document_note(o->out, o->document, e,
                       "left out: %" PRIu64 " notices that fix no vulnerability", o->harmless)) {
        return false;
    }
    if (o->unwanted > 0 &&
        !document_note(o->out, o->document, e,
                       "left out: %" PRIu64 " records that the publisher has not reviewed",
                       o->unwanted)) {
        return false;
    }
    if (o->live > 0 && !document_note(o->out, o->document, e,
                                      "left out: %" PRIu64 " notices of live patches", o->live)) {
        return false;
    }
    return tally_note(&o->ecosystems, o->out, o->document, "packages of the ecosystems", e) &&
           tally_note(&o->strange, o->out, o->document, "what was not understood", e);
}

bool osv_document_read(const struct osv_publisher *publisher, const struct feed_document *document,
                       struct reader *body, struct arena *arena, struct advisory_sink *out,
                       struct error *e)
{
    struct osv o = {.publisher = publisher, .out = out, .arena = arena, .document = document->path};
    struct buf text;
    buf_init(&text, OSV_RECORD_BYTES_MAX);
    bool done;
    if (str_ends(o.document, STR(".zip"))) {
        done = read_zip(&o, body, &text, e);
    } else if (str_ends(o.document, STR(".tar"))) {
        done = read_tar(&o, body, &text, e);
    } else {
        done = document_text(body, &text, e) && osv_record_read(&o, buf_str(&text), e);
    }
    buf_done(&text);
    if (done && o.records == 0) {
        return error_set(e, ERROR_FORMAT, "holds no OSV record");
    }
    return done && osv_notes_put(&o, e);
}

/* -- the feed ------------------------------------------------------------------------------- */

static bool osv_read(const struct feed *self, const struct feed_document *document,
                     struct reader *body, struct arena *arena, struct advisory_sink *out,
                     struct error *e)
{
    static const struct osv_publisher everyone = {.whole = true};
    (void)self;
    if (is_list(document->path)) {
        return reader_drain(body, NULL, e);
    }
    return osv_document_read(&everyone, document, body, arena, out, e);
}

const struct feed feed_osv = {
    .name = "osv",
    .summary = "OSV.dev's records of all programming languages and of most distributions",
    .publisher = "OSV.dev, from GitHub, PyPA, RustSec, the distributions and others",
    .licence = "each publisher's own: CC BY 4.0, MIT and others",
    .redistributable = true,
    .site = BUCKET,
    .documents = osv_documents,
    .plan = &plan_osv,
    .claims = osv_claims,
    .read = osv_read,
};
