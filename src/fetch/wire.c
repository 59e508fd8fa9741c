#include "fetch/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"

static void put_le32(char *to, size_t value)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (char)(value >> (8 * i)); /* the low byte is meant */
    }
}

bool wire_add(struct buf *payload, enum wire_field id, str value, struct error *e)
{
    char head[WIRE_HEADER_BYTES] = {(char)id};
    put_le32(head + 1, value.len);
    return buf_add(payload, head, sizeof(head), e) && buf_add_str(payload, value, e);
}

bool wire_add_number(struct buf *payload, enum wire_field id, uint64_t value, struct error *e)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);
    return wire_add(payload, id, (str){.at = text, .len = (size_t)len}, e);
}

bool fetch_wire_send(int fd, enum wire_frame type, str payload, struct error *e)
{
    char head[WIRE_HEADER_BYTES] = {(char)type};
    if (payload.len > WIRE_FRAME_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a frame of %zu bytes, more than the limit of %d",
                         payload.len, WIRE_FRAME_BYTES_MAX);
    }
    put_le32(head + 1, payload.len);
    return fd_write_all(fd, head, sizeof(head), e) &&
           (payload.len == 0 || fd_write_all(fd, payload.at, payload.len, e));
}

enum step wire_next(str *rest, uint8_t *id, str *value, struct error *e)
{
    if (rest->len == 0) {
        return STEP_END;
    }
    if (rest->len < WIRE_HEADER_BYTES) {
        error_set(e, ERROR_FORMAT, "a field of the pipe is cut");
        return STEP_FAILED;
    }
    size_t len = num_le32(rest->at + 1);
    if (len > rest->len - WIRE_HEADER_BYTES) {
        error_set(e, ERROR_FORMAT, "a field of %zu bytes in %zu", len, rest->len);
        return STEP_FAILED;
    }
    *id = (uint8_t)rest->at[0];
    *value = str_slice(*rest, WIRE_HEADER_BYTES, WIRE_HEADER_BYTES + len);
    *rest = str_slice(*rest, WIRE_HEADER_BYTES + len, rest->len);
    return STEP_GOT;
}

static bool wait_readable(int fd, uint64_t deadline_ns, struct error *e)
{
    while (deadline_ns != 0) {
        uint64_t now = clock_monotonic_ns();
        uint64_t left_ms = now < deadline_ns ? (deadline_ns - now) / 1000000 + 1 : 0;
        if (left_ms == 0) {
            return error_set(e, ERROR_REMOTE, "the fetch program does not answer in time");
        }
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, left_ms < 60000 ? (int)left_ms : 60000);
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return error_sys(e, errno, "cannot wait for the fetch program");
        }
    }
    return true;
}

/* STEP_END only before the first byte. */
static enum step read_exactly(int fd, char *to, size_t len, uint64_t deadline_ns, struct error *e)
{
    size_t done = 0;
    while (done < len) {
        if (!wait_readable(fd, deadline_ns, e)) {
            return STEP_FAILED;
        }
        ssize_t got = read(fd, to + done, len - done);
        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0) {
            if (done > 0) {
                error_set(e, ERROR_REMOTE, "a frame of the pipe is cut");
            }
            return done == 0 ? STEP_END : STEP_FAILED;
        } else if (errno != EINTR) {
            error_sys(e, errno, "cannot read from the pipe");
            return STEP_FAILED;
        }
    }
    return STEP_GOT;
}

enum step fetch_wire_receive(int fd, uint8_t *type, struct buf *payload, uint64_t deadline_ns,
                             struct error *e)
{
    char head[WIRE_HEADER_BYTES];
    enum step step = read_exactly(fd, head, sizeof(head), deadline_ns, e);
    if (step != STEP_GOT) {
        return step;
    }
    size_t len = num_le32(head + 1);
    if (len > WIRE_FRAME_BYTES_MAX) {
        error_set(e, ERROR_FORMAT, "a frame of %zu bytes, more than the limit of %d", len,
                  WIRE_FRAME_BYTES_MAX);
        return STEP_FAILED;
    }
    payload->len = 0;
    if (!buf_reserve(payload, len, e)) {
        return STEP_FAILED;
    }
    if (len > 0) {
        step = read_exactly(fd, payload->at, len, deadline_ns, e);
        if (step == STEP_END) {
            error_set(e, ERROR_REMOTE, "a frame of the pipe is cut");
        }
        if (step != STEP_GOT) {
            return STEP_FAILED;
        }
    }
    payload->len = len;
    *type = (uint8_t)head[0];
    return STEP_GOT;
}
