/* identity.h: what an instance calls itself where several share a database. */
#ifndef LIMPID_SERVER_IDENTITY_H
#define LIMPID_SERVER_IDENTITY_H

#include <stdbool.h>

#include "base/str.h"

enum { IDENTITY_BYTES = 37 };

/* A random UUID (RFC 9562, version 4) and a NUL. */
void identity_make(char to[IDENTITY_BYTES]);

/* The same with the process behind: "UUID BOOT PID-NAMESPACE PID START". */
enum { IDENTITY_PROCESS_BYTES = 200 };
void identity_of_process(const char identity[IDENTITY_BYTES], char to[IDENTITY_PROCESS_BYTES]);

/* Whether the process of such a text is known to have ended: one of this machine's running system
 * and of this process's own PID namespace. Of others nobody can tell: false. */
bool identity_has_ended(str process);

#endif
