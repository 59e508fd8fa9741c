/* apk.c: Alpine's package database, lib/apk/db/installed: a line a field, "P:musl", its first
 * letter the field's name; an empty line after each package. The format is the package index's
 * (apk-package(5), apk v2 "installed" database), with lines for folders and files at its end,
 * which are most of the file. apk 3 writes the same text. */
#include "detect/put.h"
#include "format/lines.h"

enum { APK_FILE_BYTES_MAX = 128 * 1024 * 1024 };

static const char *const apk_paths[] = {"lib/apk/db/installed", "usr/lib/apk/db/installed", NULL};

enum apk_field { NAME, VERSION, ARCH, ORIGIN, LICENSE, FIELDS };

/* One package in the making. */
struct apk {
    const struct entry *at;
    struct fact_sink *out;
    struct kept kept;
    struct kept_part parts[FIELDS];
    uint64_t first_line; /* of this package; 0 before it has any */
    const char *problem;
    uint64_t listed, strange; /* packages; blocks of lines that say nothing of one */
    struct losses losses;
};

static bool apk_field(struct apk *a, enum apk_field field, const struct line *line, struct error *e)
{
    struct kept_part *part = &a->parts[field];
    if (line->too_long) {
        a->problem = "a line over the limit of 1 MiB";
        return true;
    }
    if (part->present) {
        a->problem = "a field that is there twice";
        return true;
    }
    str value = str_trim(str_slice(line->text, 2, line->text.len));
    *part = (struct kept_part){.from = a->kept.len, .len = value.len, .present = true};
    return kept_add(&a->kept, value, e);
}

/* Letters are told apart by case: 'p' is what the package provides. */
static bool apk_line(struct apk *a, const struct line *line, struct error *e)
{
    if (line->text.len < 2 || line->text.at[1] != ':') {
        return true;
    }
    switch (line->text.at[0]) {
    case 'P':
        return apk_field(a, NAME, line, e);
    case 'V':
        return apk_field(a, VERSION, line, e);
    case 'A':
        return apk_field(a, ARCH, line, e);
    case 'o':
        return apk_field(a, ORIGIN, line, e);
    case 'L':
        return apk_field(a, LICENSE, line, e);
    default:
        return true;
    }
}

static bool apk_package(struct apk *a, struct error *e)
{
    struct package package = {
        .ecosystem = ECOSYSTEM_APK,
        .name = kept_str(&a->kept, a->parts[NAME]),
        .version = kept_str(&a->kept, a->parts[VERSION]),
        .arch = kept_str(&a->kept, a->parts[ARCH]),
        .source = kept_str(&a->kept, a->parts[ORIGIN]),
        .license = str_slice(kept_str(&a->kept, a->parts[LICENSE]), 0, PUT_TEXT_BYTES_MAX),
    };
    const char *fault = package_fault(package.name, package.version);
    if (fault != NULL) {
        losses_left_out(&a->losses, a->first_line, a->problem != NULL ? a->problem : fault);
        return true;
    }
    if (a->problem != NULL) {
        losses_damaged(&a->losses, a->first_line, a->problem);
    }
    if (!is_plain(package.arch)) {
        package.arch = STR_NONE;
    }
    if (!is_plain(package.source)) {
        package.source = package.name;
    }
    package.source_version = package.version;
    a->listed++;
    return put_package(&package, a->out, e);
}

static bool is_strange(const struct apk *a)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (a->parts[i].present) {
            return false;
        }
    }
    return a->problem == NULL;
}

/* An empty line, or the end. */
static bool apk_boundary(struct apk *a, struct error *e)
{
    if (a->first_line == 0) {
        return true;
    }
    if (is_strange(a)) {
        a->strange++;
    } else if (!apk_package(a, e)) {
        return false;
    }
    a->kept.len = 0;
    memset(a->parts, 0, sizeof(a->parts));
    a->first_line = 0;
    a->problem = NULL;
    return true;
}

static bool apk_lines(struct apk *a, struct lines *lines, struct error *e)
{
    struct line line;
    enum step got;
    while ((got = lines_next(lines, &line, e)) == STEP_GOT) {
        if (line.text.len == 0) {
            if (!apk_boundary(a, e)) {
                return false;
            }
            continue;
        }
        if (a->first_line == 0) {
            a->first_line = lines->number;
        }
        if (!apk_line(a, &line, e)) {
            return false;
        }
    }
    return got == STEP_END && apk_boundary(a, e);
}

static bool apk_summary(const struct apk *a, struct error *e)
{
    if (a->strange > 0 && !put_text(a->listed > 0 ? FACT_NOTE : FACT_INCOMPLETE, a->at, a->out, e,
                                    "%llu blocks of lines that describe no package",
                                    (unsigned long long)a->strange)) {
        return false;
    }
    return put_losses(&a->losses, a->at, a->out, e);
}

static bool apk_read(const struct detector *self, str role, const struct entry *at,
                     struct reader *body, struct arena *arena, struct fact_sink *out,
                     struct error *e)
{
    (void)role;
    bool put;
    if (!put_database(self, at, out, e)) {
        return false;
    }
    if (put_too_large(self, at, out, &put, e)) {
        return put;
    }
    struct apk apk = {.at = at, .out = out, .kept = {.arena = arena}};
    struct lines lines;
    lines_init(&lines, body, arena);
    return apk_lines(&apk, &lines, e) && apk_summary(&apk, e);
}

const struct detector detector_apk = {
    .name = "apk",
    .summary = "Alpine packages: apk's installed database",
    .revision = 1,
    .file_bytes_max = APK_FILE_BYTES_MAX,
    .paths = apk_paths,
    .read = apk_read,
};
