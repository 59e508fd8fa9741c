#include "report/table_head.h"

enum { UPGRADES_SHOWN_MAX = 10, STALE_DAYS = 7 };

static void put_detail(struct print *p, bool *first, const char *label, str value)
{
    if (value.len > 0) {
        print_text(p, *first ? ": " : ", ");
        print_text(p, label);
        print_name(p, value);
        *first = false;
    }
}

static void put_platform(struct print *p, bool *first, const struct image_info *image)
{
    put_detail(p, first, "", image->os.len > 0 ? image->os : image->arch);
    if (image->os.len > 0 && image->arch.len > 0) {
        print_text(p, "/");
        print_name(p, image->arch);
        if (image->variant.len > 0) {
            print_text(p, "/");
            print_name(p, image->variant);
        }
    }
}

static void put_distribution(struct print *p, const struct inventory *inventory)
{
    const struct distribution *d = &inventory->distribution;
    if (!inventory->has_distribution) {
        print_text(p, "Unknown distribution");
    } else if (d->pretty_name.len > 0) {
        print_name(p, d->pretty_name);
    } else {
        print_name(p, d->id);
        print_text(p, d->version_id.len > 0 ? " " : "");
        print_name(p, d->version_id);
    }
    if (inventory->namespace_.len > 0) {
        print_text(p, " [");
        print_name(p, inventory->namespace_);
        print_text(p, "]");
    }
}

void table_head(struct print *p, const struct inventory *inventory)
{
    const struct image_info *image = &inventory->image;
    bool first = true;
    print_style(p, "1");
    print_name(p, image->source);
    print_style(p, NULL);
    put_detail(p, &first, "", image->kind);
    put_detail(p, &first, "tag ", image->tag);
    put_platform(p, &first, image);
    if (image->layers_count > 0 && !str_eq(image->kind, STR("dir"))) {
        print_text(p, first ? ": " : ", ");
        print_count(p, image->layers_count, "layer", "layers");
    }
    print_text(p, "\n");
    put_distribution(p, inventory);
    print_text(p, ", ");
    print_count(p, inventory->packages_count, "package", "packages");
    print_text(p, "\n");
}

static void put_feeds(struct print *p, const struct scan *scan)
{
    for (size_t i = 0; i < scan->feeds_count; i++) {
        const struct feed_stamp *feed = &scan->feeds[i];
        print_text(p, i == 0 ? "" : ", ");
        print_name(p, feed->feed);
        print_fmt(p, " (%llu, ", (unsigned long long)feed->advisories);
        print_age(p, scan->date_s, feed->date_s);
        print_text(p, ")");
    }
}

static bool is_stale(const struct scan *scan)
{
    for (size_t i = 0; i < scan->feeds_count; i++) {
        int64_t then_s = scan->feeds[i].date_s;
        if (then_s != 0 && (scan->date_s - then_s) / 86400 > STALE_DAYS) {
            return true;
        }
    }
    return false;
}

/* Until when the release is cared for: where that is not a matter of course. */
static void put_support(struct print *p, const struct scan *scan)
{
    bool ended = scan->support == SUPPORT_ENDED;
    if (scan->support_note.len == 0 || (!ended && scan->support != SUPPORT_EXTENDED)) {
        return;
    }
    print_style(p, ended ? "1;31" : "33");
    print_text(p, ended ? "Past its end of life" : "Extended support");
    print_style(p, NULL);
    print_text(p, ": ");
    print_name(p, scan->support_note);
    print_text(p, "\n");
}

void table_advisories(struct print *p, const struct scan *scan)
{
    put_support(p, scan);
    print_text(p, "Advisories ");
    print_name(p, scan->generation);
    print_text(p, scan->generation.len > 0 ? ": " : "");
    if (scan->feeds_count == 0) {
        print_text(p, "none that speak of this distribution");
    }
    put_feeds(p, scan);
    if (is_stale(scan)) {
        print_text(p, "; bring them up to date with 'limpid update'");
    }
    print_text(p, "\n");
}

/* -- verdict -------------------------------------------------------------------------------- */

struct counts {
    size_t all, fixable, exploited, ignored, packages;
    size_t by_severity[SEVERITY_COUNT];
};

static bool count_findings(const struct scan *scan, struct arena *arena, struct counts *out,
                           struct error *e)
{
    const struct found_package *first = scan->inventory.packages;
    bool *seen = ARENA_ARRAY(arena, scan->inventory.packages_count, bool, e);
    if (seen == NULL) {
        return false;
    }
    *out = (struct counts){0};
    for (size_t i = 0; i < scan->findings_count; i++) {
        const struct finding *f = &scan->findings[i];
        if (f->ignored) {
            out->ignored++;
            continue;
        }
        size_t at = (size_t)(f->package - first);
        out->all++;
        out->fixable += f->fixed.len > 0;
        out->exploited += f->exploitation.kev_added_s != 0;
        out->by_severity[f->severity]++;
        if (at < scan->inventory.packages_count && !seen[at]) {
            seen[at] = true;
            out->packages++;
        }
    }
    return true;
}

static void put_ignored(struct print *p, const struct counts *c)
{
    if (c->ignored > 0) {
        print_text(p, " ");
        print_count(p, c->ignored, "finding is", "findings are");
        print_text(p, " ignored.");
    }
}

static void put_filter(struct print *p, const struct report_options *options)
{
    if (options->filter.len > 0) {
        print_text(p, " (shown: ");
        print_name(p, options->filter);
        print_text(p, ")");
    }
}

static void put_counts(struct print *p, const struct scan *scan, const struct counts *c,
                       const struct report_options *options)
{
    bool first = true;
    print_style(p, "1");
    print_count(p, c->all, "finding", "findings");
    print_style(p, NULL);
    print_fmt(p, " in %zu of ", c->packages);
    print_count(p, scan->inventory.packages_count, "package", "packages");
    put_filter(p, options);
    print_text(p, ": ");
    for (int s = SEVERITY_COUNT - 1; s >= 0; s--) {
        if (c->by_severity[s] == 0) {
            continue;
        }
        print_text(p, first ? "" : ", ");
        print_style(p, print_severity_sgr((enum severity)s));
        print_fmt(p, "%zu %s", c->by_severity[s], severity_name((enum severity)s));
        print_style(p, NULL);
        first = false;
    }
    print_text(p, ". ");
    print_fmt(p, c->fixable == 1 ? "%zu has a fix." : "%zu have a fix.", c->fixable);
    if (c->exploited > 0) {
        print_fmt(p, c->exploited == 1 ? " %zu is" : " %zu are", c->exploited);
        print_text(p, " known to be exploited.");
    }
    put_ignored(p, c);
    print_text(p, "\n");
}

/* Why an empty list of findings says nothing about the image; NULL where it does. */
static const char *not_judged(const struct scan *scan)
{
    const struct inventory *inventory = &scan->inventory;
    if (inventory->packages_count == 0) {
        return "No package was found, so nothing could be judged.";
    }
    if (inventory->namespace_.len == 0) {
        return "The distribution is unknown, so the packages could not be judged.";
    }
    if (scan->feeds_count == 0) {
        return "No advisories speak of this distribution, so the packages could not be judged.";
    }
    if (inventory->notes.incomplete) {
        return "Nothing was found in what could be judged, and that is not the whole image.";
    }
    return NULL;
}

static void put_clean(struct print *p, const struct scan *scan, const struct counts *c,
                      const struct report_options *options)
{
    bool all = c->ignored == 0 && options->filter.len == 0;
    print_style(p, "1;32");
    print_text(p, all               ? "No known vulnerabilities"
                  : c->ignored == 0 ? "No findings of those that are shown"
                                    : "No other findings");
    print_style(p, NULL);
    put_filter(p, options);
    print_text(p, " in ");
    print_count(p, scan->inventory.packages_count, "package", "packages");
    print_text(p, ", checked against ");
    put_feeds(p, scan);
    print_text(p, ".");
    put_ignored(p, c);
    print_text(p, "\n");
}

bool table_verdict(struct print *p, const struct scan *scan, const struct report_options *options,
                   struct arena *arena)
{
    struct counts counts;
    if (!count_findings(scan, arena, &counts, p->e)) {
        return false;
    }
    const char *why = not_judged(scan);
    print_text(p, "\n");
    if (counts.all > 0) {
        put_counts(p, scan, &counts, options);
        if (scan->inventory.notes.incomplete) {
            print_text(p, "Not everything could be judged: there may be more.\n");
        }
    } else if (why == NULL) {
        put_clean(p, scan, &counts, options);
    } else {
        print_style(p, "1;33");
        print_text(p, why);
        print_style(p, NULL);
        put_filter(p, options);
        put_ignored(p, &counts);
        print_text(p, "\n");
    }
    return p->ok;
}

/* -- what to do ----------------------------------------------------------------------------- */

static void put_upgrade(struct print *p, const struct upgrade *u)
{
    print_text(p, "  ");
    print_name(p, u->package);
    print_text(p, " to ");
    print_name(p, print_version(u->to));
    print_text(p, ": removes ");
    print_count(p, u->removes, "finding", "findings");
    print_text(p, ", worst ");
    print_style(p, print_severity_sgr(u->worst));
    print_text(p, severity_name(u->worst));
    print_style(p, NULL);
    print_text(p, ", in ");
    print_count(p, u->packages, "package", "packages");
    print_text(p, "\n");
}

void table_upgrades(struct print *p, const struct scan *scan)
{
    if (scan->upgrades_count == 0) {
        return;
    }
    size_t shown = scan->upgrades_count < UPGRADES_SHOWN_MAX ? scan->upgrades_count
                                                             : (size_t)UPGRADES_SHOWN_MAX;
    print_title(p, "What to do: upgrade, most findings first");
    for (size_t i = 0; i < shown; i++) {
        put_upgrade(p, &scan->upgrades[i]);
    }
    if (shown < scan->upgrades_count) {
        print_fmt(p, "  and %zu more (--format json has them all)\n", scan->upgrades_count - shown);
    }
}

static void put_notes(struct print *p, const struct diag *notes, enum diag_kind kind,
                      const char *title)
{
    bool titled = false;
    for (size_t i = 0; i < notes->count; i++) {
        const struct diag_note *note = &notes->notes[i];
        if (note->kind != kind) {
            continue;
        }
        if (!titled) {
            print_title(p, title);
            titled = true;
        }
        print_text(p, "  ");
        print_name(p, note->path);
        print_text(p, note->path.len > 0 ? ": " : "");
        print_name(p, note->text);
        print_text(p, "\n");
    }
}

void table_notes(struct print *p, const struct diag *notes)
{
    put_notes(p, notes, DIAG_INCOMPLETE, "Could not be judged");
    put_notes(p, notes, DIAG_NOTE, "Notes");
    if (notes->left_out > 0) {
        print_text(p, "  and ");
        print_count(p, notes->left_out, "more note that was left out",
                    "more notes that were left out");
        print_text(p, "\n");
    }
}
