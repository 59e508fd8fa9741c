#include "inventory/image_facts.h"

#include <stdlib.h>

#include "inventory/encode.h"

void image_distribution(const struct tree *t, struct inventory *out)
{
    const struct database *best = NULL;
    for (const struct node *n = t->nodes; n != NULL; n = n->next) {
        const struct database *file = n->dead ? NULL : n->file;
        if (file != NULL && file->names_distribution && file->distribution.id.len > 0 &&
            (best == NULL || file->rank > best->rank)) {
            best = file;
        }
    }
    out->has_distribution = best != NULL;
    if (best != NULL) {
        out->distribution = best->distribution;
    }
}

struct names {
    str *at;
    size_t count, room;
    bool too_many;
};

static bool take_file(const struct database *file, struct arena *arena, struct names *names,
                      struct error *e)
{
    str rest = file->packages;
    struct fact fact;
    enum step got;
    while ((got = fact_decode(&rest, &fact, e)) == STEP_GOT) {
        if (fact.kind != FACT_REPOSITORY || fact.text.len == 0) {
            continue;
        }
        if (names->count == IMAGE_REPOSITORIES_MAX) {
            names->too_many = true;
            return true;
        }
        if (!arena_grow(arena, (void **)&names->at, names->count, &names->room, sizeof(str), e)) {
            return false;
        }
        names->at[names->count++] = fact.text;
    }
    return got == STEP_END;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

bool image_repositories(const struct tree *t, struct arena *arena, struct inventory *out,
                        struct error *e)
{
    struct names names = {.count = 0};
    for (const struct node *n = t->nodes; n != NULL; n = n->next) {
        bool is_content = !n->dead && n->kind != NODE_SYMLINK && n->file != NULL &&
                          str_eq(n->file->detector, STR("redhat-content"));
        if (is_content && !take_file(n->file, arena, &names, e)) {
            return false;
        }
    }
    if (names.count > 1) {
        qsort(names.at, names.count, sizeof(str), by_text);
    }
    size_t kept = 0;
    for (size_t i = 0; i < names.count; i++) {
        if (kept == 0 || !str_eq(names.at[kept - 1], names.at[i])) {
            names.at[kept++] = names.at[i];
        }
    }
    out->repositories = names.at;
    out->repositories_count = kept;
    return !names.too_many ||
           diag_add(&out->notes, DIAG_INCOMPLETE, STR_NONE,
                    STR("repositories over the limit of 100000 were left out"), e);
}
