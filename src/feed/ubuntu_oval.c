#include "feed/ubuntu_oval.h"

#include "feed/oval_rpm.h"
#include "model/namespace.h"

static str file_of(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == path.len ? path : str_slice(path, slash + 1, path.len);
}

bool ubuntu_oval_claims(str path)
{
    str name = file_of(path);
    return (str_starts(name, STR("com.ubuntu.")) || str_starts(name, STR("oci.com.ubuntu."))) &&
           str_ends(name, STR(".oval.xml"));
}

/* One definition. */
struct ubuntu {
    struct advisory *advisory;
    str namespace_, product;
    bool by_cve;  /* a package's: each criterion is about the CVE that its comment begins with */
    size_t facts; /* where the last CVE was found: they come in the criteria's order */
};

/* -- the release ---------------------------------------------------------------------------- */

static bool has(str text, str part)
{
    return str_find(text, part) < text.len;
}

static bool is_number(str word)
{
    return word.len > 2 && word.at[0] >= '0' && word.at[0] <= '9' && has(word, STR("."));
}

/* "pro", then "pro:fips-updates". */
static bool product_add(struct oval *o, str word, str *product, struct error *e)
{
    char *text = ARENA_ARRAY(&o->scratch, word.len, char, e);
    if (text == NULL) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        text[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    str lower = {.at = text, .len = word.len};
    if (product->len == 0) {
        *product = lower;
        return true;
    }
    str so_far = *product;
    return arena_printf(&o->scratch, product, e, STR_FMT "%c" STR_FMT, STR_ARG(so_far),
                        has(so_far, STR(":")) ? '-' : ':', STR_ARG(lower));
}

/* "Ubuntu 22.04 LTS", "Ubuntu Pro FIPS-updates 22.04 LTS". */
static bool place_by_platform(struct oval *o, str platform, struct ubuntu *u, struct error *e)
{
    str word;
    if (!str_word(&platform, &word) || !str_eq(word, STR("Ubuntu"))) {
        return true;
    }
    while (str_word(&platform, &word)) {
        if (is_number(word)) {
            return arena_printf(&o->scratch, &u->namespace_, e, "ubuntu:" STR_FMT, STR_ARG(word));
        }
        if (!product_add(o, word, &u->product, e)) {
            return false;
        }
    }
    u->product = STR_NONE;
    return true;
}

/* The codename in "oval:com.ubuntu.jammy:def:22040104000000". */
static bool place_by_id(struct oval *o, const struct oval_definition *d, struct ubuntu *u,
                        struct error *e)
{
    str id = oval_text(o, d->id), codename;
    struct distribution_match match;
    if (!str_starts(id, STR("oval:com.ubuntu."))) {
        return true;
    }
    id = str_slice(id, sizeof("oval:com.ubuntu.") - 1, id.len);
    if (!str_cut(&id, ':', &codename)) {
        return true;
    }
    struct distribution release = {.id = STR("ubuntu"), .codename = codename};
    if (!namespace_of(&release, &o->scratch, &match, e)) {
        return false;
    }
    u->namespace_ = match.namespace_;
    return true;
}

/* -- what a criterion's comment says -------------------------------------------------------- */

static const struct {
    str words, word;
    enum fix_state state;
} statements[] = {
    {STR_INIT("has been fixed, but no release version"), STR_INIT("released"), FIX_NONE_YET},
    {STR_INIT("has been fixed"), STR_INIT(""), FIX_AVAILABLE},
    {STR_INIT("needs fixing"), STR_INIT("needed"), FIX_NONE_YET},
    {STR_INIT("may need fixing"), STR_INIT("needs-triage"), FIX_NONE_YET},
    {STR_INIT("decision has been made to defer"), STR_INIT("deferred"), FIX_DEFERRED},
    {STR_INIT("is pending publication"), STR_INIT("pending"), FIX_NONE_YET},
    {STR_INIT("decision has been made to ignore"), STR_INIT("ignored"), FIX_WILL_NOT},
    {STR_INIT("is not affected"), STR_INIT("not-affected"), FIX_NOT_AFFECTED},
    {STR_INIT("is not known"), STR_INIT("needs-triage"), FIX_UNDETERMINED},
};

/* "(CVE-2023-48795) libssh package in jammy …", "The 'poppler' package in trusty …",
 * "apache2: while related to the CVE …". */
static str source_of(str comment)
{
    if (comment.len > 0 && comment.at[0] == '(') {
        size_t end = str_find_char(comment, ')');
        comment = str_trim(str_slice(comment, end + 1, comment.len));
    }
    str name = str_slice(comment, 0, str_find(comment, STR(" package in ")));
    if (name.len == comment.len) {
        name = str_slice(comment, 0, str_find(comment, STR(": while related")));
    }
    if (name.len == comment.len) {
        return STR_NONE;
    }
    str quoted = oval_between(name, STR("The '"), STR("'"));
    return quoted.len > 0 ? quoted : name;
}

/* A version, not "2019-04-10" or "code not compiled". */
static str version_in_note(str note)
{
    bool digit = note.len > 0 && note.at[0] >= '0' && note.at[0] <= '9';
    return digit && str_find_char(note, ' ') == note.len ? note : STR_NONE;
}

static str without_epoch_0(str version)
{
    return str_starts(version, STR("0:")) ? str_slice(version, 2, version.len) : version;
}

/* -- rows ----------------------------------------------------------------------------------- */

static bool set_state(struct oval *o, const struct oval_leaf *leaf, struct affected *row,
                      struct error *e)
{
    str note = leaf->note, word = STR_NONE;
    bool compared = leaf->says == OVAL_LESS;
    row->fixed = compared ? without_epoch_0(leaf->version) : STR_NONE;
    row->state = compared ? FIX_AVAILABLE : FIX_NONE_YET;
    for (size_t i = 0; i < ARRAY_COUNT(statements); i++) {
        if (!has(leaf->comment, statements[i].words)) {
            continue;
        }
        if (statements[i].state == FIX_AVAILABLE && row->fixed.len == 0) {
            row->fixed = version_in_note(note);
        }
        row->state = row->fixed.len > 0 ? FIX_AVAILABLE : statements[i].state;
        word = statements[i].word;
        break;
    }
    if (row->state == FIX_AVAILABLE && row->fixed.len == 0) {
        row->state = FIX_NONE_YET;
    }
    if (word.len == 0 || note.len == 0 || row->state == FIX_AVAILABLE) {
        row->word = row->state == FIX_AVAILABLE ? STR_NONE : word;
        return true;
    }
    return arena_printf(&o->scratch, &row->word, e, STR_FMT ": " STR_FMT, STR_ARG(word),
                        STR_ARG(note));
}

static bool add_rows(struct oval *o, const struct oval_leaf *leaf, const struct ubuntu *u,
                     struct error *e)
{
    struct affected row = {
        .scope = SCOPE_BINARY, .namespace_ = u->namespace_, .product = u->product};
    if (!set_state(o, leaf, &row, e)) {
        return false;
    }
    bool pro =
        str_starts(leaf->comment, STR("Available with Ubuntu Pro")) || has(row.fixed, STR("esm"));
    if (row.product.len == 0 && pro) {
        row.product = STR("pro");
    }
    for (size_t i = 0;; i++) {
        row.package = oval_leaf_name(o, leaf, i);
        if (row.package.len == 0) {
            if (i > 0) {
                return true;
            }
            break;
        }
        if (!oval_row(o, &row, e)) {
            return false;
        }
    }
    row.package = source_of(leaf->comment);
    row.scope = SCOPE_SOURCE;
    return row.package.len == 0 || oval_row(o, &row, e);
}

/* Is it about a package, not about which kernel runs? */
static bool speaks(const struct oval_leaf *leaf)
{
    return !leaf->negated &&
           (leaf->names != NULL || leaf->name.len > 0 || source_of(leaf->comment).len > 0);
}

/* The advisory of a package's document becomes the one of this CVE. */
static bool turn_to(struct oval *o, const struct oval_definition *d, struct ubuntu *u, str cve,
                    struct error *e)
{
    struct advisory *a = u->advisory;
    if (str_eq(a->id, cve)) {
        return true;
    }
    if (!oval_flush(o, a, e)) {
        return false;
    }
    *a = (struct advisory){.id = cve};
    enum oval_fact kind;
    str value, priority = STR_NONE, vector = STR_NONE, public_ = STR_NONE;
    for (size_t seen = 0; seen < d->facts_count; seen++) {
        if (!oval_fact_next(o, d, &u->facts, &kind, &value)) {
            u->facts = 0;
            continue;
        }
        priority = kind == OVAL_CVE_PRIORITY ? value : priority;
        vector = kind == OVAL_CVE_VECTOR ? value : vector;
        public_ = kind == OVAL_CVE_PUBLIC ? value : public_;
        if (kind == OVAL_CVE && str_eq(value, cve)) {
            a->cvss = vector;
            (void)!oval_date(public_, &a->published_s);
            (void)!severity_parse(priority, &a->severity);
            break;
        }
    }
    a->severity_source = a->severity == SEVERITY_UNKNOWN ? STR_NONE : STR("ubuntu");
    return arena_printf(&o->scratch, &a->url, e, "https://ubuntu.com/security/" STR_FMT,
                        STR_ARG(cve));
}

static bool each_case(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                      void *arg, struct error *e)
{
    struct ubuntu *u = arg;
    for (size_t i = 0; i < c->count; i++) {
        const struct oval_leaf *leaf = &c->leaves[i];
        if (!speaks(leaf)) {
            continue;
        }
        if (u->by_cve) {
            str cve = leaf->comment.len > 0 && leaf->comment.at[0] == '('
                          ? oval_cve_in(leaf->comment)
                          : STR_NONE;
            if (cve.len == 0) {
                tally_add(&o->strange, STR("criteria of no vulnerability"));
                continue;
            }
            if (!turn_to(o, d, u, cve, e)) {
                return false;
            }
        }
        if (!add_rows(o, leaf, u, e)) {
            return false;
        }
    }
    return true;
}

/* "CVE-2023-48795 on Ubuntu 22.04 LTS (jammy) - medium", "USN-6561-1 -- libssh vulnerability"; a
 * package's title is its name. */
static bool definition(struct oval *o, const struct oval_definition *d, struct error *e)
{
    struct advisory a = {.id = STR_NONE};
    struct ubuntu u = {.advisory = &a};
    const struct oval_cases cases = {.each = each_case, .arg = &u};
    str title = oval_fact(o, d, OVAL_TITLE), word = STR_NONE;
    if (!place_by_platform(o, oval_fact(o, d, OVAL_PLATFORM), &u, e) ||
        (u.namespace_.len == 0 && !place_by_id(o, d, &u, e))) {
        return false;
    }
    if (u.namespace_.len == 0) {
        tally_add(&o->strange, oval_fact(o, d, OVAL_PLATFORM));
        return true;
    }
    (void)str_word(&title, &word);
    u.by_cve = !str_starts(word, STR("CVE-")) && !str_starts(word, STR("USN-")) &&
               !str_starts(word, STR("LSN-")) && !str_starts(word, STR("SSN-"));
    a.id = u.by_cve ? STR_NONE : word;
    return (u.by_cve || oval_advisory(o, d, &a, e)) && oval_put(o, d, &a, &cases, e);
}

bool ubuntu_oval_read(const struct feed_document *document, struct reader *body,
                      struct arena *arena, struct advisory_sink *out, struct error *e)
{
    static const struct oval_publisher publisher = {
        .feed = STR_INIT("ubuntu"),
        .url_source = STR_INIT("USN"),
        .description_end = STR_INIT("Update Instructions:"),
        .title_word = true,
        .each_cve = true,
        .definition = definition,
    };
    struct oval *o = oval_new(&publisher, document, arena, out, e);
    return o != NULL && oval_read(o, body, e);
}
