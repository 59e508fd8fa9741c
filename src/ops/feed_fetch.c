#include "ops/feed_input.h"

bool feed_fetch_find(struct feed_input *in, struct error *e)
{
    (void)in;
    return error_set(e, ERROR_ABSENT, "the fetch program is not installed");
}

bool feed_fetch_send(struct feed_input *in, int fd, struct error *e)
{
    (void)in;
    (void)fd;
    return error_set(e, ERROR_ABSENT, "the fetch program is not installed");
}

void feed_fetch_done(struct feed_input *in)
{
    (void)in;
}
