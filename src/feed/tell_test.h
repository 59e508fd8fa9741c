/* tell_test.h: a sink that writes what it is given as text, for tests of readers: an advisory as
 *     ID(IDS) SEVERITY/SOURCE CVSS "DESCRIPTION" URL TIMES:
 * and each row behind it as
 *     NAMESPACE[+PRODUCT] PACKAGE[@MODULE][.ARCH] b|s STATE INTRODUCED|FIXED|LAST [SEVERITY]
 * [WORD]; what is empty is left out. */
#ifndef LIMPID_FEED_TELL_TEST_H
#define LIMPID_FEED_TELL_TEST_H

#include "base/buf.h"
#include "feed/feed.h"
#include "stream/reader.h"

struct teller {
    struct advisory_sink base;
    struct buf told, notes;
    size_t puts, rows;
};

static inline bool tell_more(struct buf *to, const char *before, str text, struct error *e)
{
    return text.len == 0 || (buf_printf(to, e, "%s", before) && buf_add(to, text.at, text.len, e));
}

static inline bool tell_row(struct buf *to, const struct affected *r, struct error *e)
{
    return buf_printf(to, e, " ") && tell_more(to, "", r->namespace_, e) &&
           tell_more(to, "+", r->product, e) && tell_more(to, " ", r->package, e) &&
           tell_more(to, "@", r->module, e) && tell_more(to, ".", r->arch, e) &&
           buf_printf(to, e, " %s %s ", r->scope == SCOPE_SOURCE ? "s" : "b",
                      fix_state_name(r->state)) &&
           tell_more(to, "", r->introduced, e) && buf_printf(to, e, "|") &&
           tell_more(to, "", r->fixed, e) && buf_printf(to, e, "|") &&
           tell_more(to, "", r->last_affected, e) &&
           tell_more(to, " ",
                     r->severity != SEVERITY_UNKNOWN ? str_from(severity_name(r->severity))
                                                     : STR_NONE,
                     e) &&
           tell_more(to, " ", r->word, e) && buf_printf(to, e, ";");
}

static inline bool tell_put(struct advisory_sink *self, const struct advisory *a, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    struct buf *to = &t->told;
    t->puts++;
    t->rows += a->affected_count;
    bool done = tell_more(to, to->len > 0 ? "\n" : "", a->id, e) && buf_printf(to, e, "(");
    for (size_t i = 0; done && i < a->ids_count; i++) {
        done = tell_more(to, i > 0 ? " " : "", a->ids[i], e);
    }
    done = done && buf_printf(to, e, ")");
    if (done && a->severity != SEVERITY_UNKNOWN) {
        done = buf_printf(to, e, " %s/", severity_name(a->severity)) &&
               tell_more(to, "", a->severity_source, e);
    }
    done = done && tell_more(to, " ", a->cvss, e) && tell_more(to, " \"", a->description, e) &&
           buf_printf(to, e, "%s", a->description.len > 0 ? "\"" : "") &&
           tell_more(to, " ", a->url, e);
    const int64_t times[] = {a->published_s, a->modified_s, a->withdrawn_s};
    for (size_t i = 0; done && i < 3; i++) {
        done = times[i] == 0 || buf_printf(to, e, " %c%lld", "pmw"[i], (long long)times[i]);
    }
    done = done && buf_printf(to, e, ":");
    for (size_t i = 0; done && i < a->affected_count; i++) {
        done = tell_row(to, &a->affected[i], e);
    }
    return done;
}

static inline bool tell_note(struct advisory_sink *self, str document, str text, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    (void)document;
    return buf_add_str(&t->notes, text, e) && buf_add_char(&t->notes, '\n', e);
}

static inline void teller_init(struct teller *t)
{
    *t = (struct teller){.base = {.put = tell_put, .note = tell_note}};
    buf_init(&t->told, 64 << 20);
    buf_init(&t->notes, 1 << 20);
}

static inline void teller_done(struct teller *t)
{
    buf_done(&t->told);
    buf_done(&t->notes);
}

/* Reads `text` as the document at `path` of `feed`. */
static inline bool tell_document(const char *feed, const char *path, str text, struct teller *t,
                                 struct error *e)
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
