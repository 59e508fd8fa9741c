#include "base/clock.h"
#include "store/bundle_file.h"
#include "store/install.h"

/* Import: the file's sum and signature first, then its manifest and ages; then each part through
 * a writer, which must arrive at the same digest; then `current` names all at once. A feed that is
 * there already is not written again. */

static struct install_part part_of(const struct bundle_part *p)
{
    return (struct install_part){.feed = p->feed,
                                 .content = p->content,
                                 .bytes = p->bytes,
                                 .date_s = p->date_s,
                                 .advisories = p->advisories,
                                 .rows = p->rows};
}

static bool ages_check(const struct bundle_file *b, const struct install *in, struct error *e)
{
    for (size_t i = 0; i < b->m.count; i++) {
        const struct bundle_part *part = &b->m.parts[i];
        char now[CLOCK_TEXT_BYTES], before[CLOCK_TEXT_BYTES];
        int64_t installed_s;
        if (install_is_newer(in, part->feed, part->date_s, &installed_s)) {
            error_set(e, ERROR_FORMAT, "its '" STR_FMT "' is of %s, older than the installed of %s",
                      STR_ARG(part->feed), clock_text(part->date_s, now),
                      clock_text(installed_s, before));
            return error_hint(e, "if this is meant: --allow-older");
        }
    }
    return true;
}

static bool part_install(struct install *in, const struct bundle_file *b, size_t i, struct error *e)
{
    struct install_part part = part_of(&b->m.parts[i]);
    struct bundle_frame frame;
    bool done = bundle_frame_open(&frame, b, i, e) &&
                (install_has(in, &part) ? install_keep(in, &part, e)
                                        : install_put(in, &part, frame.part, e));
    bundle_frame_close(&frame);
    return done || error_wrap(e, "part '" STR_FMT "'", STR_ARG(part.feed));
}

static bool parts_install(struct install *in, const struct bundle_file *b, struct error *e)
{
    for (size_t i = 0; i < b->m.count; i++) {
        if (!part_install(in, b, i, e)) {
            return false;
        }
    }
    return true;
}

static bool import(struct store *s, struct bundle_file *b,
                   const struct bundle_import_options *options, struct error *e)
{
    struct install in = {0};
    str origin;
    bool done = arena_printf(&b->arena, &origin, e, "bundle '%s'", b->path.at) &&
                install_begin(&in, s, origin, STR_NONE, e) &&
                (options->allow_older || ages_check(b, &in, e)) && parts_install(&in, b, e);
    return install_end(&in, done, e) && done;
}

bool store_bundle_import(struct store *s, const struct bundle_import_options *options,
                         struct bundle_import_result *out, struct error *e)
{
    CLEANUP(bundle_file_close) struct bundle_file b = {.fd = -1};
    struct bundle_import_result result = {0};
    bool asked = options->keys != NULL && options->keys->count > 0;
    if (!bundle_file_open(&b, options->file, e) ||
        (asked && !bundle_file_trust(&b, options->keys, &result.by, e)) ||
        !bundle_file_manifest(&b, e)) {
        return false;
    }
    result.is_signed = b.signature.len > 0;
    result.is_verified = asked;
    result.feeds = b.m.count;
    if (!import(s, &b, options, e)) {
        return false;
    }
    *out = result;
    return true;
}
