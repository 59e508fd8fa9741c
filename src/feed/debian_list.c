/* debian_list.c: the lists of Debian's security notices (DSA, DLA):
 *
 *     [12 Feb 2025] DSA-5864-1 pam-pkcs11 - security update
 *             {CVE-2025-24032 CVE-2025-24531}
 *             [bookworm] - pam-pkcs11 0.6.12-1+deb12u1
 *             NOTE: …
 *
 * In place of a version: <not-affected>, <unfixed>, <end-of-life>; a remark in parentheses may
 * follow. Old entries indent by blanks and write `{ CVE-…`. */
#include <inttypes.h>

#include "feed/debian.h"
#include "feed/document.h"
#include "model/namespace.h"

enum { LIST_BYTES_MAX = 64 * 1024 * 1024 };

struct list {
    struct advisory_sink *out;
    struct arena *arena; /* one notice's rows, from `start` on */
    struct arena_mark start;
    str id, title;
    int64_t date_s;
    bool open;
    str *ids;
    size_t ids_count, ids_room;
    struct affected *rows;
    size_t rows_count, rows_room;
    uint64_t notices;
    uint64_t without_rows, without_ids;
    struct tally codenames, strange;
};

/* Notices that name no vulnerability: those that repair an earlier update, bring new time zones,
 * or say that support ends, are no statement about one. */
static bool is_harmless(str title)
{
    static const str words[] = {
        STR_INIT("regression"),  STR_INIT("new upstream version"),
        STR_INIT("bugfix"),      STR_INIT("bug fix"),
        STR_INIT("timezone"),    STR_INIT("end-of-life"),
        STR_INIT("end of life"), STR_INIT("announcement"),
        STR_INIT("key change"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_find(title, words[i]) < title.len) {
            return true;
        }
    }
    return false;
}

static bool put_notice(struct list *l, struct error *e)
{
    if (!l->open) {
        return true;
    }
    l->open = false;
    l->notices++;
    if (l->rows_count == 0) {
        l->without_rows++;
        return true;
    }
    if (l->ids_count == 0 && is_harmless(l->title)) {
        l->without_ids++;
        return true;
    }
    struct advisory advisory = {
        .id = l->id,
        .ids = l->ids,
        .ids_count = l->ids_count,
        .description = l->title,
        .published_s = l->date_s,
        .affected = l->rows,
        .affected_count = l->rows_count,
    };
    return arena_printf(l->arena, &advisory.url, e,
                        "https://security-tracker.debian.org/tracker/" STR_FMT, STR_ARG(l->id)) &&
           l->out->put(l->out, &advisory, e);
}

/* "[12 Feb 2025] DSA-5864-1 pam-pkcs11 - security update" */
static bool on_header(struct list *l, str line, struct error *e)
{
    if (!put_notice(l, e)) {
        return false;
    }
    str whole = line, date;
    line = str_slice(line, 1, line.len);
    if (!str_cut(&line, ']', &date) || !document_date(date, &l->date_s) ||
        !str_word(&line, &l->id) ||
        !(str_starts(l->id, STR("DSA-")) || str_starts(l->id, STR("DLA-")))) {
        return error_set(e, ERROR_FORMAT, "is no list of Debian's notices: '" STR_FMT "'",
                         STR_ARG(whole));
    }
    l->title = str_trim(line);
    l->open = true;
    l->ids_count = l->ids_room = l->rows_count = l->rows_room = 0;
    l->ids = NULL;
    l->rows = NULL;
    arena_rewind(l->arena, l->start);
    return true;
}

static bool on_ids(struct list *l, str line, struct error *e)
{
    line = str_slice(line, 1, str_find_char(line, '}'));
    str id;
    while (str_word(&line, &id)) {
        if (!str_starts(id, STR("CVE-"))) {
            tally_add(&l->strange, id);
            continue;
        }
        if (l->ids_count == ADVISORY_IDS_MAX) {
            return error_set(e, ERROR_LIMIT, "'" STR_FMT "' names more than %d vulnerabilities",
                             STR_ARG(l->id), ADVISORY_IDS_MAX);
        }
        if (!arena_grow(l->arena, (void **)&l->ids, l->ids_count, &l->ids_room, sizeof(id), e)) {
            return false;
        }
        l->ids[l->ids_count++] = id;
    }
    return true;
}

static bool version_state(str version, struct affected *row)
{
    static const struct {
        str word;
        enum fix_state state;
    } words[] = {
        {STR_INIT("<not-affected>"), FIX_NOT_AFFECTED}, {STR_INIT("<unfixed>"), FIX_NONE_YET},
        {STR_INIT("<end-of-life>"), FIX_END_OF_LIFE},   {STR_INIT("<ignored>"), FIX_WILL_NOT},
        {STR_INIT("<postponed>"), FIX_DEFERRED},        {STR_INIT("<no-dsa>"), FIX_NONE_YET},
        {STR_INIT("<undetermined>"), FIX_UNDETERMINED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_eq(version, words[i].word)) {
            row->state = words[i].state;
            row->word = str_slice(version, 1, version.len - 1);
            return true;
        }
    }
    row->state = FIX_AVAILABLE;
    row->fixed = version;
    /* deb-version(7): a version begins with a digit */
    return version.len > 0 && version.at[0] >= '0' && version.at[0] <= '9';
}

/* "[bookworm] - pam-pkcs11 0.6.12-1+deb12u1 (bug #1; medium)" */
static bool on_row(struct list *l, str line, struct error *e)
{
    str whole = line, codename, dash, source, version;
    line = str_slice(line, 1, line.len);
    struct affected row = {.scope = SCOPE_SOURCE};
    if (!str_cut(&line, ']', &codename) || !str_word(&line, &dash) || !str_eq(dash, STR("-")) ||
        !str_word(&line, &source) || !str_word(&line, &version) || !version_state(version, &row)) {
        tally_add(&l->strange, whole);
        return true;
    }
    row.package = source;
    row.namespace_ = namespace_of_debian_codename(codename);
    if (row.namespace_.len == 0) {
        tally_add(&l->codenames, codename);
        return true;
    }
    if (l->rows_count == ADVISORY_AFFECTED_MAX) {
        return error_set(e, ERROR_LIMIT, "'" STR_FMT "' has more than %d rows", STR_ARG(l->id),
                         ADVISORY_AFFECTED_MAX);
    }
    if (!arena_grow(l->arena, (void **)&l->rows, l->rows_count, &l->rows_room, sizeof(row), e)) {
        return false;
    }
    l->rows[l->rows_count++] = row;
    return true;
}

static bool on_line(struct list *l, str line, struct error *e)
{
    if (line.len > 0 && line.at[0] == '[') {
        return on_header(l, line, e);
    }
    str text = str_trim(line);
    if (text.len == 0) {
        return true;
    }
    if (!l->open) {
        return error_set(e, ERROR_FORMAT,
                         "is no list of Debian's notices: begins with '" STR_FMT "'",
                         STR_ARG(text));
    }
    if (text.at[0] == '{') {
        return on_ids(l, text, e);
    }
    if (text.at[0] == '[') {
        return on_row(l, text, e);
    }
    if (!str_starts(text, STR("NOTE:"))) {
        tally_add(&l->strange, text);
    }
    return true;
}

static bool list_notes(struct list *l, str document, struct error *e)
{
    if (l->without_rows > 0 &&
        !document_note(l->out, document, e, "left out: %" PRIu64 " notices that name no package",
                       l->without_rows)) {
        return false;
    }
    if (l->without_ids > 0 &&
        !document_note(l->out, document, e,
                       "left out: %" PRIu64 " notices that fix no vulnerability", l->without_ids)) {
        return false;
    }
    return tally_note(&l->codenames, l->out, document, "rows of unknown releases", e) &&
           tally_note(&l->strange, l->out, document, "lines that were not understood", e);
}

static bool list_walk(struct list *l, str text, str document, struct error *e)
{
    if (text.len == 0 || text.at[text.len - 1] != '\n') {
        return error_set(e, ERROR_FORMAT, "ends at byte %zu, in the middle of a line", text.len);
    }
    str line;
    for (size_t number = 1; str_line(&text, &line); number++) {
        if (!on_line(l, line, e)) {
            return error_wrap(e, "line %zu", number);
        }
    }
    return put_notice(l, e) && list_notes(l, document, e);
}

bool debian_list_read(str document, struct reader *body, struct arena *arena,
                      struct advisory_sink *out, struct error *e)
{
    struct list l = {.out = out, .arena = arena, .start = arena_mark(arena)};
    struct buf text;
    buf_init(&text, LIST_BYTES_MAX);
    bool done = document_text(body, &text, e) && list_walk(&l, buf_str(&text), document, e);
    buf_done(&text);
    return done;
}
