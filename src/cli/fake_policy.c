/* fake_policy.c: just enough of policy/policy.h for the command line's tests. */
#include <string.h>

#include "policy/policy.h"

void policy_init(struct policy *p)
{
    memset(p, 0, sizeof(*p));
    memset(p->severities, true, sizeof(p->severities));
    memset(p->states, true, sizeof(p->states));
}

bool policy_parse_severity(struct policy *p, str text, struct error *e)
{
    enum severity least;
    if (!severity_parse(text, &least)) {
        return error_set(e, ERROR_USAGE, "'" STR_FMT "' is no severity", STR_ARG(text));
    }
    for (int s = 0; s < SEVERITY_COUNT; s++) {
        p->severities[s] = s >= (int)least;
    }
    return true;
}

bool policy_parse_fail_on(struct policy *p, str text, struct error *e)
{
    p->fail_on_severity = severity_parse(text, &p->fail_severity);
    return p->fail_on_severity ||
           error_set(e, ERROR_USAGE, "'" STR_FMT "' is no rule", STR_ARG(text));
}

bool policy_parse_ignore_status(struct policy *p UNUSED, str text UNUSED, struct error *e UNUSED)
{
    return true;
}

bool policy_apply(const struct policy *p, struct arena *arena, struct scan *scan, struct error *e)
{
    struct finding *kept = ARENA_ARRAY(arena, scan->findings_count, struct finding, e);
    size_t count = 0;
    if (kept == NULL) {
        return false;
    }
    for (size_t i = 0; i < scan->findings_count; i++) {
        struct finding f = scan->findings[i];
        for (size_t k = 0; k < p->ignored_count; k++) {
            f.ignored = f.ignored || str_eq_nocase(p->ignored[k], f.id);
        }
        scan->fails =
            scan->fails || (!f.ignored && p->fail_on_severity && f.severity >= p->fail_severity);
        if (p->severities[f.severity] && p->states[f.state]) {
            kept[count++] = f;
        }
    }
    scan->findings = kept;
    scan->findings_count = count;
    return true;
}
