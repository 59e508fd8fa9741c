/* seal.c: Seal Security's rebuilds, as a zip of OSV records. They speak of packages that Seal
 * renamed ("seal-ImageMagick") or whose versions carry its mark ("+sp1"), so every row has the
 * product "seal" and none applies to a distribution's own package. */
#include "feed/osv.h"

#define SYSTEM(text, space)                                                                        \
    {                                                                                              \
        .name = STR_INIT(text), .namespace_ = STR_INIT(space), .form = OSV_RELEASE,                \
        .scope = SCOPE_BINARY                                                                      \
    }

/* Names in the records, in any letter case. */
static const struct osv_ecosystem systems[] = {
    SYSTEM("centos", "centos"),
    SYSTEM("redhat", "rhel"),
    SYSTEM("red hat", "rhel"),
    SYSTEM("rhel", "rhel"),
    SYSTEM("oracle linux", "ol"),
    SYSTEM("oracle", "ol"),
    SYSTEM("rocky", "rocky"),
    SYSTEM("rocky linux", "rocky"),
    SYSTEM("almalinux", "almalinux"),
    SYSTEM("amazon linux", "amzn"),
    SYSTEM("amazon", "amzn"),
    SYSTEM("cbl-mariner", "mariner"),
    SYSTEM("azure linux", "azurelinux"),
    SYSTEM("azurelinux", "azurelinux"),
    SYSTEM("photon os", "photon"),
    SYSTEM("photon", "photon"),
    SYSTEM("debian", "debian"),
    SYSTEM("ubuntu", "ubuntu"),
    SYSTEM("alpine", "alpine"),
    SYSTEM("suse", "sles"),
};

static const char *const documents[] = {"vulnerabilities.zip", NULL};

static bool claims(str path)
{
    return document_path_ends(path, STR("vulnerabilities.zip"));
}

static bool is_plain(str release)
{
    for (size_t i = 0; i < release.len; i++) {
        char c = release.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.')) {
            return false;
        }
    }
    return release.len > 0 && release.len <= 16;
}

/* "Oracle Linux:7"; what is no system is a language as in everybody's records. */
static bool place(str ecosystem, struct arena *arena, struct osv_place *out, struct error *e)
{
    str release = ecosystem, name;
    for (size_t i = 0; str_cut(&release, ':', &name) && i < ARRAY_COUNT(systems); i++) {
        if (!str_eq_nocase(name, systems[i].name)) {
            release = ecosystem;
            continue;
        }
        *out = (struct osv_place){.ecosystem = is_plain(release) ? &systems[i] : NULL};
        bool branch = str_eq(systems[i].namespace_, STR("alpine")) && release.at[0] != 'v' &&
                      !str_eq(release, STR("edge"));
        return out->ecosystem == NULL ||
               arena_printf(arena, &out->namespace_, e, STR_FMT ":%s" STR_FMT,
                            STR_ARG(systems[i].namespace_), branch ? "v" : "", STR_ARG(release));
    }
    return osv_place_find(ecosystem, arena, out, e);
}

static bool read_document(const struct feed *self, const struct feed_document *document,
                          struct reader *body, struct arena *arena, struct advisory_sink *out,
                          struct error *e)
{
    static const struct osv_publisher seal = {.product = STR_INIT("seal"), .place = place};
    (void)self;
    return osv_document_read(&seal, document, body, arena, out, e);
}

const struct feed feed_seal = {
    .name = "seal",
    .summary = "Seal Security's rebuilt packages",
    .publisher = "Seal Security",
    .licence = "not stated",
    .redistributable = false,
    .site = "https://vulnfeed.sealsecurity.io/v1/osv/renamed/",
    .documents = documents,
    .claims = claims,
    .read = read_document,
};
