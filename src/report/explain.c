#include "report/explain.h"

#include "base/clock.h"
#include "model/risk.h"
#include "report/table_rows.h"

const char *explain_state(enum fix_state s)
{
    switch (s) {
    case FIX_AVAILABLE:
        return "fixed";
    case FIX_NONE_YET:
        return "no fix yet";
    case FIX_WILL_NOT:
        return "will not fix";
    case FIX_DEFERRED:
        return "deferred";
    case FIX_END_OF_LIFE:
        return "end of life";
    case FIX_NOT_AFFECTED:
        return "not affected";
    case FIX_UNDETERMINED:
        return "undetermined";
    case FIX_STATE_COUNT:
        break;
    }
    return "unknown";
}

static bool is_asked(const struct finding *f, str id)
{
    if (str_eq_nocase(f->id, id)) {
        return true;
    }
    for (size_t i = 0; i < f->aliases_count; i++) {
        if (str_eq_nocase(f->aliases[i], id)) {
            return true;
        }
    }
    for (size_t i = 0; i < f->advisories_count; i++) {
        if (str_eq_nocase(f->advisories[i].id, id)) {
            return true;
        }
    }
    return false;
}

static void label(struct print *p, const char *text)
{
    print_fmt(p, "  %-10s ", text);
}

static void line(struct print *p, const char *name, str value)
{
    if (value.len > 0) {
        label(p, name);
        print_name(p, value);
        print_text(p, "\n");
    }
}

static void put_package(struct print *p, const struct found_package *f)
{
    const struct package *package = &f->package;
    label(p, "package");
    print_name(p, package->name);
    print_text(p, " ");
    print_name(p, package->version);
    print_text(p, " (");
    print_name(p, ecosystem_name(package->ecosystem));
    print_text(p, package->arch.len > 0 ? ", " : "");
    print_name(p, package->arch);
    print_text(p, ")\n");
    if (package->source.len > 0) {
        label(p, "source");
        print_name(p, package->source);
        print_text(p, " ");
        print_name(p, package->source_version);
        print_text(p, "\n");
    }
    line(p, "module", package->module);
    line(p, "listed in", f->location);
}

static void put_layer(struct print *p, const struct scan *scan, const struct found_package *f)
{
    const struct image_info *image = &scan->inventory.image;
    char text[DIGEST_TEXT_BYTES];
    if (f->layer >= image->layers_count) {
        return;
    }
    const struct layer_info *layer = &image->layers[f->layer];
    label(p, "layer");
    print_fmt(p, "%zu of %zu", f->layer + 1, image->layers_count);
    if (f->changed_in != f->layer) {
        print_fmt(p, " (its database was last written in layer %zu)", f->changed_in + 1);
    }
    print_text(p, "\n");
    line(p, "digest", str_from(digest_text(layer->blob, text)));
    line(p, "diff ID", str_from(digest_text(layer->diff_id, text)));
    line(p, "made by", layer->created_by);
}

static void put_severity(struct print *p, enum severity severity, str source, bool by_score)
{
    label(p, "severity");
    print_style(p, print_severity_sgr(severity));
    print_text(p, severity_name(severity));
    print_style(p, NULL);
    if (source.len > 0) {
        print_text(p, ", by ");
        print_name(p, source);
        print_text(p, by_score ? "'s CVSS score" : "");
    }
    print_text(p, "\n");
}

static void put_score(struct print *p, const struct finding *f)
{
    if (f->cvss.len == 0) {
        return;
    }
    label(p, "CVSS");
    if (f->cvss_tenths > 0) {
        print_fmt(p, "%u.%u, ", f->cvss_tenths / 10, f->cvss_tenths % 10);
    }
    print_name(p, f->cvss);
    print_text(p, f->cvss_source.len > 0 ? ", by " : "");
    print_name(p, f->cvss_source);
    print_text(p, "\n");
}

static void put_day(struct print *p, const char *before, int64_t seconds)
{
    char text[CLOCK_TEXT_BYTES];
    if (seconds != 0) {
        print_text(p, before);
        print_name(p, str_slice(str_from(clock_text(seconds, text)), 0, sizeof("2026-11-24") - 1));
    }
}

void explain_exploitation(struct print *p, const struct exploitation *x)
{
    char epss[EPSS_TEXT_BYTES], percentile[EPSS_TEXT_BYTES];
    if (risk_has_epss(x)) {
        label(p, "EPSS");
        print_text(p, table_epss(x->epss, epss));
        print_text(p, " likely to be exploited within 30 days, by FIRST; ");
        print_text(p, table_epss(x->epss_percentile, percentile));
        print_text(p, " of all are less likely\n");
    }
    if (x->kev_added_s != 0) {
        label(p, "exploited");
        put_day(p, "known to CISA since ", x->kev_added_s);
        put_day(p, ", to be mended by ", x->kev_due_s);
        print_text(p, x->kev_ransomware ? ", used by ransomware\n" : "\n");
    }
}

static void put_state(struct print *p, const struct finding *f)
{
    label(p, "state");
    print_text(p, explain_state(f->state));
    if (f->fixed.len > 0) {
        print_text(p, " in ");
        print_name(p, f->fixed);
    }
    if (f->word.len > 0) {
        print_text(p, " (the publisher says: ");
        print_name(p, f->word);
        print_text(p, ")");
    }
    print_text(p, "\n");
}

static void put_aliases(struct print *p, const struct finding *f)
{
    if (f->aliases_count == 0) {
        return;
    }
    label(p, "also");
    for (size_t i = 0; i < f->aliases_count; i++) {
        print_text(p, i == 0 ? "" : ", ");
        print_name(p, f->aliases[i]);
    }
    print_text(p, "\n");
}

static const char *order_name(enum ecosystem e)
{
    static const char *const names[ECOSYSTEM_COUNT] = {
        [ECOSYSTEM_DEB] = "dpkg's",
        [ECOSYSTEM_APK] = "apk's",
        [ECOSYSTEM_RPM] = "rpm's",
        [ECOSYSTEM_ALPM] = "pacman's",
    };
    return (unsigned)e < ECOSYSTEM_COUNT && names[e] != NULL ? names[e] : "the ecosystem's";
}

/* "1.0.1e-2+deb7u4 < 1.0.1e-2+deb7u5 by dpkg's order", with a lower bound before it. */
static void put_comparison(struct print *p, const struct finding *f,
                           const struct finding_advisory *a)
{
    const struct affected *row = &a->affected;
    label(p, "compared");
    if (row->introduced.len > 0) {
        print_name(p, row->introduced);
        print_text(p, " <= ");
    }
    print_name(p, a->compared);
    if (row->fixed.len > 0) {
        print_text(p, " < ");
        print_name(p, row->fixed);
    } else if (row->last_affected.len > 0) {
        print_text(p, " <= ");
        print_name(p, row->last_affected);
    }
    if (row->introduced.len + row->fixed.len + row->last_affected.len > 0) {
        print_text(p, " by ");
        print_text(p, order_name(f->package->package.ecosystem));
        print_text(p, " order\n");
    } else {
        print_text(p, ": every version is affected\n");
    }
}

static void put_row(struct print *p, const struct affected *row)
{
    label(p, "says");
    print_text(p, "in ");
    print_name(p, row->namespace_);
    print_text(p, row->scope == SCOPE_SOURCE ? ", source package " : ", package ");
    print_name(p, row->package);
    print_text(p, row->arch.len > 0 ? " on " : "");
    print_name(p, row->arch);
    print_text(p, row->product.len > 0 ? " of product " : "");
    print_name(p, row->product);
    print_text(p, row->module.len > 0 ? " of module " : "");
    print_name(p, row->module);
    print_text(p, " is affected");
    if (row->introduced.len > 0) {
        print_text(p, " from ");
        print_name(p, row->introduced);
    }
    if (row->fixed.len > 0) {
        print_text(p, " before ");
        print_name(p, row->fixed);
    } else if (row->last_affected.len > 0) {
        print_text(p, " up to ");
        print_name(p, row->last_affected);
    }
    if (row->fixed.len == 0) {
        print_text(p, "; ");
        print_text(p, explain_state(row->state));
    }
    print_text(p, "\n");
    line(p, "in words", row->word);
}

static void put_date(struct print *p, const char *name, int64_t seconds)
{
    char text[CLOCK_TEXT_BYTES];
    if (seconds != 0) {
        line(p, name, str_from(clock_text(seconds, text)));
    }
}

static void put_advisory(struct print *p, const struct finding *f, const struct finding_advisory *a)
{
    print_text(p, "\n  ");
    print_style(p, "1");
    print_name(p, a->id);
    print_style(p, NULL);
    print_text(p, " (feed ");
    print_name(p, a->feed);
    print_text(p, ")\n");
    put_row(p, &a->affected);
    put_comparison(p, f, a);
    put_severity(p, a->severity, a->severity_source, false);
    line(p, "CVSS", a->cvss);
    line(p, "see", a->url);
    put_date(p, "published", a->published_s);
    put_date(p, "modified", a->modified_s);
}

/* Red Hat: which parts of the distribution the image has was not told by it. */
static void put_assumed(struct print *p, const struct scan *scan, const struct finding *f)
{
    bool limited = false;
    for (size_t i = 0; i < f->advisories_count; i++) {
        limited = limited || str_starts(f->advisories[i].affected.product, STR("cpe:"));
    }
    if (limited && scan->inventory.repositories_count == 0) {
        label(p, "assumed");
        print_text(p, "the image names no repositories: all of the release's own, no extensions\n");
    }
}

static void put_finding(struct print *p, const struct scan *scan, const struct finding *f)
{
    print_text(p, "\n");
    print_style(p, "1");
    print_name(p, f->id);
    print_style(p, NULL);
    print_text(p, " in ");
    print_name(p, f->package->package.name);
    print_text(p, " ");
    print_name(p, f->package->package.version);
    print_text(p, "\n");
    put_package(p, f->package);
    put_layer(p, scan, f->package);
    put_severity(p, f->severity, f->severity_source, f->severity_by_score);
    put_score(p, f);
    explain_exploitation(p, &f->exploitation);
    put_state(p, f);
    put_aliases(p, f);
    line(p, "what", f->description);
    put_assumed(p, scan, f);
    line(p, "release", scan->support_note);
    if (f->ignored) {
        label(p, "ignored");
        print_text(p, "by ");
        print_name(p, f->ignored_by);
        print_text(p, "\n");
    }
    for (size_t i = 0; i < f->advisories_count; i++) {
        put_advisory(p, f, &f->advisories[i]);
    }
}

void explain_print(struct print *p, const struct scan *scan, str id)
{
    bool found = false;
    for (size_t i = 0; i < scan->findings_count; i++) {
        if (is_asked(&scan->findings[i], id)) {
            put_finding(p, scan, &scan->findings[i]);
            found = true;
        }
    }
    if (!found) {
        print_text(p, "\n");
        print_name(p, id);
        print_text(p, " is not among the findings of this image.\n");
        if (scan->inventory.notes.incomplete) {
            print_text(p, "Not everything could be judged.\n");
        }
    }
}
