#include "server/certificates.h"

#include <string.h>

#include "server/system.h"

enum { PEM_BYTES_MAX = 4 * 1024 * 1024 };

static bool read_one(str path, const char *key, struct buf *to, struct error *e)
{
    buf_init(to, PEM_BYTES_MAX);
    if (path.len == 0) {
        return true;
    }
    if (system_read_file(path, to, e) && buf_add_char(to, '\0', e)) {
        return true;
    }
    e->kind = ERROR_USAGE;
    return error_wrap(e, "%s", key);
}

bool certificates_read(const struct config *c, struct certificates *out, struct error *e)
{
    struct certificates read;
    memset(&read, 0, sizeof(read));
    if ((c->cert_file.len > 0) != (c->key_file.len > 0)) {
        return error_set(e, ERROR_USAGE, "api.%s is set without api.%s",
                         c->cert_file.len > 0 ? "certfile" : "keyfile",
                         c->cert_file.len > 0 ? "keyfile" : "certfile");
    }
    bool done =
        read_one(c->cert_file, "api.certfile", &read.certificate, e) &&
        read_one(c->key_file, "api.keyfile", &read.key, e) &&
        read_one(c->cert_file.len > 0 ? c->ca_file : STR_NONE, "api.cafile", &read.client_ca, e);
    if (!done) {
        certificates_done(&read);
        return false;
    }
    *out = read;
    return true;
}

void certificates_done(struct certificates *c)
{
    if (c->key.at != NULL) {
        explicit_bzero(c->key.at, c->key.room);
    }
    buf_done(&c->certificate);
    buf_done(&c->key);
    buf_done(&c->client_ca);
}

const char *certificates_text(const struct buf *b)
{
    return b->len > 0 ? b->at : NULL;
}
