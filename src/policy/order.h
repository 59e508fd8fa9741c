/* order.h: in which order findings are shown. */
#ifndef LIMPID_POLICY_ORDER_H
#define LIMPID_POLICY_ORDER_H

#include "policy/policy.h"

/* In place. What is equal by `order` stays as it was by severity, package and identifier, so that
 * the same findings give the same list. */
void order_findings(enum finding_order order, struct finding *findings, size_t count);

#endif
