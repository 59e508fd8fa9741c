#include "format/deb822.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "check.h"

static const str wanted[] = {STR_INIT("Package"), STR_INIT("Version"), STR_INIT("Description")};

/* A window of `step` bytes more at each fill, in new memory each time. */
struct moving {
    struct reader base;
    str rest;
    size_t step;
    uint8_t *room;
};

static enum step moving_fill(struct reader *base, size_t want, struct error *e)
{
    struct moving *m = CONTAINER_OF(base, struct moving, base);
    (void)want;
    if (m->rest.len == 0) {
        return STEP_END;
    }
    size_t ready = reader_ready(base), more = m->step < m->rest.len ? m->step : m->rest.len;
    uint8_t *room = malloc(ready + more);
    if (room == NULL) {
        error_set(e, ERROR_MEMORY, "no memory");
        return STEP_FAILED;
    }
    if (ready > 0) {
        memcpy(room, base->at, ready);
    }
    memcpy(room + ready, m->rest.at, more);
    free(m->room);
    m->room = room;
    m->rest = str_slice(m->rest, more, m->rest.len);
    base->at = room;
    base->end = room + ready + more;
    base->end_offset += more;
    return STEP_GOT;
}

static void moving_close(struct reader *base)
{
    struct moving *m = CONTAINER_OF(base, struct moving, base);
    free(m->room);
    m->room = NULL;
}

static const struct reader_ops moving_ops = {
    .name = "moving", .fill = moving_fill, .close = moving_close};

/* Stanzas as text: "LINE package|version|description!PROBLEM~" and a line end; '-' for a field
 * that is absent, '~' for an end without a line end. */
static bool stanzas_text(str content, size_t step, struct buf *out, struct error *e)
{
    struct moving moving = {.base = {.ops = &moving_ops}, .rest = content, .step = step};
    struct arena arena;
    struct deb822 d;
    struct deb822_stanza stanza;
    enum step got;
    arena_init(&arena, 16 * 1024 * 1024, "test");
    deb822_init(&d, &moving.base, wanted, ARRAY_COUNT(wanted), &arena);
    while ((got = deb822_next(&d, &stanza, e)) == STEP_GOT) {
        bool ok = buf_printf(out, e, "%d ", (int)stanza.line);
        for (size_t i = 0; ok && i < ARRAY_COUNT(wanted); i++) {
            str value = stanza.values[i].at == NULL ? STR("-") : stanza.values[i];
            ok = buf_add_str(out, value, e) && (i == 2 || buf_add_char(out, '|', e));
        }
        if (!ok || !buf_printf(out, e, "%s%s%s\n", stanza.problem == NULL ? "" : "!",
                               stanza.problem == NULL ? "" : stanza.problem,
                               stanza.unterminated ? "~" : "")) {
            got = STEP_FAILED;
            break;
        }
    }
    reader_close(&moving.base);
    arena_done(&arena);
    return got == STEP_END;
}

static const struct {
    const char *says, *content, *stanzas;
} cases[] = {
    {"fields of two stanzas", "Package: a\nVersion: 1\n\nPackage: b\nOther: x\n",
     "1 a|1|-\n4 b|-|-\n"},
    {"blanks around names and values do not count", "Package :  a b \t\nVersion:1\nDescription:\n",
     "1 a b|1|\n"},
    {"lines that go on are joined", "Description: one\n two\n  three \n .\n\tfour\nPackage: a\n",
     "1 a|-|one\ntwo\n three\n.\nfour\n"},
    {"names are found in any letter case, and whole", "PACKAGE: a\nversions: 1\nVer: 2\nv: 3\n",
     "1 a|-|-\n"},
    {"a colon in a value belongs to it", "Version: 1:2:3\n", "1 -|1:2:3|-\n"},
    {"comments are passed over", "# c\nPackage: a\n#Version: 1\n x\n", "1 a\nx|-|-\n"},
    {"a file of blank lines has no stanza", "\n \n\t\n\r\n", ""},
    {"blank lines at the start are counted", "\n\nPackage: a\n", "3 a|-|-\n"},
    {"CR LF ends lines and stanzas", "Package: a\r\n\r\nPackage: b\r\n", "1 a|-|-\n3 b|-|-\n"},
    {"the last line needs no end, but that is told", "Package: a\nVersion: 1", "1 a|1|-~\n"},
    {"the first of two fields holds", "Package: a\nPackage: b\n c\n",
     "1 a|-|-!a field that is there twice\n"},
    {"a line without a colon is told", "Package: a\nnonsense\nVersion: 1\n",
     "1 a|1|-!a line without a field name\n"},
    {"a line without a name is told", ": a\nVersion: 1\n", "1 -|1|-!a line without a field name\n"},
    {"a line that continues no field is told", " x\nVersion: 1\n",
     "1 -|1|-!a line that continues no field\n"},
};

static void check_cases(void)
{
    static const size_t steps[] = {1, 2, 3, 1000};
    for (size_t c = 0; c < ARRAY_COUNT(cases); c++) {
        CHECK_CASE("%s", cases[c].says)
        {
            for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
                struct buf out;
                struct error e = {.kind = ERROR_NONE};
                buf_init(&out, 1024 * 1024);
                CHECK_OK(stanzas_text(str_from(cases[c].content), steps[i], &out, &e), &e);
                CHECK_STR(buf_str(&out), str_from(cases[c].stanzas));
                buf_done(&out);
            }
        }
    }
    CHECK_CASE("NUL bytes and bytes over 127 are bytes like others")
    {
        struct buf out;
        struct error e = {.kind = ERROR_NONE};
        buf_init(&out, 1024 * 1024);
        CHECK_OK(stanzas_text(STR("Package: a\0b\xff\n\0\n"), 1, &out, &e), &e);
        CHECK_STR(buf_str(&out), STR("1 a\0b\xff|-|-!a line without a field name\n"));
        buf_done(&out);
    }
}

/* Lines of `bytes` bytes, with `end`, then a short one. */
static void check_line(size_t bytes, const char *end, size_t step, bool too_long)
{
    static char content[2 * LINES_BYTES_MAX];
    struct moving moving = {.base = {.ops = &moving_ops}, .step = step};
    struct arena arena;
    struct lines lines;
    struct line line;
    struct error e = {.kind = ERROR_NONE};
    memset(content, 'x', bytes);
    int more = snprintf(content + bytes, sizeof(content) - bytes, "%sshort\n", end);
    moving.rest = (str){.at = content, .len = bytes + (size_t)more};
    arena_init(&arena, 4 * 1024 * 1024, "test");
    lines_init(&lines, &moving.base, &arena);
    for (int round = 0; round < 2; round++) {
        CHECK_NUM(lines_next(&lines, &line, &e), STEP_GOT);
        if (round == 0) {
            CHECK_NUM(line.text.len, too_long ? LINES_BYTES_MAX : bytes);
            CHECK(line.too_long == too_long && !line.unterminated);
        }
    }
    CHECK_STR(line.text, STR("short"));
    CHECK_NUM(lines.number, 2);
    CHECK_NUM(lines_next(&lines, &line, &e), STEP_END);
    CHECK_NUM(lines_next(&lines, &line, &e), STEP_END);
    reader_close(&moving.base);
    arena_done(&arena);
}

static void check_lines(void)
{
    static const size_t steps[] = {5000, 65536, 100000, 2 * LINES_BYTES_MAX};
    CHECK_CASE("lines up to 1 MiB come whole, longer ones cut, whatever the window")
    {
        for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
            check_line(1, "\n", steps[i], false);
            check_line(65535, "\n", steps[i], false);
            check_line(65536, "\n", steps[i], false);
            check_line(65536, "\r\n", steps[i], false);
            check_line(200000, "\n", steps[i], false);
            check_line(LINES_BYTES_MAX, "\n", steps[i], false);
            check_line(LINES_BYTES_MAX + 1, "\n", steps[i], true);
            check_line(LINES_BYTES_MAX + 70000, "\n", steps[i], true);
        }
    }
}

/* Two stanzas, of which the first has a description of `lines` lines of 50 bytes. */
static void check_values(size_t lines, bool kept)
{
    struct buf text, out;
    struct error e = {.kind = ERROR_NONE};
    buf_init(&text, 16 * 1024 * 1024);
    buf_init(&out, 16 * 1024 * 1024);
    bool ok = buf_add_str(&text, STR("Package: a\nDescription: 12345678\n"), &e);
    for (size_t i = 0; ok && i < lines; i++) {
        ok = buf_add_str(&text, STR(" 1234567890123456789012345678901234567890123456789\n"), &e);
    }
    CHECK_OK(ok && buf_add_str(&text, STR("Version: 1\n\nPackage: b\n"), &e), &e);
    CHECK_OK(stanzas_text(buf_str(&text), 100000, &out, &e), &e);
    str got = buf_str(&out);
    CHECK(str_starts(got, kept ? STR("1 a|1|12345678\n") : STR("1 a|1|-!more than the limit")));
    CHECK(str_ends(got, STR(" b|-|-\n")));
    buf_done(&out);
    buf_done(&text);
}

static void check_failures(void)
{
    CHECK_CASE("values of 4 MiB in a stanza are kept, a longer one is told and dropped")
    {
        /* "a", "1" and "12345678" are 10 of the bytes */
        check_values((DEB822_VALUES_BYTES_MAX - 10) / 50, true);
        check_values((DEB822_VALUES_BYTES_MAX - 10) / 50 + 1, false);
    }
    CHECK_CASE("each refused allocation is told as such")
    {
        static char content[300000];
        memset(content, 'x', sizeof(content));
        memcpy(content, "Description: ", 13);
        for (int n = 0;; n++) {
            struct buf out;
            struct error e = {.kind = ERROR_NONE};
            buf_init(&out, 1024 * 1024);
            fail_alloc_at(n);
            bool ok = stanzas_text((str){content, sizeof(content)}, 50000, &out, &e);
            fail_alloc_at(-1);
            buf_done(&out);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
    }
}

int main(void)
{
    check_cases();
    check_lines();
    check_failures();
    return check_done();
}
