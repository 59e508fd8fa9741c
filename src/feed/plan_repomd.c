/* plan_repomd.c: updates of rpm repositories. mirror.list or a folder of releases leads to
 * repodata/repomd.xml, and that to updateinfo.xml with its checksum (Duke's repomd format, as
 * createrepo writes it). An updateinfo whose checksum is known is not even asked for. */
#include "feed/feed.h"
#include "feed/plan_help.h"
#include "feed/plans.h"
#include "format/xml.h"

enum { MIRRORS_BYTES_MAX = 256 * 1024 };

/* -- repomd.xml ----------------------------------------------------------------------------- */

struct repomd {
    struct xml_handler base;
    const struct plan_question *question;
    struct arena *arena;
    struct plan_sink *out;
    bool is_repomd, in_updateinfo, sha256, open_sha256;
    struct plan_document document;
    str href;
};

/* "…/repodata/repomd.xml" and "repodata/x.xml.gz" → "…/repodata/x.xml.gz" */
static bool put_updateinfo(struct repomd *r, struct error *e)
{
    str place = r->question->url;
    size_t slash = str_find_last_char(place, '/');
    place = str_slice(place, 0, slash); /* …/repodata */
    size_t above = str_find_last_char(place, '/');
    str base = above == place.len ? STR_NONE : str_slice(place, 0, above + 1);
    if (r->href.len == 0) {
        return error_set(e, ERROR_FORMAT, "has an updateinfo without a location");
    }
    r->document.data = true;
    return arena_printf(r->arena, &r->document.url, e, "%.*s%.*s", (int)base.len,
                        base.len > 0 ? base.at : "", (int)r->href.len, r->href.at) &&
           r->out->fetch(r->out, &r->document, e);
}

static bool on_begin(struct repomd *r, const struct xml_event *event, struct error *e)
{
    if (event->depth == 1) {
        r->is_repomd = xml_is(event, "repomd");
    } else if (event->depth == 2 && xml_is(event, "data")) {
        r->in_updateinfo = str_eq(xml_attribute(event, "type"), STR("updateinfo"));
        r->document = (struct plan_document){.data = true};
        r->href = STR_NONE;
    } else if (event->depth == 3 && r->in_updateinfo) {
        bool sha256 = str_eq(xml_attribute(event, "type"), STR("sha256"));
        if (xml_is(event, "location")) {
            return arena_str(r->arena, xml_attribute(event, "href"), &r->href, e);
        }
        r->sha256 = xml_is(event, "checksum") && sha256;
        r->open_sha256 = xml_is(event, "open-checksum") && sha256;
    }
    return true;
}

static bool on_end(struct repomd *r, const struct xml_event *event, struct error *e)
{
    digest *to = r->sha256 ? &r->document.packed : r->open_sha256 ? &r->document.content : NULL;
    if (event->depth == 3 && r->in_updateinfo && to != NULL) {
        if (!plan_sha256(str_trim(event->text), to)) {
            return error_set(e, ERROR_FORMAT, "has a checksum '" STR_FMT "'", STR_ARG(event->text));
        }
        r->sha256 = r->open_sha256 = false;
    } else if (event->depth == 2 && r->in_updateinfo) {
        r->in_updateinfo = false;
        return put_updateinfo(r, e);
    }
    return true;
}

static bool on_event(struct xml_handler *self, const struct xml_event *event, struct error *e)
{
    struct repomd *r = CONTAINER_OF(self, struct repomd, base);
    return event->kind == XML_BEGIN ? on_begin(r, event, e) : on_end(r, event, e);
}

static bool read_repomd(const struct plan_question *q, struct reader *body, struct arena *arena,
                        struct plan_sink *out, struct error *e)
{
    struct repomd r = {.base = {.event = on_event}, .question = q, .arena = arena, .out = out};
    return xml_read(body, &r.base, e) &&
           (r.is_repomd || error_set(e, ERROR_FORMAT, "is no repomd document"));
}

/* -- what leads to it ----------------------------------------------------------------------- */

/* The first mirror of the list; a blank or a '#' line is none. */
static bool read_mirrors(struct reader *body, struct arena *arena, struct plan_sink *out,
                         struct error *e)
{
    str text, line;
    struct plan_document d = {.index = true};
    if (!plan_short_text(body, MIRRORS_BYTES_MAX, arena, &text, e)) {
        return false;
    }
    while (str_line(&text, &line)) {
        line = str_trim(line);
        if (str_starts(line, STR("https://")) || str_starts(line, STR("http://"))) {
            while (str_ends(line, STR("/"))) {
                line.len--;
            }
            return arena_printf(arena, &d.url, e, "%.*s/repodata/repomd.xml", (int)line.len,
                                line.at) &&
                   out->fetch(out, &d, e);
        }
    }
    return error_set(e, ERROR_FORMAT, "names no mirror");
}

struct releases {
    const struct plan_question *question;
    struct arena *arena;
    struct plan_sink *out;
};

/* "43/": a release of Fedora. */
static bool each_release(void *arg, str name, struct error *e)
{
    struct releases *r = arg;
    struct plan_document d = {.index = true, .optional = true};
    str below;
    if (name.len < 2 || name.len > 4 || !str_ends(name, STR("/"))) {
        return true;
    }
    for (size_t i = 0; i + 1 < name.len; i++) {
        if (name.at[i] < '0' || name.at[i] > '9') {
            return true;
        }
    }
    return arena_printf(r->arena, &below, e, "%.*sEverything/x86_64/repodata/repomd.xml",
                        (int)name.len, name.at) &&
           plan_beside(r->question->url, below, r->arena, &d.url, e) &&
           r->out->fetch(r->out, &d, e);
}

static bool next(const struct feed *self, const struct plan_question *q, struct reader *body,
                 struct arena *arena, struct plan_sink *out, struct error *e)
{
    (void)self;
    if (str_ends(q->url, STR("/repomd.xml"))) {
        return read_repomd(q, body, arena, out, e);
    }
    if (str_ends(q->url, STR("/"))) {
        struct releases r = {.question = q, .arena = arena, .out = out};
        return plan_links(body, arena, each_release, &r, e);
    }
    return read_mirrors(body, arena, out, e);
}

#define AMAZON_1 "http://repo.us-west-2.amazonaws.com/2018.03/"
#define AMAZON_2023 "al2023/core/mirrors/latest/"

static const char *const amazon[] = {
    "?" AMAZON_1 "updates/x86_64/mirror.list", "2/core/latest/x86_64/mirror.list",
    "?2/core/latest/aarch64/mirror.list",      AMAZON_2023 "x86_64/mirror.list",
    "?" AMAZON_2023 "aarch64/mirror.list",     NULL,
};
/* Amazon Linux 1 is served over http alone; what its repomd says is checked, and it is not signed.
 */
static const char *const amazon_hosts[] = {"http://.amazonaws.com", NULL};

const struct feed_plan plan_amazon = {.full = amazon, .hosts = amazon_hosts, .next = next};

static const char *const fedora[] = {"fedora/linux/updates/", NULL};

const struct feed_plan plan_fedora = {.full = fedora, .next = next};

#define ROCKY_REPOSITORY(release, name)                                                            \
    "?pub/rocky/" release "/" name "/x86_64/os/repodata/repomd.xml",                               \
        "?pub/rocky/" release "/" name "/aarch64/os/repodata/repomd.xml"
#define ROCKY(release, third)                                                                      \
    ROCKY_REPOSITORY(release, "BaseOS"), ROCKY_REPOSITORY(release, "AppStream"),                   \
        ROCKY_REPOSITORY(release, third), ROCKY_REPOSITORY(release, "extras")

static const char *const rocky[] = {ROCKY("8", "PowerTools"), ROCKY("9", "CRB"), ROCKY("10", "CRB"),
                                    NULL};

const struct feed_plan plan_rocky_updateinfo = {.full = rocky, .next = next};
