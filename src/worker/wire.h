/* wire.h: messages between the parent and one worker, over one socket pair.
 *
 * A frame: type (1 byte), length (u32, little-endian, at most WIRE_FRAME_BYTES_MAX), payload. The
 * worker's first frame is WIRE_HELLO with magic and version; an answer ends with WIRE_DONE, which
 * carries the number of frames and bytes before it and a checksum, or with WIRE_ERROR. The parent
 * treats every byte as input: a worker may have been taken over by what it read. */
#ifndef LIMPID_WORKER_WIRE_H
#define LIMPID_WORKER_WIRE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "stream/reader.h"

enum {
    WIRE_VERSION = 1,
    WIRE_FRAME_BYTES_MAX = 1024 * 1024,
    WIRE_FRAMES_MAX = 2000000,
    WIRE_BYTES_MAX = 512 * 1024 * 1024,
};

enum wire_type {
    WIRE_HELLO = 1, /* worker → parent: magic, version, what confines it */
    WIRE_JOB = 2,   /* parent → worker: kind of the job, its request */
    WIRE_PART = 3,  /* more bytes of a message too long for one frame; the last has its own type */
    WIRE_DONE = 4,  /* worker → parent: the answer is whole */
    WIRE_ERROR = 5, /* worker → parent: the job failed; struct error as text */
    WIRE_ANSWER = 16, /* and above: the job's own types */
};

struct wire_sum {
    uint64_t frames, bytes, checksum;
};

struct wire {
    int fd;
    struct buf out, in; /* pending output; input not yet consumed */
    struct buf message; /* a message being put together from parts */
    size_t in_used;
    uint64_t frames_max, bytes_max; /* of what is received; wire_init sets those above */
    struct wire_sum sent, received; /* since wire_reset */
};

void wire_init(struct wire *w, int fd);
void wire_done(struct wire *w); /* frees; does not close the descriptor */

/* Starts counting anew: at the beginning of a job's answer, on both sides. */
void wire_reset(struct wire *w);

/* Queues a message, in parts where it is long; written when 64 KiB are pending or at flush. */
bool wire_send(struct wire *w, uint8_t type, str payload, struct error *e) MUST_USE;
bool wire_flush(struct wire *w, struct error *e) MUST_USE;

/* The next message, whole. The payload is valid until the next call. STEP_END: the other side has
 * closed. Over the limits above: ERROR_REMOTE. */
enum step wire_receive(struct wire *w, uint8_t *type, str *payload, struct error *e) MUST_USE;

/* The worker's last message of an answer, and the parent's check of it. */
bool wire_send_done(struct wire *w, struct error *e) MUST_USE;
bool wire_check_done(struct wire *w, str payload, struct error *e) MUST_USE;

/* An error as a message, and back. */
bool wire_send_error(struct wire *w, const struct error *failed, struct error *e) MUST_USE;
void wire_read_error(str payload, struct error *out);

#endif
