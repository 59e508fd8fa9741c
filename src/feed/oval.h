/* oval.h: OVAL 5.x (https://oval.mitre.org/language/version5.11/) as publishers of advisories use
 * it: definitions, then the tests, objects, states and variables that they refer to. Inside
 * src/feed only.
 *
 * Definitions come first, and what they mean is known only behind all of the rest. So oval_read
 * keeps each definition small (texts once, criteria as numbers, of the tests only those that are
 * referred to) and hands the definitions to the publisher's function at the end of the document.
 *
 * Criteria are a tree of AND and OR with negation. Their cases are the ways in which it holds:
 *     AND(A, OR(B, C))  →  A B,  A C
 * each a list of leaves. A leaf is a criterion with what its test says; where the document does
 * not have the test, with what its comment says. Criteria that ask for a signature are taken for
 * true, and so are definitions referred to. */
#ifndef LIMPID_FEED_OVAL_H
#define LIMPID_FEED_OVAL_H

#include "feed/document.h"
#include "feed/feed.h"
#include "feed/oval_pool.h"
#include "format/xml.h"

enum {
    OVAL_CASES_MAX = 65536, /* of one definition; with more it is left out, and noted */
    OVAL_LEAVES_MAX = 64,   /* of one case, likewise */
    OVAL_TITLE_BYTES_MAX = 512,
    OVAL_TEXTS_BYTES_MAX = 16 * 1024 * 1024,   /* descriptions of one document */
    OVAL_SCRATCH_BYTES_MAX = 48 * 1024 * 1024, /* the cases and rows of one definition */
};

enum oval_fact {
    OVAL_TITLE,
    OVAL_SEVERITY,
    OVAL_ISSUED,
    OVAL_UPDATED,
    OVAL_CVE,       /* of references and `cve` elements, each once */
    OVAL_REFERENCE, /* its ref_id, where that is no CVE: "ELSA-2007-0057" */
    OVAL_URL, /* of the reference with the publisher's url_source, else of the first; its id is
                 left out of it (oval_url puts it in again): URLs with ids are not all kept */
    OVAL_URL_ID,
    OVAL_CVSS,       /* vector of the highest version; of several the one with the highest score */
    OVAL_PLATFORM,   /* the first one */
    OVAL_PATCHABLE,  /* Microsoft */
    OVAL_CPE,        /* where the publisher has `cpes`, as have the next two (Red Hat) */
    OVAL_RESOLUTION, /* "Will not fix"; the components that follow it are in that state */
    OVAL_COMPONENT,
    OVAL_CVE_PRIORITY, /* where the publisher has `each_cve`: before their OVAL_CVE (Ubuntu) */
    OVAL_CVE_VECTOR,
    OVAL_CVE_PUBLIC,
};

/* A fact is one number: its kind, and its text's number above. */
enum { OVAL_FACT_BITS = 5, OVAL_URL_MARK = 1 /* stands for the id */ };

enum oval_class { OVAL_VULNERABILITY, OVAL_PATCH, OVAL_OTHER_CLASS };

struct oval_definition {
    uint32_t id; /* oval_text: "oval:com.oracle.elsa:def:20070057" */
    uint32_t facts_at, facts_count, tree_at, tree_count;
    enum oval_class class;
    str description;
};

enum oval_says {
    OVAL_CONDITION, /* no more than the comment is known */
    OVAL_LESS,      /* version-release of `name` against `version` */
    OVAL_LESS_EQUAL,
    OVAL_GREATER,
    OVAL_GREATER_EQUAL,
    OVAL_EQUAL,
    OVAL_INSTALLED,       /* `name`, in any version */
    OVAL_ABSENT,          /* `name` is not installed */
    OVAL_VERSION_IS,      /* version without release of `name`: "sles-release" is "15.3" */
    OVAL_VERSION_MATCHES, /* the same as a regular expression: "^9[^\\d]" */
    OVAL_ARCH_IS,
    OVAL_RELEASE_MATCHES, /* `version` is the regular expression: "ksplice" */
    OVAL_SIGNED,
};

struct oval_leaf {
    enum oval_says says;
    bool negated;
    str name, version;
    str arch;    /* what the state asks for: "x86_64", "aarch64|x86_64" */
    str comment; /* empty where it says the same in other words */
    str note;    /* V where the comment ended with " (note: 'V').", which is not in `comment` */
    const struct oval_variable *names; /* instead of `name`: Ubuntu's lists of binary packages */
};

struct oval_case {
    const struct oval_leaf *leaves;
    size_t count;
};

struct oval;

struct oval_publisher {
    str feed;                   /* severity_source of what it says */
    str url_source;             /* `source` of the reference where a person reads on */
    str description_end;        /* text of a description from here on is not kept; empty: all is */
    bool title_word;            /* of a title the first word alone is kept */
    bool name_version_comments; /* "NAME-VERSION-RELEASE is installed" means older than that */
    bool cpes, each_cve;

    /* One definition, all it refers to known: puts its advisories (oval_put below). */
    bool (*definition)(struct oval *o, const struct oval_definition *d, struct error *e);
};

/* Of a definition's references and scores those that are kept. */
struct oval_best {
    char vector[200];
    size_t len;
    unsigned rank;
    bool has_url, has_own_url, has_platform;
    uint32_t url, url_id;
};

struct oval_rows {
    struct affected *at;
    size_t count, room;
    uint32_t *slots; /* position plus 1, by hash */
    size_t slots_room;
    uint64_t secret[2];
    bool flushed; /* rows were put before these */
};

struct oval {
    const struct oval_publisher *publisher;
    struct advisory_sink *out;
    str document;        /* its path */
    struct arena *arena; /* for what lives as long as the document */
    void *own;           /* the publisher's */

    /* the rest is of oval*.c */
    struct xml_handler xml;
    bool has_definitions, in_definitions, current_left_out;
    struct oval_pool prefixes, texts, comments;
    struct oval_list definitions, facts, tree, values;
    struct oval_table tests, objects, states, variables;
    struct oval_definition current; /* the one that is being read */
    struct oval_best best;          /* of it */
    uint64_t current_key;           /* of the test, object, state or variable being read */
    size_t description_bytes;
    uint64_t cut, left_out, unresolved, without_rows, too_many;
    struct arena scratch;  /* one definition's cases and rows */
    struct oval_rows rows; /* of it */
    struct tally strange;  /* products, releases … that limpid does not know */
};

/* A reader, in `arena`; `own` is the caller's. NULL on failure. */
struct oval *oval_new(const struct oval_publisher *publisher, const struct feed_document *document,
                      struct arena *arena, struct advisory_sink *out, struct error *e) MUST_USE;

/* Reads the document, and has the publisher's function called for each definition. */
bool oval_read(struct oval *o, struct reader *body, struct error *e) MUST_USE;

/* -- for publishers, in `definition` --------------------------------------------------------- */

str oval_text(const struct oval *o, uint32_t number);

/* Where a person reads on. */
bool oval_url(struct oval *o, const struct oval_definition *d, str *out, struct error *e) MUST_USE;

/* The first fact of a kind, or STR_NONE; and one after the other, from *at = 0 on. */
str oval_fact(const struct oval *o, const struct oval_definition *d, enum oval_fact kind);
bool oval_fact_next(const struct oval *o, const struct oval_definition *d, size_t *at,
                    enum oval_fact *kind, str *value);

/* The binary packages of a leaf that has `names`: the `i`-th, or STR_NONE behind the last. */
str oval_leaf_name(const struct oval *o, const struct oval_leaf *leaf, size_t i);

/* Severity, CVSS, description, URL, dates; the CVEs but `a->id` as ids. a->id is set before. */
bool oval_advisory(struct oval *o, const struct oval_definition *d, struct advisory *a,
                   struct error *e) MUST_USE;

/* Calls `each` for every case of the definition; it adds rows by oval_row. Then puts `a` with
 * them, where there are any. Equal rows count once. */
struct oval_cases {
    bool (*each)(struct oval *o, const struct oval_definition *d, const struct oval_case *c,
                 void *arg, struct error *e);
    void *arg;
};
bool oval_put(struct oval *o, const struct oval_definition *d, struct advisory *a,
              const struct oval_cases *cases, struct error *e) MUST_USE;
bool oval_row(struct oval *o, const struct affected *row, struct error *e) MUST_USE;

/* Puts the rows so far, and begins anew: for a definition that is several advisories. */
bool oval_flush(struct oval *o, struct advisory *a, struct error *e) MUST_USE;

/* Package, range and architecture of the case's leaves that are about one package; false where
 * there is none. The state is FIX_AVAILABLE where something is `fixed`, else FIX_NONE_YET. */
bool oval_case_package(const struct oval_case *c, struct affected *row);

/* The one architecture that a state's pattern names; STR_NONE where it names several. */
str oval_arch(str pattern);

/* "2007-06-26", "2024-04-17T22:02:46Z", "2023-12-18 15:00:00 UTC", "20231218". */
bool oval_date(str text, int64_t *seconds) MUST_USE;

/* "CVE-2014-0160" out of a text that has it somewhere, or STR_NONE. */
str oval_cve_in(str text);

/* oval_comment.c: what a comment says in words that publishers share: "NAME is earlier than
 * VERSION". Leaves it OVAL_CONDITION with the comment where it is something else. */
void oval_comment_parse(str comment, bool name_version, struct oval_leaf *out);

/* -- between oval*.c ------------------------------------------------------------------------- */

struct oval_test {
    uint64_t key;
    uint32_t object, state; /* positions plus 1; 0: none */
    uint32_t comment;       /* of the first criterion that refers to it */
    bool seen, negated, absent;
};

struct oval_object {
    uint64_t key;
    uint32_t name;     /* text */
    uint32_t variable; /* position plus 1 */
    bool seen;
};

struct oval_state {
    uint64_t key;
    uint32_t version; /* text: of evr, version, release, whatever the state is about */
    uint32_t arch;
    uint8_t says; /* enum oval_says */
    bool seen;
};

struct oval_variable {
    uint64_t key;
    uint32_t values_at, values_count;
};

/* A token of `tree`: its low bits say what it is. A criterion's has the comment of its test's first
 * criterion, or is followed by its own (OVAL_OWN_COMMENT). */
enum { OVAL_CRITERION, OVAL_CRITERIA, OVAL_CRITERIA_END, OVAL_TRUE, OVAL_TOKEN_BITS = 2 };
enum { OVAL_NEGATED = 4, OVAL_OR = 8, OVAL_OWN_COMMENT = 8, OVAL_TEST_SHIFT = 4 };

/* A case by the positions of its leaves in `tree`: position << 1 | negated. */
struct oval_branch {
    const uint32_t *leaves;
    size_t count;
};

struct oval_branches {
    struct oval_branch *at;
    size_t count, room;
};

/* oval_tree.c: the cases of a definition, in the scratch arena. STEP_END: too many. */
enum step oval_tree_cases(struct oval *o, const struct oval_definition *d,
                          struct oval_branches *out, struct error *e) MUST_USE;
struct oval_case oval_tree_case(const struct oval *o, const struct oval_branch *branch,
                                struct oval_leaf leaves[OVAL_LEAVES_MAX]);

/* oval_read.c: the sections behind the definitions. */
bool oval_section_event(struct oval *o, const struct xml_event *event, struct error *e) MUST_USE;
bool oval_key(struct oval *o, str id, uint64_t *key, struct error *e) MUST_USE;

/* oval_meta.c: metadata of a definition. */
bool oval_meta_event(struct oval *o, const struct xml_event *event, struct error *e) MUST_USE;
bool oval_meta_done(struct oval *o, struct error *e) MUST_USE;

#endif
