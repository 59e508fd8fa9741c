#include "cli/context.h"

#include "cli/say.h"

static bool is_told(struct cli_context *c, str line)
{
    for (size_t i = 0; i < c->told_count; i++) {
        if (str_eq(c->told[i], line)) {
            return true;
        }
    }
    if (c->told_count < CONTEXT_NOTICES_MAX &&
        arena_str(c->in->arena, line, &c->told[c->told_count], NULL)) {
        c->told_count++;
    }
    return false;
}

static void notice(void *arg, const char *line)
{
    struct cli_context *c = arg;
    if (!c->in->common->quiet && !is_told(c, str_from(line))) {
        progress_clear(&c->bar);
        say("%s", line);
    }
}

void context_init(struct cli_context *c, const struct invocation *in)
{
    *c = (struct cli_context){.in = in};
    progress_init(&c->bar, in);
    c->ops = (struct ops_context){
        .data_dir = in->common->cache_dir,
        .progress = c->bar.enabled ? &c->bar.base : NULL,
        .notice = notice,
        .notice_arg = c,
    };
}
