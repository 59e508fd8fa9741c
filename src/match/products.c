/* products.c: rows that are limited to a part of the distribution (affected.product), and by what
 * an installed package is known to come from it. Red Hat's are CPEs and depend on the image
 * (parts.c); all others are recognised by the package itself, as the one table below says. */
#include "match/rules.h"
#include "version/digits.h"

enum { MARKS_MAX = 4 };

struct product {
    str name; /* the product, or its beginning up to a ':' or '-' */
    /* Texts in the version, or at the start of the name, that only this part's packages have; in
     * any letter case. */
    const char *versions[MARKS_MAX];
    const char *names[MARKS_MAX];
    const char *distribution; /* ID of os-release, where the whole image is of this part */
    bool (*extra)(const struct package *p, const struct affected *row);
    enum claim otherwise; /* what the row is to other packages */
    const char *place;    /* for people */
};

static bool has_nocase(str text, str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (str_eq_nocase(str_slice(text, i, i + part.len), part)) {
            return true;
        }
    }
    return false;
}

/* Root.io's apk packages: "-r10071", a digit, "007", the revision. */
static bool is_rootio_apk(const struct package *p, const struct affected *row)
{
    (void)row;
    size_t at = str_find_last_char(p->version, '-');
    str release = str_slice(p->version, at, p->version.len);
    return p->ecosystem == ECOSYSTEM_APK && release.len >= 7 && str_starts(release, STR("-r")) &&
           is_digit(release.at[2]) && str_eq(str_slice(release, 3, 6), STR("007")) &&
           is_digit(release.at[6]);
}

static str without_epoch(str version)
{
    size_t colon = str_find_char(version, ':');
    return colon < version.len ? str_slice(version, colon + 1, version.len) : version;
}

/* Does the version begin with the number, as "8.0.30-1" does with "8.0"? */
static bool begins_with(str version, str number)
{
    version = without_epoch(version);
    return str_starts(version, number) &&
           (version.len == number.len || !is_digit(version.at[number.len]));
}

/* The next number in "lamp-mariadb10.2-php7.2": "10.2". */
static bool next_number(str *rest, str *number)
{
    size_t from = 0;
    while (from < rest->len && !is_digit(rest->at[from])) {
        from++;
    }
    size_t end = from;
    while (end < rest->len && (is_digit(rest->at[end]) || rest->at[end] == '.')) {
        end++;
    }
    *number = str_slice(*rest, from, end);
    *rest = str_slice(*rest, end, rest->len);
    return number->len > 0;
}

/* Amazon's extras put several versions of one package beside each other, and name them by it: a
 * row of "php8.0" whose fix is an 8.0 speaks of installed 8.0 alone. Others ("docker") are told
 * apart by the package's name, which the core repository does not have. */
static bool is_extra(const struct package *p, const struct affected *row)
{
    str rest = row->product, number;
    bool numbered = false;
    while (next_number(&rest, &number)) {
        if (begins_with(row->fixed, number)) {
            numbered = true;
            if (begins_with(p->version, number)) {
                return true;
            }
        }
    }
    return !numbered;
}

/* "kernel-rt": the product has all of the distribution's packages beside it. */
static bool is_realtime(const struct package *p, const struct affected *row)
{
    str name = row->scope == SCOPE_SOURCE ? p->source : p->name;
    return str_find(name, STR("-rt")) < name.len;
}

#define PRODUCT(text) .name = STR_INIT(text)
static const struct product products[] = {
    /* Ubuntu Pro: FIPS builds ("+Fips1", ".fips."), the real-time kernel, and the rest (ESM) */
    {PRODUCT("pro:fips"), .versions = {"fips"}},
    {PRODUCT("pro:realtime"), .names = {"linux-realtime", "linux-image-realtime"}},
    {PRODUCT("pro"), .versions = {"+esm", "~esm"}, .otherwise = CLAIM_ELSEWHERE,
     .place = "Ubuntu Pro"},
    /* longer support for customers: the same versions go on, so there is no mark */
    {PRODUCT("ltss"), .otherwise = CLAIM_ELSEWHERE, .place = "SUSE LTSS"},
    {PRODUCT("espos"), .otherwise = CLAIM_ELSEWHERE, .place = "SUSE ESPOS"},
    {PRODUCT("bcl"), .otherwise = CLAIM_ELSEWHERE,
     .place = "SUSE's release for business critical Linux"},
    {PRODUCT("teradata"), .otherwise = CLAIM_ELSEWHERE, .place = "SUSE's release for Teradata"},
    {PRODUCT("elts"), .otherwise = CLAIM_ELSEWHERE, .place = "Freexian's ELTS"},
    /* SUSE: editions of the server, and repositories whose packages have names of their own */
    {PRODUCT("sap"), .distribution = "sles_sap", .otherwise = CLAIM_ELSEWHERE,
     .place = "SUSE Linux Enterprise Server for SAP"},
    {PRODUCT("hpc"), .distribution = "sle_hpc", .otherwise = CLAIM_ELSEWHERE,
     .place = "SUSE Linux Enterprise HPC"},
    {PRODUCT("rt"), .extra = is_realtime},
    {PRODUCT("vmware"), .otherwise = CLAIM_NONE},
    {PRODUCT("raspberry-pi"), .otherwise = CLAIM_NONE},
    {PRODUCT("package-hub"), .otherwise = CLAIM_PLAIN},
    /* Ubuntu's systems without packages of their own; GHC's own parts are not Hackage's */
    {PRODUCT("ubuntu-core"), .otherwise = CLAIM_NONE},
    {PRODUCT("stable-phone-overlay"), .otherwise = CLAIM_NONE},
    {PRODUCT("ghc"), .otherwise = CLAIM_NONE},
    /* Oracle */
    {PRODUCT("ksplice"), .versions = {".ksplice"}},
    {PRODUCT("fips"), .versions = {"_fips"}},
    /* Amazon: repositories beside the core one; livepatch's and nvidia's names are their own */
    {PRODUCT("extra"), .extra = is_extra},
    {PRODUCT("livepatch"), .names = {"kernel-livepatch", "kgraft-patch"}},
    {PRODUCT("nvidia"), .otherwise = CLAIM_PLAIN},
    /* vendors that rebuild a distribution's packages */
    {PRODUCT("seal"), .versions = {"+sp"},
     .names = {"seal-", "@seal-security/", "sealsecurity.io/", "seal.sp"}},
    {PRODUCT("rootio"), .versions = {".root.io"}, .extra = is_rootio_apk},
    {PRODUCT("echo"), .versions = {"+echo", ".echo"}, .distribution = "echo"},
    {PRODUCT("chainguard-libraries"), .versions = {"+cgr."}},
};

/* "pro:fips-updates" is of "pro:fips", and of "pro". */
static bool is_named(const struct product *p, str product)
{
    bool ends = product.len == p->name.len;
    return str_starts(product, p->name) &&
           (ends || product.at[p->name.len] == ':' || product.at[p->name.len] == '-');
}

static const struct product *product_find(str name)
{
    for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
        if (is_named(&products[i], name)) {
            return &products[i];
        }
    }
    return NULL;
}

static bool is_marked(const struct product *of, const struct parts *parts, const struct package *p,
                      const struct affected *row)
{
    str name = row->scope == SCOPE_SOURCE ? p->source : p->name;
    str version = row->scope == SCOPE_SOURCE ? p->source_version : p->version;
    for (size_t i = 0; i < MARKS_MAX; i++) {
        if ((of->versions[i] != NULL && has_nocase(version, str_from(of->versions[i]))) ||
            (of->names[i] != NULL && str_starts(name, str_from(of->names[i])))) {
            return true;
        }
    }
    if (of->distribution != NULL &&
        str_eq_nocase(parts->distribution, str_from(of->distribution))) {
        return true;
    }
    return of->extra != NULL && of->extra(p, row);
}

enum claim claim_of(struct parts *parts, const struct package *p, const struct affected *row)
{
    if (row->product.len == 0) {
        return CLAIM_PLAIN;
    }
    if (str_starts(row->product, STR("cpe:"))) {
        switch (parts_have(parts, row->product, range_has_fix(row))) {
        case PART_STRANGE:
            return CLAIM_STRANGE;
        case PART_ABSENT:
            return CLAIM_NONE;
        case PART_PRESENT:
            return CLAIM_PLAIN;
        }
    }
    const struct product *of = product_find(row->product);
    if (of == NULL) {
        return CLAIM_STRANGE;
    }
    return is_marked(of, parts, p, row) ? CLAIM_OWN : of->otherwise;
}

const char *claim_place(str product)
{
    const struct product *of = product_find(product);
    return of != NULL && of->place != NULL ? of->place : "another part of the distribution";
}
