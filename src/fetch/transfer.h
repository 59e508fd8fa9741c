/* transfer.h: one request by libcurl, with redirects, retries and limits by our own rules.
 * Inside the fetch program only. */
#ifndef LIMPID_FETCH_TRANSFER_H
#define LIMPID_FETCH_TRANSFER_H

#include <curl/curl.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum {
    TRANSFER_REDIRECTS_MAX = 5,
    TRANSFER_HEADERS_MAX = 100,
    TRANSFER_HEADERS_BYTES_MAX = 16 * 1024,
    TRANSFER_WAIT_S_MAX = 60, /* of the doubling waits; a server may ask for more */
};

struct transfer_request {
    str method, url;                   /* texts with a NUL behind */
    str body;                          /* of a POST */
    str certificate, key, server_name; /* of TLS, for the request's own origin; empty: none */
    str headers[TRANSFER_HEADERS_MAX];
    size_t headers_count;
    bool allow_private, allow_http, insecure_tls;
    uint64_t body_bytes_max, timeout_s, stall_s, speed_min, retries, retry_wait_ms;
};

/* Where an answer goes. False ends the transfer with that error. */
struct transfer_sink {
    bool (*head)(struct transfer_sink *self, unsigned status, str url, const str *headers,
                 size_t headers_count, struct error *e);
    bool (*data)(struct transfer_sink *self, str bytes, struct error *e);
};

/* Makes the request; the head has been told on success. `easy` is reused for the sake of its
 * connections. */
bool transfer_run(CURL *easy, const struct transfer_request *request, struct arena *arena,
                  struct transfer_sink *sink, struct error *e) MUST_USE;

#endif
