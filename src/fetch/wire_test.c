#include "fetch/wire.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "check.h"

/* Puts `bytes` into a pipe, closes it, and receives one frame. */
static enum step receive(str bytes, uint8_t *type, struct buf *payload, struct error *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0 || write(ends[1], bytes.at, bytes.len) != (ssize_t)bytes.len) {
        return STEP_FAILED;
    }
    close(ends[1]);
    enum step step = fetch_wire_receive(ends[0], type, payload, 0, e);
    close(ends[0]);
    return step;
}

static const struct {
    const char *says;
    str bytes;
    enum step step;
    const char *part;
} frames[] = {
    {"a closed pipe between frames is an end", STR_INIT(""), STEP_END, ""},
    {"a frame without payload", STR_INIT("E\0\0\0\0"), STEP_GOT, ""},
    {"a frame", STR_INIT("D\3\0\0\0abc"), STEP_GOT, ""},
    {"a cut head", STR_INIT("D\3\0"), STEP_FAILED, "cut"},
    {"a cut payload", STR_INIT("D\3\0\0\0ab"), STEP_FAILED, "cut"},
    {"a payload that is not there", STR_INIT("D\3\0\0\0"), STEP_FAILED, "cut"},
    {"a length of 4 GiB", STR_INIT("D\xff\xff\xff\xff"), STEP_FAILED, "more than the limit"},
    {"a length one past the limit", STR_INIT("D\1\0\4\0"), STEP_FAILED, "more than the limit"},
};

static const struct {
    const char *says;
    str payload;
    size_t fields;
    bool whole;
} payloads[] = {
    {"no field", STR_INIT(""), 0, true},
    {"two fields", STR_INIT("\1\1\0\0\0a\2\0\0\0\0"), 2, true},
    {"a cut head", STR_INIT("\1\1\0"), 0, false},
    {"a value that is too short", STR_INIT("\1\2\0\0\0a"), 0, false},
    {"a length of 4 GiB", STR_INIT("\1\xff\xff\xff\xff"), 0, false},
};

int main(void)
{
    struct error e;
    struct buf payload;
    buf_init(&payload, WIRE_FRAME_BYTES_MAX);
    uint8_t type;
    for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
        CHECK_CASE("frame: %s", frames[i].says)
        {
            error_clear(&e);
            CHECK_NUM(receive(frames[i].bytes, &type, &payload, &e), frames[i].step);
            CHECK(strstr(e.text, frames[i].part) != NULL);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(payloads); i++) {
        CHECK_CASE("fields: %s", payloads[i].says)
        {
            str rest = payloads[i].payload, value;
            size_t fields = 0;
            enum step step;
            while ((step = wire_next(&rest, &type, &value, &e)) == STEP_GOT) {
                fields++;
            }
            CHECK_NUM(fields, payloads[i].fields);
            CHECK_NUM(step, payloads[i].whole ? STEP_END : STEP_FAILED);
        }
    }
    CHECK_CASE("what was sent is received")
    {
        int ends[2];
        CHECK(pipe2(ends, O_CLOEXEC) == 0);
        struct buf sent;
        buf_init(&sent, 1000);
        CHECK_OK(wire_add(&sent, WIRE_FIELD_URL, STR("x"), &e), &e);
        CHECK_OK(wire_add_number(&sent, WIRE_FIELD_STATUS, UINT64_MAX, &e), &e);
        CHECK_OK(fetch_wire_send(ends[1], WIRE_HEAD, buf_str(&sent), &e), &e);
        CHECK(fetch_wire_receive(ends[0], &type, &payload, 0, &e) == STEP_GOT);
        CHECK_NUM(type, WIRE_HEAD);
        CHECK_STR(buf_str(&payload), buf_str(&sent));
        str rest = buf_str(&payload), value;
        CHECK(wire_next(&rest, &type, &value, &e) == STEP_GOT);
        CHECK_STR(value, STR("x"));
        CHECK(wire_next(&rest, &type, &value, &e) == STEP_GOT);
        CHECK_STR(value, STR("18446744073709551615"));
        buf_done(&sent);
        close(ends[0]);
        close(ends[1]);
    }
    CHECK_CASE("a program that says nothing is given up at the deadline")
    {
        int ends[2];
        CHECK(pipe2(ends, O_CLOEXEC) == 0);
        uint64_t start = clock_monotonic_ns();
        CHECK(fetch_wire_receive(ends[0], &type, &payload, start + 20000000, &e) == STEP_FAILED);
        CHECK(e.kind == ERROR_REMOTE && strstr(e.text, "in time") != NULL);
        CHECK(clock_monotonic_ns() - start >= 20000000);
        close(ends[0]);
        close(ends[1]);
    }
    buf_done(&payload);
    return check_done();
}
