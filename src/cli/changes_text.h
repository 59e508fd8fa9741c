/* changes_text.h: what differs between two generations, for people and as JSON. */
#ifndef LIMPID_CLI_CHANGES_TEXT_H
#define LIMPID_CLI_CHANGES_TEXT_H

#include "base/arena.h"
#include "ops/changes.h"
#include "report/print.h"
#include "stream/writer.h"

/* With ids where the report has them: "+" new, "~" changed, "-" gone. */
bool changes_text(struct print *p, const struct changes_report *report,
                  struct arena *arena) MUST_USE;
bool changes_json(struct writer *to, const struct changes_report *report, struct error *e) MUST_USE;

#endif
