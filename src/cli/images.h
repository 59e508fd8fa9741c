/* images.h: what `scan` and `inventory` have in common: their SOURCEs, one after the other. */
#ifndef LIMPID_CLI_IMAGES_H
#define LIMPID_CLI_IMAGES_H

#include "cli/context.h"
#include "cli/outputs.h"
#include "ops/scan.h"

enum { IMAGES_PARALLEL_MAX = 256 };

struct image_settings {
    struct common_settings common;
    struct output_settings output;
    struct option_list input; /* further SOURCEs */
    str platform, image, distro;
    struct option_number verify, sandbox, parallel;
    bool no_cache, timings, offline;
};

/* Reads one image and hands the result to `outputs`; a false return is about the image. */
struct image_task {
    bool inventory;
    str db, as_of; /* which advisories; empty: the current ones */
    struct report_options report;
    bool (*run)(struct image_task *self, const struct ops_context *context,
                const struct image_options *options, struct outputs *outputs, struct arena *arena,
                struct error *e);
};

/* Runs the task for each SOURCE; one that fails is said, and the next is tried. The exit status,
 * STATUS_DONE or worse: what is left undone is worse than a wrong command line. */
int images_run(const struct invocation *in, const struct image_settings *settings,
               struct image_task *task);

/* On standard error, where no report tells it: what could not be judged; with -v, how each layer
 * was read. */
void images_tell(const struct invocation *in, const struct outputs *outputs,
                 const struct inventory *inventory);

#define IMAGES_REPORTER_CHOICE(name) "|" #name

/* Rows for a command whose settings have `struct image_settings` at `path`. */
#define OPTIONS_IMAGE(type, path)                                                                  \
    {.name = "format",                                                                             \
     .letter = 'f',                                                                                \
     .kind = OPTION_CHOICE,                                                                        \
     .at = offsetof(type, path.output.format),                                                     \
     .value = "FORMAT",                                                                            \
     .choices = &(REPORTERS(IMAGES_REPORTER_CHOICE))[1],                                           \
     .summary = "Format of the report (default: table)"},                                          \
        {.name = "output",                                                                         \
         .letter = 'o',                                                                            \
         .kind = OPTION_LIST,                                                                      \
         .at = offsetof(type, path.output.output),                                                 \
         .value = "FILE",                                                                          \
         .file = true,                                                                             \
         .summary = "Write the report to FILE, or with FORMAT=FILE in that format; may be "        \
                    "repeated. FILE is replaced as a whole, when the report is complete"},         \
        {.name = "output-file",                                                                    \
         .kind = OPTION_LIST,                                                                      \
         .at = offsetof(type, path.output.output),                                                 \
         .value = "FILE",                                                                          \
         .file = true,                                                                             \
         .hidden = true,                                                                           \
         .summary = "The same as --output"},                                                       \
        {.name = "file",                                                                           \
         .kind = OPTION_LIST,                                                                      \
         .at = offsetof(type, path.output.output),                                                 \
         .value = "FILE",                                                                          \
         .file = true,                                                                             \
         .hidden = true,                                                                           \
         .summary = "The same as --output"},                                                       \
        {.name = "input",                                                                          \
         .kind = OPTION_LIST,                                                                      \
         .at = offsetof(type, path.input),                                                         \
         .value = "FILE",                                                                          \
         .file = true,                                                                             \
         .summary = "Another way to name a SOURCE that is a file or a folder"},                    \
        {.name = "image",                                                                          \
         .kind = OPTION_TEXT,                                                                      \
         .at = offsetof(type, path.image),                                                         \
         .value = "TAG",                                                                           \
         .summary = "Which image of an archive that has several: its tag or image ID"},            \
        {.name = "platform",                                                                       \
         .kind = OPTION_TEXT,                                                                      \
         .at = offsetof(type, path.platform),                                                      \
         .value = "OS/ARCH",                                                                       \
         .summary = "Which platform of an image that has several (default: this machine's)"},      \
        {.name = "distro",                                                                         \
         .kind = OPTION_TEXT,                                                                      \
         .at = offsetof(type, path.distro),                                                        \
         .value = "NAME/VERSION",                                                                  \
         .summary = "Take the image for this distribution, whatever it says: debian/12"},          \
        {.name = "verify",                                                                         \
         .kind = OPTION_CHOICE,                                                                    \
         .at = offsetof(type, path.verify),                                                        \
         .value = "WHEN",                                                                          \
         .choices = "auto|always|never",                                                           \
         .summary = "Check layers against their digests: those that are read whole anyway "        \
                    "(auto), all, or none (default: auto)"},                                       \
        {.name = "no-cache",                                                                       \
         .kind = OPTION_FLAG,                                                                      \
         .at = offsetof(type, path.no_cache),                                                      \
         .summary = "Read every layer, also those that are known"},                                \
        {.name = "sandbox",                                                                        \
         .kind = OPTION_CHOICE,                                                                    \
         .at = offsetof(type, path.sandbox),                                                       \
         .value = "MODE",                                                                          \
         .choices = "auto|required|off",                                                           \
         .summary = "Read images in a confined process: as far as this kernel can (auto), "        \
                    "wholly or not at all (required), or without (off) (default: auto)"},          \
        {.name = "parallel",                                                                       \
         .kind = OPTION_NUMBER,                                                                    \
         .at = offsetof(type, path.parallel),                                                      \
         .value = "N",                                                                             \
         .least = 1,                                                                               \
         .most = IMAGES_PARALLEL_MAX,                                                              \
         .summary = "Read at most N layers at a time (default: one a processor)"},                 \
        {.name = "timings",                                                                        \
         .kind = OPTION_FLAG,                                                                      \
         .at = offsetof(type, path.timings),                                                       \
         .summary = "Say on standard error how long each SOURCE took"},                            \
        {.name = "offline",                                                                        \
         .kind = OPTION_FLAG,                                                                      \
         .at = offsetof(type, path.offline),                                                       \
         .hidden = true,                                                                           \
         .summary = "Accepted for other scanners' users: nothing is fetched"},                     \
        {.name = "offline-scan",                                                                   \
         .kind = OPTION_FLAG,                                                                      \
         .at = offsetof(type, path.offline),                                                       \
         .hidden = true,                                                                           \
         .summary = "The same as --offline"},                                                      \
    {                                                                                              \
        .name = "skip-db-update", .kind = OPTION_FLAG, .at = offsetof(type, path.offline),         \
        .hidden = true, .summary = "The same as --offline"                                         \
    }

#endif
