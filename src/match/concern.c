/* concern.c: is a row about this package at all? Names were matched by the look-up; what is left is
 * the architecture and, for rpm, the module stream.
 *
 * A module's packages are built several times, once a stream, and one stream's fixed version says
 * nothing of another's. Red Hat's and its relatives' databases have a label ("nodejs:18:…");
 * AlmaLinux' OSV rows have none, and there the release text is what can be told by. */
#include "match/rules.h"
#include "version/digits.h"

/* SOURCERPM names no epoch. Where the rest is the package's own version, so is the epoch. */
static bool lacks_epoch_only(str source_version, str version)
{
    return str_ends(version, source_version) && version.len > source_version.len &&
           version.at[version.len - source_version.len - 1] == ':';
}

str concern_version(const struct package *p, enum package_scope scope)
{
    if (scope == SCOPE_BINARY || p->source_version.len == 0) {
        return p->version;
    }
    bool rpm = p->ecosystem == ECOSYSTEM_RPM;
    return rpm && lacks_epoch_only(p->source_version, p->version) ? p->version : p->source_version;
}

static bool arch_concerns(const struct package *p, const struct affected *row)
{
    return row->arch.len == 0 || p->arch.len == 0 || str_eq(row->arch, p->arch);
}

/* "nodejs:18" of "nodejs:18:8090020240301110609:a75119d5" */
static str name_and_stream(str label)
{
    str rest = label, head;
    if (!str_cut(&rest, ':', &head)) {
        return label;
    }
    return str_slice(label, 0, head.len + 1 + str_find_char(rest, ':'));
}

/* What follows ".module_el" or ".module+el" in a version, or STR_NONE: "8.9.0+3700+abcd" */
static str module_text(str version)
{
    size_t at = str_find(version, STR(".module_el"));
    if (at == version.len) {
        at = str_find(version, STR(".module+el"));
    }
    return str_slice(version, at + sizeof(".module_el") - 1, version.len);
}

static str without_epoch(str version)
{
    str rest = version;
    str epoch = digits_take(&rest);
    bool has_epoch = epoch.len > 0 && rest.len > 0 && rest.at[0] == ':';
    return has_epoch ? str_slice(rest, 1, rest.len) : version;
}

/* Is `version` one of the stream's: "18.19.0-1" of "18", "8.0.30-1" of "8.0"? */
static bool version_of_stream(str version, str stream)
{
    version = without_epoch(version);
    return str_starts(version, stream) &&
           (version.len == stream.len || !is_digit(version.at[stream.len]));
}

/* A row that has its module in the release text only: same release of the distribution; and where
 * the package's stream is what its version begins with, the row's version must begin so too. */
static bool same_family(const struct package *p, const struct affected *row)
{
    str ours = module_text(p->version), theirs = module_text(row->fixed);
    if (ours.len > 0 && !str_eq(digits_take(&ours), digits_take(&theirs))) {
        return false;
    }
    str name, stream = name_and_stream(p->module);
    if (!str_cut(&stream, ':', &name) || !version_of_stream(p->version, stream)) {
        return true;
    }
    return version_of_stream(row->fixed, stream);
}

static bool module_concerns(const struct package *p, const struct affected *row)
{
    if (row->module.len > 0) {
        return str_eq(name_and_stream(p->module), name_and_stream(row->module));
    }
    bool package_modular = p->module.len > 0 || module_text(p->version).len > 0;
    bool row_modular = module_text(row->fixed).len > 0;
    if (package_modular != row_modular) {
        return false;
    }
    return !row_modular || same_family(p, row);
}

bool concern_row(const struct package *p, const struct affected *row)
{
    return arch_concerns(p, row) && (p->ecosystem != ECOSYSTEM_RPM || module_concerns(p, row));
}
