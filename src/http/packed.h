/* packed.h: the gzip form of a text, made once for a text that is sent many times. */
#ifndef LIMPID_HTTP_PACKED_H
#define LIMPID_HTTP_PACKED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum { HTTP_PACK_BYTES_MIN = 1024 }; /* below it gzip is not worth its header */

/* Zeroed where it begins; lies beside the text, and is ended with it. */
struct http_packed {
    _Atomic(struct http_packed_form *) form;
};

/* `text` as gzip into `to` (empty, with its limit). */
bool http_pack(str text, struct buf *to, struct error *e) MUST_USE;

/* The packed form of `text`, made by the first who asks; borrowed until http_packed_done. Empty
 * where it could not be made, or is not smaller. Safe from many threads. */
str http_packed_of(struct http_packed *p, str text);
void http_packed_done(struct http_packed *p); /* nobody may use it any more */

/* Does an Accept-Encoding header take gzip? ("gzip", "gzip;q=0.5", "*"; not "gzip;q=0".) */
bool http_accepts_gzip(str accept_encoding);

#endif
