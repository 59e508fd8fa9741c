#include "server/preflight.h"

#include <string.h>

#include "api/page_token.h"
#include "base/fd.h"
#include "http/server.h"
#include "server/certificates.h"
#include "server/load.h"
#include "server/settings.h"

enum { LINES_BYTES_MAX = 1024 * 1024 };

/* The key, which service_open would refuse. */
static bool page_key_check(const struct config *c, struct error *e)
{
    struct page_key key;
    bool fine = page_key_init(&key, c->page_key, e);
    explicit_bzero(&key, sizeof(key));
    return fine || error_wrap(e, "api");
}

static bool certificates_check(const struct config *c, struct error *e)
{
    struct certificates files;
    memset(&files, 0, sizeof(files));
    bool done = certificates_read(c, &files, e);
    if (done && files.certificate.len > 0) {
        done = http_certificates_check(certificates_text(&files.certificate),
                                       certificates_text(&files.key),
                                       certificates_text(&files.client_ca), e);
        if (!done) {
            e->kind = ERROR_USAGE;
        }
    }
    certificates_done(&files);
    return done;
}

static bool warn(const struct serve_options *options, const struct config *c, struct arena *arena,
                 int to, struct error *e)
{
    struct config_list list;
    struct buf lines;
    buf_init(&lines, LINES_BYTES_MAX);
    bool done = load_warnings(options, c, arena, &list, e);
    for (size_t i = 0; done && i < list.count; i++) {
        done = buf_printf(&lines, e, "limpid: serve: " STR_FMT "\n", STR_ARG(list.at[i]));
    }
    done = done && fd_write_all(to, lines.at, lines.len, e);
    buf_done(&lines);
    return done;
}

static bool tell(const struct config *c, int to, struct error *e)
{
    struct buf line;
    buf_init(&line, LINES_BYTES_MAX);
    str name = c->file.len > 0 ? c->file : STR("the defaults (there is no file)");
    bool done = buf_printf(&line, e, STR_FMT ": fine\n", STR_ARG(name)) &&
                fd_write_all(to, line.at, line.len, e);
    buf_done(&line);
    return done;
}

bool serve_check(const struct serve_options *options, int out, int warnings, struct error *e)
{
    struct arena arena;
    struct config c;
    struct config_list tokens;
    arena_init(&arena, LOAD_ARENA_BYTES_MAX, "the configuration");
    bool done = load_config(options, &arena, &c, e) && warn(options, &c, &arena, warnings, e) &&
                page_key_check(&c, e) && certificates_check(&c, e) &&
                settings_tokens(&c, &arena, &tokens, e) && settings_database_check(&c, e) &&
                tell(&c, out, e);
    arena_done(&arena);
    return done;
}
