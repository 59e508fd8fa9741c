/* The distributions limpid knows are the rows of one table; Debian's and Ubuntu's releases are
 * two more, because images of testing and derivatives name a codename only. */
#include "model/namespace.h"

#include <stddef.h>

enum { VERSION_BYTES_MAX = 64 };

enum version_form {
    VERSION_NONE,   /* rolling: the namespace is the name */
    VERSION_MAJOR,  /* "9.4" → "9" */
    VERSION_TWO,    /* "15.3" → "15.3", "3.0.20240727" → "3.0", "12" → "12" */
    VERSION_DEBIAN, /* major number, codename, or sid */
    VERSION_UBUNTU, /* two parts, or codename */
    VERSION_ALPINE, /* "3.18.9" → "v3.18"; alpha and git builds → "edge" */
    VERSION_EULER,  /* "22.03" of "openEuler 22.03 (LTS-SP3)" → "22.03-LTS-SP3" */
    VERSION_WORD,   /* as written: "23", "stream" */
    VERSION_AMAZON, /* "2" and "2023" stay; the first one, dated 2011.09 … 2018.03, is 1 */
};

/* What to do with a derivative that names this distribution in its ID_LIKE. */
enum like_rule {
    LIKE_NEVER,    /* version numbers of derivatives mean something else */
    LIKE_VERSION,  /* derivatives count as the original does */
    LIKE_CODENAME, /* only by a codename of the original */
};

struct known {
    str id;
    str name; /* the namespace's first part */
    enum ecosystem ecosystem;
    enum version_form form;
    enum like_rule like;
};

#define ROW(id, name, eco, form, like)                                                             \
    {                                                                                              \
        STR_INIT(id), STR_INIT(name), ECOSYSTEM_##eco, VERSION_##form, LIKE_##like                 \
    }

static const struct known distributions[] = {
    ROW("debian", "debian", DEB, DEBIAN, CODENAME),
    ROW("ubuntu", "ubuntu", DEB, UBUNTU, CODENAME),
    ROW("alpine", "alpine", APK, ALPINE, VERSION),
    ROW("wolfi", "wolfi", APK, NONE, NEVER),
    ROW("chainguard", "chainguard", APK, NONE, NEVER),
    ROW("minimos", "minimos", APK, NONE, NEVER),
    ROW("alpaquita", "alpaquita", APK, WORD, NEVER),
    ROW("bellsoft-hardened-containers", "bellsoft-hardened-containers", APK, WORD, NEVER),
    ROW("echo", "echo", DEB, NONE, NEVER),
    ROW("rhel", "rhel", RPM, MAJOR, VERSION),
    ROW("redhat", "rhel", RPM, MAJOR, NEVER),
    ROW("centos", "centos", RPM, MAJOR, VERSION),
    ROW("rocky", "rocky", RPM, MAJOR, NEVER),
    ROW("almalinux", "almalinux", RPM, MAJOR, NEVER),
    ROW("ol", "ol", RPM, MAJOR, NEVER),
    ROW("amzn", "amzn", RPM, AMAZON, NEVER),
    ROW("fedora", "fedora", RPM, MAJOR, NEVER),
    ROW("sles", "sles", RPM, TWO, NEVER),
    ROW("sled", "sled", RPM, TWO, NEVER),
    ROW("sles_sap", "sles", RPM, TWO, NEVER),
    ROW("sle_hpc", "sles", RPM, TWO, NEVER),
    ROW("sle-micro", "sle-micro", RPM, TWO, NEVER),
    ROW("sle-micro-rancher", "sle-micro", RPM, TWO, NEVER),
    ROW("sl-micro", "sl-micro", RPM, TWO, NEVER),
    ROW("leap-micro", "opensuse-leap-micro", RPM, TWO, NEVER),
    ROW("opensuse-leap-micro", "opensuse-leap-micro", RPM, TWO, NEVER),
    ROW("opensuse", "opensuse-leap", RPM, TWO, NEVER),
    ROW("opensuse-leap", "opensuse-leap", RPM, TWO, NEVER),
    ROW("opensuse-tumbleweed", "opensuse-tumbleweed", RPM, NONE, NEVER),
    ROW("photon", "photon", RPM, TWO, NEVER),
    ROW("mariner", "mariner", RPM, TWO, NEVER),
    ROW("azurelinux", "azurelinux", RPM, TWO, NEVER),
    ROW("openeuler", "openeuler", RPM, EULER, NEVER),
    ROW("mageia", "mageia", RPM, MAJOR, NEVER),
    ROW("anolis", "anolis", RPM, MAJOR, NEVER),
    ROW("bottlerocket", "bottlerocket", RPM, NONE, NEVER),
    ROW("arch", "arch", ALPM, NONE, VERSION),
};

struct codename {
    str name, version, namespace_;
};

#define CODENAME(of, name, version)                                                                \
    {                                                                                              \
        STR_INIT(name), STR_INIT(version), STR_INIT(of ":" version)                                \
    }
#define DEBIAN(name, version) CODENAME("debian", name, version)
#define UBUNTU(name, version) CODENAME("ubuntu", name, version)

/* distro-info-data, debian.csv */
static const struct codename debian_releases[] = {
    DEBIAN("buzz", "1.1"),    DEBIAN("rex", "1.2"),     DEBIAN("bo", "1.3"),
    DEBIAN("hamm", "2.0"),    DEBIAN("slink", "2.1"),   DEBIAN("potato", "2.2"),
    DEBIAN("woody", "3.0"),   DEBIAN("sarge", "3.1"),   DEBIAN("etch", "4"),
    DEBIAN("lenny", "5"),     DEBIAN("squeeze", "6"),   DEBIAN("wheezy", "7"),
    DEBIAN("jessie", "8"),    DEBIAN("stretch", "9"),   DEBIAN("buster", "10"),
    DEBIAN("bullseye", "11"), DEBIAN("bookworm", "12"), DEBIAN("trixie", "13"),
    DEBIAN("forky", "14"),    DEBIAN("duke", "15"),     DEBIAN("sid", "sid"),
};

/* distro-info-data, ubuntu.csv */
static const struct codename ubuntu_releases[] = {
    UBUNTU("warty", "4.10"),     UBUNTU("hoary", "5.04"),     UBUNTU("breezy", "5.10"),
    UBUNTU("dapper", "6.06"),    UBUNTU("edgy", "6.10"),      UBUNTU("feisty", "7.04"),
    UBUNTU("gutsy", "7.10"),     UBUNTU("hardy", "8.04"),     UBUNTU("intrepid", "8.10"),
    UBUNTU("jaunty", "9.04"),    UBUNTU("karmic", "9.10"),    UBUNTU("lucid", "10.04"),
    UBUNTU("maverick", "10.10"), UBUNTU("natty", "11.04"),    UBUNTU("oneiric", "11.10"),
    UBUNTU("precise", "12.04"),  UBUNTU("quantal", "12.10"),  UBUNTU("raring", "13.04"),
    UBUNTU("saucy", "13.10"),    UBUNTU("trusty", "14.04"),   UBUNTU("utopic", "14.10"),
    UBUNTU("vivid", "15.04"),    UBUNTU("wily", "15.10"),     UBUNTU("xenial", "16.04"),
    UBUNTU("yakkety", "16.10"),  UBUNTU("zesty", "17.04"),    UBUNTU("artful", "17.10"),
    UBUNTU("bionic", "18.04"),   UBUNTU("cosmic", "18.10"),   UBUNTU("disco", "19.04"),
    UBUNTU("eoan", "19.10"),     UBUNTU("focal", "20.04"),    UBUNTU("groovy", "20.10"),
    UBUNTU("hirsute", "21.04"),  UBUNTU("impish", "21.10"),   UBUNTU("jammy", "22.04"),
    UBUNTU("kinetic", "22.10"),  UBUNTU("lunar", "23.04"),    UBUNTU("mantic", "23.10"),
    UBUNTU("noble", "24.04"),    UBUNTU("oracular", "24.10"), UBUNTU("plucky", "25.04"),
    UBUNTU("questing", "25.10"), UBUNTU("resolute", "26.04"), UBUNTU("stonking", "26.10"),
};

static const struct codename *codename_find(const struct codename *list, size_t count, str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(list[i].name, name)) {
            return &list[i];
        }
    }
    return NULL;
}

static const struct codename *debian_find(str name)
{
    return codename_find(debian_releases, ARRAY_COUNT(debian_releases), name);
}

static const struct known *known_find(str id)
{
    for (size_t i = 0; i < ARRAY_COUNT(distributions); i++) {
        if (str_eq_nocase(distributions[i].id, id)) {
            return &distributions[i];
        }
    }
    return NULL;
}

/* Versions become part of keys and messages: only what real ones are made of. */
static bool version_is_plain(str v)
{
    for (size_t i = 0; i < v.len; i++) {
        char c = v.at[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '.' || c == '_' || c == '-' || c == '+' || c == '/';
        if (!fine) {
            return false;
        }
    }
    return v.len <= VERSION_BYTES_MAX;
}

static bool digit_first(str v)
{
    return v.len > 0 && v.at[0] >= '0' && v.at[0] <= '9';
}

static bool all_digits(str v)
{
    for (size_t i = 0; i < v.len; i++) {
        if (v.at[i] < '0' || v.at[i] > '9') {
            return false;
        }
    }
    return v.len > 0;
}

/* The first `count` parts between dots, or the empty str where one is not a number. */
static str first_parts(str version, size_t count)
{
    size_t end = 0;
    for (size_t part = 0; part < count; part++) {
        size_t from = part == 0 ? 0 : end + 1;
        str rest = str_slice(version, from, version.len);
        size_t len = str_find_char(rest, '.');
        if (!all_digits(str_slice(rest, 0, len))) {
            return STR_NONE;
        }
        end = from + len;
        if (end == version.len) {
            break;
        }
    }
    return str_slice(version, 0, end);
}

/* Debian's releases from 4 on have one number; before, two. The one number of "3" is not known. */
static str debian_version(const struct distribution *d)
{
    str major = first_parts(d->version_id, 1);
    if (major.len == 1 && major.at[0] < '4') {
        return first_parts(d->version_id, 2);
    }
    if (major.len > 0) {
        return major;
    }
    /* testing and unstable: VERSION_CODENAME alone; where even that is missing, the last word of
     * PRETTY_NAME, as in "Debian GNU/Linux forky/sid" */
    size_t blank = str_find_last_char(d->pretty_name, ' ');
    const str words[] = {d->codename, d->version_id,
                         str_slice(d->pretty_name, blank + 1, d->pretty_name.len)};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        str word = str_slice(words[i], 0, str_find_char(words[i], '/'));
        if (str_eq_nocase(word, STR("unstable"))) {
            word = STR("sid");
        }
        const struct codename *found = debian_find(word);
        if (found != NULL) {
            return found->version;
        }
    }
    return STR_NONE;
}

static str ubuntu_version(const struct distribution *d)
{
    str version = first_parts(d->version_id, 2);
    if (version.len > 0) {
        return version;
    }
    const struct codename *found =
        codename_find(ubuntu_releases, ARRAY_COUNT(ubuntu_releases), d->codename);
    return found == NULL ? STR_NONE : found->version;
}

/* An edge image calls itself "3.21_alpha20240807"; a release candidate is of its branch. */
static bool alpine_is_edge(const struct distribution *d)
{
    str v = d->version_id;
    return str_eq(v, STR("edge")) || str_find(v, STR("_alpha")) < v.len ||
           str_find(v, STR("_git")) < v.len ||
           (v.len == 0 && str_ends(d->pretty_name, STR("edge")));
}

static str alpine_version(const struct distribution *d)
{
    if (alpine_is_edge(d)) {
        return STR("edge");
    }
    str v = str_slice(d->version_id, 0, str_find_char(d->version_id, '_'));
    str two = first_parts(v, 2);
    return str_find_char(two, '.') < two.len ? two : STR_NONE;
}

static str amazon_version(const struct distribution *d)
{
    str major = first_parts(d->version_id, 1);
    bool first = major.len == 4 && str_cmp(major, STR("2019")) < 0;
    return first ? STR("1") : major;
}

/* openEuler's service packs have packages of their own, and VERSION_ID does not name them: the last
 * word of PRETTY_NAME does, in brackets. */
static str euler_pack(const struct distribution *d)
{
    size_t open = str_find_last_char(d->pretty_name, '(');
    str pack = str_slice(d->pretty_name, open + 1, d->pretty_name.len);
    bool closed = str_ends(pack, STR(")"));
    pack = str_slice(pack, 0, pack.len - (closed ? 1 : 0));
    return closed && version_is_plain(pack) ? pack : STR_NONE;
}

/* The version part of the namespace; empty where it cannot be told. */
static str version_of(const struct known *known, const struct distribution *d)
{
    switch (known->form) {
    case VERSION_NONE:
        break;
    case VERSION_MAJOR:
        return first_parts(d->version_id, 1);
    case VERSION_TWO:
    case VERSION_EULER: /* and its service pack, in fill */
        return first_parts(d->version_id, 2);
    case VERSION_DEBIAN:
        return debian_version(d);
    case VERSION_UBUNTU:
        return ubuntu_version(d);
    case VERSION_ALPINE:
        return alpine_version(d);
    case VERSION_WORD:
        return d->version_id;
    case VERSION_AMAZON:
        return amazon_version(d);
    }
    return STR_NONE;
}

/* Fills `out` for a known distribution; namespace_ stays empty where the release is not known. */
static MUST_USE bool fill(const struct known *known, const struct distribution *d,
                          struct arena *arena, struct distribution_match *out, struct error *e)
{
    *out = (struct distribution_match){.ecosystem = known->ecosystem};
    if (known->form == VERSION_NONE) {
        out->namespace_ = known->name;
        return true;
    }
    str version = version_of(known, d);
    if (version.len == 0) {
        return arena_printf(arena, &out->note, e,
                            "the release of '" STR_FMT "' cannot be told from VERSION_ID '" STR_FMT
                            "' and VERSION_CODENAME '" STR_FMT "'",
                            STR_ARG(d->id), STR_ARG(d->version_id), STR_ARG(d->codename));
    }
    str pack = known->form == VERSION_EULER ? euler_pack(d) : STR_NONE;
    if (pack.len > 0) {
        return arena_printf(arena, &out->namespace_, e, STR_FMT ":" STR_FMT "-" STR_FMT,
                            STR_ARG(known->name), STR_ARG(version), STR_ARG(pack));
    }
    bool numbered_branch = known->form == VERSION_ALPINE && digit_first(version);
    return arena_printf(arena, &out->namespace_, e, STR_FMT ":%s" STR_FMT, STR_ARG(known->name),
                        numbered_branch ? "v" : "", STR_ARG(version));
}

/* A derivative's own version means nothing where the original goes by codename. */
static struct distribution as_original(const struct known *known, const struct distribution *d)
{
    struct distribution copy = *d;
    if (known->like == LIKE_CODENAME) {
        copy.version_id = STR_NONE;
        copy.pretty_name = STR_NONE;
    }
    return copy;
}

static const struct {
    str id, codename, original;
} renamed[] = {
    /* derivatives with codenames of their own; kali is cut from testing and rolls */
    {STR_INIT("kali"), STR_INIT("kali-rolling"), STR_INIT("sid")},
    {STR_INIT("devuan"), STR_INIT("ascii"), STR_INIT("stretch")},
    {STR_INIT("devuan"), STR_INIT("beowulf"), STR_INIT("buster")},
    {STR_INIT("devuan"), STR_INIT("chimaera"), STR_INIT("bullseye")},
    {STR_INIT("devuan"), STR_INIT("daedalus"), STR_INIT("bookworm")},
    {STR_INIT("devuan"), STR_INIT("excalibur"), STR_INIT("trixie")},
};

static MUST_USE bool derive(const struct distribution *d, struct arena *arena,
                            struct distribution_match *out, struct error *e)
{
    struct distribution named = *d;
    for (size_t i = 0; i < ARRAY_COUNT(renamed); i++) {
        if (str_eq_nocase(d->id, renamed[i].id) &&
            str_eq_nocase(d->codename, renamed[i].codename)) {
            named.codename = renamed[i].original;
        }
    }
    str like = d->id_like;
    str word;
    while (str_word(&like, &word)) {
        const struct known *known = known_find(word);
        if (known == NULL || known->like == LIKE_NEVER) {
            continue;
        }
        struct distribution original = as_original(known, &named);
        struct distribution_match found;
        if (!fill(known, &original, arena, &found, e)) {
            return false;
        }
        if (found.namespace_.len > 0) {
            *out = found;
            return arena_printf(arena, &out->note, e,
                                "'" STR_FMT "' is treated as " STR_FMT ", by ID_LIKE",
                                STR_ARG(d->id), STR_ARG(out->namespace_));
        }
    }
    return arena_printf(arena, &out->note, e,
                        "limpid does not know the distribution '" STR_FMT "' (VERSION_ID '" STR_FMT
                        "', ID_LIKE '" STR_FMT "')",
                        STR_ARG(d->id), STR_ARG(d->version_id), STR_ARG(d->id_like));
}

/* CentOS Linux has no advisories of its own, and its versions are Red Hat's. */
static MUST_USE bool note_centos(const struct distribution *d, struct arena *arena,
                                 struct distribution_match *out, struct error *e)
{
    if (out->namespace_.len == 0 || out->note.len > 0 || !str_eq_nocase(d->id, STR("centos"))) {
        return true;
    }
    if (str_find(d->pretty_name, STR("Stream")) < d->pretty_name.len) {
        out->note = STR("CentOS Stream publishes no advisories");
        return true;
    }
    str major = str_slice(out->namespace_, sizeof("centos:") - 1, out->namespace_.len);
    return arena_printf(arena, &out->note, e,
                        "CentOS publishes no advisories; those of rhel:" STR_FMT
                        " hold for its packages",
                        STR_ARG(major));
}

bool namespace_of(const struct distribution *d, struct arena *arena, struct distribution_match *out,
                  struct error *e)
{
    struct distribution_match found = {.ecosystem = ECOSYSTEM_NONE};
    struct distribution plain = *d;
    if (!version_is_plain(plain.version_id)) {
        plain.version_id = STR_NONE;
    }
    const struct known *known = known_find(plain.id);
    bool ok =
        known != NULL ? fill(known, &plain, arena, &found, e) : derive(&plain, arena, &found, e);
    if (!ok || !note_centos(&plain, arena, &found, e)) {
        return false;
    }
    *out = found;
    return true;
}

bool namespace_id(size_t i, str *id)
{
    *id = i < ARRAY_COUNT(distributions) ? distributions[i].id : STR_NONE;
    return id->len > 0;
}

str namespace_of_debian_codename(str codename)
{
    const struct codename *found = debian_find(codename);
    return found == NULL ? STR_NONE : found->namespace_;
}

str namespace_of_ubuntu_codename(str codename)
{
    const struct codename *found =
        codename_find(ubuntu_releases, ARRAY_COUNT(ubuntu_releases), codename);
    return found == NULL ? STR_NONE : found->namespace_;
}

/* Packages of programming languages are the same in every distribution. */
static const struct {
    str name;
    enum ecosystem ecosystem;
    str scheme;
} languages[] = {
    {STR_INIT("pypi"), ECOSYSTEM_PYPI, STR_INIT("pypi")},
    {STR_INIT("npm"), ECOSYSTEM_NPM, STR_INIT("npm")},
    {STR_INIT("go"), ECOSYSTEM_GOLANG, STR_INIT("go")},
    {STR_INIT("maven"), ECOSYSTEM_MAVEN, STR_INIT("maven")},
    {STR_INIT("cargo"), ECOSYSTEM_CARGO, STR_INIT("semver")},
    {STR_INIT("gem"), ECOSYSTEM_GEM, STR_INIT("gem")},
    {STR_INIT("composer"), ECOSYSTEM_COMPOSER, STR_INIT("composer")},
    {STR_INIT("nuget"), ECOSYSTEM_NUGET, STR_INIT("nuget")},
    {STR_INIT("hex"), ECOSYSTEM_HEX, STR_INIT("hex")},
    {STR_INIT("pub"), ECOSYSTEM_PUB, STR_INIT("pub")},
    {STR_INIT("swift"), ECOSYSTEM_SWIFT, STR_INIT("semver")},
    /* lists of numbers: rpm's order is theirs */
    {STR_INIT("hackage"), ECOSYSTEM_HACKAGE, STR_INIT("rpm")},
    {STR_INIT("cran"), ECOSYSTEM_CRAN, STR_INIT("rpm")},
    {STR_INIT("julia"), ECOSYSTEM_JULIA, STR_INIT("semver")},
    {STR_INIT("conan"), ECOSYSTEM_CONAN, STR_INIT("semver")},
    {STR_INIT("github-actions"), ECOSYSTEM_GITHUBACTIONS, STR_INIT("semver")},
    {STR_INIT("bitnami"), ECOSYSTEM_BITNAMI, STR_INIT("semver")},
};

str namespace_of_ecosystem(enum ecosystem ecosystem)
{
    for (size_t i = 0; i < ARRAY_COUNT(languages); i++) {
        if (languages[i].ecosystem == ecosystem) {
            return languages[i].name;
        }
    }
    return STR_NONE;
}

str namespace_scheme(str namespace_)
{
    str head = str_slice(namespace_, 0, str_find_char(namespace_, ':'));
    for (size_t i = 0; i < ARRAY_COUNT(languages); i++) {
        if (str_eq(languages[i].name, namespace_)) {
            return languages[i].scheme;
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(distributions); i++) {
        if (str_eq(distributions[i].name, head)) {
            return ecosystem_name(distributions[i].ecosystem);
        }
    }
    return STR_NONE;
}
