#include "server/child.h"
#include "server/system.h"
#include "server/update.h"

enum { LOOK_MS = 500 }; /* how often the lease is looked at */

static bool words_make(struct update *u, struct child_words *w, struct error *e)
{
    const struct config *c = u->options->config;
    str program, data_dir = service_options(u->options->service)->data_dir;
    w->count = 0;
    bool done = system_limpid(u->arena, &program, e) && child_word(w, u->arena, program, e) &&
                child_word(w, u->arena, STR("update"), e) &&
                child_word(w, u->arena, STR("--no-progress"), e) &&
                child_word(w, u->arena, STR("--cache-dir"), e) &&
                child_word(w, u->arena, data_dir, e);
    if (done && c->updater_from.len > 0) {
        done = child_word(w, u->arena, STR("--from"), e) &&
               child_word(w, u->arena, c->updater_from, e);
    }
    for (size_t i = 0; done && i < c->updater_feeds.count; i++) {
        done = child_word(w, u->arena, STR("--feed"), e) &&
               child_word(w, u->arena, c->updater_feeds.at[i], e);
    }
    return done;
}

/* "limpid: updater: 'debian' was not updated: …" is an error; "debian: 41220 advisories …" news. */
static void tell_line(struct update *u, str line)
{
    static const str own = STR_INIT("limpid: "), updater = STR_INIT("updater: ");
    bool is_error = str_starts(line, own);
    line = is_error ? str_slice(line, own.len, line.len) : line;
    line = str_starts(line, updater) ? str_slice(line, updater.len, line.len) : line;
    if (line.len == 0 || str_eq(line, STR("update finished")) || str_ends(line, STR(": updated"))) {
        return; /* the first is the service's own to say; a feed's result comes with its figures */
    }
    bool failed = is_error && str_find(line, STR(" was not updated: ")) < line.len;
    u->failed_feeds += failed;
    LOG(u->options->log, failed ? LOG_ERROR : LOG_INFO, "updater", "%.*s",
        (int)(line.len < CHILD_LINE_BYTES_MAX ? line.len : CHILD_LINE_BYTES_MAX), line.at);
}

/* Runs it to its end, or to the end of the service or the lease. */
static bool child_run(struct update *u, struct child *child, struct error *e)
{
    enum child_got got = CHILD_NOTHING;
    str line;
    bool goes_on = true;
    while (got != CHILD_END && goes_on) {
        got = child_line(child, LOOK_MS, &line);
        if (got == CHILD_LINE) {
            tell_line(u, line);
        }
        goes_on = update_go_on(u, e);
    }
    int status = child_finish(child, got != CHILD_END);
    return goes_on && (status == 0 ||
                       error_set(e, ERROR_REMOTE, "limpid update ended with status %d", status));
}

bool update_child(struct update *u, struct error *e)
{
    struct child_words words;
    struct child child;
    return words_make(u, &words, e) && child_start(&child, &words, e) && child_run(u, &child, e);
}
