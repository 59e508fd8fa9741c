/* osv_ecosystem.c: from an ecosystem's name in a record to limpid's namespace and product.
 * https://ossf.github.io/osv-schema/#defined-ecosystems */
#include "base/num.h"
#include "feed/osv.h"

#define LANGUAGE(text, space)                                                                      \
    {                                                                                              \
        .name = STR_INIT(text), .namespace_ = STR_INIT(space), .scope = SCOPE_BINARY               \
    }
#define DISTRIBUTION(text, space, shape, of, ...)                                                  \
    {                                                                                              \
        .name = STR_INIT(text), .namespace_ = STR_INIT(space), .form = OSV_##shape,                \
        .scope = SCOPE_##of, .upstream_are_ids = true, __VA_ARGS__                                 \
    }

static const struct osv_ecosystem ecosystems[] = {
    LANGUAGE("PyPI", "pypi"),
    LANGUAGE("npm", "npm"),
    LANGUAGE("Go", "go"),
    LANGUAGE("Maven", "maven"),
    LANGUAGE("crates"
             ".io",
             "cargo"),
    LANGUAGE("cargo", "cargo"),
    LANGUAGE("RubyGems", "gem"),
    LANGUAGE("Packagist", "composer"),
    LANGUAGE("NuGet", "nuget"),
    LANGUAGE("Hex", "hex"),
    LANGUAGE("Pub", "pub"),
    LANGUAGE("SwiftURL", "swift"),
    LANGUAGE("Hackage", "hackage"),
    LANGUAGE("GHC", "hackage"), /* with a product, see place_language */
    LANGUAGE("CRAN", "cran"),
    LANGUAGE("ConanCenter", "conan"),
    LANGUAGE("GitHub Actions", "github-actions"),
    LANGUAGE("Bitnami", "bitnami"),
    /* a package that wraps a library is about the library's flaw */
    {.name = STR_INIT("Julia"),
     .namespace_ = STR_INIT("julia"),
     .scope = SCOPE_BINARY,
     .upstream_are_ids = true},

    DISTRIBUTION("AlmaLinux", "almalinux", RELEASE, BINARY, .related_are_ids = true,
                 .modular = true, .severity_first = true),
    DISTRIBUTION("Alpaquita", "alpaquita", RELEASE, SOURCE, .related_if_alone = true),
    DISTRIBUTION("Alpine", "alpine", RELEASE, SOURCE, .related_if_alone = true),
    DISTRIBUTION("Azure Linux", "azurelinux", AZURE, SOURCE, .related_if_alone = true),
    DISTRIBUTION("BellSoft Hardened Containers", "bellsoft-hardened-containers", RELEASE, SOURCE,
                 .related_if_alone = true),
    DISTRIBUTION("Chainguard", "chainguard", ROLLING, SOURCE, .related_if_alone = true),
    DISTRIBUTION("Debian", "debian", RELEASE, SOURCE, .related_if_alone = true),
    DISTRIBUTION("Echo", "echo", ROLLING, SOURCE, .related_if_alone = true),
    DISTRIBUTION("Mageia", "mageia", RELEASE, SOURCE, .related_are_ids = true),
    DISTRIBUTION("MinimOS", "minimos", ROLLING, SOURCE, .related_if_alone = true),
    DISTRIBUTION("Photon OS", "photon", RELEASE, SOURCE, .related_if_alone = true),
    DISTRIBUTION("Red Hat", "rhel", RED_HAT, BINARY, .related_are_ids = true),
    /* names few of the packages that a source builds: it is matched by the source's name */
    DISTRIBUTION("Rocky Linux", "rocky", RELEASE, SOURCE, .related_are_ids = true, .modular = true,
                 .severity_first = true),
    DISTRIBUTION("SUSE", "sles", SUSE, SOURCE, .related_are_ids = true),
    DISTRIBUTION("Ubuntu", "ubuntu", UBUNTU, SOURCE, .related_if_alone = true, .priority = true),
    DISTRIBUTION("Wolfi", "wolfi", ROLLING, SOURCE, .related_if_alone = true),
    DISTRIBUTION("openEuler", "openeuler", OPENEULER, SOURCE, .related_if_alone = true),
    DISTRIBUTION("openSUSE", "opensuse-leap", OPENSUSE, SOURCE, .related_are_ids = true),
};

static bool lower_copy(str text, struct arena *arena, str *out, struct error *e)
{
    char *to = ARENA_ARRAY(arena, text.len + 1, char, e);
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *out = (str){.at = to, .len = text.len};
    return true;
}

/* "22.04", "v3.18", "9", "edge": what namespaces are made of. */
static bool is_release(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.')) {
            return false;
        }
    }
    return text.len > 0 && text.len <= 16;
}

static bool is_number(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] == '.' && i > 0))) {
            return false;
        }
    }
    return text.len > 0 && text.len <= 16;
}

static bool join(struct osv_place *place, str first, str release, struct arena *arena,
                 struct error *e)
{
    bool whole = str_find_char(first, ':') < first.len;
    return arena_printf(arena, &place->namespace_, e, STR_FMT "%s" STR_FMT, STR_ARG(first),
                        whole ? "" : ":", STR_ARG(release));
}

/* Not a place that limpid reads. */
static bool nowhere(struct osv_place *place)
{
    *place = (struct osv_place){.ecosystem = NULL};
    return true;
}

static bool place_language(struct osv_place *place)
{
    place->namespace_ = place->ecosystem->namespace_;
    if (str_eq(place->ecosystem->name, STR("GHC"))) {
        place->product = STR("ghc"); /* its parts are not Hackage's packages of those names */
    }
    return true;
}

static bool place_release(struct osv_place *place, str release, struct arena *arena,
                          struct error *e)
{
    if (!is_release(release)) {
        return nowhere(place);
    }
    if (str_eq(place->ecosystem->namespace_, STR("alpine")) && is_number(release)) {
        return join(place, STR("alpine:v"), release, arena, e); /* Root.io leaves the "v" out */
    }
    return join(place, place->ecosystem->namespace_, release, arena, e);
}

/* "22.04:LTS", "25.10", "Pro:22.04:LTS", "Pro:FIPS-updates:22.04:LTS" */
static bool place_ubuntu(struct osv_place *place, str text, struct arena *arena, struct error *e)
{
    if (str_ends(text, STR(":LTS"))) {
        text.len -= 4;
    }
    size_t colon = str_find_last_char(text, ':');
    str release = colon == text.len ? text : str_slice(text, colon + 1, text.len);
    if (!is_release(release)) {
        return nowhere(place);
    }
    if (colon < text.len && !lower_copy(str_slice(text, 0, colon), arena, &place->product, e)) {
        return false;
    }
    return join(place, place->ecosystem->namespace_, release, arena, e);
}

/* -- SUSE ----------------------------------------------------------------------------------- */

/* The products that a system of the namespace has packages of, the longer names first. */
static const struct {
    str name, namespace_, product;
} suse_products[] = {
    {STR_INIT("Linux Enterprise Live Patching "), STR_INIT("sles"), STR_INIT("livepatch")},
    {STR_INIT("Linux Enterprise Module for Live Patching "), STR_INIT("sles"),
     STR_INIT("livepatch")},
    {STR_INIT("Linux Enterprise Micro "), STR_INIT("sle-micro"), STR_INIT("")},
    {STR_INIT("Linux Enterprise Desktop "), STR_INIT("sled"), STR_INIT("")},
    {STR_INIT("Linux Enterprise "), STR_INIT("sles"), STR_INIT("")},
    {STR_INIT("Linux Micro "), STR_INIT("sl-micro"), STR_INIT("")},
    {STR_INIT("Package Hub "), STR_INIT("sles"), STR_INIT("package-hub")},
};

/* The "15 SP3-LTSS" at the end: release "15.3", rest "LTSS". */
static bool suse_release(str text, struct arena *arena, str *release, str *rest, struct error *e)
{
    str word, number = STR_NONE, pack = STR_NONE;
    *release = *rest = STR_NONE;
    while (str_word(&text, &word)) {
        str main = str_slice(word, 0, str_find_char(word, '-'));
        if (is_number(main)) {
            number = main;
            pack = STR_NONE;
        } else if (number.len > 0 && str_starts(main, STR("SP")) &&
                   is_number(str_slice(main, 2, main.len))) {
            pack = str_slice(main, 2, main.len);
        } else {
            continue;
        }
        *rest = str_slice(word, main.len + 1, word.len);
    }
    if (pack.len == 0) {
        *release = number;
        return true;
    }
    return arena_printf(arena, release, e, STR_FMT "." STR_FMT, STR_ARG(number), STR_ARG(pack));
}

static bool place_suse(struct osv_place *place, str text, struct arena *arena, struct error *e)
{
    for (size_t i = 0; i < ARRAY_COUNT(suse_products); i++) {
        if (!str_starts(text, suse_products[i].name)) {
            continue;
        }
        str release, rest;
        if (!suse_release(text, arena, &release, &rest, e)) {
            return false;
        }
        if (release.len == 0) {
            break;
        }
        place->product = suse_products[i].product;
        if (place->product.len == 0 && rest.len > 0 &&
            !lower_copy(rest, arena, &place->product, e)) {
            return false;
        }
        return join(place, suse_products[i].namespace_, release, arena, e);
    }
    return nowhere(place);
}

static bool place_opensuse(struct osv_place *place, str text, struct arena *arena, struct error *e)
{
    if (str_eq(text, STR("Tumbleweed"))) {
        place->namespace_ = STR("opensuse-tumbleweed");
        return true;
    }
    str first = STR("opensuse-leap"), word;
    if (str_starts(text, STR("Leap Micro "))) {
        first = STR("opensuse-leap-micro");
        text = str_slice(text, 11, text.len);
    } else if (str_starts(text, STR("Leap "))) {
        text = str_slice(text, 5, text.len);
    }
    if (!str_word(&text, &word) || !is_number(word)) {
        return nowhere(place);
    }
    /* "15.3 NonFree" is another repository of the same release */
    return join(place, first, word, arena, e);
}

/* -- Red Hat -------------------------------------------------------------------------------- */

static bool is_red_hat_system(str product)
{
    static const str systems[] = {
        STR_INIT("enterprise_linux"),
        STR_INIT("rhel_eus"),
        STR_INIT("rhel_aus"),
        STR_INIT("rhel_e4s"),
        STR_INIT("rhel_tus"),
        STR_INIT("rhel_els"),
        STR_INIT("rhel_mission_critical"),
        STR_INIT("rhel_eus_long_life"),
        STR_INIT("rhel_extras"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(systems); i++) {
        if (str_eq(product, systems[i])) {
            return true;
        }
    }
    return false;
}

/* The release that a product is for: its own version where the product is the system itself,
 * else "el9" in the edition; rhel_dotnet 6.0 is for "el7". */
static str red_hat_release(str product, str version, str edition)
{
    str major = str_slice(version, 0, str_find_char(version, '.'));
    if (is_red_hat_system(product) && is_number(major)) {
        return major;
    }
    size_t el = str_find(edition, STR("el"));
    str number = str_slice(edition, el + 2, edition.len);
    size_t digits = 0;
    while (digits < number.len && number.at[digits] >= '0' && number.at[digits] <= '9') {
        digits++;
    }
    return str_slice(number, 0, digits < 3 ? digits : 0);
}

/* Records leave the CPE's head out; the systems themselves are "o", what is added to them "a". */
static bool red_hat_is_base(str product, str edition)
{
    static const str editions[] = {STR_INIT("baseos"),      STR_INIT("server"),
                                   STR_INIT("client"),      STR_INIT("workstation"),
                                   STR_INIT("computenode"), STR_INIT("")};
    bool base = false;
    for (size_t i = 0; i < ARRAY_COUNT(editions); i++) {
        base = base || str_eq(edition, editions[i]);
    }
    return base && is_red_hat_system(product) && !str_eq(product, STR("rhel_extras"));
}

/* "rhel_eus:8.8::baseos" */
static bool place_red_hat(struct osv_place *place, str text, struct arena *arena, struct error *e)
{
    str rest = text, product, version, update = STR_NONE;
    if (!str_cut(&rest, ':', &product)) {
        return nowhere(place);
    }
    if (!str_cut(&rest, ':', &version)) {
        version = rest;
        rest = STR_NONE;
    }
    str edition = rest;
    if (str_cut(&edition, ':', &update) && update.len > 0) {
        edition = STR_NONE; /* "5::" is the only form that is known */
    }
    str release = red_hat_release(product, version, edition);
    if (release.len == 0) {
        return nowhere(place);
    }
    return arena_printf(arena, &place->product, e, "cpe:/%s:redhat:" STR_FMT,
                        red_hat_is_base(product, edition) ? "o" : "a", STR_ARG(text)) &&
           join(place, place->ecosystem->namespace_, release, arena, e);
}

/* -- others --------------------------------------------------------------------------------- */

/* "20.03-LTS-SP1": each service pack has packages of its own. */
static bool place_openeuler(struct osv_place *place, str text, struct arena *arena, struct error *e)
{
    str pack = str_slice(text, str_find_char(text, '-'), text.len);
    str release = str_slice(text, 0, text.len - pack.len);
    for (size_t i = 0; i < pack.len; i++) {
        char c = pack.at[i];
        if (c != '-' && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
            return nowhere(place);
        }
    }
    return is_number(release) ? join(place, place->ecosystem->namespace_, text, arena, e)
                              : nowhere(place);
}

static bool place_azure(struct osv_place *place, str text, struct arena *arena, struct error *e)
{
    str major = str_slice(text, 0, str_find_char(text, '.'));
    uint64_t number;
    if (!num_parse(major, 10, 99, &number)) {
        return nowhere(place);
    }
    str first = number < 3 ? STR("mariner") : place->ecosystem->namespace_;
    return arena_printf(arena, &place->namespace_, e, STR_FMT ":" STR_FMT ".0", STR_ARG(first),
                        STR_ARG(major));
}

static bool place_in(struct osv_place *place, str rest, struct arena *arena, struct error *e)
{
    switch (place->ecosystem->form) {
    case OSV_LANGUAGE:
        return place_language(place);
    case OSV_ROLLING:
        place->namespace_ = place->ecosystem->namespace_;
        return rest.len == 0 || nowhere(place); /* "Echo:PyPI" is not the distribution */
    case OSV_RELEASE:
        return place_release(place, rest, arena, e);
    case OSV_UBUNTU:
        return place_ubuntu(place, rest, arena, e);
    case OSV_SUSE:
        return place_suse(place, rest, arena, e);
    case OSV_OPENSUSE:
        return place_opensuse(place, rest, arena, e);
    case OSV_RED_HAT:
        return place_red_hat(place, rest, arena, e);
    case OSV_OPENEULER:
        return place_openeuler(place, rest, arena, e);
    case OSV_AZURE:
        return place_azure(place, rest, arena, e);
    }
    return nowhere(place);
}

/* "Root:Alpine:3.18": Root.io's rebuilds of another ecosystem's packages. */
static bool root_strip(str *ecosystem)
{
    bool root = str_starts(*ecosystem, STR("Root:"));
    if (root) {
        *ecosystem = str_slice(*ecosystem, 5, ecosystem->len);
    }
    return root;
}

bool osv_place_find(str ecosystem, struct arena *arena, struct osv_place *out, struct error *e)
{
    bool root = root_strip(&ecosystem);
    str rest = ecosystem, name;
    if (!str_cut(&rest, ':', &name)) {
        name = ecosystem;
        rest = STR_NONE;
    }
    for (size_t i = 0; i < ARRAY_COUNT(ecosystems); i++) {
        if (str_eq(name, ecosystems[i].name)) {
            *out = (struct osv_place){.ecosystem = &ecosystems[i]};
            bool placed = place_in(out, rest, arena, e);
            out->product = root ? STR("rootio") : out->product;
            return placed;
        }
    }
    return nowhere(out);
}
