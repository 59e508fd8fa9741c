/* system.h: what the service asks of the machine: files, the service manager, programs beside it.
 */
#ifndef LIMPID_SERVER_SYSTEM_H
#define LIMPID_SERVER_SYSTEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* The whole file, at most `to->bytes_max` bytes. ERROR_IO, ERROR_LIMIT with the file's name. */
bool system_read_file(str path, struct buf *to, struct error *e) MUST_USE;

/* Tells the service manager ("READY=1", "STOPPING=1", "RELOADING=1"): a datagram to
 * $NOTIFY_SOCKET (sd_notify(3)). Nothing where there is none. */
void system_notify(const char *state);

/* The program `limpid`, which updates advisories: beside this one, in the build tree, or where it
 * is installed. ERROR_ABSENT. */
bool system_limpid(struct arena *arena, str *out, struct error *e) MUST_USE;

/* The same, opened: whoever runs it by this descriptor runs what was there at the start, also after
 * an upgrade. 0: it is not there. */
int system_limpid_open(void);

#endif
