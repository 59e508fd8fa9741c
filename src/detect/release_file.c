#include "detect/release_file.h"

#include <string.h>

#include "model/namespace.h"

/* How releases call themselves outside of os-release, and what os-release calls them. The first
 * that a text begins with holds. */
static const struct {
    str name, id, id_like;
} names[] = {
    {STR_INIT("Red Hat Enterprise Linux"), STR_INIT("rhel"), STR_INIT("fedora")},
    {STR_INIT("RedHatEnterprise"), STR_INIT("rhel"), STR_INIT("fedora")},
    {STR_INIT("CentOS"), STR_INIT("centos"), STR_INIT("rhel fedora")},
    {STR_INIT("Oracle Linux"), STR_INIT("ol"), STR_INIT("fedora")},
    {STR_INIT("OracleServer"), STR_INIT("ol"), STR_INIT("fedora")},
    {STR_INIT("Enterprise Linux Enterprise Linux"), STR_INIT("ol"), STR_INIT("fedora")},
    {STR_INIT("Amazon"), STR_INIT("amzn"), STR_INIT("rhel fedora")},
    {STR_INIT("Fedora"), STR_INIT("fedora"), STR_INIT("")},
    {STR_INIT("Rocky"), STR_INIT("rocky"), STR_INIT("rhel centos fedora")},
    {STR_INIT("AlmaLinux"), STR_INIT("almalinux"), STR_INIT("rhel centos fedora")},
    {STR_INIT("Scientific"), STR_INIT("scientific"), STR_INIT("rhel centos fedora")},
    {STR_INIT("CloudLinux"), STR_INIT("cloudlinux"), STR_INIT("rhel fedora centos")},
    {STR_INIT("EuroLinux"), STR_INIT("eurolinux"), STR_INIT("rhel fedora centos")},
    {STR_INIT("Virtuozzo"), STR_INIT("virtuozzo"), STR_INIT("rhel fedora")},
    {STR_INIT("MIRACLE LINUX"), STR_INIT("miraclelinux"), STR_INIT("rhel fedora")},
    {STR_INIT("Anolis OS"), STR_INIT("anolis"), STR_INIT("rhel fedora centos")},
    {STR_INIT("openEuler"), STR_INIT("openeuler"), STR_INIT("")},
    {STR_INIT("VMware Photon"), STR_INIT("photon"), STR_INIT("")},
    {STR_INIT("CBL-Mariner"), STR_INIT("mariner"), STR_INIT("")},
    {STR_INIT("Common Base Linux Mariner"), STR_INIT("mariner"), STR_INIT("")},
    {STR_INIT("Mariner"), STR_INIT("mariner"), STR_INIT("")},
    {STR_INIT("Microsoft Azure Linux"), STR_INIT("azurelinux"), STR_INIT("")},
    {STR_INIT("Azure Linux"), STR_INIT("azurelinux"), STR_INIT("")},
    {STR_INIT("SUSE Linux Enterprise Server"), STR_INIT("sles"), STR_INIT("suse")},
    {STR_INIT("SUSE Linux Enterprise Desktop"), STR_INIT("sled"), STR_INIT("suse")},
    {STR_INIT("openSUSE"), STR_INIT("opensuse"), STR_INIT("suse")},
    {STR_INIT("Ubuntu"), STR_INIT("ubuntu"), STR_INIT("debian")},
    {STR_INIT("LinuxMint"), STR_INIT("linuxmint"), STR_INIT("ubuntu debian")},
    {STR_INIT("Debian"), STR_INIT("debian"), STR_INIT("")},
    {STR_INIT("Alpine"), STR_INIT("alpine"), STR_INIT("")},
    {STR_INIT("Arch"), STR_INIT("arch"), STR_INIT("")},
};

/* Sets the ids of the release that `text` begins with; `*rest` is what follows its name. */
static bool name_find(str text, struct distribution *out, str *rest)
{
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (str_eq_nocase(str_slice(text, 0, names[i].name.len), names[i].name)) {
            out->id = names[i].id;
            out->id_like = names[i].id_like;
            *rest = str_slice(text, names[i].name.len, text.len);
            return true;
        }
    }
    return false;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._+~:-", c) != NULL);
}

/* What os-release(5) allows in ID and VERSION_ID, and a little more that is harmless. Shell code,
 * quotes and control bytes are not among it. */
static bool is_word(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_word_byte(s.at[i])) {
            return false;
        }
    }
    return s.len > 0 && s.len <= 64;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void blame(struct release *r, uint64_t line, const char *problem)
{
    if (r->problem == NULL) {
        r->problem = problem;
        r->problem_line = line;
    }
}

/* The first `count` parts of a version: "2.0" of "2.0.20220226". */
static str version_parts(str version, unsigned count)
{
    for (size_t i = 0; i < version.len; i++) {
        if (version.at[i] == '.' && --count == 0) {
            return str_slice(version, 0, i);
        }
    }
    return version;
}

/* Release files name builds and points where os-release's VERSION_ID does not. */
static str version_id(str id, str version)
{
    if (str_eq(id, STR("mariner")) || str_eq(id, STR("azurelinux"))) {
        return version_parts(version, 2);
    }
    if (str_eq(id, STR("amzn")) && str_cmp(version, STR("2020")) > 0) {
        return version_parts(version, 1); /* "2023.6.20241031"; but "2018.03", and "2" */
    }
    return version;
}

/* The value of an assignment, without its quotes: the words of POSIX sh without expansion. The
 * result is in the arena. A value that is not well-formed sets `*problem`. */
static bool value_parse(str raw, struct arena *arena, str *out, const char **problem,
                        struct error *e)
{
    raw = str_trim(raw);
    char quote = raw.len > 0 && (raw.at[0] == '"' || raw.at[0] == '\'') ? raw.at[0] : '\0';
    char *to = arena_alloc(arena, raw.len + 1, 1, 1, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0, i = quote == '\0' ? 0 : 1;
    for (; i < raw.len && (quote == '\0' || raw.at[i] != quote); i++) {
        char c = raw.at[i];
        char next = i + 1 < raw.len ? raw.at[i + 1] : '\0';
        if (quote == '\0' && c == ' ' && next == '#') {
            break;
        }
        bool escapes = c == '\\' && quote != '\'' && next != '\0' &&
                       (quote == '\0' || strchr("\"\\$`", next) != NULL);
        if (escapes) {
            c = next;
            i++;
        }
        to[len++] = c;
    }
    if (quote != '\0') {
        str rest = str_trim(str_slice(raw, i + 1, raw.len));
        if (i >= raw.len) {
            *problem = "a quote that does not end";
        } else if (rest.len > 0 && rest.at[0] != '#') {
            *problem = "text after a quoted value";
        }
    }
    *out = str_trim((str){.at = to, .len = len});
    return true;
}

/* One name that is looked for, and where its value goes. */
struct wanted {
    str name;
    str *value;
    bool is_word; /* anything else in it makes it worthless */
};

static bool assignment_take(const struct wanted *w, str raw, uint64_t line, struct arena *arena,
                            struct release *r, struct error *e)
{
    const char *problem = NULL;
    str value;
    if (!value_parse(raw, arena, &value, &problem, e)) {
        return false;
    }
    if (problem == NULL && w->is_word && value.len > 0 && !is_word(value)) {
        problem = "a value with bytes that do not belong there";
    }
    if (problem != NULL) {
        blame(r, line, problem);
        value = STR_NONE;
    }
    *w->value = value;
    return true;
}

static bool assignments_parse(str text, const struct wanted *wanted, size_t count,
                              struct arena *arena, struct release *r, struct error *e)
{
    str line, name;
    for (uint64_t number = 1; str_line(&text, &line); number++) {
        line = str_trim(line);
        if (line.len == 0 || line.at[0] == '#' || !str_cut(&line, '=', &name)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            if (str_eq(name, wanted[i].name) &&
                !assignment_take(&wanted[i], line, number, arena, r, e)) {
                return false;
            }
        }
    }
    return true;
}

static bool lower_case(str *s, struct arena *arena, struct error *e)
{
    char *to = arena_alloc(arena, s->len + 1, 1, 1, e);
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->len; i++) {
        char c = s->at[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *s = (str){.at = to, .len = s->len};
    return true;
}

bool release_parse_os(str text, struct arena *arena, struct release *out, struct error *e)
{
    struct release r = {.problem = NULL};
    struct distribution *d = &r.distribution;
    const struct wanted wanted[] = {
        {STR("ID"), &d->id, true},
        {STR("ID_LIKE"), &d->id_like, false},
        {STR("VERSION_ID"), &d->version_id, true},
        {STR("VERSION_CODENAME"), &d->codename, true},
        {STR("PRETTY_NAME"), &d->pretty_name, false},
        {STR("CPE_NAME"), &d->cpe, false},
        {STR("VARIANT_ID"), &d->variant_id, true},
    };
    if (!assignments_parse(text, wanted, ARRAY_COUNT(wanted), arena, &r, e) ||
        !lower_case(&d->id, arena, e)) {
        return false;
    }
    if (d->id.len == 0) {
        blame(&r, 0, "no ID");
    }
    *out = r;
    return true;
}

bool release_parse_lsb(str text, struct arena *arena, struct release *out, struct error *e)
{
    struct release r = {.problem = NULL};
    struct distribution *d = &r.distribution;
    str id = STR_NONE, version = STR_NONE, rest;
    const struct wanted wanted[] = {
        {STR("DISTRIB_ID"), &id, false},
        {STR("DISTRIB_RELEASE"), &version, true},
        {STR("DISTRIB_CODENAME"), &d->codename, true},
        {STR("DISTRIB_DESCRIPTION"), &d->pretty_name, false},
    };
    if (!assignments_parse(text, wanted, ARRAY_COUNT(wanted), arena, &r, e)) {
        return false;
    }
    if (!name_find(id, d, &rest) && is_word(id)) {
        if (!lower_case(&id, arena, e)) {
            return false;
        }
        d->id = id;
    }
    d->version_id = version_id(d->id, version);
    *out = r;
    return true;
}

/* The first line that says anything. */
static str first_line(str text)
{
    str line;
    while (str_line(&text, &line)) {
        line = str_trim(line);
        if (line.len > 0) {
            return line;
        }
    }
    return STR_NONE;
}

/* The first word that begins with a digit: names and codenames of releases have none. */
static str first_number(str text)
{
    str word;
    while (str_word(&text, &word)) {
        if (is_digit(word.at[0]) && is_word(word)) {
            return word;
        }
    }
    return STR_NONE;
}

bool release_parse_named(str text, struct arena *arena, struct release *out, struct error *e)
{
    (void)arena;
    (void)e;
    struct release r = {.problem = NULL};
    str line = first_line(text), rest;
    if (name_find(line, &r.distribution, &rest)) {
        r.distribution.version_id = version_id(r.distribution.id, first_number(rest));
        r.distribution.pretty_name = line;
    } else {
        blame(&r, 1, "not a release that limpid knows");
    }
    *out = r;
    return true;
}

bool release_parse_suse(str text, struct arena *arena, struct release *out, struct error *e)
{
    str line, name, version = STR_NONE, level = STR_NONE;
    if (!release_parse_named(text, arena, out, e)) {
        return false;
    }
    while (str_line(&text, &line)) {
        if (!str_cut(&line, '=', &name)) {
            continue;
        }
        if (str_eq(str_trim(name), STR("VERSION"))) {
            version = str_trim(line);
        } else if (str_eq(str_trim(name), STR("PATCHLEVEL"))) {
            level = str_trim(line);
        }
    }
    if (is_word(version)) {
        out->distribution.version_id = version;
    }
    if (!is_word(level) || str_eq(level, STR("0")) || out->distribution.version_id.len == 0) {
        return true;
    }
    return arena_printf(arena, &out->distribution.version_id, e, STR_FMT "." STR_FMT,
                        STR_ARG(out->distribution.version_id), STR_ARG(level));
}

bool release_parse_debian(str text, struct arena *arena, struct release *out, struct error *e)
{
    struct release r = {.problem = NULL};
    str line = first_line(text), codename = line;
    if (line.len > 0 && is_digit(line.at[0]) && is_word(line)) {
        /* since 4.0 the first part alone names the release */
        bool old = line.at[0] < '4' && (line.len == 1 || line.at[1] == '.');
        r.distribution.version_id = version_parts(line, old ? 2 : 1);
    } else {
        str_cut(&line, '/', &codename);
        if (!is_word(codename)) {
            blame(&r, 1, "neither a version nor a codename");
            *out = r;
            return true;
        }
        r.distribution.codename = codename;
    }
    r.distribution.id = STR("debian");
    line = first_line(text);
    if (!arena_printf(arena, &r.distribution.pretty_name, e, "Debian GNU/Linux " STR_FMT,
                      STR_ARG(line))) {
        return false;
    }
    *out = r;
    return true;
}

bool release_parse_alpine(str text, struct arena *arena, struct release *out, struct error *e)
{
    struct release r = {.problem = NULL};
    str line = first_line(text);
    if (is_word(line)) {
        r.distribution.id = STR("alpine");
        r.distribution.version_id = line;
        if (!arena_printf(arena, &r.distribution.pretty_name, e, "Alpine Linux v" STR_FMT,
                          STR_ARG(line))) {
            return false;
        }
    } else {
        blame(&r, 1, "not a version");
    }
    *out = r;
    return true;
}

/* "deb [arch=amd64] http://… bookworm main contrib": the suite, where main is among the components.
 */
static bool apt_suite(str line, str *suite)
{
    str word;
    if (!str_word(&line, &word) || !str_eq(word, STR("deb")) || !str_word(&line, &word)) {
        return false;
    }
    if (word.at[0] == '[') {
        while (!str_ends(word, STR("]"))) {
            if (!str_word(&line, &word)) {
                return false;
            }
        }
        if (!str_word(&line, &word)) {
            return false;
        }
    }
    if (!str_word(&line, suite)) {
        return false;
    }
    *suite = str_slice(*suite, 0, str_find_char(*suite, '/'));
    *suite = str_slice(*suite, 0, str_find_char(*suite, '-'));
    while (str_word(&line, &word)) {
        if (str_eq(word, STR("main"))) {
            return true;
        }
    }
    return false;
}

bool release_parse_apt(str text, struct arena *arena, struct release *out, struct error *e)
{
    (void)arena;
    (void)e;
    struct release r = {.problem = NULL};
    str line, suite;
    while (r.distribution.id.len == 0 && str_line(&text, &line)) {
        if (!apt_suite(line, &suite)) {
            continue;
        }
        suite = str_eq(suite, STR("unstable")) ? STR("sid") : suite;
        if (namespace_of_debian_codename(suite).len > 0) {
            r.distribution.id = STR("debian");
        } else if (namespace_of_ubuntu_codename(suite).len > 0) {
            r.distribution.id = STR("ubuntu");
            r.distribution.id_like = STR("debian");
        }
        r.distribution.codename = suite;
    }
    if (r.distribution.id.len == 0) {
        r.distribution.codename = STR_NONE; /* somebody else's repositories: nothing is said */
    }
    *out = r;
    return true;
}

bool release_parse_arch(str text, struct arena *arena, struct release *out, struct error *e)
{
    (void)text;
    (void)arena;
    (void)e;
    *out = (struct release){.distribution = {.id = STR("arch"), .pretty_name = STR("Arch Linux")}};
    return true;
}
