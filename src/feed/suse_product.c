#include "feed/suse_product.h"

#include <stddef.h>

/* How a product's name begins, longest first where one begins another. What follows is the
 * version: "12 SP3-LTSS", "5.3", "16.0". */
static const struct {
    str name, distribution, product;
} products[] = {
    {STR_INIT("SUSE Linux Enterprise Server for SAP Applications "), STR_INIT("sles"),
     STR_INIT("sap")},
    {STR_INIT("SUSE Linux Enterprise Server for SAP applications "), STR_INIT("sles"),
     STR_INIT("sap")},
    {STR_INIT("SUSE Linux Enterprise Server for VMware "), STR_INIT("sles"), STR_INIT("vmware")},
    {STR_INIT("SUSE Linux Enterprise Server for Raspberry Pi "), STR_INIT("sles"),
     STR_INIT("raspberry-pi")},
    {STR_INIT("SUSE Linux Enterprise Server LTSS Extended Security "), STR_INIT("sles"),
     STR_INIT("ltss-extended-security")},
    {STR_INIT("SUSE Linux Enterprise Server "), STR_INIT("sles"), STR_INIT("")},
    {STR_INIT("SUSE Linux Enterprise Desktop "), STR_INIT("sled"), STR_INIT("")},
    {STR_INIT("SUSE Linux Enterprise High Performance Computing "), STR_INIT("sles"),
     STR_INIT("hpc")},
    {STR_INIT("SUSE Linux Enterprise Real Time "), STR_INIT("sles"), STR_INIT("rt")},
    {STR_INIT("SUSE Linux Enterprise Live Patching "), STR_INIT("sles"), STR_INIT("livepatch")},
    {STR_INIT("SUSE Linux Enterprise Micro for Rancher "), STR_INIT("sle-micro"), STR_INIT("")},
    {STR_INIT("SUSE Linux Enterprise Micro "), STR_INIT("sle-micro"), STR_INIT("")},
    {STR_INIT("SUSE Linux Micro "), STR_INIT("sl-micro"), STR_INIT("")},
    {STR_INIT("SUSE Linux Micro Extras "), STR_INIT("sl-micro"), STR_INIT("")},
    /* extensions of the server */
    {STR_INIT("SUSE Linux Enterprise Software Development Kit "), STR_INIT("sles"), STR_INIT("")},
    {STR_INIT("SUSE Linux Enterprise Workstation Extension "), STR_INIT("sles"), STR_INIT("")},
    {STR_INIT("SUSE Linux Enterprise High Availability Extension "), STR_INIT("sles"),
     STR_INIT("")},
    {STR_INIT("SUSE Linux Enterprise High Availability "), STR_INIT("sles"), STR_INIT("")},
    {STR_INIT("SUSE Package Hub "), STR_INIT("sles"), STR_INIT("package-hub")},
    {STR_INIT("openSUSE Backports SLE-"), STR_INIT("sles"), STR_INIT("package-hub")},
    {STR_INIT("openSUSE Leap Micro "), STR_INIT("opensuse-leap-micro"), STR_INIT("")},
    {STR_INIT("openSUSE Leap "), STR_INIT("opensuse-leap"), STR_INIT("")},
    {STR_INIT("openSUSE Tumbleweed"), STR_INIT("opensuse-tumbleweed"), STR_INIT("")},
    {STR_INIT("openSUSE "), STR_INIT("opensuse-leap"), STR_INIT("")},
};

/* "SUSE Linux Enterprise Module for Basesystem 15 SP3": the last words are the version. */
static const str module = STR_INIT("SUSE Linux Enterprise Module for ");

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The version begins at the first word that begins with a digit. */
static str version_in(str name)
{
    for (size_t i = 1; i < name.len; i++) {
        if (name.at[i - 1] == ' ' && is_digit(name.at[i])) {
            return str_slice(name, i, name.len);
        }
    }
    return STR_NONE;
}

/* The word at the front that is a number: "12", "15.3". */
static str number_at(str text)
{
    size_t len = 0;
    while (len < text.len && (is_digit(text.at[len]) || text.at[len] == '.')) {
        len++;
    }
    return str_slice(text, 0, len);
}

/* "LTSS Extended Security" → "ltss-extended-security". */
static bool slug(str words, struct arena *arena, str *out, struct error *e)
{
    char *text = ARENA_ARRAY(arena, words.len, char, e);
    if (text == NULL) {
        return false;
    }
    for (size_t i = 0; i < words.len; i++) {
        char c = words.at[i];
        text[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c == ' ' ? '-' : c);
    }
    *out = (str){.at = text, .len = words.len};
    return true;
}

/* "15 SP1-LTSS": 15.1 and "LTSS"; "12-SP5" and "15.1" are fine too. */
static bool set_version(str distribution, str version, struct arena *arena,
                        struct suse_product *out, struct error *e)
{
    str number = number_at(version), pack = STR_NONE;
    str rest = str_slice(version, number.len, version.len);
    if (number.len == 0) {
        return true;
    }
    if (rest.len > 3 && (str_starts(rest, STR(" SP")) || str_starts(rest, STR("-SP")))) {
        pack = number_at(str_slice(rest, 3, rest.len));
        rest = str_slice(rest, 3 + pack.len, rest.len);
    }
    while (rest.len > 0 && (rest.at[0] == '-' || rest.at[0] == ' ')) {
        rest = str_slice(rest, 1, rest.len);
    }
    if (rest.len > 0 && !str_eq(rest, STR("Update")) && out->product.len == 0 &&
        !slug(rest, arena, &out->product, e)) {
        return false;
    }
    return arena_printf(arena, &out->namespace_, e, STR_FMT ":" STR_FMT "%s" STR_FMT,
                        STR_ARG(distribution), STR_ARG(number), pack.len > 0 ? "." : "",
                        STR_ARG(pack));
}

bool suse_product_find(str name, struct arena *arena, struct suse_product *out, struct error *e)
{
    *out = (struct suse_product){.namespace_ = STR_NONE};
    if (str_starts(name, module)) {
        return set_version(STR("sles"), version_in(name), arena, out, e);
    }
    for (size_t i = 0; i < ARRAY_COUNT(products); i++) {
        if (!str_starts(name, products[i].name)) {
            continue;
        }
        str version = str_slice(name, products[i].name.len, name.len);
        out->product = products[i].product;
        if (str_eq(products[i].distribution, STR("opensuse-tumbleweed"))) {
            out->namespace_ = products[i].distribution;
            return true;
        }
        if (version.len > 0 && is_digit(version.at[0])) {
            return set_version(products[i].distribution, version, arena, out, e);
        }
    }
    return true;
}

static const struct {
    str package, distribution, product;
} releases[] = {
    {STR_INIT("sles-release"), STR_INIT("sles"), STR_INIT("")},
    {STR_INIT("SLES-release"), STR_INIT("sles"), STR_INIT("")},
    {STR_INIT("sles-ltss-release"), STR_INIT("sles"), STR_INIT("ltss")},
    {STR_INIT("SLES_SAP-release"), STR_INIT("sles"), STR_INIT("sap")},
    {STR_INIT("SLE_HPC-release"), STR_INIT("sles"), STR_INIT("hpc")},
    {STR_INIT("sled-release"), STR_INIT("sled"), STR_INIT("")},
    {STR_INIT("SLED-release"), STR_INIT("sled"), STR_INIT("")},
    {STR_INIT("SUSE-MicroOS-release"), STR_INIT("sle-micro"), STR_INIT("")},
    {STR_INIT("SLE-Micro-release"), STR_INIT("sle-micro"), STR_INIT("")},
    {STR_INIT("SL-Micro-release"), STR_INIT("sl-micro"), STR_INIT("")},
    {STR_INIT("openSUSE-release"), STR_INIT("opensuse-leap"), STR_INIT("")},
};

bool suse_product_of_release(str package, str version, struct arena *arena,
                             struct suse_product *out, struct error *e)
{
    *out = (struct suse_product){.namespace_ = STR_NONE};
    if (str_starts(package, STR("sle-module-")) && str_ends(package, STR("-release"))) {
        return set_version(STR("sles"), version, arena, out, e);
    }
    for (size_t i = 0; i < ARRAY_COUNT(releases); i++) {
        if (str_eq(releases[i].package, package)) {
            out->product = releases[i].product;
            return set_version(releases[i].distribution, version, arena, out, e);
        }
    }
    return true;
}
