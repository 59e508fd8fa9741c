/* tls.c: certificates by GnuTLS. Each connection takes what is current when it begins and keeps it
 * to its end, so that new certificates never touch a connection that is there. */
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "http/inner.h"

/* One set of certificates; freed by the last who uses it. */
struct tls_session {
    gnutls_certificate_credentials_t credentials;
    bool asks_client;
    unsigned users; /* connections, and one for being current; under the lock */
};

struct tls {
    pthread_mutex_t lock;
    struct tls_session *current;
};

static void session_free(struct tls_session *s)
{
    if (s != NULL) {
        if (s->credentials != NULL) {
            gnutls_certificate_free_credentials(s->credentials);
        }
        free(s);
    }
}

static gnutls_datum_t datum(const char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)text, /* it only reads */
                            .size = (unsigned)strlen(text)};
}

static bool session_fill(struct tls_session *s, const struct http_credentials *texts,
                         struct error *e)
{
    if (gnutls_certificate_allocate_credentials(&s->credentials) != 0) {
        return error_set(e, ERROR_MEMORY, "no memory for TLS");
    }
    gnutls_datum_t certificate = datum(texts->certificate), key = datum(texts->key);
    int code = gnutls_certificate_set_x509_key_mem(s->credentials, &certificate, &key,
                                                   GNUTLS_X509_FMT_PEM);
    if (code < 0) {
        return error_set(e, ERROR_USAGE, "the certificate and its key cannot be used: %s",
                         gnutls_strerror(code));
    }
    if (texts->client_ca == NULL) {
        return true;
    }
    gnutls_datum_t authorities = datum(texts->client_ca);
    code = gnutls_certificate_set_x509_trust_mem(s->credentials, &authorities, GNUTLS_X509_FMT_PEM);
    if (code <= 0) {
        return error_set(e, ERROR_USAGE,
                         "the authority of clients' certificates cannot be used: %s",
                         code < 0 ? gnutls_strerror(code) : "it holds no certificate");
    }
    s->asks_client = true;
    return true;
}

static bool session_new(const struct http_credentials *texts, struct tls_session **out,
                        struct error *e)
{
    struct tls_session *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for TLS");
    }
    s->users = 1;
    if (!session_fill(s, texts, e)) {
        session_free(s);
        return false;
    }
    *out = s;
    return true;
}

bool tls_new(const struct http_credentials *texts, struct tls **out, struct error *e)
{
    struct tls *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for TLS");
    }
    if (!session_new(texts, &t->current, e)) {
        free(t);
        return false;
    }
    pthread_mutex_init(&t->lock, NULL);
    *out = t;
    return true;
}

void tls_leave(struct tls *t, struct tls_session *session)
{
    pthread_mutex_lock(&t->lock);
    bool last = --session->users == 0;
    pthread_mutex_unlock(&t->lock);
    if (last) {
        session_free(session);
    }
}

bool tls_change(struct tls *t, const struct http_credentials *texts, struct error *e)
{
    struct tls_session *fresh = NULL;
    if (!session_new(texts, &fresh, e)) {
        return false;
    }
    pthread_mutex_lock(&t->lock);
    struct tls_session *before = t->current;
    t->current = fresh;
    pthread_mutex_unlock(&t->lock);
    tls_leave(t, before);
    return true;
}

void tls_free(struct tls *t)
{
    if (t != NULL) {
        tls_leave(t, t->current);
        pthread_mutex_destroy(&t->lock);
        free(t);
    }
}

struct tls_session *tls_enter(struct tls *t, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t session = info != NULL ? info->tls_session : NULL;
    if (session == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&t->lock);
    struct tls_session *mine = t->current;
    mine->users++;
    pthread_mutex_unlock(&t->lock);
    if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, mine->credentials) != 0) {
        tls_leave(t, mine);
        return NULL;
    }
    if (mine->asks_client) {
        /* the handshake fails without a certificate that its authority signed */
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(session, NULL, 0);
    }
    return mine;
}
