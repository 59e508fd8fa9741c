/* dpkg.c: Debian's package database. Installed systems have one file, var/lib/dpkg/status; images
 * without dpkg (distroless) have a file a package in var/lib/dpkg/status.d. */
#include "detect/put.h"
#include "format/deb822.h"

enum { DPKG_FILE_BYTES_MAX = 128 * 1024 * 1024, DPKG_RESIDUES_MAX = 10000 };

static const char *const dpkg_paths[] = {"var/lib/dpkg/status", "var/lib/dpkg/status.d/", NULL};

enum dpkg_field { PACKAGE, STATUS, VERSION, ARCHITECTURE, SOURCE, FIELDS };

static const str dpkg_fields[FIELDS] = {
    [PACKAGE] = STR_INIT("Package"), [STATUS] = STR_INIT("Status"),
    [VERSION] = STR_INIT("Version"), [ARCHITECTURE] = STR_INIT("Architecture"),
    [SOURCE] = STR_INIT("Source"),
};

struct dpkg {
    uint64_t residues;
    const struct entry *at;
    struct fact_sink *out;
    bool has_status; /* var/lib/dpkg/status: a record without a Status is damaged */
    uint64_t part_way;
    struct losses losses;
};

/* dpkg(1), "Package states". */
enum state { STATE_INSTALLED, STATE_ABSENT, STATE_PART_WAY, STATE_UNKNOWN };

static const struct {
    str word;
    enum state state;
} dpkg_states[] = {
    {STR_INIT("installed"), STATE_INSTALLED},       {STR_INIT("config-files"), STATE_ABSENT},
    {STR_INIT("not-installed"), STATE_ABSENT},      {STR_INIT("half-installed"), STATE_PART_WAY},
    {STR_INIT("unpacked"), STATE_PART_WAY},         {STR_INIT("half-configured"), STATE_PART_WAY},
    {STR_INIT("triggers-awaited"), STATE_PART_WAY}, {STR_INIT("triggers-pending"), STATE_PART_WAY},
};

/* The third of three words: what dpkg should do, whether it has to be reinstalled, its state. */
static enum state state_of(str status)
{
    str want, flag, state, more;
    if (!str_word(&status, &want) || !str_word(&status, &flag) || !str_word(&status, &state) ||
        str_word(&status, &more)) {
        return STATE_UNKNOWN;
    }
    for (size_t i = 0; i < ARRAY_COUNT(dpkg_states); i++) {
        if (str_eq_nocase(state, dpkg_states[i].word)) {
            return dpkg_states[i].state;
        }
    }
    return STATE_UNKNOWN;
}

/* Source is "NAME" or "NAME (VERSION)"; where it is absent or odd, the package is its own. */
static void source_of(str field, struct package *package)
{
    package->source = package->name;
    package->source_version = package->version;
    str name = field, version = STR_NONE;
    if (str_cut(&field, '(', &name)) {
        version = str_trim(str_slice(field, 0, str_find_char(field, ')')));
    }
    name = str_trim(name);
    if (is_plain(name)) {
        package->source = name;
        if (is_plain(version)) {
            package->source_version = version;
        }
    }
}

static void package_of(const struct deb822_stanza *stanza, struct package *out)
{
    *out = (struct package){
        .ecosystem = ECOSYSTEM_DEB,
        .name = stanza->values[PACKAGE],
        .version = stanza->values[VERSION],
    };
    if (is_plain(stanza->values[ARCHITECTURE])) {
        out->arch = stanza->values[ARCHITECTURE];
    }
    source_of(stanza->values[SOURCE], out);
}

/* Whether the record is that of an installed package; a record that does not tell is a loss. */
static bool is_installed(struct dpkg *d, const struct deb822_stanza *stanza)
{
    str status = stanza->values[STATUS];
    if (status.at == NULL) {
        if (d->has_status) {
            losses_left_out(&d->losses, stanza->line,
                            stanza->problem != NULL ? stanza->problem : "no Status");
        }
        return !d->has_status;
    }
    switch (state_of(status)) {
    case STATE_INSTALLED:
        return true;
    case STATE_PART_WAY:
        d->part_way++;
        return false;
    case STATE_ABSENT:
        return false;
    case STATE_UNKNOWN:
        break;
    }
    losses_left_out(&d->losses, stanza->line, "a Status that dpkg does not have");
    return false;
}

static bool dpkg_stanza(struct dpkg *d, const struct deb822_stanza *stanza, struct error *e)
{
    const char *fault = package_fault(stanza->values[PACKAGE], stanza->values[VERSION]);
    if (!is_installed(d, stanza)) {
        struct package package;
        package_of(stanza, &package);
        /* of use to Clair's old APIs alone, so that more than any system has are not worth a word
         */
        return fault != NULL || d->residues++ >= DPKG_RESIDUES_MAX ||
               put_residue(&package, d->out, e);
    }
    if (fault != NULL) {
        losses_left_out(&d->losses, stanza->line,
                        stanza->problem != NULL ? stanza->problem : fault);
        return true;
    }
    if (stanza->problem != NULL) {
        losses_damaged(&d->losses, stanza->line, stanza->problem);
    }
    struct package package;
    package_of(stanza, &package);
    return put_package(&package, d->out, e);
}

static bool dpkg_summary(const struct dpkg *d, bool unterminated, struct error *e)
{
    if (d->part_way > 0 && !put_text(FACT_NOTE, d->at, d->out, e,
                                     "%llu packages are unpacked or half installed, and not listed",
                                     (unsigned long long)d->part_way)) {
        return false;
    }
    if (d->has_status && unterminated &&
        !put_text(FACT_NOTE, d->at, d->out, e,
                  "ends within a line: its last package may not be whole")) {
        return false;
    }
    return put_losses(&d->losses, d->at, d->out, e);
}

static bool dpkg_read(const struct detector *self, str role, const struct entry *at,
                      struct reader *body, struct arena *arena, struct fact_sink *out,
                      struct error *e)
{
    bool put;
    if (str_ends(role, STR(".md5sums"))) {
        return true; /* beside the records in status.d: sums of a package's files */
    }
    if (!put_database(self, at, out, e)) {
        return false;
    }
    if (put_too_large(self, at, out, &put, e)) {
        return put;
    }
    struct dpkg dpkg = {.at = at, .out = out, .has_status = str_eq(role, str_from(dpkg_paths[0]))};
    struct deb822 file;
    struct deb822_stanza stanza = {.unterminated = false};
    enum step got;
    deb822_init(&file, body, dpkg_fields, FIELDS, arena);
    while ((got = deb822_next(&file, &stanza, e)) == STEP_GOT) {
        if (!dpkg_stanza(&dpkg, &stanza, e)) {
            return false;
        }
    }
    return got == STEP_END && dpkg_summary(&dpkg, stanza.unterminated, e);
}

const struct detector detector_dpkg = {
    .name = "dpkg",
    .summary = "Debian packages: dpkg's status file, and status.d of distroless images",
    .revision = 2,
    .file_bytes_max = DPKG_FILE_BYTES_MAX,
    .paths = dpkg_paths,
    .read = dpkg_read,
};
