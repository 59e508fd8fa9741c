/* advisory_text.h: what is known under one name, for people and for programs. */
#ifndef LIMPID_CLI_ADVISORY_TEXT_H
#define LIMPID_CLI_ADVISORY_TEXT_H

#include "ops/advisory.h"
#include "report/json_writer.h"
#include "report/print.h"

/* A paragraph about the vulnerability, then a table a publisher: a row for each package in each
 * namespace. Scratch in `arena`. */
bool advisory_text(struct print *p, const struct advisory_report *report,
                   struct arena *arena) MUST_USE;

/* As docs/schema/advisory.schema.json has it. */
bool advisory_json(struct writer *to, const struct advisory_report *report,
                   struct error *e) MUST_USE;

#endif
