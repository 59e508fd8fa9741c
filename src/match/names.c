/* names.c: what the names of advisories tell. */
#include "match/match.h"
#include "match/rules.h"
#include "version/digits.h"

bool name_is_cve(str id)
{
    return str_starts(id, STR("CVE-")) && id.len > 4 && is_digit(id.at[4]);
}

str name_cve_in(str id)
{
    size_t at = str_find(id, STR("CVE-"));
    str tail = str_slice(id, at, id.len);
    bool separate = at == 0 || (at < id.len && id.at[at - 1] == '-');
    return separate && name_is_cve(tail) ? tail : STR_NONE;
}

static const str lists[] = {
    /* Debian, Freexian, Debian testing, Ubuntu */
    STR_INIT("DSA-"),
    STR_INIT("DLA-"),
    STR_INIT("ELA-"),
    STR_INIT("DTSA-"),
    STR_INIT("USN-"),
    STR_INIT("LSN-"),
    /* Red Hat and what is built from it: security, bug fix and enhancement updates */
    STR_INIT("RHSA-"),
    STR_INIT("RHBA-"),
    STR_INIT("RHEA-"),
    STR_INIT("ALSA-"),
    STR_INIT("ALBA-"),
    STR_INIT("ALEA-"),
    STR_INIT("RLSA-"),
    STR_INIT("RLBA-"),
    STR_INIT("RLEA-"),
    STR_INIT("RXSA-"),
    STR_INIT("ELSA-"),
    STR_INIT("ELBA-"),
    STR_INIT("ELEA-"),
    STR_INIT("CESA-"),
    /* Amazon, Fedora, SUSE, VMware's Photon, openEuler, Arch, Bottlerocket */
    STR_INIT("ALAS"),
    STR_INIT("FEDORA-"),
    STR_INIT("SUSE-"),
    STR_INIT("openSUSE-"),
    STR_INIT("PHSA-"),
    STR_INIT("openEuler-"),
    STR_INIT("OESA-"),
    STR_INIT("ASA-"),
    STR_INIT("BRSA-"),
};

bool name_is_list(str id)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (id.len > 0 && id.at[0] == lists[i].at[0] && str_starts(id, lists[i])) {
            return name_cve_in(id).len == 0;
        }
    }
    return false;
}

/* The database that an ecosystem's own people keep. */
static const struct {
    enum ecosystem ecosystem;
    str prefix;
} own[] = {
    {ECOSYSTEM_GOLANG, STR_INIT("GO-")},   {ECOSYSTEM_CARGO, STR_INIT("RUSTSEC-")},
    {ECOSYSTEM_PYPI, STR_INIT("PYSEC-")},  {ECOSYSTEM_HACKAGE, STR_INIT("HSEC-")},
    {ECOSYSTEM_CRAN, STR_INIT("RSEC-")},   {ECOSYSTEM_JULIA, STR_INIT("JLSEC-")},
    {ECOSYSTEM_BITNAMI, STR_INIT("BIT-")}, {ECOSYSTEM_HEX, STR_INIT("EEF-")},
    {ECOSYSTEM_GEM, STR_INIT("RUBYSEC-")},
};

unsigned name_distance(enum ecosystem ecosystem, str id)
{
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (own[i].ecosystem == ecosystem && str_starts(id, own[i].prefix)) {
            return 0;
        }
    }
    return str_starts(id, STR("GHSA-")) ? 1 : 2;
}

bool match_shown_names(const struct advisory *a, struct arena *arena, const str **out,
                       size_t *count, struct error *e)
{
    str cve = name_cve_in(a->id);
    str *list = ARENA_ARRAY(arena, a->ids_count + 1, str, e);
    size_t n = 0;
    if (list == NULL) {
        return false;
    }
    for (size_t i = 0; cve.len == 0 && i < a->ids_count; i++) {
        list[n] = name_cve_in(a->ids[i]);
        n += list[n].len > 0;
    }
    if (n == 0) {
        list[n++] = cve.len > 0 ? cve : a->id;
    }
    *out = list;
    *count = n;
    return true;
}
