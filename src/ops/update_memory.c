#include "ops/update_memory.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"

#define MAGIC "limpid-update 1"

str memory_field(str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f) {
            return STR_NONE;
        }
    }
    return value.len <= MEMORY_FIELD_BYTES_MAX ? value : STR_NONE;
}

const struct known_document *memory_find(const struct update_memory *m, str name)
{
    for (size_t i = 0; i < m->documents_count; i++) {
        if (str_eq(m->documents[i].name, name)) {
            return &m->documents[i];
        }
    }
    return NULL;
}

str memory_cursor(const struct update_memory *m, str name)
{
    for (size_t i = 0; i < m->cursors_count; i++) {
        if (str_eq(m->cursors[i].name, name)) {
            return m->cursors[i].value;
        }
    }
    return STR_NONE;
}

/* -- reading -------------------------------------------------------------------------------- */

struct parse {
    struct arena *arena;
    struct known_document *documents;
    struct known_cursor *cursors;
    size_t documents_room, cursors_room;
};

/* The next field of a line; the last one goes to its end. */
static str field(str *line)
{
    str head;
    if (!str_cut(line, '\t', &head)) {
        head = *line;
        *line = STR_NONE;
    }
    return head;
}

static bool take_document(struct parse *p, str kind, str line, struct update_memory *out, bool *ok,
                          struct error *e)
{
    struct known_document d = {.index = str_eq(kind, STR("index")),
                               .missing = str_eq(kind, STR("none"))};
    char text[DIGEST_TEXT_BYTES];
    struct error unread;
    d.name = field(&line);
    d.path = field(&line);
    str hex = field(&line);
    *ok = d.name.len > 0 && (hex.len == 64 || (hex.len == 0 && d.missing));
    if (*ok && hex.len == 64) {
        snprintf(text, sizeof(text), "sha256:%.*s", (int)hex.len, hex.at);
        *ok = digest_parse(str_from(text), &d.packed, &unread);
    }
    *ok = *ok && num_parse(field(&line), 10, UINT64_MAX, &d.size_bytes);
    d.etag = field(&line);
    d.modified = field(&line);
    void *items = p->documents;
    if (!arena_grow(p->arena, &items, out->documents_count, &p->documents_room, sizeof(d), e)) {
        return false;
    }
    p->documents = items;
    p->documents[out->documents_count++] = d;
    return true;
}

static bool take_cursor(struct parse *p, str line, struct update_memory *out, struct error *e)
{
    struct known_cursor c = {.name = field(&line)};
    c.value = field(&line);
    void *items = p->cursors;
    if (!arena_grow(p->arena, &items, out->cursors_count, &p->cursors_room, sizeof(c), e)) {
        return false;
    }
    p->cursors = items;
    p->cursors[out->cursors_count++] = c;
    return true;
}

bool memory_parse(str text, struct arena *arena, struct update_memory *out, struct error *e)
{
    struct parse p = {.arena = arena};
    struct update_memory m = {.full_s = 0};
    str line;
    *out = m;
    if (!str_line(&text, &line) || !str_eq(field(&line), STR(MAGIC))) {
        return true;
    }
    m.own_version = str_eq(line, STR(LIMPID_VERSION));
    bool ok = true;
    while (ok && str_line(&text, &line)) {
        str kind = field(&line);
        uint64_t seconds = 0;
        if (str_eq(kind, STR("full"))) {
            ok = num_parse(line, 10, INT64_MAX, &seconds);
            m.full_s = (int64_t)seconds; /* at most INT64_MAX */
        } else if (str_eq(kind, STR("cursor"))) {
            if (!take_cursor(&p, line, &m, e)) {
                return false;
            }
        } else if (!take_document(&p, kind, line, &m, &ok, e)) {
            return false;
        }
    }
    m.documents = p.documents;
    m.cursors = p.cursors;
    if (ok) {
        *out = m;
    }
    return true;
}

/* -- writing -------------------------------------------------------------------------------- */

static bool put_document(const struct known_document *d, struct buf *to, struct error *e)
{
    char hex[DIGEST_TEXT_BYTES];
    str text = str_from(digest_text(d->packed, hex));
    text = str_slice(text, str_find_char(text, ':') + 1, text.len);
    const char *kind = d->missing ? "none" : d->index ? "index" : "data";
    return buf_printf(to, e, "%s\t", kind) && buf_add_str(to, d->name, e) &&
           buf_add_char(to, '\t', e) && buf_add_str(to, d->path, e) &&
           buf_printf(to, e, "\t%.*s\t%" PRIu64 "\t", (int)text.len, text.at != NULL ? text.at : "",
                      d->size_bytes) &&
           buf_add_str(to, memory_field(d->etag), e) && buf_add_char(to, '\t', e) &&
           buf_add_str(to, memory_field(d->modified), e) && buf_add_char(to, '\n', e);
}

bool memory_text(const struct update_memory *memory, struct buf *to, struct error *e)
{
    bool ok = buf_printf(to, e, "%s\t%s\n", MAGIC, LIMPID_VERSION);
    if (ok && memory->full_s > 0) {
        ok = buf_printf(to, e, "full\t%" PRId64 "\n", memory->full_s);
    }
    for (size_t i = 0; ok && i < memory->cursors_count; i++) {
        ok = buf_printf(to, e, "cursor\t") && buf_add_str(to, memory->cursors[i].name, e) &&
             buf_add_char(to, '\t', e) && buf_add_str(to, memory->cursors[i].value, e) &&
             buf_add_char(to, '\n', e);
    }
    for (size_t i = 0; ok && i < memory->documents_count && i < MEMORY_DOCUMENTS_MAX; i++) {
        ok = put_document(&memory->documents[i], to, e);
    }
    return ok;
}
