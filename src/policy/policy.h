/* policy.h: two separate rules: what is shown, and what fails a build. */
#ifndef LIMPID_POLICY_POLICY_H
#define LIMPID_POLICY_POLICY_H

#include "base/arena.h"
#include "base/error.h"
#include "model/result.h"

enum finding_order {
    ORDER_SEVERITY, /* worst first, then by package and identifier: as matching gives them */
    ORDER_RISK,     /* known to be used first, then by model/risk.h */
    ORDER_PACKAGE,
    ORDER_EPSS, /* most likely to be used first */
};

struct policy {
    bool severities[SEVERITY_COUNT]; /* which are shown */
    bool states[FIX_STATE_COUNT];    /* which states are shown */
    const str *ignored;              /* identifiers: CVE, DSA …; any letter case */
    size_t ignored_count;
    enum finding_order order;
    /* --fail-on: any of these */
    bool fail_on_severity;
    enum severity fail_severity; /* at or above it */
    bool fail_on_kev;            /* in CISA's catalogue of known exploited vulnerabilities */
    bool fail_on_epss;
    uint32_t fail_epss;         /* EPSS at or above it, in hundred-thousandths */
    bool fail_epss_above;       /* and not at it */
    bool fail_fixed_only;       /* of all these, only where there is a fix */
    bool fail_on_incomplete;    /* anything that could not be judged */
    bool fail_on_nothing_found; /* no package at all */
};

/* Everything is shown, nothing fails. */
void policy_init(struct policy *p);

/* "high" (that and worse), or a list "HIGH,CRITICAL" (exactly those). ERROR_USAGE names what is
 * accepted. */
bool policy_parse_severity(struct policy *p, str text, struct error *e) MUST_USE;

/* "high", "any", "kev", "epss>=0.5", "epss>50%", "incomplete", "nothing-found", "none", or several
 * joined by commas: "high,kev,fixed". */
bool policy_parse_fail_on(struct policy *p, str text, struct error *e) MUST_USE;

/* "affected,will_not_fix,fixed,…": states that are not shown (Trivy's --ignore-status). */
bool policy_parse_ignore_status(struct policy *p, str text, struct error *e) MUST_USE;

/* Drops what is not shown from scan->findings (in `arena`), puts them in order, marks what is
 * ignored, recomputes upgrades' counts, and sets scan->fails. Ignored identifiers that match
 * nothing become a note. */
bool policy_apply(const struct policy *p, struct arena *arena, struct scan *scan,
                  struct error *e) MUST_USE;

#endif
