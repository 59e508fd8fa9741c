#include "ops/layer_says.h"

#include "base/sort.h"
#include "inventory/encode.h"
#include "model/namespace.h"

#define PARTS "var/lib/dpkg/status.d"

static void take_database(struct layer_content *out, const struct fact *fact)
{
    if (str_eq(fact->text, STR("dpkg"))) {
        bool part = str_starts(fact->path, STR(PARTS "/"));
        out->deb_part = part && (out->deb_part || !out->has_deb);
        out->has_deb = true;
    }
    out->has_apk = out->has_apk || str_eq(fact->text, STR("apk"));
    out->has_rpm = out->has_rpm || str_eq(fact->text, STR("rpm"));
}

struct gone { /* files of status.d */
    str *at;
    size_t room;
    bool all;
};

/* A whiteout: of files of status.d, which are packages. A database as a whole that is gone takes
 * nothing away, as in Clair. */
static bool take_whiteout(struct layer_says *s, struct gone *gone, const struct fact *fact,
                          struct error *e)
{
    struct layer_content *out = s->out;
    if (str_eq(fact->path, STR(PARTS))) {
        gone->all = true;
        return true;
    }
    if (fact->kind != FACT_REMOVED || !str_starts(fact->path, STR(PARTS "/"))) {
        return true;
    }
    void *items = gone->at;
    if (!arena_grow(s->arena, &items, out->parts_gone_count, &gone->room, sizeof(str), e)) {
        return false;
    }
    gone->at = items;
    str name = str_slice(fact->path, sizeof(PARTS "/") - 1, fact->path.len);
    return arena_str(s->arena, name, &gone->at[out->parts_gone_count++], e);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

enum layer_outcome layer_says_databases(struct layer_says *s, str facts, struct error *e)
{
    struct layer_content *out = s->out;
    struct fact fact;
    enum step got;
    bool too_large = false;
    struct gone gone = {.all = false};
    while ((got = fact_decode(&facts, &fact, e)) == STEP_GOT) {
        if (fact.kind == FACT_DATABASE) {
            too_large = too_large || fact.rank > LAYER_FILE_MIB_MAX;
            take_database(out, &fact);
        }
        if ((fact.kind == FACT_REMOVED || fact.kind == FACT_OPAQUE) &&
            !take_whiteout(s, &gone, &fact, e)) {
            return LAYER_FAILED;
        }
    }
    if (got == STEP_FAILED) {
        return LAYER_FAILED;
    }
    if (gone.all) {
        out->has_deb = true;
        out->deb_part = false;
        out->parts_all_gone = true;
    }
    sort_items(gone.at, out->parts_gone_count, sizeof(*gone.at), by_text);
    out->parts_gone = gone.at;
    if (too_large) {
        error_set(e, ERROR_LIMIT, "a file is above %d MiB", LAYER_FILE_MIB_MAX);
        return LAYER_TOO_LARGE;
    }
    return LAYER_READ;
}

static bool want_more(struct layer_says *s, const struct wanted_file *more, size_t count,
                      struct error *e)
{
    struct wanted_file *all = ARENA_ARRAY(s->arena, s->wanted_count + count, struct wanted_file, e);
    if (all == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->wanted_count + count; i++) {
        all[i] = i < s->wanted_count ? s->wanted[i] : more[i - s->wanted_count];
    }
    s->wanted = all;
    s->wanted_count += count;
    s->again = count > 0;
    return true;
}

bool layer_says_fold(struct layer_says *s, str facts, bool last_round, struct error *e)
{
    const struct wanted_file *wanted;
    size_t wanted_count;
    struct inventory *inventory = &s->out->inventory;
    struct distribution_match match = {.note = STR_NONE};
    str kept;
    if (!arena_str(s->arena, facts, &kept, e)) {
        return false;
    }
    const struct fold_input in = {.layers = &kept,
                                  .layers_count = 1,
                                  .wanted = s->wanted,
                                  .wanted_count = s->wanted_count,
                                  .residues = true,
                                  .last_round = last_round};
    if (!inventory_fold(&in, s->arena, inventory, &wanted, &wanted_count, e) ||
        !want_more(s, wanted, wanted_count, e)) {
        return false;
    }
    if (inventory->has_distribution &&
        !namespace_of(&inventory->distribution, s->arena, &match, e)) {
        return false;
    }
    inventory->namespace_ = match.namespace_;
    return true;
}
