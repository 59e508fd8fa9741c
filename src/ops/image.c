#include "ops/image.h"

#include "model/namespace.h"
#include "ops/reading.h"

bool reading_start_worker(struct reading *r, const int *fds, size_t count, struct worker *out,
                          struct error *e)
{
    struct worker_options options = {
        .fds = fds,
        .fds_count = count,
        .confine = {.off = r->context->sandbox == SANDBOX_OFF,
                    .cpu_s = WORKER_CPU_S_MAX,
                    .memory_bytes = WORKER_MEMORY_BYTES_MAX},
        .required = r->context->sandbox == SANDBOX_REQUIRED,
        .program = r->context->worker_program,
    };
    return worker_start(&options, out, e);
}

void reading_tell_confinement(const struct reading *r, const struct confine_report *c)
{
    if (r->context->notice == NULL || r->context->sandbox == SANDBOX_OFF) {
        return;
    }
    if (c->landlock_abi == 0 && c->seccomp) {
        r->context->notice(r->context->notice_arg, "Landlock is not in this kernel; workers are "
                                                   "confined by seccomp alone");
    } else if (!c->seccomp) {
        r->context->notice(r->context->notice_arg,
                           c->landlock_abi > 0
                               ? "seccomp is not in use; workers are confined by Landlock alone"
                               : "neither seccomp nor Landlock is in use; workers are confined by "
                                 "resource limits alone");
    }
}

static bool read_round(struct reading *r, bool first_round, struct error *e)
{
    switch (r->source.source->shape) {
    case SHAPE_ARCHIVE:
        return read_archive(r, first_round, e);
    case SHAPE_BLOBS:
        return read_layout(r, first_round, e);
    case SHAPE_FILES:
        return read_folder(r, first_round, e);
    }
    return false;
}

static bool fold(struct reading *r, bool last_round, struct inventory *out, size_t *more,
                 struct error *e)
{
    size_t count = r->image.layers_count, wanted_count = 0;
    const struct wanted_file *wanted = NULL;
    str *facts = ARENA_ARRAY(r->arena, count, str, e);
    if (facts == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        /* a copy: the works' own buffers go before the result does */
        if (!arena_str(r->arena, buf_str(&r->works[r->work_of[i]].facts), &facts[i], e)) {
            return false;
        }
    }
    struct fold_input in = {.layers = facts,
                            .layers_count = count,
                            .wanted = r->wanted,
                            .wanted_count = r->wanted_count,
                            .last_round = last_round};
    if (!inventory_fold(&in, r->arena, out, &wanted, &wanted_count, e)) {
        return false;
    }
    struct wanted_file *all =
        ARENA_ARRAY(r->arena, r->wanted_count + wanted_count, struct wanted_file, e);
    if (all == NULL) {
        return false;
    }
    for (size_t i = 0; i < r->wanted_count; i++) {
        all[i] = r->wanted[i];
    }
    for (size_t i = 0; i < wanted_count; i++) {
        all[r->wanted_count + i] = wanted[i];
    }
    *more = wanted_count;
    r->wanted = all;
    r->wanted_count += wanted_count;
    return true;
}

static bool fill_image(struct reading *r, struct inventory *out, struct error *e)
{
    struct layer_info *layers = ARENA_ARRAY(r->arena, r->image.layers_count, struct layer_info, e);
    if (layers == NULL) {
        return false;
    }
    for (size_t i = 0; i < r->image.layers_count; i++) {
        const struct image_layer *l = &r->image.layers[i];
        const struct layer_work *w = &r->works[r->work_of[i]];
        layers[i] = (struct layer_info){
            .blob = w->hashed ? w->blob : l->blob,
            .diff_id = l->diff_id,
            .created_by = l->created_by,
            .size_bytes = l->size_bytes,
            .cached = w->cached,
            .verified = w->verified || w->hashed,
        };
    }
    out->image = (struct image_info){
        .source = r->options->source,
        .kind = r->image.kind,
        .tag = r->image.tag,
        .id = r->image.id,
        .manifest = r->image.manifest,
        .os = r->image.os,
        .arch = r->image.arch,
        .variant = r->image.variant,
        .layers = layers,
        .layers_count = r->image.layers_count,
    };
    for (size_t i = 0; i < r->notes.count; i++) {
        const struct diag_note *n = &r->notes.notes[i];
        if (!diag_add(&out->notes, n->kind, n->path, n->text, e)) {
            return false;
        }
    }
    return true;
}

/* --distro: "debian/12", "alpine@3.18", "debian:12". */
static void override_distribution(str text, struct inventory *out)
{
    static const char separators[] = "/@:";
    str id = text, version = STR_NONE;
    for (const char *s = separators; *s != '\0' && version.len == 0; s++) {
        str rest = text;
        if (str_cut(&rest, *s, &id)) {
            version = rest;
        } else {
            id = text;
        }
    }
    out->has_distribution = true;
    out->distribution = (struct distribution){.id = id, .version_id = version};
}

static bool fill_namespace(struct reading *r, struct inventory *out, struct error *e)
{
    struct distribution_match match = {0};
    if (r->options->distro.len > 0) {
        override_distribution(r->options->distro, out);
    }
    if (!out->has_distribution) {
        return true;
    }
    if (!namespace_of(&out->distribution, r->arena, &match, e)) {
        return false;
    }
    out->namespace_ = match.namespace_;
    return match.note.len == 0 || diag_add(&out->notes, DIAG_NOTE, STR_NONE, match.note, e);
}

static bool read_all(struct reading *r, struct inventory *out, struct error *e)
{
    size_t more = 0;
    for (int round = 1;; round++) {
        bool last = round == FOLD_ROUNDS_MAX || r->source.is_pipe;
        if (!read_round(r, round == 1, e) || !fold(r, last, out, &more, e)) {
            return false;
        }
        if (more == 0) {
            break;
        }
        worker_stop(&r->worker);
    }
    return fill_image(r, out, e) && fill_namespace(r, out, e);
}

bool image_read(const struct ops_context *context, const struct image_options *options,
                struct store *store, struct arena *arena, struct inventory *out, struct error *e)
{
    struct reading r = {
        .context = context,
        .options = options,
        .store = options->no_cache ? NULL : store,
        .arena = arena,
    };
    if (!source_open(options->source, arena, &r.source, e)) {
        return false;
    }
    diag_init(&r.notes, arena);
    *out = (struct inventory){0};
    bool ok = read_all(&r, out, e);
    worker_stop(&r.worker);
    works_free(&r);
    source_close(&r.source);
    return ok;
}
