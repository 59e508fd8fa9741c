/* debian_support.c: the lists of package debian-security-support, of sources that Debian does not
 * care for as long as for the release:
 *
 *     security-support-ended.deb12   NAME  LAST-VERSION  DATE  why
 *     security-support-limited       NAME  why
 *
 * Columns are separated by blanks; '#' begins a comment. LAST-VERSION is the last one that had
 * support, "0" any. NAME may be a pattern ("php-horde.*") and is kept as written.
 *
 * This is no vulnerability. So that nothing makes a finding of it, the rows stand in namespaces of
 * their own: "debian-support:12", and "debian-support" for the list of all releases. */
#include "base/clock.h"
#include "base/num.h"
#include "feed/document.h"
#include "feed/feed.h"
#include "feed/prose.h"

enum { SUPPORT_BYTES_MAX = 4 * 1024 * 1024, WORD_BYTES_MAX = 400, RELEASE_MAX = 99 };

#define ENDED "security-support-ended"
#define LIMITED "security-support-limited"

static const char *const documents[] = {
    "?" ENDED ".deb9",
    "?" ENDED ".deb10",
    "?" ENDED ".deb11",
    "?" ENDED ".deb12",
    "?" ENDED ".deb13",
    "?" ENDED ".deb14",
    LIMITED,
    NULL,
};

struct kind {
    bool ended; /* else: limited */
    str release;
};

/* The list without a release's number is a copy of one that has it. */
static bool kind_of(str path, struct kind *out)
{
    size_t slash = str_find_last_char(path, '/');
    str name = slash == path.len ? path : str_slice(path, slash + 1, path.len);
    uint64_t number;
    bool ended = str_starts(name, STR(ENDED));
    if (!ended && !str_starts(name, STR(LIMITED))) {
        return false;
    }
    str rest = str_slice(name, ended ? sizeof(ENDED) - 1 : sizeof(LIMITED) - 1, name.len);
    *out = (struct kind){.ended = ended};
    if (rest.len == 0) {
        return !ended;
    }
    out->release = str_slice(rest, sizeof(".deb") - 1, rest.len);
    return str_starts(rest, STR(".deb")) && num_parse(out->release, 10, RELEASE_MAX, &number);
}

static bool claims(str path)
{
    struct kind kind;
    return kind_of(path, &kind);
}

static bool is_name(str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!first && (i == 0 || (c != '.' && c != '+' && c != '-' && c != '*'))) {
            return false;
        }
    }
    return name.len > 0;
}

static bool put_line(const struct kind *kind, str line, struct arena *arena,
                     struct advisory_sink *out, struct error *e)
{
    str whole = line, version = STR_NONE, date = STR_NONE, why;
    struct affected row = {.scope = SCOPE_SOURCE,
                           .state = kind->ended ? FIX_END_OF_LIFE : FIX_NONE_YET};
    struct advisory advisory = {.affected = &row, .affected_count = 1};
    bool named = str_word(&line, &row.package) && is_name(row.package);
    if (!named || (kind->ended && (!str_word(&line, &version) || !str_word(&line, &date) ||
                                   !clock_parse(date, &advisory.published_s)))) {
        return error_set(e, ERROR_FORMAT, "is no line of such a list: '" STR_FMT "'",
                         STR_ARG(whole));
    }
    if (!str_eq(version, STR("0"))) {
        row.last_affected = version;
    }
    return prose_keep(arena, line, WORD_BYTES_MAX, &why, e) &&
           arena_printf(arena, &row.word, e, "%s" STR_FMT "%s%.*s",
                        kind->ended ? "support until " : "limited support", STR_ARG(date),
                        why.len > 0 ? ": " : "", (int)why.len, why.at) &&
           arena_printf(arena, &row.namespace_, e, "debian-support%s" STR_FMT,
                        kind->release.len > 0 ? ":" : "", STR_ARG(kind->release)) &&
           arena_printf(arena, &advisory.id, e, "debian-security-support:" STR_FMT,
                        STR_ARG(row.package)) &&
           out->put(out, &advisory, e);
}

static bool put_lines(const struct kind *kind, str text, struct arena *arena,
                      struct advisory_sink *out, struct error *e)
{
    if (text.len == 0 || text.at[text.len - 1] != '\n') {
        return error_set(e, ERROR_FORMAT, "ends at byte %zu, in the middle of a line", text.len);
    }
    str line;
    for (size_t number = 1; str_line(&text, &line); number++) {
        line = str_trim(line);
        if (line.len == 0 || line.at[0] == '#') {
            continue;
        }
        struct arena_mark mark = arena_mark(arena);
        if (!put_line(kind, line, arena, out, e)) {
            return error_wrap(e, "line %zu", number);
        }
        arena_rewind(arena, mark);
    }
    return true;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    (void)self;
    struct kind kind;
    struct buf text;
    if (!kind_of(document->path, &kind)) {
        return error_set(e, ERROR_FORMAT, "is no list of debian-security-support, by its name");
    }
    buf_init(&text, SUPPORT_BYTES_MAX);
    bool done = document_text(body, &text, e) && put_lines(&kind, buf_str(&text), arena, out, e);
    buf_done(&text);
    return done;
}

const struct feed feed_debian_support = {
    .name = "debian-support",
    .summary = "Debian's lists of sources whose security support ended or is limited",
    .publisher = "Debian security team and Debian LTS",
    .licence = "GPL-2.0-or-later",
    .redistributable = true,
    .site = "https://salsa.debian.org/debian/debian-security-support/-/raw/master/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
