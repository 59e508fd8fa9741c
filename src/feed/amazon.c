/* amazon.c: Amazon Linux' lists of updates. Ids of the lines look alike: "ALAS-2011-1" (the first
 * one), "ALAS2-2018-939", "ALAS2DOCKER-2021-001" (a repository of its own, "extra"),
 * "ALAS2023-2023-001", "ALAS2023LIVEPATCH-2024-001". The collection tells the line where the id
 * does not. */
#include "feed/plans.h"
#include "feed/updateinfo.h"

static const char *const documents[] = {
    "https://cdn.amazonlinux.com/2018.03/updates/x86_64/repodata/updateinfo.xml.gz",
    "https://cdn.amazonlinux.com/2/core/latest/x86_64/repodata/updateinfo.xml.gz",
    "https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/repodata/updateinfo.xml.gz",
    NULL,
};

/* What follows "ALAS" up to the '-': "", "2", "2DOCKER", "2023LIVEPATCH". */
static str id_line(str id)
{
    if (!str_starts(id, STR("ALAS"))) {
        return STR_NONE;
    }
    str rest = str_slice(id, 4, id.len);
    return str_slice(rest, 0, str_find_char(rest, '-'));
}

static size_t digits(str text)
{
    size_t n = 0;
    while (n < text.len && text.at[n] >= '0' && text.at[n] <= '9') {
        n++;
    }
    return n;
}

static str namespace_of_number(str number)
{
    static const struct {
        str number, namespace_;
    } lines[] = {
        {STR_INIT("2"), STR_INIT("amzn:2")},
        {STR_INIT("2022"), STR_INIT("amzn:2022")},
        {STR_INIT("2023"), STR_INIT("amzn:2023")},
    };
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        if (str_eq(lines[i].number, number)) {
            return lines[i].namespace_;
        }
    }
    return STR_NONE;
}

static str namespace_of_update(const struct updateinfo_update *u, str line)
{
    if (str_starts(u->collection, STR("amazon-linux-ami"))) {
        return STR("amzn:1");
    }
    str number = updateinfo_number_after(u->collection, STR("amazon-linux-"));
    if (number.len == 0) {
        number = str_slice(line, 0, digits(line));
    }
    str found = namespace_of_number(number);
    if (found.len > 0 || number.len > 0) {
        return found;
    }
    return str_starts(u->id, STR("ALAS-")) ? STR("amzn:1") : STR_NONE;
}

/* "LIVEPATCH" → "livepatch", "DOCKER" → "extra:docker" */
static bool product_of(str repository, struct arena *arena, str *out, struct error *e)
{
    bool live = str_eq_nocase(repository, STR("LIVEPATCH"));
    char *name;
    if (repository.len == 0) {
        return true;
    }
    if (!arena_printf(arena, out, e, "%s%.*s", live ? "" : "extra:", (int)repository.len,
                      repository.at)) {
        return false;
    }
    name = ARENA_ARRAY(arena, out->len, char, e);
    for (size_t i = 0; name != NULL && i < out->len; i++) {
        char c = out->at[i];
        name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out->at = name;
    return name != NULL;
}

static bool amazon_place(const struct updateinfo_update *u, struct arena *arena,
                         struct updateinfo_place *out, struct error *e)
{
    str line = id_line(u->id);
    out->namespace_ = namespace_of_update(u, line);
    if (out->namespace_.len == 0 || !str_starts(u->id, STR("ALAS"))) {
        out->namespace_ = STR_NONE;
        return true;
    }
    str number = str_slice(out->namespace_, sizeof("amzn:") - 1, out->namespace_.len);
    str page = u->id;
    if (str_eq(number, STR("2"))) { /* ALAS2-2018-939 is on the page AL2/ALAS-2018-939 */
        page = str_slice(u->id, str_starts(line, STR("2")) ? 5 : 4, u->id.len);
        return product_of(str_slice(line, digits(line), line.len), arena, &out->product, e) &&
               arena_printf(arena, &out->url, e,
                            "https://alas.aws.amazon.com/AL2/ALAS" STR_FMT ".html", STR_ARG(page));
    }
    if (str_eq(number, STR("1"))) {
        return arena_printf(arena, &out->url, e, "https://alas.aws.amazon.com/" STR_FMT ".html",
                            STR_ARG(page));
    }
    return product_of(str_slice(line, digits(line), line.len), arena, &out->product, e) &&
           arena_printf(arena, &out->url, e,
                        "https://alas.aws.amazon.com/AL" STR_FMT "/" STR_FMT ".html",
                        STR_ARG(number), STR_ARG(page));
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct updateinfo_publisher amazon = {
        .name = STR_INIT("amazon"),
        .place = amazon_place,
    };
    (void)self;
    return updateinfo_read(&amazon, document, body, arena, out, e);
}

const struct feed feed_amazon = {
    .name = "amazon",
    .summary = "Amazon Linux security updates (ALAS)",
    .publisher = "Amazon Web Services",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://cdn.amazonlinux.com/",
    .documents = documents,
    .plan = &plan_amazon,
    .claims = updateinfo_claims,
    .read = read_document,
};
