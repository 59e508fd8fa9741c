#include "feed/redhat.h"

/* Products of vendor "redhat" whose version is RHEL's. Products with other versions (OpenShift,
 * Satellite, JBoss) name the release as ":elN" behind it, or not at all. As in Red Hat's map of
 * repositories, metrics/repository-to-cpe.json. */
static const str releases[] = {
    STR_INIT("enterprise_linux"),
    STR_INIT("enterprise_linux_eus"),
    STR_INIT("rhel"),
    STR_INIT("rhel_aus"),
    STR_INIT("rhel_cluster"),
    STR_INIT("rhel_cluster_storage"),
    STR_INIT("rhel_common"),
    STR_INIT("rhel_e4s"),
    STR_INIT("rhel_els"),
    STR_INIT("rhel_eus"),
    STR_INIT("rhel_eus_long_life"),
    STR_INIT("rhel_mission_critical"),
    STR_INIT("rhel_productivity"),
    STR_INIT("rhel_rhn_tools"),
    STR_INIT("rhel_scalefs"),
    STR_INIT("rhel_sjis"),
    STR_INIT("rhel_tus"),
    STR_INIT("rhel_virtualization"),
};
/* and rhel_extras, rhel_extras_sap, rhel_extras_rt … */
static const str release_prefix = STR_INIT("rhel_extras");

static bool is_release(str product)
{
    for (size_t i = 0; i < ARRAY_COUNT(releases); i++) {
        if (str_eq(product, releases[i])) {
            return true;
        }
    }
    return str_starts(product, release_prefix);
}

/* The number that `text` begins with: "9" of "9.2"; empty where it is not the whole part. */
static str major(str text)
{
    size_t digits = 0;
    while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9') {
        digits++;
    }
    bool whole = digits > 0 && digits <= 2 && (digits == text.len || text.at[digits] == '.');
    return whole ? str_slice(text, 0, digits) : STR_NONE;
}

bool redhat_cpe_release(str cpe, str *release)
{
    enum { PART, VENDOR, PRODUCT, VERSION, UPDATE, EDITION, FIELDS };
    static const str scheme = STR_INIT("cpe:/");
    str fields[FIELDS] = {{.at = NULL}};
    if (!str_starts(cpe, scheme)) {
        return false;
    }
    str rest = str_slice(cpe, scheme.len, cpe.len);
    for (size_t i = 0; i < FIELDS && rest.len > 0; i++) {
        if (!str_cut(&rest, ':', &fields[i])) {
            fields[i] = rest;
            rest = STR_NONE;
        }
    }
    if (!str_eq(fields[VENDOR], STR("redhat"))) {
        return false;
    }
    if (str_starts(fields[EDITION], STR("el"))) {
        *release = major(str_slice(fields[EDITION], 2, fields[EDITION].len));
        if (release->len > 0) {
            return true;
        }
    }
    *release = is_release(fields[PRODUCT]) ? major(fields[VERSION]) : STR_NONE;
    return release->len > 0;
}
