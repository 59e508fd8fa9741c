/* identity.h: what an instance calls itself where several share a database. */
#ifndef LIMPID_SERVER_IDENTITY_H
#define LIMPID_SERVER_IDENTITY_H

enum { IDENTITY_BYTES = 37 };

/* A random UUID (RFC 9562, version 4) and a NUL. */
void identity_make(char to[IDENTITY_BYTES]);

#endif
