/* fedora.c: the updates of Fedora and of EPEL, as their repositories list them. There is nothing
 * about vulnerabilities that are not fixed. EPEL's packages stand beside those of any enterprise
 * Linux of that number: namespace "epel:9". */
#include "feed/plans.h"
#include "feed/updateinfo.h"

static const char *const documents[] = {
    "?fedora/linux/updates/42/Everything/x86_64/repodata/updateinfo.xml.zst",
    "?fedora/linux/updates/43/Everything/x86_64/repodata/updateinfo.xml.zst",
    "?fedora/linux/updates/44/Everything/x86_64/repodata/updateinfo.xml.zst",
    "?epel/8/Everything/x86_64/repodata/updateinfo.xml.zst",
    "?epel/9/Everything/x86_64/repodata/updateinfo.xml.zst",
    "?epel/10/Everything/x86_64/repodata/updateinfo.xml.zst",
    NULL,
};

/* "Fedora 38 Modular", "Fedora EPEL 6", "Fedora EPEL 10.1", "F43", "F38M", "EL-6", "EPEL-8". */
static bool fedora_place(const struct updateinfo_update *u, struct arena *arena,
                         struct updateinfo_place *out, struct error *e)
{
    static const struct {
        str before;
        const char *name;
    } forms[] = {
        {STR_INIT("Fedora EPEL "), "epel"}, {STR_INIT("EPEL-"), "epel"}, {STR_INIT("EL-"), "epel"},
        {STR_INIT("Fedora "), "fedora"},    {STR_INIT("F"), "fedora"},
    };
    if (!str_starts(u->id, STR("FEDORA-"))) {
        return true;
    }
    const str texts[] = {u->release, u->collection};
    for (size_t t = 0; t < ARRAY_COUNT(texts); t++) {
        for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
            str number = updateinfo_number_after(texts[t], forms[i].before);
            if (number.len > 0) {
                return arena_printf(arena, &out->namespace_, e, "%s:" STR_FMT, forms[i].name,
                                    STR_ARG(number)) &&
                       arena_printf(arena, &out->url, e,
                                    "https://bodhi.fedoraproject.org/updates/" STR_FMT,
                                    STR_ARG(u->id));
            }
        }
    }
    return true;
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct updateinfo_publisher fedora = {
        .name = STR_INIT("fedora"),
        .place = fedora_place,
    };
    (void)self;
    return updateinfo_read(&fedora, document, body, arena, out, e);
}

const struct feed feed_fedora = {
    .name = "fedora",
    .summary = "Fedora's and EPEL's updates",
    .publisher = "Fedora Project",
    .licence = "not stated",
    .redistributable = true,
    .site = "https://dl.fedoraproject.org/pub/",
    .documents = documents,
    .plan = &plan_fedora,
    .claims = updateinfo_claims,
    .read = read_document,
};
