/* fake_ops.c: the operations as the command line's tests want them: SOURCEs are the words of
 * report/sample.h, and "usage" and "limit", which fail; nothing is read. */
#include "ops/advisory.h"
#include "ops/bundle.h"
#include "ops/changes.h"
#include "ops/instance.h"
#include "ops/local_image.h"
#include "ops/private_folder.h"
#include "ops/scan.h"
#include "ops/update.h"
#include "ops/versions.h"
#include "report/sample.h"
#include "worker/child.h"

int worker_main(int argc UNUSED, char **argv UNUSED)
{
    return 77;
}

static bool read_sample(const struct ops_context *context, const struct image_options *options,
                        struct arena *arena, struct scan *out, struct error *e)
{
    if (context->notice != NULL) {
        context->notice(context->notice_arg, "Landlock is not in this kernel");
    }
    if (str_eq(options->source, STR("usage"))) {
        return error_set(e, ERROR_USAGE, "no such kind of source");
    }
    if (str_eq(options->source, STR("limit"))) {
        error_set(e, ERROR_LIMIT, "513 layers, the limit is 512");
        return error_hint(e, "raise the limit");
    }
    return sample_scan(options->source, arena, out, e);
}

bool ops_inventory(const struct ops_context *context, const struct image_options *options,
                   struct arena *arena, struct inventory *out, struct error *e)
{
    struct scan scan;
    if (!read_sample(context, options, arena, &scan, e)) {
        return false;
    }
    *out = scan.inventory;
    return true;
}

bool ops_scan(const struct ops_context *context, const struct image_options *options,
              const struct policy *policy, struct arena *arena, struct scan *out, struct error *e)
{
    if (!read_sample(context, options, arena, out, e)) {
        return false;
    }
    out->judged = true;
    out->fails = false;
    return policy_apply(policy, arena, out, e);
}

static const str debian_notes[] = {STR_INIT("left out: 3 odd rows"), STR_INIT("\x1b[31m")};

static const struct update_result results[] = {
    {.feed = STR_INIT("debian"),
     .ok = true,
     .advisories = 12,
     .rows = 40,
     .advisories_before = 10,
     .notes = debian_notes,
     .notes_count = 2},
    {.feed = STR_INIT("alpine"), .ok = true, .unchanged = true, .advisories = 5},
    {.feed = STR_INIT("osv"),
     .error = STR_INIT("the server says \x1b[31m404"),
     .advisories_before = 7},
};

bool ops_update(const struct ops_context *context UNUSED, const struct update_options *options,
                struct arena *arena UNUSED, const struct update_result **out, size_t *count,
                struct error *e)
{
    if (options->feeds_count > 0 && !str_eq(options->feeds[0], STR("debian"))) {
        return error_set(e, ERROR_USAGE, "there is no feed '" STR_FMT "'",
                         STR_ARG(options->feeds[0]));
    }
    *out = results;
    *count = options->feeds_count > 0 ? 1 : 3;
    return !str_eq(options->from, STR("nowhere")) ||
           error_set(e, ERROR_IO, "cannot open 'nowhere'");
}

static const struct feed_info feeds[] = {
    {.name = STR_INIT("alpine"), .summary = STR_INIT("Alpine's secdb")},
    {.name = STR_INIT("debian"),
     .summary = STR_INIT("Debian's security tracker"),
     .redistributable = true,
     .known_state = true,
     .state = {.feed = STR_INIT("debian"),
               .fetched_s = 1795507200,
               .date_s = 1795342800,
               .advisories = 41220,
               .rows = 100,
               .last_error = STR_INIT("no route\n to host")}},
};

bool ops_status(const struct ops_context *context UNUSED, struct arena *arena UNUSED,
                struct status *out, struct error *e UNUSED)
{
    *out = (struct status){.data_dir = STR("/var/cache/limpid"),
                           .generation = STR("20261124T080000Z-1a2b3c4d"),
                           .feeds = feeds,
                           .feeds_count = 2,
                           .layers_cached = 3,
                           .layers_bytes = 4000,
                           .sandbox = STR("seccomp")};
    return true;
}

bool ops_changes(const struct ops_context *context UNUSED, str range UNUSED, bool ids UNUSED,
                 struct arena *arena UNUSED, struct changes_report *out, struct error *e UNUSED)
{
    static const str id[] = {STR_INIT("CVE-2026-1")};
    static const struct changed_feed feed = {
        .feed = STR_INIT("debian"), .added = 1, .added_ids = id};
    *out = (struct changes_report){
        .from = STR("before"), .to = STR("after"), .feeds = &feed, .count = 1};
    return true;
}

bool ops_bundle_export(const struct ops_context *context UNUSED,
                       const struct bundle_export_request *request UNUSED,
                       struct arena *arena UNUSED, const str **left_out, size_t *left_out_count,
                       struct error *e UNUSED)
{
    static const str names[] = {STR_INIT("secret")};
    *left_out = names;
    *left_out_count = 1;
    return true;
}

bool ops_bundle_import(const struct ops_context *context UNUSED,
                       const struct bundle_import_request *request, struct arena *arena UNUSED,
                       struct bundle_imported *out, struct error *e)
{
    *out = (struct bundle_imported){.feeds = 2, .is_signed = request->key.len > 0};
    return request->allow_older ||
           error_set(e, ERROR_FORMAT, "'debian' is older than the installed one");
}

bool ops_publish(const struct ops_context *context UNUSED,
                 const struct publish_request *request UNUSED, struct arena *arena UNUSED,
                 struct published *out, struct error *e UNUSED)
{
    *out = (struct published){.feeds = 2, .changed = true, .objects = 5, .objects_new = 3};
    return true;
}

bool ops_update_from_limpid(const struct ops_context *context UNUSED,
                            const struct from_limpid_request *request UNUSED,
                            struct arena *arena UNUSED, const struct update_result **out,
                            size_t *count, struct error *e UNUSED)
{
    *out = results;
    *count = 2;
    return true;
}

bool ops_keygen(str name UNUSED, struct arena *arena UNUSED, str *key, struct error *e UNUSED)
{
    *key = STR("RWkey");
    return true;
}

bool ops_key_is_locked(str file UNUSED, bool *locked, struct error *e UNUSED)
{
    *locked = false;
    return true;
}

bool ops_compare_versions(str scheme, str a, str b, int *order, struct error *e)
{
    if (!str_eq(scheme, STR("deb"))) {
        return error_set(e, ERROR_USAGE, "there is no scheme '" STR_FMT "'; there are deb",
                         STR_ARG(scheme));
    }
    int compared = str_cmp(a, b);
    *order = (compared > 0) - (compared < 0);
    return true;
}

bool ops_scheme_at(size_t i, str *name, str *summary)
{
    *name = STR("deb");
    *summary = STR("dpkg's order");
    return i == 0;
}

static const str known_names[] = {STR_INIT("GHSA-aaaa"), STR_INIT("\x1b[31m")};

static const struct affected known_rows[] = {
    {.namespace_ = STR_INIT("debian:12"),
     .package = STR_INIT("openssl"),
     .scope = SCOPE_SOURCE,
     .state = FIX_AVAILABLE,
     .introduced = STR_INIT("1.0"),
     .fixed = STR_INIT("1.0.1g-1")},
    {.namespace_ = STR_INIT("debian:12"),
     .package = STR_INIT("nodejs"),
     .scope = SCOPE_BINARY,
     .arch = STR_INIT("x86_64"),
     .module = STR_INIT("nodejs:18"),
     .product = STR_INIT("pro"),
     .state = FIX_WILL_NOT,
     .word = STR_INIT("ignored\n: minor")},
    {.namespace_ = STR_INIT("debian:13"), .package = STR_INIT("x"), .state = FIX_NOT_AFFECTED},
    {.namespace_ = STR_INIT("debian:13"), .package = STR_INIT("y"), .last_affected = STR_INIT("2")},
};

static const struct publication known_publications[] = {
    {.feed = STR_INIT("debian"),
     .advisory = {.id = STR_INIT("CVE-2014-0160"),
                  .ids = known_names,
                  .ids_count = 2,
                  .severity = SEVERITY_HIGH,
                  .severity_source = STR_INIT("debian"),
                  .cvss = STR_INIT("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
                  .withdrawn_s = 86400,
                  .affected = known_rows,
                  .affected_count = 4}},
    {.feed = STR_INIT("kev"), .advisory = {.id = STR_INIT("CVE-2014-0160")}},
};

bool ops_advisory(const struct ops_context *context UNUSED, str id, struct arena *arena UNUSED,
                  struct advisory_report *out, struct error *e)
{
    *out = (struct advisory_report){
        .id = STR("CVE-2014-0160"),
        .generation = STR("20261124T080000Z-1a2b3c4d"),
        .has_vulnerability = true,
        .vulnerability = {.id = STR("CVE-2014-0160"),
                          .severity = SEVERITY_HIGH,
                          .severity_source = STR("cvss3"),
                          .cvss = STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
                          .cvss_source = STR("nvd"),
                          .description = STR("Heartbeat messages can read beyond the end of a "
                                             "buffer, which gives away what is in memory behind "
                                             "it:\x1b[2J keys, passwords."),
                          .exploitation = {.epss = 94464,
                                           .epss_percentile = 99989,
                                           .kev_added_s = 1651622400},
                          .published_s = 1396828800},
        .cvss_tenths = 75,
        .aliases = known_names,
        .aliases_count = 2,
        .publications = known_publications,
        .publications_count = 2,
    };
    return !str_eq(id, STR("CVE-1")) ||
           error_set(e, ERROR_ABSENT, "nothing is known of '" STR_FMT "'", STR_ARG(id));
}

const char *local_priority(size_t i)
{
    return i == 0 ? "Low" : NULL;
}

bool local_needs_folder(const struct local_request *request UNUSED)
{
    return false;
}

bool local_image_analyze(const struct local_request *request, struct arena *arena UNUSED,
                         struct local_result *out, struct error *e)
{
    *out = (struct local_result){0};
    return writer_printf(request->out, e, "Saving " STR_FMT "\n", STR_ARG(request->image.source));
}

bool private_folder_run(int (*work)(void *arg, const char *folder), void *arg, int *status,
                        struct error *e UNUSED)
{
    *status = work(arg, "");
    return true;
}
