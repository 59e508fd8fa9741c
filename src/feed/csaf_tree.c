/* csaf_tree.c: product_tree: branches inside branches, each with a product or none; products
 * without a branch (full_product_names); and relationships, which make a product of two others. */
#include "feed/csaf_parse.h"

static void product_begin(struct csaf_parser *p)
{
    p->product_id = p->product_name = p->product_cpe = p->product_purl = STR_NONE;
}

static bool product_member(struct csaf_parser *p, str key, str text, struct error *e)
{
    if (str_eq(key, STR("product_id"))) {
        return csaf_keep(p, text, &p->product_id, e);
    }
    if (str_eq(key, STR("name"))) {
        return csaf_keep(p, text, &p->product_name, e);
    }
    if (str_eq(key, STR("cpe"))) {
        return csaf_keep(p, text, &p->product_cpe, e);
    }
    return !str_eq(key, STR("purl")) || csaf_keep(p, text, &p->product_purl, e);
}

/* Publishers repeat a product in several branches; what was said once stays. */
static bool product_end(struct csaf_parser *p, struct error *e)
{
    if (p->product_id.len == 0) {
        return true;
    }
    struct csaf_product *product = csaf_product(p, p->product_id, e);
    if (product == NULL) {
        return false;
    }
    product->name = p->product_name.len > 0 ? p->product_name : product->name;
    product->cpe = p->product_cpe.len > 0 ? p->product_cpe : product->cpe;
    product->purl = p->product_purl.len > 0 ? p->product_purl : product->purl;
    return true;
}

static bool relation_end(struct csaf_parser *p, struct error *e)
{
    bool whole = p->product_id.len > 0 && p->relation_component.len > 0 && p->relation_of.len > 0;
    if (!whole || str_eq(p->relation_category, STR("installed_with"))) {
        return true;
    }
    struct csaf_product *product = csaf_product(p, p->product_id, e);
    struct csaf_product *component =
        product == NULL ? NULL : csaf_product(p, p->relation_component, e);
    struct csaf_product *of = component == NULL ? NULL : csaf_product(p, p->relation_of, e);
    if (of == NULL) {
        return false;
    }
    product->name = p->product_name;
    product->component = component;
    product->of = of;
    return true;
}

static bool relation_event(struct csaf_parser *p, const struct json_event *event, struct error *e)
{
    if (event->depth == 3 && event->kind == JSON_OBJECT) {
        product_begin(p);
        p->relation_category = p->relation_component = p->relation_of = STR_NONE;
    }
    if (event->depth == 3 && event->kind == JSON_END) {
        return relation_end(p, e);
    }
    if (event->kind != JSON_STRING) {
        return true;
    }
    if (event->depth == 5 && csaf_key(event, 4, STR("full_product_name"))) {
        return product_member(p, event->path[4].key, event->text, e);
    }
    if (event->depth != 4) {
        return true;
    }
    if (csaf_key(event, 4, STR("category"))) {
        return csaf_keep(p, event->text, &p->relation_category, e);
    }
    if (csaf_key(event, 4, STR("product_reference"))) {
        return csaf_keep(p, event->text, &p->relation_component, e);
    }
    return !csaf_key(event, 4, STR("relates_to_product_reference")) ||
           csaf_keep(p, event->text, &p->relation_of, e);
}

/* A branch is an object at an odd depth (product_tree, branches, index; branches, index …). Its
 * category and name may come behind all that is in it, so they are not looked at. */
static bool is_branch(const struct json_event *event, size_t depth)
{
    return depth >= 3 && depth % 2 == 1 && csaf_key(event, depth - 1, STR("branches"));
}

static bool branch_event(struct csaf_parser *p, const struct json_event *event, struct error *e)
{
    size_t depth = event->depth;
    bool is_product = csaf_key(event, depth, STR("product")) && is_branch(event, depth - 1);
    if (event->kind == JSON_OBJECT && is_product) {
        product_begin(p);
    }
    if (event->kind == JSON_END && is_product) {
        return product_end(p, e);
    }
    if (event->kind != JSON_STRING || depth < 5) {
        return true;
    }
    bool helper = csaf_key(event, depth - 1, STR("product_identification_helper"));
    size_t product = helper ? depth - 2 : depth - 1;
    return !csaf_key(event, product, STR("product")) || !is_branch(event, product - 1) ||
           product_member(p, event->path[depth - 1].key, event->text, e);
}

static bool full_name_event(struct csaf_parser *p, const struct json_event *event, struct error *e)
{
    if (event->depth == 3 && event->kind == JSON_OBJECT) {
        product_begin(p);
    }
    if (event->depth == 3 && event->kind == JSON_END) {
        return product_end(p, e);
    }
    bool member = event->depth == 4 ||
                  (event->depth == 5 && csaf_key(event, 4, STR("product_identification_helper")));
    return event->kind != JSON_STRING || !member ||
           product_member(p, event->path[event->depth - 1].key, event->text, e);
}

bool csaf_tree_event(struct csaf_parser *p, const struct json_event *event, struct error *e)
{
    if (csaf_key(event, 2, STR("branches"))) {
        return branch_event(p, event, e);
    }
    if (csaf_key(event, 2, STR("relationships"))) {
        return relation_event(p, event, e);
    }
    return !csaf_key(event, 2, STR("full_product_names")) || full_name_event(p, event, e);
}
