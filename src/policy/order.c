#include "policy/order.h"

#include <stdlib.h>

#include "model/risk.h"

static int by_package(const struct finding *a, const struct finding *b)
{
    int order = str_cmp(a->package->package.name, b->package->package.name);
    return order != 0 ? order : (a->package > b->package) - (a->package < b->package);
}

static int worst_first(const struct finding *a, const struct finding *b)
{
    return a->severity != b->severity ? (int)b->severity - (int)a->severity : 0;
}

static int first_of(uint32_t a, uint32_t b)
{
    return (a < b) - (a > b);
}

/* What ransomware uses before what others do, and that before what nobody is known to. */
static uint32_t use_of(const struct finding *f)
{
    const struct exploitation *x = &f->exploitation;
    return x->kev_added_s == 0 ? 0 : x->kev_ransomware ? 2 : 1;
}

static int then_as_ever(int order, const struct finding *a, const struct finding *b)
{
    order = order != 0 ? order : worst_first(a, b);
    order = order != 0 ? order : by_package(a, b);
    return order != 0 ? order : str_cmp(a->id, b->id);
}

static int risk_order(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    int order = first_of(use_of(a), use_of(b));
    return then_as_ever(order != 0 ? order : first_of(risk_of(a), risk_of(b)), a, b);
}

static int epss_order(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    return then_as_ever(first_of(a->exploitation.epss, b->exploitation.epss), a, b);
}

static int package_order(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    return then_as_ever(by_package(a, b), a, b);
}

void order_findings(enum finding_order order, struct finding *findings, size_t count)
{
    if (count < 2) {
        return;
    }
    switch (order) {
    case ORDER_SEVERITY: /* as matching gives them */
        break;
    case ORDER_RISK:
        qsort(findings, count, sizeof(*findings), risk_order);
        break;
    case ORDER_PACKAGE:
        qsort(findings, count, sizeof(*findings), package_order);
        break;
    case ORDER_EPSS:
        qsort(findings, count, sizeof(*findings), epss_order);
        break;
    }
}
