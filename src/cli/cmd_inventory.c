/* limpid inventory: the packages of images, without advisories. */
#include "cli/images.h"

struct inventory_settings {
    struct image_settings image;
};

struct inventory_task {
    struct image_task base;
    const struct invocation *in;
};

static bool inventory_one(struct image_task *self, const struct ops_context *context,
                          const struct image_options *options, struct outputs *outputs,
                          struct arena *arena, struct error *e)
{
    const struct inventory_task *task = CONTAINER_OF(self, struct inventory_task, base);
    struct inventory inventory = {0};
    if (!ops_inventory(context, options, arena, &inventory, e)) {
        return false;
    }
    if (context->progress != NULL) {
        progress_clear(CONTAINER_OF(context->progress, struct progress_bar, base));
    }
    outputs_inventory(outputs, &inventory);
    images_tell(task->in, outputs, &inventory);
    return true;
}

static int inventory_run(const struct invocation *in)
{
    const struct inventory_settings *s = in->settings;
    struct inventory_task task = {.base = {.inventory = true, .run = inventory_one}, .in = in};
    return images_run(in, &s->image, &task.base);
}

static const struct option_row options[] = {
    OPTIONS_IMAGE(struct inventory_settings, image),
    OPTIONS_COMMON(struct inventory_settings, image.common),
};

const struct command command_inventory = {
    .name = "inventory",
    .summary = "list the packages of images",
    .arguments = "SOURCE…",
    .details = "SOURCE is what 'limpid scan' takes. No advisories are needed.",
    .arguments_max = SIZE_MAX,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct inventory_settings),
    .run = inventory_run,
};
