/* parts.c: which of Red Hat's products are in an image. Its repositories say so: each has CPEs, in
 * a list that Red Hat publishes and the feed keeps as rows of the namespace "redhat-repository",
 * one a CPE, for the package that is called as the repository.
 *
 * What an image's label gives as a CPE is the product that it was made for, which need not be where
 * its packages come from. So without a repository that the list knows, all parts of the release
 * itself are assumed, and none of its extensions (EUS, AUS, E4S, TUS). */
#include "base/num.h"
#include "match/rules.h"

enum { MINOR_MAX = 30 };

/* Of one image; real ones have fewer than 50. */
enum { PARTS_MAX = 512 };

static const str base_product = STR_INIT("enterprise_linux");

struct list {
    struct arena *arena;
    struct map texts; /* those that are in it */
    struct part_cpe *at;
    size_t count, room;
    bool is_cut;
};

static MUST_USE bool add(struct list *list, str text, bool open, struct error *e)
{
    struct part_cpe part = {.open = open};
    if (!cpe_parse(text, &part.cpe) || map_get(&list->texts, text) != NULL) {
        return true;
    }
    if (!map_put(&list->texts, text, list, e)) {
        return false;
    }
    void *items = list->at;
    if (!arena_grow(list->arena, &items, list->count, &list->room, sizeof(*list->at), e)) {
        return false;
    }
    list->at = items;
    list->at[list->count++] = part;
    return true;
}

/* One that the image names; there can be too many. */
static MUST_USE bool add_named(struct list *list, str text, struct error *e)
{
    if (list->count < PARTS_MAX) {
        return add(list, text, false, e);
    }
    list->is_cut = list->is_cut || map_get(&list->texts, text) == NULL;
    return true;
}

/* The rows of one repository; *known where the list has it. */
static MUST_USE bool add_repository(struct list *list, struct advisories *advisories, str name,
                                    bool *known, struct error *e)
{
    const struct advisory_row *rows;
    size_t count;
    if (!advisories_find(advisories, STR("redhat-repository"), SCOPE_SOURCE, name, list->arena,
                         &rows, &count, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!add_named(list, rows[i].affected.product, e)) {
            return false;
        }
        *known = true;
    }
    return true;
}

static MUST_USE bool add_release(struct list *list, str version, bool open, struct error *e)
{
    str text;
    return arena_printf(list->arena, &text, e, "cpe:2.3:*:redhat:enterprise_linux:" STR_FMT,
                        STR_ARG(version)) &&
           add(list, text, open, e);
}

/* "10", and where the release is 10.1 also "10.0" and "10.1": what was fixed in the releases
 * before holds for it too. */
static MUST_USE bool add_base(struct list *list, str major, str version, struct error *e)
{
    uint64_t minor = 0;
    bool has_minor =
        str_starts(version, major) && version.len > major.len + 1 && version.at[major.len] == '.' &&
        num_parse(str_slice(version, major.len + 1, version.len), 10, MINOR_MAX, &minor);
    if (!add_release(list, major, true, e)) {
        return false;
    }
    for (uint64_t i = 0; has_minor && i <= minor; i++) {
        str text;
        if (!arena_printf(list->arena, &text, e, STR_FMT ".%u", STR_ARG(major), (unsigned)i) ||
            !add_release(list, text, true, e)) {
            return false;
        }
    }
    return true;
}

bool parts_of(struct advisories *advisories, struct inventory *inventory, str namespace_,
              struct arena *arena, struct parts *out, struct error *e)
{
    struct list list = {.arena = arena};
    str major = namespace_, name;
    *out = (struct parts){.distribution = inventory->distribution.id};
    map_init(&list.texts, arena);
    map_init(&out->fixed, arena);
    map_init(&out->unfixed, arena);
    if (!str_cut(&major, ':', &name) || !str_eq(name, STR("rhel"))) {
        return true;
    }
    bool known = false;
    for (size_t i = 0; i < inventory->repositories_count; i++) {
        str text = inventory->repositories[i];
        bool ok = str_starts(text, STR("cpe:"))
                      ? add_named(&list, text, e)
                      : add_repository(&list, advisories, text, &known, e);
        if (!ok) {
            return false;
        }
    }
    if (!known && !add_base(&list, major, inventory->distribution.version_id, e)) {
        return false;
    }
    out->major = major;
    out->cpes = list.at;
    out->cpes_count = list.count;
    return !list.is_cut || note_add(inventory, arena, DIAG_INCOMPLETE, e,
                                    "its repositories are of more than %d products: the others did "
                                    "not count",
                                    PARTS_MAX);
}

/* "cpe:/o:redhat:enterprise_linux:9" alone: the release with all that belongs to it. Red Hat names
 * it where no part of it has a fix. */
static bool is_whole_release(const struct parts *parts, const struct cpe *cpe)
{
    for (int part = CPE_UPDATE; part < CPE_PARTS; part++) {
        if (cpe->parts[part].len > 0 && !str_eq(cpe->parts[part], STR("*"))) {
            return false;
        }
    }
    return parts->major.len > 0 && str_eq_nocase(cpe->parts[CPE_VENDOR], STR("redhat")) &&
           str_eq_nocase(cpe->parts[CPE_PRODUCT], base_product) &&
           str_eq(cpe->parts[CPE_VERSION], parts->major);
}

static bool has_any(const struct parts *parts, const struct cpe *cpe, bool has_fix)
{
    if (!has_fix && is_whole_release(parts, cpe)) {
        return true;
    }
    for (size_t i = 0; i < parts->cpes_count; i++) {
        const struct part_cpe *own = &parts->cpes[i];
        if (own->open ? cpe_overlaps(cpe, &own->cpe) : cpe_covers(cpe, &own->cpe)) {
            return true;
        }
    }
    return false;
}

enum part_answer parts_have(struct parts *parts, str product, bool has_fix)
{
    /* a release has some hundred products in a hundred thousand rows: each is looked at once */
    static enum part_answer answers[] = {PART_STRANGE, PART_ABSENT, PART_PRESENT};
    struct map *known = has_fix ? &parts->fixed : &parts->unfixed;
    enum part_answer *found = map_get(known, product);
    struct cpe cpe;
    if (found == NULL) {
        found = !cpe_parse(product, &cpe)       ? &answers[PART_STRANGE]
                : has_any(parts, &cpe, has_fix) ? &answers[PART_PRESENT]
                                                : &answers[PART_ABSENT];
        struct error unused;
        (void)!map_put(known, product, found, &unused); /* it is only looked at again */
    }
    return *found;
}
