/* certificates.h: the files of TLS, read when the service starts and when it is told to read them
 * again. */
#ifndef LIMPID_SERVER_CERTIFICATES_H
#define LIMPID_SERVER_CERTIFICATES_H

#include "base/buf.h"
#include "server/config.h"

struct certificates {
    struct buf certificate, key, client_ca; /* PEM with a NUL behind; empty: none */
};

/* ERROR_USAGE for one of certfile and keyfile without the other. */
bool certificates_read(const struct config *c, struct certificates *out, struct error *e) MUST_USE;
void certificates_done(struct certificates *c); /* wipes the key */

/* The text, or NULL for none. */
const char *certificates_text(const struct buf *b);

#endif
