/* rpm.c: rpm's package database in its three formats, told apart by their first bytes: Berkeley DB
 * (rpm up to 4.15), ndb (SUSE) and SQLite (rpm from 4.16 on). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "detect/put.h"
#include "format/bdb.h"
#include "format/ndb.h"
#include "format/random.h"
#include "format/rpmheader.h"
#include "format/sqlitefile.h"
#include "format/sqlitewal.h"

enum {
    HEADERS_MAX = 1000000, /* looked at in one database */
    MAGIC_BYTES = 32,
};

/* Headers of a sound database are in the file once. More is only read to find others among
 * damaged ones. */
static const uint64_t extra_bytes = UINT64_C(64) << 20;

static const char *const rpm_paths[] = {
    "usr/lib/sysimage/rpm/Packages",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "usr/share/rpm/Packages",
    "usr/share/rpm/Packages.db",
    "usr/share/rpm/rpmdb.sqlite",
    "usr/share/rpm/rpmdb.sqlite-wal",
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/rpmdb.sqlite-wal",
    NULL,
};

/* One database while it is read. */
struct rpm {
    const struct entry *at;
    struct arena *arena;
    struct fact_sink *out;
    struct random file;
    union {
        struct blobs blobs; /* the first member of the others */
        struct bdb bdb;
        struct ndb ndb;
        struct sqlitefile sqlite;
    } db;
    struct rpmheader_parser parser;
    uint64_t bytes_left; /* of headers, to be read yet */
    uint64_t headers, bad_headers, bad_parts, wrong_checksums;
    bool stopped;       /* at a limit of the whole */
    struct error first; /* why the first header or part was not read */
};

/* True where an error is about one header or one part of the file, so that the rest is read. */
static bool is_damage(const struct rpm *r, const struct error *e)
{
    return !r->file.failed && (e->kind == ERROR_FORMAT || e->kind == ERROR_LIMIT);
}

static void remember(struct rpm *r, const struct error *e)
{
    if (r->first.kind == ERROR_NONE) {
        r->first = *e;
    }
}

/* "NAME-VERSION-RELEASE.src.rpm": false where it is not of that form. */
static bool sourcerpm_split(str file, str *name, str *version)
{
    if (!str_ends(file, STR(".rpm"))) {
        return false;
    }
    str nvr = str_slice(file, 0, file.len - 4);
    nvr = str_slice(nvr, 0, str_find_last_char(nvr, '.')); /* ".src", ".nosrc" */
    size_t release = str_find_last_char(nvr, '-');
    size_t at = str_find_last_char(str_slice(nvr, 0, release), '-');
    if (at == 0 || at + 1 >= release || release + 1 >= nvr.len) {
        return false;
    }
    *name = str_slice(nvr, 0, at);
    *version = str_slice(nvr, at + 1, nvr.len);
    return is_plain(*name) && is_plain(*version);
}

/* [EPOCH:]REST, the epoch where it is not 0. */
static MUST_USE bool with_epoch(struct arena *arena, uint32_t epoch, str rest, str *out,
                                struct error *e)
{
    if (epoch == 0) {
        *out = rest;
        return true;
    }
    char text[16];
    int len = snprintf(text, sizeof(text), "%" PRIu32 ":", epoch);
    char *room = arena_alloc(arena, (size_t)len + rest.len, 1, 1, e);
    if (room == NULL) {
        return false;
    }
    memcpy(room, text, (size_t)len);
    memcpy(room + len, rest.at, rest.len);
    *out = (str){.at = room, .len = (size_t)len + rest.len};
    return true;
}

static MUST_USE bool join(struct arena *arena, str a, char between, str b, str *out,
                          struct error *e)
{
    char *room = arena_alloc(arena, a.len + 1 + b.len, 1, 1, e);
    if (room == NULL) {
        return false;
    }
    memcpy(room, a.at, a.len);
    room[a.len] = between;
    memcpy(room + a.len + 1, b.at, b.len);
    *out = (str){.at = room, .len = a.len + 1 + b.len};
    return true;
}

static MUST_USE bool package_put(struct rpm *r, const struct rpmheader *header, struct error *e)
{
    str version, source_version;
    struct package package = {
        .ecosystem = ECOSYSTEM_RPM,
        .name = header->text[RPMHEADER_NAME],
        .arch = header->text[RPMHEADER_ARCH],
        .module = header->text[RPMHEADER_MODULARITYLABEL],
        .vendor = header->text[RPMHEADER_VENDOR],
        .license = header->text[RPMHEADER_LICENSE],
    };
    if (!join(r->arena, header->text[RPMHEADER_VERSION], '-', header->text[RPMHEADER_RELEASE],
              &version, e) ||
        !with_epoch(r->arena, header->epoch, version, &package.version, e)) {
        return false;
    }
    if (!sourcerpm_split(header->text[RPMHEADER_SOURCERPM], &package.source, &source_version)) {
        package.source = package.name;
        package.source_version = package.version;
    } else if (!with_epoch(r->arena, header->epoch, source_version, &package.source_version, e)) {
        return false;
    }
    return put_package(&package, r->out, e);
}

/* The header that the database has as its current value. Failing: see is_damage. */
static MUST_USE bool header_read(struct rpm *r, struct rpmheader *out, struct error *e)
{
    struct blobs *blobs = &r->db.blobs;
    enum step got;
    str piece;
    rpmheader_begin(&r->parser, blobs->blob.size_bytes);
    while ((got = blobs->ops->piece(blobs, &piece, e)) == STEP_GOT) {
        r->bytes_left -= piece.len < r->bytes_left ? piece.len : r->bytes_left;
        if (!rpmheader_feed(&r->parser, piece, e)) {
            return false;
        }
    }
    if (got == STEP_FAILED || !rpmheader_end(&r->parser, out, e)) {
        return false;
    }
    for (int i = RPMHEADER_NAME; i <= RPMHEADER_RELEASE; i++) {
        if (!is_plain(out->text[i])) {
            return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no name, version or release",
                             STR_ARG(out->text[i]));
        }
    }
    return true;
}

/* One value of the database. False: give up. */
static MUST_USE bool header_next(struct rpm *r, struct error *e)
{
    struct rpmheader header;
    const struct blob *blob = &r->db.blobs.blob;
    r->headers++;
    if (!header_read(r, &header, e)) {
        error_wrap(e, "header %" PRIu64, blob->number);
        if (!is_damage(r, e)) {
            return false;
        }
        r->bad_headers++;
        remember(r, e);
        return true;
    }
    r->wrong_checksums += blob->checksum_wrong;
    if (str_eq(header.text[RPMHEADER_NAME], STR("gpg-pubkey"))) {
        return true; /* a key that rpm trusts, in the guise of a package */
    }
    struct arena_mark mark = arena_mark(r->arena);
    bool put = package_put(r, &header, e);
    arena_rewind(r->arena, mark);
    return put;
}

static MUST_USE bool headers_read(struct rpm *r, struct error *e)
{
    struct blobs *blobs = &r->db.blobs;
    for (;;) {
        enum step got = blobs->ops->next(blobs, e);
        if (got == STEP_END) {
            return true;
        }
        if (got == STEP_FAILED && !is_damage(r, e)) {
            return false;
        }
        if (r->headers + r->bad_parts == HEADERS_MAX || r->bytes_left == 0) {
            if (r->bytes_left == 0) {
                error_set(e, ERROR_LIMIT, "more headers than the file has bytes for");
            } else {
                error_set(e, ERROR_LIMIT, "more than the limit of %d headers", HEADERS_MAX);
            }
            remember(r, e);
            r->stopped = true;
            return true;
        }
        if (got == STEP_FAILED) {
            r->bad_parts++;
            remember(r, e);
        } else if (!header_next(r, e)) {
            return false;
        }
    }
}

/* What was lost, in one fact. */
static MUST_USE bool summary_put(const struct rpm *r, struct error *e)
{
    if (r->wrong_checksums > 0 &&
        !put_text(FACT_NOTE, r->at, r->out, e,
                  "%" PRIu64 " of %" PRIu64 " package headers do not have their checksum",
                  r->wrong_checksums, r->headers)) {
        return false;
    }
    if (r->bad_headers == 0 && r->bad_parts == 0 && !r->stopped) {
        return true;
    }
    char headers[64] = "", parts[64] = "";
    if (r->bad_headers > 0) {
        snprintf(headers, sizeof(headers), "%" PRIu64 " of %" PRIu64 " package headers",
                 r->bad_headers, r->headers);
    }
    if (r->bad_parts > 0) {
        snprintf(parts, sizeof(parts), "%" PRIu64 " part%s of the database", r->bad_parts,
                 r->bad_parts == 1 ? "" : "s");
    }
    const char *rest = "";
    if (r->stopped) {
        rest = r->bad_headers > 0 || r->bad_parts > 0 ? " and the rest" : "the rest";
    }
    return put_text(FACT_INCOMPLETE, r->at, r->out, e, "%s%s%s%s not read: %s", headers,
                    r->bad_headers > 0 && r->bad_parts > 0 ? " and " : "", parts, rest,
                    r->first.text);
}

static MUST_USE bool database_open(struct rpm *r, struct error *e)
{
    const uint8_t *at;
    size_t len = r->file.size_bytes < MAGIC_BYTES ? (size_t)r->file.size_bytes : MAGIC_BYTES;
    if (len == 0) {
        return error_set(e, ERROR_FORMAT, "the file is empty");
    }
    if (!random_part(&r->file, 0, len, &at, e)) {
        return false;
    }
    if (sqlitefile_matches(at, len)) {
        return sqlitefile_open(&r->db.sqlite, &r->file, STR("Packages"), STR("blob"), r->arena, e);
    }
    if (ndb_matches(at, len)) {
        return ndb_open(&r->db.ndb, &r->file, e);
    }
    if (bdb_matches(at, len)) {
        return bdb_open(&r->db.bdb, &r->file, r->arena, e);
    }
    return error_set(e, ERROR_FORMAT, "not a database of rpm: neither Berkeley DB, ndb nor SQLite");
}

/* An empty log is what rpm leaves behind. Changes in one that is not are not read: they make sense
 * only beside the database, and one file is read at a time. */
static MUST_USE bool wal_read(const struct entry *at, struct reader *body, struct fact_sink *out,
                              struct error *e)
{
    bool committed;
    if (!sqlitewal_committed(body, &committed, e)) {
        return false;
    }
    return !committed ||
           put_text(FACT_INCOMPLETE, at, out, e,
                    "holds changes to the database that are not in it yet, and are not read");
}

static MUST_USE bool database_read(struct rpm *r, struct reader *body, uint64_t bytes_max,
                                   struct error *e)
{
    if (!random_open(&r->file, body, r->at->size_bytes, bytes_max, e) || !database_open(r, e)) {
        struct error why = *e;
        return is_damage(r, e) && put_text(FACT_INCOMPLETE, r->at, r->out, e, "%s", why.text);
    }
    r->bytes_left = 2 * r->file.size_bytes + extra_bytes;
    return headers_read(r, e) && summary_put(r, e);
}

static bool rpm_read(const struct detector *self, str role, const struct entry *at,
                     struct reader *body, struct arena *arena, struct fact_sink *out,
                     struct error *e)
{
    bool put;
    if (!put_database(self, at, out, e)) {
        return false;
    }
    if (put_too_large(self, at, out, &put, e)) {
        return put;
    }
    if (str_ends(role, STR("-wal"))) {
        return wal_read(at, body, out, e);
    }
    struct rpm *r = ARENA_NEW(arena, struct rpm, e);
    if (r == NULL) {
        return false;
    }
    r->at = at;
    r->arena = arena;
    r->out = out;
    rpmheader_init(&r->parser);
    bool done = database_read(r, body, self->file_bytes_max, e);
    rpmheader_done(&r->parser);
    random_close(&r->file);
    return done;
}

const struct detector detector_rpm = {
    .name = "rpm",
    .summary = "rpm packages: Berkeley DB, ndb and SQLite databases",
    .revision = 1,
    .file_bytes_max = UINT64_C(1) << 30,
    .paths = rpm_paths,
    .read = rpm_read,
};
