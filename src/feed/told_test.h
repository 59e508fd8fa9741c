/* told_test.h: for tests of feeds: what a reader put, as one text. Each row is
 *     ID(IDS) NAMESPACE[+PRODUCT] [~]PACKAGE STATE INTRODUCED|FIXED|LAST SEVERITY/WHOLE[ WORD];
 * where '~' marks a binary package. An advisory without rows is "ID(IDS);". */
#ifndef LIMPID_FEED_TOLD_TEST_H
#define LIMPID_FEED_TOLD_TEST_H

#include "base/buf.h"
#include "check.h"
#include "feed/feed.h"
#include "stream/reader.h"

struct told {
    struct advisory_sink base;
    struct buf rows, notes;
    size_t refuse_at; /* the put that fails; 0: none */
    size_t puts;
};

static bool told_row(struct told *t, const struct affected *r, enum severity whole, struct error *e)
{
    return buf_printf(&t->rows, e,
                      " " STR_FMT "%s" STR_FMT " %s" STR_FMT " %s " STR_FMT "|" STR_FMT "|" STR_FMT
                      " %s/%s%s" STR_FMT,
                      STR_ARG(r->namespace_), r->product.len > 0 ? "+" : "", STR_ARG(r->product),
                      r->scope == SCOPE_BINARY ? "~" : "", STR_ARG(r->package),
                      fix_state_name(r->state), STR_ARG(r->introduced), STR_ARG(r->fixed),
                      STR_ARG(r->last_affected), severity_name(r->severity), severity_name(whole),
                      r->word.len > 0 ? " " : "", STR_ARG(r->word));
}

static bool told_put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct told *t = CONTAINER_OF(self, struct told, base);
    if (++t->puts == t->refuse_at) {
        return error_set(e, ERROR_FORMAT, "the sink is full");
    }
    for (size_t i = 0; i < a->affected_count || i == 0; i++) {
        bool done = buf_printf(&t->rows, e, STR_FMT "(", STR_ARG(a->id));
        for (size_t k = 0; done && k < a->ids_count; k++) {
            done = buf_printf(&t->rows, e, "%s" STR_FMT, k > 0 ? " " : "", STR_ARG(a->ids[k]));
        }
        if (!done || !buf_add_char(&t->rows, ')', e) ||
            (a->affected_count > 0 && !told_row(t, &a->affected[i], a->severity, e)) ||
            !buf_add_char(&t->rows, ';', e)) {
            return false;
        }
    }
    return true;
}

static bool told_note(struct advisory_sink *self, str document, str text, struct error *e)
{
    struct told *t = CONTAINER_OF(self, struct told, base);
    return buf_printf(&t->notes, e, STR_FMT ": %.*s\n", STR_ARG(document), (int)text.len, text.at);
}

static void told_init(struct told *t)
{
    *t = (struct told){.base = {.put = told_put, .note = told_note}};
    buf_init(&t->rows, 64 << 20);
    buf_init(&t->notes, 1 << 20);
}

static void told_done(struct told *t)
{
    buf_done(&t->rows);
    buf_done(&t->notes);
}

/* Reads `text` as the document `path` of `feed`. */
static bool told_read(const char *feed, const char *path, str text, struct told *t, struct error *e)
{
    struct arena arena;
    arena_init(&arena, 64 << 20, "a document");
    struct memory_reader body;
    memory_reader_init(&body, text);
    struct feed_document document = {.path = str_from(path)};
    const struct feed *f = feed_find(str_from(feed));
    bool done = f->read(f, &document, &body.base, &arena, &t->base, e);
    arena_done(&arena);
    return done;
}

#endif
