#include "worker/wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/num.h"
#include "base/pack.h"

enum {
    HEAD_BYTES = 5,
    OUT_BYTES_PENDING = 64 * 1024,
    IN_BYTES_READ = 64 * 1024,
    MESSAGE_BYTES_MAX = 16 * 1024 * 1024,
};

void wire_init(struct wire *w, int fd)
{
    *w = (struct wire){.fd = fd, .frames_max = WIRE_FRAMES_MAX, .bytes_max = WIRE_BYTES_MAX};
    buf_init(&w->out, 2 * WIRE_FRAME_BYTES_MAX + OUT_BYTES_PENDING);
    buf_init(&w->in, 2 * WIRE_FRAME_BYTES_MAX + IN_BYTES_READ);
    buf_init(&w->message, MESSAGE_BYTES_MAX);
}

void wire_done(struct wire *w)
{
    buf_done(&w->out);
    buf_done(&w->in);
    buf_done(&w->message);
}

void wire_reset(struct wire *w)
{
    w->sent = w->received = (struct wire_sum){0};
}

static void count_frame(struct wire_sum *sum, uint8_t type, str payload)
{
    sum->frames++;
    sum->bytes += payload.len;
    sum->checksum = (sum->checksum ^ type ^ str_hash(payload)) * 0x9e3779b97f4a7c15u;
}

static bool send_frame(struct wire *w, uint8_t type, str payload, struct error *e)
{
    if (type != WIRE_DONE && type != WIRE_ERROR) {
        count_frame(&w->sent, type, payload);
    }
    return pack_u8(&w->out, type, e) && pack_str(&w->out, payload, e) &&
           (w->out.len < OUT_BYTES_PENDING || wire_flush(w, e));
}

bool wire_send(struct wire *w, uint8_t type, str payload, struct error *e)
{
    while (payload.len > WIRE_FRAME_BYTES_MAX) {
        if (!send_frame(w, WIRE_PART, str_slice(payload, 0, WIRE_FRAME_BYTES_MAX), e)) {
            return false;
        }
        payload = str_slice(payload, WIRE_FRAME_BYTES_MAX, payload.len);
    }
    return send_frame(w, type, payload, e);
}

bool wire_flush(struct wire *w, struct error *e)
{
    bool ok = fd_write_all(w->fd, w->out.at, w->out.len, e);
    w->out.len = 0;
    return ok;
}

/* Makes `need` unread bytes available. */
static enum step fill(struct wire *w, size_t need, struct error *e)
{
    if (w->in_used > 0) {
        buf_drop(&w->in, w->in_used);
        w->in_used = 0;
    }
    while (w->in.len < need) {
        size_t more = need - w->in.len < IN_BYTES_READ ? IN_BYTES_READ : need - w->in.len;
        if (!buf_reserve(&w->in, more, e)) {
            return STEP_FAILED;
        }
        ssize_t n = read(w->fd, w->in.at + w->in.len, w->in.room - w->in.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno != ECONNRESET) {
            error_sys(e, errno, "cannot read from the other process");
            return STEP_FAILED;
        }
        if (n <= 0) {
            return STEP_END;
        }
        w->in.len += (size_t)n;
    }
    return STEP_GOT;
}

static enum step receive_frame(struct wire *w, uint8_t *type, str *payload, struct error *e)
{
    enum step got = w->in.len - w->in_used >= HEAD_BYTES ? STEP_GOT : fill(w, HEAD_BYTES, e);
    if (got != STEP_GOT) {
        return got;
    }
    const char *head = w->in.at + w->in_used;
    size_t len = num_le32(head + 1);
    if (len > WIRE_FRAME_BYTES_MAX) {
        error_set(e, ERROR_REMOTE, "a message of %zu bytes", len);
        return STEP_FAILED;
    }
    if (w->in.len - w->in_used < HEAD_BYTES + len) {
        got = fill(w, HEAD_BYTES + len, e);
        if (got != STEP_GOT) {
            return got;
        }
        head = w->in.at + w->in_used;
    }
    *type = (uint8_t)head[0];
    *payload = (str){.at = head + HEAD_BYTES, .len = len};
    w->in_used += HEAD_BYTES + len;
    if (*type != WIRE_DONE && *type != WIRE_ERROR) {
        count_frame(&w->received, *type, *payload);
    }
    if (w->received.frames > w->frames_max || w->received.bytes > w->bytes_max) {
        error_set(e, ERROR_REMOTE, "more than %llu messages or %llu bytes",
                  (unsigned long long)w->frames_max, (unsigned long long)w->bytes_max);
        return STEP_FAILED;
    }
    return STEP_GOT;
}

enum step wire_receive(struct wire *w, uint8_t *type, str *payload, struct error *e)
{
    w->message.len = 0;
    for (;;) {
        enum step got = receive_frame(w, type, payload, e);
        if (got != STEP_GOT) {
            return got;
        }
        if (*type != WIRE_PART && w->message.len == 0) {
            return STEP_GOT;
        }
        if (!buf_add_str(&w->message, *payload, e)) {
            return STEP_FAILED;
        }
        if (*type != WIRE_PART) {
            *payload = buf_str(&w->message);
            return STEP_GOT;
        }
    }
}

bool wire_send_done(struct wire *w, struct error *e)
{
    struct buf payload;
    buf_init(&payload, 64);
    bool ok = pack_u64(&payload, w->sent.frames, e) && pack_u64(&payload, w->sent.bytes, e) &&
              pack_u64(&payload, w->sent.checksum, e) &&
              send_frame(w, WIRE_DONE, buf_str(&payload), e) && wire_flush(w, e);
    buf_done(&payload);
    return ok;
}

bool wire_check_done(struct wire *w, str payload, struct error *e)
{
    const struct wire_sum *is = &w->received;
    uint64_t frames = 0, bytes = 0, checksum = 0;
    if (!unpack_u64(&payload, &frames, e) || !unpack_u64(&payload, &bytes, e) ||
        !unpack_u64(&payload, &checksum, e)) {
        return false;
    }
    if (frames != is->frames || bytes != is->bytes || checksum != is->checksum ||
        payload.len != 0) {
        return error_set(e, ERROR_REMOTE, "the answer is not whole: %llu of %llu messages",
                         (unsigned long long)is->frames, (unsigned long long)frames);
    }
    return true;
}

bool wire_send_error(struct wire *w, const struct error *failed, struct error *e)
{
    struct buf payload;
    buf_init(&payload, 8 * 1024);
    bool ok = pack_u8(&payload, (uint8_t)failed->kind, e) &&
              pack_u32(&payload, (uint32_t)failed->sys, e) &&
              pack_str(&payload, str_from(failed->text), e) &&
              pack_str(&payload, str_from(failed->hint), e) &&
              send_frame(w, WIRE_ERROR, buf_str(&payload), e) && wire_flush(w, e);
    buf_done(&payload);
    return ok;
}

void wire_read_error(str payload, struct error *out)
{
    uint8_t kind;
    uint32_t sys;
    str text, hint;
    if (!unpack_u8(&payload, &kind, out) || !unpack_u32(&payload, &sys, out) ||
        !unpack_str(&payload, 1000, &text, out) || !unpack_str(&payload, 200, &hint, out)) {
        error_wrap(out, "an error report");
        return;
    }
    bool known = kind > ERROR_NONE && kind <= ERROR_DIGEST;
    error_set(out, known ? (enum error_kind)kind : ERROR_REMOTE, "%.*s", (int)text.len, text.at);
    if (hint.len > 0) {
        error_hint(out, "%.*s", (int)hint.len, hint.at);
    }
}
