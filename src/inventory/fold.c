#include "inventory/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "detect/detector.h"
#include "inventory/encode.h"
#include "inventory/image_facts.h"
#include "inventory/tree.h"

enum { MAP_BYTES_MAX = 256 * 1024 * 1024 }; /* twice FOLD_PACKAGES_MAX slots, and their halves */

/* One note of one layer; gone when the file it is about is. */
struct fold_note {
    enum diag_kind kind;
    str path, text;
    bool dead;
    struct fold_note *next;
};

/* A package of the image after some layer; kept as long as each layer above has it too. */
struct held {
    struct found_package found;
    str identity;
};

struct fold {
    const struct fold_input *in;
    struct arena *arena;
    struct tree tree;
    struct arena maps[2]; /* of the state before this layer, and of that after it */
    unsigned turn;        /* which of them is the one before */
    struct map packages;  /* identity → struct held: the state before this layer */
    size_t packages_count;
    struct fold_note *notes, **notes_end;
    const struct wanted_file *wanted;
    size_t wanted_count, wanted_room;
    bool too_many_packages;
};

/* -- one layer's facts onto the tree -------------------------------------------------------- */

static void notes_remove(struct fold *f, str path, bool self, bool below)
{
    for (struct fold_note *n = f->notes; n != NULL; n = n->next) {
        bool same = str_eq(n->path, path);
        if (n->path.len > 0 && ((self && same) || (below && !same && path_within(n->path, path)))) {
            n->dead = true;
        }
    }
}

static void remove_path(struct fold *f, str path, bool self, bool below)
{
    tree_remove(&f->tree, path, self, below);
    notes_remove(f, path, self, below);
}

/* Below a claimed file nothing can lie that matters; below a folder above one, much. */
static bool matters_below(const struct fold *f, str path)
{
    if (path.len == 0 || detectors_reach(path, NULL) == REACH_ABOVE) {
        return true;
    }
    for (size_t i = 0; i < f->in->wanted_count; i++) {
        if (path_within(f->in->wanted[i].path, path)) {
            return true;
        }
    }
    return false;
}

static bool note_add(struct fold *f, enum diag_kind kind, str path, str text, struct error *e)
{
    struct fold_note *note = ARENA_NEW(f->arena, struct fold_note, e);
    if (note == NULL || !arena_str(f->arena, path, &note->path, e)) {
        return false;
    }
    note->kind = kind;
    note->text = text;
    *f->notes_end = note;
    f->notes_end = &note->next;
    return true;
}

/* Whiteouts hide lower layers only, wherever they stand in their own layer (OCI layer.md): so
 * they go first. */
static bool apply_whiteouts(struct fold *f, str facts, struct error *e)
{
    struct fact fact;
    enum step got;
    while ((got = fact_decode(&facts, &fact, e)) == STEP_GOT) {
        char room[PATH_BYTES_MAX + 1];
        str path;
        if ((fact.kind == FACT_REMOVED || fact.kind == FACT_OPAQUE) &&
            tree_resolve(&f->tree, fact.path, false, room, &path, NULL)) {
            remove_path(f, path, fact.kind == FACT_REMOVED, matters_below(f, path));
        }
    }
    return got == STEP_END;
}

static bool put_file(struct fold *f, const struct fact *fact, str path, size_t layer,
                     struct database **out, struct error *e)
{
    struct database *file = ARENA_NEW(f->arena, struct database, e);
    if (file == NULL) {
        return false;
    }
    file->detector = fact->text;
    file->layer = layer;
    if (fact->kind == FACT_DISTRIBUTION) {
        file->names_distribution = true;
        file->rank = fact->rank;
        file->distribution = fact->distribution;
    }
    const struct node *old = tree_at(&f->tree, path);
    if (old != NULL && old->kind == NODE_FILE && old->layer == layer) {
        /* several facts of one file, as a distribution told twice: the surer one stays */
        if (old->file->names_distribution && file->rank < old->file->rank) {
            *out = file;
            return true;
        }
    }
    struct node node = {.kind = NODE_FILE, .path = path, .layer = layer, .file = file};
    if (!tree_put(&f->tree, &node, e)) {
        return false;
    }
    file->path = tree_at(&f->tree, path)->path;
    *out = file;
    return true;
}

static bool put_hardlink(struct fold *f, const struct fact *fact, str path, size_t layer,
                         struct error *e)
{
    char room[PATH_BYTES_MAX + 1];
    str target;
    struct node node = {.kind = NODE_HARDLINK, .path = path, .target = fact->text, .layer = layer};
    if (tree_resolve(&f->tree, fact->text, false, room, &target, NULL)) {
        const struct node *other = tree_at(&f->tree, target);
        node.file = other == NULL ? NULL : other->file;
        if (other != NULL && other->kind == NODE_SYMLINK) {
            node.kind = NODE_SYMLINK; /* a hard link to a symbolic link is one */
            node.target = other->target;
        }
    }
    return tree_put(&f->tree, &node, e);
}

/* Applies one fact other than a whiteout. `*file` is the one that packages belong to. */
static bool apply_fact(struct fold *f, const struct fact *fact, size_t layer,
                       struct database **file, struct error *e)
{
    char room[PATH_BYTES_MAX + 1];
    str path;
    if (fact->kind == FACT_PACKAGE || fact->kind == FACT_RESIDUE || fact->kind == FACT_REPOSITORY ||
        !tree_resolve(&f->tree, fact->path, false, room, &path, NULL)) {
        return true;
    }
    struct node link = {.kind = NODE_SYMLINK, .path = path, .target = fact->text, .layer = layer};
    switch (fact->kind) {
    case FACT_DATABASE:
    case FACT_DISTRIBUTION:
        return put_file(f, fact, path, layer, file, e);
    case FACT_REPLACED:
        remove_path(f, path, true, matters_below(f, path));
        break;
    case FACT_DIRECTORY:
        remove_path(f, path, true, false);
        break;
    case FACT_SYMLINK:
        remove_path(f, path, true, matters_below(f, path));
        return tree_put(&f->tree, &link, e);
    case FACT_HARDLINK:
        remove_path(f, path, true, matters_below(f, path));
        return put_hardlink(f, fact, path, layer, e);
    case FACT_NOTE:
        return note_add(f, DIAG_NOTE, path, fact->text, e);
    case FACT_INCOMPLETE:
        return note_add(f, DIAG_INCOMPLETE, path, fact->text, e);
    case FACT_REPOSITORY:
    case FACT_PACKAGE:
    case FACT_RESIDUE:
    case FACT_REMOVED:
    case FACT_OPAQUE:
        break;
    }
    return true;
}

static bool belongs_to_file(enum fact_kind kind)
{
    return kind == FACT_PACKAGE || kind == FACT_RESIDUE || kind == FACT_REPOSITORY ||
           kind == FACT_NOTE || kind == FACT_INCOMPLETE;
}

static bool apply_layer(struct fold *f, size_t layer, struct error *e)
{
    str rest = f->in->layers[layer];
    if (!apply_whiteouts(f, rest, e)) {
        return false;
    }
    struct database *file = NULL;
    struct fact fact;
    for (;;) {
        const char *at = rest.at;
        enum step got = fact_decode(&rest, &fact, e);
        if (got != STEP_GOT) {
            return got == STEP_END;
        }
        if (!belongs_to_file(fact.kind)) {
            file = NULL;
        } else if (file != NULL) {
            if (file->packages.len == 0) {
                file->packages.at = at;
            }
            size_t len = rest.len > 0 ? (size_t)(rest.at - file->packages.at)
                                      : (size_t)(f->in->layers[layer].at +
                                                 f->in->layers[layer].len - file->packages.at);
            file->packages.len = len;
        }
        if (!apply_fact(f, &fact, layer, &file, e)) {
            return false;
        }
    }
}

/* -- which files count now ------------------------------------------------------------------ */

struct visible {
    const struct database **files;
    size_t count, room;
};

static bool visible_add(struct fold *f, struct visible *v, const struct database *file,
                        struct error *e)
{
    if (file == NULL) {
        return true;
    }
    /* twice only costs time; among many files, as in status.d, so does looking for it */
    for (size_t i = 0; i < v->count && v->count < 64; i++) {
        if (v->files[i] == file) {
            return true;
        }
    }
    void *items = v->files;
    if (!arena_grow(f->arena, &items, v->count, &v->room, sizeof(file), e)) {
        return false;
    }
    v->files = items;
    v->files[v->count++] = file;
    return true;
}

/* `*absent`: it was asked for already, and no layer has it. */
static bool want(struct fold *f, str path, bool folder, str role, bool *absent, struct error *e)
{
    struct wanted_file wanted = {.role = role};
    void *items = (void *)(uintptr_t)f->wanted;
    if (!arena_printf(f->arena, &wanted.path, e, "%.*s%s", (int)path.len, path.at,
                      folder ? "/" : "")) {
        return false;
    }
    for (size_t i = 0; i < f->in->wanted_count; i++) {
        if (str_eq(f->in->wanted[i].path, wanted.path)) {
            *absent = true;
            return true;
        }
    }
    for (size_t i = 0; i < f->wanted_count; i++) {
        if (str_eq(f->wanted[i].path, wanted.path)) {
            return true;
        }
    }
    if (f->in->last_round) {
        return note_add(f, DIAG_INCOMPLETE, role,
                        STR("not read: the links that lead to it are too many"), e);
    }
    if (!arena_grow(f->arena, &items, f->wanted_count, &f->wanted_room, sizeof(wanted), e)) {
        return false;
    }
    f->wanted = items;
    ((struct wanted_file *)items)[f->wanted_count++] = wanted;
    return true;
}

/* A database that is itself a link to nothing: an empty list would be no answer. Links of folders
 * above it tell nothing, since most images lack most databases. */
static bool note_dangling(struct fold *f, str path, str target, struct error *e)
{
    char room[PATH_BYTES_MAX + 1];
    str own, text;
    if (!tree_resolve(&f->tree, path, false, room, &own, NULL) || tree_at(&f->tree, own) == NULL) {
        return true;
    }
    return arena_printf(f->arena, &text, e,
                        "not read: its link leads to '" STR_FMT "', which is not in the image",
                        STR_ARG(target)) &&
           note_add(f, DIAG_INCOMPLETE, path, text, e);
}

/* One of a detector's paths: where do the image's links lead from there? */
static bool visit_role(struct fold *f, str role, const struct detector *detector, struct visible *v,
                       bool may_want, struct error *e)
{
    char room[PATH_BYTES_MAX + 1];
    str path;
    size_t hops;
    bool folder = str_ends(role, STR("/"));
    str plain = folder ? str_slice(role, 0, role.len - 1) : role;
    if (!tree_resolve(&f->tree, plain, true, room, &path, &hops)) {
        return note_add(f, DIAG_INCOMPLETE, plain, STR("not read: its links lead in a circle"), e);
    }
    const struct node *node = tree_at(&f->tree, path);
    if (node != NULL && node->file != NULL) {
        return visible_add(f, v, node->file, e);
    }
    if (!may_want) {
        return true;
    }
    bool absent = false;
    if (node != NULL && node->kind == NODE_HARDLINK) {
        return want(f, node->target, false, role, &absent, e) &&
               (!absent || note_dangling(f, plain, node->target, e));
    }
    if (hops == 0 || path.len == 0) {
        return true;
    }
    /* a link leads to a place that the first pass over the layers did not look at */
    const struct detector *other = NULL;
    if (!folder && detectors_reach(path, &other) == REACH_CLAIMED && other == detector) {
        absent = true;
    } else if (!want(f, path, folder, role, &absent, e)) {
        return false;
    }
    return !absent || folder || note_dangling(f, plain, path, e);
}

static bool names_distribution(const struct fold *f)
{
    for (const struct node *n = f->tree.nodes; n != NULL; n = n->next) {
        if (!n->dead && n->file != NULL && n->file->names_distribution) {
            return true;
        }
    }
    return false;
}

static bool find_visible(struct fold *f, bool last_layer, struct visible *v, struct error *e)
{
    for (const struct node *n = f->tree.nodes; n != NULL; n = n->next) {
        if (!n->dead && detectors_reach(n->path, NULL) == REACH_CLAIMED &&
            !visible_add(f, v, n->file, e)) {
            return false;
        }
    }
    /* files below a folder that a folder pattern's link leads to */
    for (size_t i = 0; i < f->in->wanted_count; i++) {
        const struct wanted_file *w = &f->in->wanted[i];
        str folder =
            str_ends(w->path, STR("/")) ? str_slice(w->path, 0, w->path.len - 1) : STR_NONE;
        for (const struct node *n = f->tree.nodes; folder.len > 0 && n != NULL; n = n->next) {
            if (!n->dead && str_eq(path_dir(n->path), folder) && !visible_add(f, v, n->file, e)) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < detectors_count; i++) {
        /* only one file need name the distribution; each package database counts */
        bool may_want =
            last_layer && (detectors[i] != &detector_os_release || !names_distribution(f));
        for (const char *const *path = detectors[i]->paths; *path != NULL; path++) {
            if (!visit_role(f, str_from(*path), detectors[i], v, may_want, e)) {
                return false;
            }
        }
    }
    return true;
}

/* rpm moved its database twice, and each time an old one may stay behind unused: the one of the
 * highest layer counts; in one layer, the newest format. */
static int rpm_rank(str path)
{
    str base = path_base(path);
    if (str_eq(base, STR("rpmdb.sqlite"))) {
        return 3;
    }
    return str_eq(base, STR("Packages.db")) ? 2 : 1;
}

static bool is_rpm_database(const struct database *file)
{
    return str_eq(file->detector, STR("rpm")) && !str_ends(file->path, STR("-wal"));
}

static bool drop_stale_rpm(struct fold *f, struct visible *v, bool last_layer, struct error *e)
{
    const struct database *best = NULL;
    for (size_t i = 0; i < v->count; i++) {
        const struct database *file = v->files[i];
        if (is_rpm_database(file) &&
            (best == NULL || file->layer > best->layer ||
             (file->layer == best->layer && rpm_rank(file->path) > rpm_rank(best->path)))) {
            best = file;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < v->count; i++) {
        const struct database *file = v->files[i];
        if (!is_rpm_database(file) || file == best) {
            v->files[kept++] = file;
        } else if (last_layer && !note_add(f, DIAG_NOTE, file->path,
                                           STR("left out: an older rpm database beside the "
                                               "current one"),
                                           e)) {
            return false;
        }
    }
    v->count = kept;
    return true;
}

/* -- packages, and who brought them --------------------------------------------------------- */

static bool identity(struct fold *f, const struct package *p, str *out, struct error *e)
{
    return arena_printf(f->arena, out, e, "%d\n%.*s\n%.*s\n%.*s", (int)p->ecosystem,
                        (int)(p->name.len > 4096 ? 4096 : p->name.len), p->name.at,
                        (int)(p->version.len > 4096 ? 4096 : p->version.len), p->version.at,
                        (int)(p->arch.len > 256 ? 256 : p->arch.len),
                        p->arch.len == 0 ? "" : p->arch.at);
}

static bool take_package(struct fold *f, const struct database *file, const struct package *p,
                         size_t layer, struct map *now, size_t *count, struct error *e)
{
    struct arena_mark mark = arena_mark(f->arena);
    str key;
    if (!identity(f, p, &key, e)) {
        return false;
    }
    if (map_get(now, key) != NULL) {
        arena_rewind(f->arena, mark);
        return true;
    }
    if (*count >= FOLD_PACKAGES_MAX) {
        f->too_many_packages = true;
        return true;
    }
    struct held *held = map_get(&f->packages, key);
    if (held != NULL) {
        arena_rewind(f->arena, mark); /* the identity it has is the same */
        layer = held->found.layer;
    } else {
        held = ARENA_NEW(f->arena, struct held, e);
        if (held == NULL) {
            return false;
        }
        held->identity = key;
    }
    held->found = (struct found_package){
        .package = *p, .location = file->path, .layer = layer, .changed_in = file->layer};
    ++*count;
    return map_put(now, held->identity, held, e);
}

/* The packages of the image after `layer`, when its databases changed in it. */
static bool take_packages(struct fold *f, size_t layer, struct error *e)
{
    bool last_layer = layer + 1 == f->in->layers_count;
    if (!f->tree.changed && !last_layer) {
        return true;
    }
    struct visible v = {0};
    struct map now;
    size_t count = 0;
    struct arena *room = &f->maps[1 - f->turn];
    arena_done(room); /* the state before the one before */
    arena_init(room, MAP_BYTES_MAX, "the packages of a layer");
    map_init(&now, room);
    if (!find_visible(f, last_layer, &v, e) || !drop_stale_rpm(f, &v, last_layer, e)) {
        return false;
    }
    for (size_t i = 0; i < v.count; i++) {
        str rest = v.files[i]->packages;
        struct fact fact;
        enum step got;
        while ((got = fact_decode(&rest, &fact, e)) == STEP_GOT) {
            bool counts =
                fact.kind == FACT_PACKAGE || (fact.kind == FACT_RESIDUE && f->in->residues);
            if (counts && !take_package(f, v.files[i], &fact.package, layer, &now, &count, e)) {
                return false;
            }
        }
        if (got == STEP_FAILED) {
            return false;
        }
    }
    f->packages = now;
    f->turn = 1 - f->turn;
    f->packages_count = count;
    f->tree.changed = false;
    return true;
}

static int by_identity(const void *va, const void *vb)
{
    const struct package *a = &((const struct found_package *)va)->package;
    const struct package *b = &((const struct found_package *)vb)->package;
    if (a->ecosystem != b->ecosystem) {
        return a->ecosystem < b->ecosystem ? -1 : 1;
    }
    int order = str_cmp(a->name, b->name);
    if (order == 0) {
        order = str_cmp(a->version, b->version);
    }
    return order == 0 ? str_cmp(a->arch, b->arch) : order;
}

static bool fill_packages(struct fold *f, struct inventory *out, struct error *e)
{
    struct found_package *all = ARENA_ARRAY(f->arena, f->packages_count, struct found_package, e);
    if (all == NULL) {
        return false;
    }
    size_t count = 0, at = 0;
    str key;
    void *value;
    while (map_each(&f->packages, &at, &key, &value)) {
        all[count++] = ((const struct held *)value)->found;
    }
    if (count > 1) {
        qsort(all, count, sizeof(*all), by_identity);
    }
    out->packages = all;
    out->packages_count = count;
    return true;
}

static bool fill_notes(struct fold *f, struct inventory *out, struct error *e)
{
    for (const struct fold_note *n = f->notes; n != NULL; n = n->next) {
        if (!n->dead && !diag_add(&out->notes, n->kind, n->path, n->text, e)) {
            return false;
        }
    }
    if (f->too_many_packages) {
        return diag_add(&out->notes, DIAG_INCOMPLETE, STR_NONE,
                        STR("packages over the limit of 1000000 were left out"), e);
    }
    return true;
}

static bool fold_layers(struct fold *f, struct inventory *out, struct error *e)
{
    for (size_t layer = 0; layer < f->in->layers_count; layer++) {
        if (!apply_layer(f, layer, e) || !take_packages(f, layer, e)) {
            return error_wrap(e, "facts of layer %zu of %zu", layer + 1, f->in->layers_count);
        }
    }
    diag_init(&out->notes, f->arena);
    image_distribution(&f->tree, out);
    return fill_packages(f, out, e) && image_repositories(&f->tree, f->arena, out, e) &&
           fill_notes(f, out, e);
}

bool inventory_fold(const struct fold_input *in, struct arena *arena, struct inventory *out,
                    const struct wanted_file **wanted, size_t *wanted_count, struct error *e)
{
    struct fold f = {.in = in, .arena = arena};
    f.notes_end = &f.notes;
    tree_init(&f.tree, arena);
    for (size_t i = 0; i < ARRAY_COUNT(f.maps); i++) {
        arena_init(&f.maps[i], MAP_BYTES_MAX, "the packages of a layer");
    }
    map_init(&f.packages, &f.maps[0]);
    bool ok = fold_layers(&f, out, e);
    for (size_t i = 0; i < ARRAY_COUNT(f.maps); i++) {
        arena_done(&f.maps[i]);
    }
    if (ok) {
        *wanted = f.wanted;
        *wanted_count = f.wanted_count;
    }
    return ok;
}
