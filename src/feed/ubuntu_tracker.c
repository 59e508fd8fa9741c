/* ubuntu_tracker.c: the text files of Ubuntu's CVE tracker, an archive of active/CVE-… and
 * retired/CVE-…, or such a file alone:
 *
 *     Candidate: CVE-2020-10018
 *     PublicDate: 2020-03-02 23:15:00 UTC
 *     Description:
 *      WebKitGTK through 2.26.4 …
 *     Priority: medium
 *     Priority_webkitgtk: low
 *     CVSS:
 *      nvd: CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H
 *     xenial_webkitgtk: needs-triage
 *     esm-infra/bionic_webkitgtk: ignored (was needed)
 *
 * A line that begins with a blank continues the field above it. */
#include "base/clock.h"
#include "feed/prose.h"
#include "feed/ubuntu.h"

enum { PRIORITIES_MAX = 256 }; /* of one vulnerability; real ones have four */

struct priority {
    str package, release; /* release empty: of all */
    enum severity severity;
};

struct issue {
    struct ubuntu *u;
    str id, description, cvss;
    int64_t published_s;
    enum severity severity;
    struct priority *priorities;
    size_t priorities_count, priorities_room;
    struct affected *rows;
    str *releases; /* of each row, as written */
    size_t rows_count, rows_room, releases_room;
};

/* "active/CVE-2020-10018"; not "active/CVE-2020-10018.json" and the like. */
static bool is_record(str path)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? STR_NONE : str_slice(path, slash + 1, path.len);
    str folder = str_slice(path, 0, slash);
    return str_starts(name, STR("CVE-")) && str_find_char(name, '.') == name.len &&
           (document_path_ends(folder, STR("active")) ||
            document_path_ends(folder, STR("retired")) ||
            document_path_ends(folder, STR("ignored")));
}

/* "ubuntu-cve-tracker.tar", "cve-tracker-2020-06.tar" */
bool ubuntu_tracker_claims(str path)
{
    return is_record(path) ||
           (str_ends(path, STR(".tar")) && str_find(path, STR("cve-tracker")) < path.len);
}

/* "2020-03-02 23:15:00 UTC", "2020-03-02", "unknown" */
static void read_date(struct issue *issue, str value)
{
    str zone = STR(" UTC");
    str time = str_slice(value, 0, value.len - (str_ends(value, zone) ? zone.len : 0));
    if (!str_eq(value, STR("unknown")) && !clock_parse(time, &issue->published_s)) {
        tally_add(&issue->u->strange, STR("a time that cannot be read"));
    }
}

static enum severity priority_word(str value)
{
    enum severity severity;
    str word;
    if (!str_word(&value, &word) || !severity_parse(word, &severity)) {
        return SEVERITY_UNKNOWN; /* "untriaged" */
    }
    return severity;
}

/* "Priority_linux_precise/esm: low"; names of packages hold no '_'. */
static bool add_priority(struct issue *issue, str where, str value, struct error *e)
{
    if (issue->priorities_count == PRIORITIES_MAX) {
        tally_add(&issue->u->strange, STR("more priorities than the limit"));
        return true;
    }
    struct priority priority = {.severity = priority_word(value)};
    if (!str_cut(&where, '_', &priority.package)) {
        priority.package = where;
    } else {
        priority.release = where;
    }
    if (!arena_grow(issue->u->arena, (void **)&issue->priorities, issue->priorities_count,
                    &issue->priorities_room, sizeof(priority), e)) {
        return false;
    }
    issue->priorities[issue->priorities_count++] = priority;
    return true;
}

/* "released (1.2-3ubuntu4)" → "released", "1.2-3ubuntu4"; some are in brackets. */
static str take_note(str *value)
{
    str status = STR_NONE;
    str rest = *value;
    if (!str_word(&rest, &status)) {
        status = STR_NONE;
    }
    size_t open = 0;
    while (open < status.len && status.at[open] != '(' && status.at[open] != '[') {
        open++;
    }
    size_t before = value->len == 0 ? 0 : (size_t)(status.at - value->at) + open;
    str note = str_trim(str_slice(*value, before, value->len));
    *value = str_slice(status, 0, open);
    if (note.len == 0) {
        return note;
    }
    char close = note.at[0] == '(' ? ')' : note.at[0] == '[' ? ']' : '\0';
    if (close == '\0') {
        return note;
    }
    /* up to the last one: "ignored (was pending (1.0))"; text behind it is a remark */
    size_t end = str_find_last_char(note, close);
    return str_trim(str_slice(note, 1, end));
}

static bool add_row(struct issue *issue, str release, str package, str value, struct error *e)
{
    struct arena *arena = issue->u->arena;
    struct ubuntu_place place;
    struct affected row = {.package = package, .scope = SCOPE_SOURCE};
    enum ubuntu_verdict verdict;
    str note = take_note(&value);
    if (str_eq(value, STR("DNE"))) {
        return true;
    }
    if (!ubuntu_place_find(release, arena, &place, e)) {
        return false;
    }
    if (place.namespace_.len == 0) {
        tally_add(&issue->u->releases, release);
        return true;
    }
    if (!ubuntu_state(value, note, arena, &row, &verdict, e)) {
        return false;
    }
    if (verdict != UBUNTU_ROW) {
        tally_add(&issue->u->strange,
                  str_eq(value, STR("released")) ? STR("released without a version") : value);
        return true;
    }
    row.namespace_ = place.namespace_;
    row.product = place.product;
    if (!arena_grow(arena, (void **)&issue->rows, issue->rows_count, &issue->rows_room, sizeof(row),
                    e) ||
        !arena_grow(arena, (void **)&issue->releases, issue->rows_count, &issue->releases_room,
                    sizeof(release), e)) {
        return false;
    }
    issue->rows[issue->rows_count] = row;
    issue->releases[issue->rows_count++] = release;
    return true;
}

/* A field whose name begins with a capital letter; `value` has its lines. */
static bool on_field(struct issue *issue, str key, str value, struct error *e)
{
    struct arena *arena = issue->u->arena;
    str trimmed = str_trim(value);
    if (str_eq(key, STR("Candidate"))) {
        issue->id = trimmed;
    } else if (str_eq(key, STR("PublicDate"))) {
        read_date(issue, trimmed);
    } else if (str_eq(key, STR("Priority"))) {
        issue->severity = priority_word(value);
    } else if (str_starts(key, STR("Priority_"))) {
        return add_priority(issue, str_slice(key, sizeof("Priority_") - 1, key.len), value, e);
    } else if (str_eq(key, STR("Description")) ||
               (str_eq(key, STR("Ubuntu-Description")) && trimmed.len > 0)) {
        return prose_keep(arena, value, ADVISORY_DESCRIPTION_BYTES_MAX, &issue->description, e);
    } else if (str_eq(key, STR("CVSS"))) {
        str rest = str_slice(value, str_find(value, STR("CVSS:")), value.len);
        if (!str_word(&rest, &issue->cvss)) {
            issue->cvss = STR_NONE;
        }
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One field: its first line and those that continue it. */
static bool read_field(struct issue *issue, str field, struct error *e)
{
    str value = field, key, release;
    if (field.len == 0 || field.at[0] == '#' || !str_cut(&value, ':', &key)) {
        return true;
    }
    if (key.at[0] >= 'A' && key.at[0] <= 'Z') {
        return on_field(issue, key, value, e);
    }
    static const str others[] = {STR_INIT("upstream"), STR_INIT("product"), STR_INIT("snap")};
    str package = key, word, rest = key;
    bool one_word = str_word(&rest, &word) && word.len == key.len;
    if (!one_word || !str_cut(&package, '_', &release)) {
        return true; /* a remark, or a text that somebody did not indent */
    }
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        if (str_eq(release, others[i])) {
            return true; /* not of the archive */
        }
    }
    /* the state is on the line itself */
    return add_row(issue, release, package, str_slice(value, 0, str_find_char(value, '\n')), e);
}

static bool put_issue(struct issue *issue, struct error *e)
{
    for (size_t i = 0; i < issue->rows_count; i++) {
        for (size_t k = 0; k < issue->priorities_count; k++) {
            const struct priority *p = &issue->priorities[k];
            if (str_eq(p->package, issue->rows[i].package) &&
                (p->release.len == 0 || str_eq(p->release, issue->releases[i]))) {
                issue->rows[i].severity = p->severity;
            }
        }
    }
    struct advisory advisory = {
        .id = issue->id,
        .severity = issue->severity,
        .cvss = issue->cvss,
        .description = issue->description,
        .published_s = issue->published_s,
    };
    if (issue->severity != SEVERITY_UNKNOWN) {
        advisory.severity_source = STR("ubuntu");
    }
    return ubuntu_url(issue->id, issue->u->arena, &advisory.url, e) &&
           ubuntu_put_rows(issue->u, &advisory, issue->rows, issue->rows_count, e);
}

static bool read_text(struct ubuntu *u, str name, str text, struct error *e)
{
    (void)name;
    struct issue issue = {.u = u};
    size_t from = 0, at = 0;
    while (at < text.len) {
        size_t line_end = at + str_find_char(str_slice(text, at, text.len), '\n');
        size_t next = line_end < text.len ? line_end + 1 : text.len;
        bool continued = next < text.len && is_blank(text.at[next]);
        if (!continued) {
            if (!read_field(&issue, str_slice(text, from, line_end), e)) {
                return false;
            }
            from = next;
        }
        at = next;
    }
    if (issue.id.len == 0) {
        return error_set(e, ERROR_FORMAT, "is no file of Ubuntu's tracker: it has no 'Candidate:'");
    }
    u->records++;
    return put_issue(&issue, e);
}

bool ubuntu_tracker_read(struct ubuntu *u, struct reader *body, struct error *e)
{
    return ubuntu_texts_read(u, body, is_record, read_text, e) &&
           ubuntu_done(u, "file of Ubuntu's CVE tracker", e);
}
