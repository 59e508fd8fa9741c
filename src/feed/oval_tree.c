/* oval_tree.c: the cases in which a definition's criteria hold: every AND is the product of its
 * children's cases, every OR their union, and negation is pushed down to the leaves (De Morgan).
 * The stack is as deep as the XML may be. */
#include <assert.h>
#include <string.h>

#include "feed/oval.h"

struct frame {
    struct oval_branches cases;
    bool is_or, negated, has_children;
};

enum { FRAMES_MAX = XML_DEPTH_MAX + 1 };

struct walk {
    struct oval *o;
    struct frame frames[FRAMES_MAX];
    size_t depth;
    bool too_many;
};

static bool add(struct walk *w, struct oval_branches *to, struct oval_branch one, struct error *e)
{
    void *items = to->at;
    if (to->count == OVAL_CASES_MAX || one.count > OVAL_LEAVES_MAX) {
        w->too_many = true;
        return true;
    }
    if (!arena_grow(&w->o->scratch, &items, to->count, &to->room, sizeof(*to->at), e)) {
        return false;
    }
    to->at = items;
    to->at[to->count++] = one;
    return true;
}

static bool joined(struct walk *w, struct oval_branch a, struct oval_branch b,
                   struct oval_branch *out, struct error *e)
{
    if (a.count == 0 || b.count == 0) {
        *out = a.count == 0 ? b : a;
        return true;
    }
    uint32_t *leaves = ARENA_ARRAY(&w->o->scratch, a.count + b.count, uint32_t, e);
    if (leaves == NULL) {
        return false;
    }
    memcpy(leaves, a.leaves, a.count * sizeof(*leaves));
    memcpy(leaves + a.count, b.leaves, b.count * sizeof(*leaves));
    *out = (struct oval_branch){.leaves = leaves, .count = a.count + b.count};
    return true;
}

/* The cases of a child join those of the criteria around it. */
static bool join(struct walk *w, struct frame *to, const struct oval_branches *child,
                 struct error *e)
{
    if (!to->has_children) {
        to->cases = *child;
        to->has_children = true;
        return true;
    }
    if (to->is_or) {
        for (size_t i = 0; i < child->count && !w->too_many; i++) {
            if (!add(w, &to->cases, child->at[i], e)) {
                return false;
            }
        }
        return true;
    }
    struct oval_branches product = {.count = 0};
    for (size_t i = 0; i < to->cases.count; i++) {
        for (size_t k = 0; k < child->count && !w->too_many; k++) {
            struct oval_branch both;
            if (!joined(w, to->cases.at[i], child->at[k], &both, e) || !add(w, &product, both, e)) {
                return false;
            }
        }
    }
    to->cases = product;
    return true;
}

static bool join_leaf(struct walk *w, const uint32_t *leaf, struct error *e)
{
    struct oval_branches one = {.count = 0};
    struct oval_branch branch = {.count = 0};
    if (leaf != NULL) {
        uint32_t *copy = ARENA_NEW(&w->o->scratch, uint32_t, e);
        if (copy == NULL) {
            return false;
        }
        *copy = *leaf;
        branch = (struct oval_branch){.leaves = copy, .count = 1};
    }
    return add(w, &one, branch, e) && join(w, &w->frames[w->depth - 1], &one, e);
}

static bool token(struct walk *w, size_t *at, struct error *e)
{
    uint32_t t = *(const uint32_t *)oval_list_at(&w->o->tree, *at);
    struct frame *top = &w->frames[w->depth - 1];
    bool negated = top->negated != ((t & OVAL_NEGATED) != 0);
    uint32_t leaf = (uint32_t)(*at << 1) | negated;
    switch (t & ((1 << OVAL_TOKEN_BITS) - 1)) {
    case OVAL_CRITERION:
        *at += (t & OVAL_OWN_COMMENT) != 0;
        return join_leaf(w, &leaf, e);
    case OVAL_TRUE:
        return join_leaf(w, NULL, e);
    case OVAL_CRITERIA:
        assert(w->depth < FRAMES_MAX);
        w->frames[w->depth++] =
            (struct frame){.is_or = negated != ((t & OVAL_OR) != 0), .negated = negated};
        return true;
    default:
        w->depth--;
        if (!top->has_children) { /* nothing is asked for */
            return join_leaf(w, NULL, e);
        }
        return join(w, &w->frames[w->depth - 1], &top->cases, e);
    }
}

/* -- what the leaves say -------------------------------------------------------------------- */

static void from_test(const struct oval *o, const struct oval_test *test, struct oval_leaf *leaf)
{
    if (!test->seen || test->object == 0) {
        return;
    }
    const struct oval_object *object = oval_list_at(&o->objects.items, test->object - 1);
    const struct oval_state *state =
        test->state == 0 ? NULL : oval_list_at(&o->states.items, test->state - 1);
    if (!object->seen || (object->name == 0 && object->variable == 0) ||
        (state != NULL && (!state->seen || state->says == OVAL_CONDITION))) {
        return;
    }
    leaf->name = oval_text(o, object->name);
    if (object->variable != 0) {
        leaf->names = oval_list_at(&o->variables.items, object->variable - 1);
    }
    leaf->negated = leaf->negated != test->negated;
    leaf->says = test->absent ? OVAL_ABSENT : OVAL_INSTALLED;
    leaf->version = STR_NONE;
    if (state != NULL) {
        leaf->says = (enum oval_says)state->says;
        leaf->version = oval_text(o, state->version);
        leaf->arch = oval_text(o, state->arch);
    }
}

static struct oval_leaf resolve(const struct oval *o, uint32_t number)
{
    uint32_t at = number >> 1, parts[3];
    uint32_t t = *(const uint32_t *)oval_list_at(&o->tree, at);
    const struct oval_test *test = oval_list_at(&o->tests.items, t >> OVAL_TEST_SHIFT);
    uint32_t comment = test->comment;
    if ((t & OVAL_OWN_COMMENT) != 0) {
        comment = *(const uint32_t *)oval_list_at(&o->tree, at + 1);
    }
    memcpy(parts, oval_pool_get(&o->comments, comment).at, sizeof(parts));
    struct oval_leaf leaf = {.negated = (number & 1) != 0, .says = (enum oval_says)parts[0]};
    if (leaf.says == OVAL_CONDITION) {
        leaf.comment = oval_text(o, parts[1]);
        leaf.note = oval_text(o, parts[2]);
    } else {
        leaf.name = oval_text(o, parts[1]);
        leaf.version = oval_text(o, parts[2]);
    }
    from_test(o, test, &leaf);
    return leaf;
}

struct oval_case oval_tree_case(const struct oval *o, const struct oval_branch *branch,
                                struct oval_leaf leaves[OVAL_LEAVES_MAX])
{
    for (size_t i = 0; i < branch->count; i++) {
        leaves[i] = resolve(o, branch->leaves[i]);
    }
    return (struct oval_case){.leaves = leaves, .count = branch->count};
}

enum step oval_tree_cases(struct oval *o, const struct oval_definition *d,
                          struct oval_branches *out, struct error *e)
{
    struct walk *w = ARENA_NEW(&o->scratch, struct walk, e);
    if (w == NULL) {
        return STEP_FAILED;
    }
    w->o = o;
    w->depth = 1; /* around the definition's own criteria */
    size_t end = (size_t)d->tree_at + d->tree_count;
    for (size_t at = d->tree_at; at < end && !w->too_many; at++) {
        if (!token(w, &at, e)) {
            return STEP_FAILED;
        }
    }
    *out = w->frames[0].cases;
    return w->too_many ? STEP_END : STEP_GOT;
}
