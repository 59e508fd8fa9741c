/* rubysec.c: ruby-advisory-db: an archive of YAML files, gems/NAME/ID.yml. They tell which versions
 * are patched and which were never affected; all others are vulnerable (gem_ranges.h). Files of
 * interpreters (rubies/) are left out: an interpreter is no gem. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/num.h"
#include "feed/describe.h"
#include "feed/document.h"
#include "feed/feed.h"
#include "feed/gem_ranges.h"
#include "feed/pieces.h"
#include "format/tar.h"
#include "format/yaml.h"
#include "model/package_name.h"

enum { FILE_BYTES_MAX = 1024 * 1024, FILE_DEPTH_MAX = 16 };

static const char *const documents[] = {
    "rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz",
    NULL,
};

/* A reading of one document. */
struct rubysec {
    struct advisory_sink *out;
    struct arena *arena;
    str document;
    uint64_t files, interpreters;
    bool sink_failed;
    struct tally strange;
};

/* One file. */
struct entry {
    struct yaml_handler base;
    struct rubysec *all;
    str gem, engine, platform, cve, ghsa, osvdb, url, title, description;
    int64_t date_s;
    unsigned scores[3];     /* of CVSS v4, v3, v2, in tenths plus one; 0: none */
    struct gem_ranges fine; /* patched, or never affected */
    bool patched;           /* there is a version to upgrade to */
};

/* -- gathering ------------------------------------------------------------------------------ */

/* "7.5" → 75; the publisher writes one digit behind the dot. */
static bool score_read(str text, unsigned *tenths)
{
    str whole = text, fraction = STR("0");
    if (str_cut(&text, '.', &whole)) {
        fraction = str_slice(text, 0, 1);
    }
    uint64_t a, b;
    if (!num_parse(whole, 10, 10, &a) || !num_parse(fraction, 10, 9, &b) || a * 10 + b > 100) {
        return false;
    }
    *tenths = (unsigned)(a * 10 + b);
    return true;
}

static bool on_member(struct entry *entry, str key, str text, struct error *e)
{
    const struct {
        str name;
        str *to;
    } texts[] = {
        {STR("gem"), &entry->gem},
        {STR("engine"), &entry->engine},
        {STR("platform"), &entry->platform},
        {STR("cve"), &entry->cve},
        {STR("ghsa"), &entry->ghsa},
        {STR("osvdb"), &entry->osvdb},
        {STR("url"), &entry->url},
        {STR("title"), &entry->title},
        {STR("description"), &entry->description},
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (str_eq(key, texts[i].name)) {
            return arena_str(entry->all->arena, text, texts[i].to, e);
        }
    }
    static const str scores[] = {STR_INIT("cvss_v4"), STR_INIT("cvss_v3"), STR_INIT("cvss_v2")};
    for (size_t i = 0; i < ARRAY_COUNT(scores); i++) {
        unsigned tenths;
        if (str_eq(key, scores[i]) && text.len > 0) {
            if (score_read(text, &tenths)) {
                entry->scores[i] = tenths + 1;
            } else {
                tally_add(&entry->all->strange, STR("a score that cannot be read"));
            }
        }
    }
    if (str_eq(key, STR("date")) && !clock_parse(text, &entry->date_s)) {
        tally_add(&entry->all->strange, STR("a date that cannot be read"));
    }
    return true;
}

static bool on_requirement(struct entry *entry, bool patched, str text, struct error *e)
{
    bool fine;
    str kept;
    if (!arena_str(entry->all->arena, text, &kept, e) ||
        !gem_range_add(kept, entry->all->arena, &entry->fine, &fine, e)) {
        return false;
    }
    entry->patched = entry->patched || (fine && patched);
    if (!fine) {
        tally_add(&entry->all->strange, text);
    }
    return true;
}

static bool on_event(struct yaml_handler *self, const struct yaml_event *event, struct error *e)
{
    struct entry *entry = CONTAINER_OF(self, struct entry, base);
    if (event->kind != YAML_SCALAR || event->depth == 0 || event->depth > 2) {
        return true;
    }
    str key = event->path[0].key;
    if (event->depth == 1) {
        return on_member(entry, key, event->text, e);
    }
    bool patched = str_eq(key, STR("patched_versions"));
    return (!patched && !str_eq(key, STR("unaffected_versions"))) ||
           on_requirement(entry, patched, event->text, e);
}

/* -- the advisory --------------------------------------------------------------------------- */

/* Rows between two cuts. A beginning just behind a version is that version, and a row that says
 * that it itself is not affected. */
static void range_rows(const struct gem_range *range, struct affected row, struct affected *rows,
                       size_t *count)
{
    row.introduced = range->from.version;
    if (range->to.version.len == 0) {
        row.state = FIX_NONE_YET;
    } else if (range->to.behind) {
        row.state = FIX_NONE_YET;
        row.last_affected = range->to.version;
    } else {
        row.state = FIX_AVAILABLE;
        row.fixed = range->to.version;
    }
    rows[(*count)++] = row;
    if (range->from.behind) {
        row.state = FIX_NOT_AFFECTED;
        row.fixed = STR_NONE;
        row.last_affected = row.introduced;
        rows[(*count)++] = row;
    }
}

static bool ids_find(struct entry *entry, str ids[3], size_t *count, struct error *e)
{
    const struct {
        str prefix, number;
    } names[] = {
        {STR("CVE-"), entry->cve}, {STR("GHSA-"), entry->ghsa}, {STR("OSVDB-"), entry->osvdb}};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (names[i].number.len == 0) {
            continue;
        }
        if (str_starts(names[i].number, names[i].prefix)) {
            ids[(*count)++] = names[i].number;
        } else if (!arena_printf(entry->all->arena, &ids[(*count)++], e, STR_FMT STR_FMT,
                                 STR_ARG(names[i].prefix), STR_ARG(names[i].number))) {
            return false;
        }
    }
    return true;
}

static void severity_find(const struct entry *entry, struct advisory *a)
{
    static const str sources[] = {STR_INIT("cvss4"), STR_INIT("cvss3"), STR_INIT("cvss2")};
    for (size_t i = 0; i < ARRAY_COUNT(sources); i++) {
        if (entry->scores[i] > 0) {
            a->severity = severity_of_score(entry->scores[i] - 1);
            a->severity_source = sources[i];
            return;
        }
    }
}

/* "…/CVE-2022-30123.yml" → "CVE-2022-30123" */
static str name_of(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    return str_ends(name, STR(".yml")) ? str_slice(name, 0, name.len - 4) : name;
}

static bool entry_put(struct entry *entry, str path, struct error *e)
{
    struct rubysec *all = entry->all;
    struct gem_ranges vulnerable = {.at = NULL};
    str ids[3];
    size_t ids_count = 0, count = 0;
    if (!gem_ranges_invert(&entry->fine, all->arena, &vulnerable, e) ||
        !ids_find(entry, ids, &ids_count, e)) {
        return false;
    }
    struct affected row = {
        .namespace_ = STR("gem"), .product = entry->platform, .scope = SCOPE_BINARY};
    struct affected *rows = ARENA_ARRAY(all->arena, 2 * vulnerable.count, struct affected, e);
    if (rows == NULL || !package_name(row.namespace_, entry->gem, all->arena, &row.package, e)) {
        return false;
    }
    for (size_t i = 0; i < vulnerable.count; i++) {
        range_rows(&vulnerable.at[i], row, rows, &count);
    }
    struct advisory a = {.id = name_of(path), .url = entry->url, .published_s = entry->date_s};
    for (size_t i = 0; i < ids_count; i++) {
        if (!str_eq(ids[i], a.id) && piece_id_fits(ids[i])) {
            ids[a.ids_count++] = ids[i];
        }
    }
    a.ids = ids;
    severity_find(entry, &a);
    if (!describe(entry->title.len > 0 ? entry->title : entry->description, all->arena,
                  &a.description, e)) {
        return false;
    }
    bool put = pieces_put(all->out, &a, rows, count, &all->strange, e);
    all->sink_failed = all->sink_failed || !put;
    return put;
}

/* -- documents ------------------------------------------------------------------------------ */

static bool file_read(struct rubysec *all, str path, str text, struct error *e)
{
    struct arena_mark mark = arena_mark(all->arena);
    struct entry entry = {.base = {.event = on_event}, .all = all};
    bool done = yaml_read_text(text, FILE_DEPTH_MAX, all->arena, &entry.base, e);
    if (done && entry.gem.len == 0) {
        done = entry.engine.len > 0 ||
               error_set(e, ERROR_FORMAT, "is no advisory about a gem: it has no 'gem'");
        all->interpreters += done;
        all->files += done;
    } else if (done) {
        all->files++;
        done = entry_put(&entry, path, e);
    }
    arena_rewind(all->arena, mark);
    return done;
}

/* A damaged file spoils itself only. */
static bool file_try(struct rubysec *all, str path, str text, struct error *e)
{
    struct error own;
    error_clear(&own);
    if (file_read(all, path, text, &own)) {
        return true;
    }
    if (all->sink_failed || (own.kind != ERROR_FORMAT && own.kind != ERROR_LIMIT)) {
        *e = own;
        return error_wrap(e, "'" STR_FMT "'", STR_ARG(path));
    }
    return document_note(all->out, all->document, e, "not read: '" STR_FMT "': %s", STR_ARG(path),
                         own.text);
}

/* "ruby-advisory-db-master/gems/rack/CVE-2022-30123.yml", and rubies/. */
static bool is_advisory(str path)
{
    bool folder = str_starts(path, STR("gems/")) || str_starts(path, STR("rubies/")) ||
                  str_find(path, STR("/gems/")) < path.len ||
                  str_find(path, STR("/rubies/")) < path.len;
    return folder && str_ends(path, STR(".yml"));
}

static bool read_tar(struct rubysec *all, struct reader *body, struct buf *text, struct error *e)
{
    struct tar tar;
    if (!tar_open(&tar, body, all->arena, e)) {
        return false;
    }
    struct tar_entry entry;
    enum step step;
    while ((step = tar_next(&tar, &entry, e)) == STEP_GOT) {
        if (entry.type != TAR_FILE || !is_advisory(entry.path)) {
            continue;
        }
        if (entry.size_bytes > FILE_BYTES_MAX) {
            if (!document_note(all->out, all->document, e,
                               "not read: '" STR_FMT "': %" PRIu64
                               " bytes, more than the limit of %d",
                               STR_ARG(entry.path), entry.size_bytes, FILE_BYTES_MAX)) {
                return false;
            }
            continue;
        }
        text->len = 0;
        if (!document_text(tar_body(&tar), text, e) ||
            !file_try(all, entry.path, buf_str(text), e)) {
            return false;
        }
    }
    if (step == STEP_END && tar.ended_early) {
        return error_set(e, ERROR_FORMAT, "the tar archive is cut after %" PRIu64 " entries",
                         tar.entries);
    }
    return step == STEP_END;
}

static bool claims(str path)
{
    return document_path_ends(path, STR("ruby-advisory-db.tar")) ||
           document_path_ends(path, STR("ruby-advisory-db-master.tar")) ||
           document_path_ends(path, STR("ruby-advisory-db/archive/refs/heads/master.tar")) ||
           is_advisory(path);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct rubysec all = {.out = out, .arena = arena, .document = document->path};
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    bool done = is_advisory(document->path) ? document_text(body, &text, e) &&
                                                  file_read(&all, document->path, buf_str(&text), e)
                                            : read_tar(&all, body, &text, e);
    buf_done(&text);
    if (done && all.files == 0) {
        return error_set(e, ERROR_FORMAT, "holds no advisory");
    }
    if (done && all.interpreters > 0) {
        done = document_note(out, document->path, e,
                             "left out: %" PRIu64 " advisories about interpreters of Ruby",
                             all.interpreters);
    }
    return done && tally_note(&all.strange, out, document->path, "what was not understood", e);
}

const struct feed feed_rubysec = {
    .name = "rubysec",
    .summary = "ruby-advisory-db: advisories about gems",
    .publisher = "Ruby Advisory Database",
    .licence = "free, but for parts from OSVDB",
    .redistributable = false,
    .site = "https://github.com/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
