#include "format/deb822.h"

#include <assert.h>

/* dpkg's and deb822(5)'s letters are ASCII, whatever the locale. */
static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

void deb822_init(struct deb822 *d, struct reader *from, const str *wanted, size_t wanted_count,
                 struct arena *arena)
{
    assert(wanted_count <= DEB822_FIELDS_MAX);
    *d = (struct deb822){.kept = {.arena = arena}, .wanted = wanted, .wanted_count = wanted_count};
    lines_init(&d->lines, from, arena);
    for (size_t i = 0; i < wanted_count; i++) {
        assert(wanted[i].len > 0);
        uint8_t initial = (uint8_t)wanted[i].at[0];
        d->initials[lower(initial)] = true;
        d->initials[upper(initial)] = true;
    }
}

/* A stanza in the making. */
struct making {
    struct deb822_stanza *out;
    struct kept_part *part; /* of the field that the last line belongs to, where it is wanted */
    bool in_field;          /* some field has begun */
};

static void blame(struct making *m, const char *problem)
{
    if (m->out->problem == NULL) {
        m->out->problem = problem;
    }
}

static struct kept_part *part_of(struct deb822 *d, str name)
{
    for (size_t i = 0; i < d->wanted_count; i++) {
        if (str_eq_nocase(d->wanted[i], name)) {
            return &d->parts[i];
        }
    }
    return NULL;
}

/* Gives up the value: half of one would be taken for the whole. */
static void part_drop(struct making *m, const char *problem)
{
    m->part->present = false;
    m->part = NULL;
    blame(m, problem);
}

static bool part_append(struct deb822 *d, struct making *m, str text, struct error *e)
{
    if (d->kept.len + text.len > DEB822_VALUES_BYTES_MAX) {
        part_drop(m, "more than the limit of 4 MiB in one stanza");
        return true;
    }
    if (!kept_add(&d->kept, text, e)) {
        return false;
    }
    m->part->len += text.len;
    return true;
}

static bool field_begin(struct deb822 *d, struct making *m, const struct line *line,
                        struct error *e)
{
    str value = line->text, name;
    m->part = NULL;
    m->in_field = true;
    if (!str_cut(&value, ':', &name) || str_trim(name).len == 0) {
        blame(m, "a line without a field name");
        return true;
    }
    if (!d->initials[(uint8_t)name.at[0]]) {
        return true;
    }
    m->part = part_of(d, str_trim(name));
    if (m->part == NULL) {
        return true;
    }
    if (m->part->present) {
        m->part = NULL;
        blame(m, "a field that is there twice");
        return true;
    }
    *m->part = (struct kept_part){.from = d->kept.len, .present = true};
    if (line->too_long) {
        part_drop(m, "a line over the limit of 1 MiB");
        return true;
    }
    return part_append(d, m, str_trim(value), e);
}

static bool field_continue(struct deb822 *d, struct making *m, const struct line *line,
                           struct error *e)
{
    if (!m->in_field) {
        m->in_field = true;
        blame(m, "a line that continues no field");
    }
    if (m->part == NULL) {
        return true;
    }
    if (line->too_long) {
        part_drop(m, "a line over the limit of 1 MiB");
        return true;
    }
    if (!part_append(d, m, STR("\n"), e)) {
        return false;
    }
    if (m->part == NULL) {
        return true;
    }
    str text = str_slice(line->text, 1, line->text.len);
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t')) {
        text.len--;
    }
    return part_append(d, m, text, e);
}

static bool is_separator(str text)
{
    return text.len == 0 || ((text.at[0] == ' ' || text.at[0] == '\t') && str_trim(text).len == 0);
}

static bool stanza_line(struct deb822 *d, struct making *m, const struct line *line,
                        struct error *e)
{
    if (line->too_long) {
        blame(m, "a line over the limit of 1 MiB");
    }
    switch (line->text.at[0]) {
    case '#':
        return true;
    case ' ':
    case '\t':
        return field_continue(d, m, line, e);
    default:
        return field_begin(d, m, line, e);
    }
}

enum step deb822_next(struct deb822 *d, struct deb822_stanza *out, struct error *e)
{
    struct line line;
    enum step got;
    do {
        got = lines_next(&d->lines, &line, e);
    } while (got == STEP_GOT && is_separator(line.text));
    if (got != STEP_GOT) {
        return got;
    }
    struct deb822_stanza stanza = {.line = d->lines.number};
    struct making making = {.out = &stanza};
    d->kept.len = 0;
    memset(d->parts, 0, sizeof(d->parts));
    do {
        if (!stanza_line(d, &making, &line, e)) {
            return STEP_FAILED;
        }
        stanza.unterminated = line.unterminated;
        got = lines_next(&d->lines, &line, e);
    } while (got == STEP_GOT && !is_separator(line.text));
    if (got == STEP_FAILED) {
        return STEP_FAILED;
    }
    for (size_t i = 0; i < d->wanted_count; i++) {
        stanza.values[i] = kept_str(&d->kept, d->parts[i]);
    }
    *out = stanza;
    return STEP_GOT;
}
