#include "ops/open_store.h"

bool ops_open_store(const struct ops_context *context, struct arena *arena, struct store **out,
                    struct error *e)
{
    str dir;
    return store_default_dir(context->data_dir, arena, &dir, e) && store_open(dir, out, e);
}
