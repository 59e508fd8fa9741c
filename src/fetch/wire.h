/* wire.h: what the parent and the fetch program say to each other, over two pipes. Frames: a type
 * (1 byte), a length (4 bytes, little-endian, ≤ WIRE_FRAME_BYTES_MAX), the payload. The payload
 * of requests, heads and errors is fields: an id (1 byte), a length (4 bytes), the value.
 *
 *     parent: BODY …, REQUEST → program: HEAD, DATA …, END    or at any point: ERROR
 *
 * One request at a time; the program ends when its input does. Version: the first field. */
#ifndef LIMPID_FETCH_WIRE_H
#define LIMPID_FETCH_WIRE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/reader.h"

enum { WIRE_VERSION = 1, WIRE_FRAME_BYTES_MAX = 256 * 1024, WIRE_HEADER_BYTES = 5 };

/* The parent's process number, in the program's environment: it must not outlive that. */
#define WIRE_PARENT_VARIABLE "LIMPID_PARENT"

enum wire_frame {
    WIRE_BODY = 'B',
    WIRE_REQUEST = 'Q',
    WIRE_HEAD = 'H',
    WIRE_DATA = 'D',
    WIRE_END = 'E',
    WIRE_ERROR = 'X',
};

enum wire_field {
    WIRE_FIELD_VERSION = 1, /* numbers are decimal text */
    WIRE_FIELD_METHOD,
    WIRE_FIELD_URL,    /* of the request; of the head: where redirects led */
    WIRE_FIELD_HEADER, /* "Name: value"; any number */
    WIRE_FIELD_ALLOW_PRIVATE,
    WIRE_FIELD_ALLOW_HTTP,
    WIRE_FIELD_BODY_BYTES_MAX,
    WIRE_FIELD_TIMEOUT_S,
    WIRE_FIELD_STALL_S,
    WIRE_FIELD_RETRIES,
    WIRE_FIELD_RETRY_WAIT_MS,
    WIRE_FIELD_STATUS,
    WIRE_FIELD_KIND, /* of an error: enum error_kind */
    WIRE_FIELD_TEXT,
    WIRE_FIELD_HINT,
    WIRE_FIELD_SPEED_MIN,
    WIRE_FIELD_CERTIFICATE, /* files: what the client shows, and its key */
    WIRE_FIELD_KEY,
    WIRE_FIELD_SERVER_NAME,
    WIRE_FIELD_INSECURE_TLS,
};

bool wire_add(struct buf *payload, enum wire_field id, str value, struct error *e) MUST_USE;
bool wire_add_number(struct buf *payload, enum wire_field id, uint64_t value,
                     struct error *e) MUST_USE;

bool fetch_wire_send(int fd, enum wire_frame type, str payload, struct error *e) MUST_USE;

/* Takes the next field off `rest`. Other ids than the above are passed on: they are of a later
 * version, and ignored. ERROR_FORMAT where a length does not fit. */
enum step wire_next(str *rest, uint8_t *id, str *value, struct error *e) MUST_USE;

/* One frame: `payload` has its bytes until the next call. STEP_END where the pipe is closed
 * between frames. With a `deadline_ns` of clock_monotonic_ns that passes: ERROR_REMOTE; 0: none. */
enum step fetch_wire_receive(int fd, uint8_t *type, struct buf *payload, uint64_t deadline_ns,
                             struct error *e) MUST_USE;

#endif
