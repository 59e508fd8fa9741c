#include "server/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"

void identity_make(char to[IDENTITY_BYTES])
{
    uint8_t b[16];
    if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b)) {
        /* no kernel that runs this refuses; the time and the number of the process would do */
        uint64_t now = clock_monotonic_ns() ^ (uint64_t)getpid();
        for (unsigned i = 0; i < sizeof(b); i++) {
            b[i] = (uint8_t)(now >> (i % 8 * 8));
        }
    }
    b[6] = (uint8_t)(0x40 | (b[6] & 0x0f));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    snprintf(to, IDENTITY_BYTES,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}

/* -- which process ---------------------------------------------------------------------------- */

enum { BOOT_BYTES = 37, STAT_BYTES = 1024, STAT_START = 19 };

static str read_text(const char *path, char *to, size_t room)
{
    size_t got = 0;
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !fd_read_full(fd, to, room, &got, NULL)) {
        got = 0;
    }
    return str_trim((str){.at = to, .len = got});
}

/* proc(5), /proc/PID/stat: when it was started, in ticks since the system's start; 0: nobody knows.
 * `*is_gone`: only its parent has not asked for its status yet. */
static uint64_t started(long pid, bool *is_gone)
{
    char path[64], bytes[STAT_BYTES];
    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    str rest = read_text(path, bytes, sizeof(bytes)), word;
    uint64_t start = 0;
    *is_gone = false;
    while (str_cut(&rest, ')', &word)) { /* a program's name may have one too */
    }
    rest = str_trim(rest);
    *is_gone = str_starts(rest, STR("Z")) || str_starts(rest, STR("X"));
    for (unsigned i = 0; i < STAT_START; i++) {
        if (!str_cut(&rest, ' ', &word)) {
            return 0;
        }
    }
    word = str_slice(rest, 0, str_find_char(rest, ' '));
    return num_parse(word, 10, UINT64_MAX, &start) ? start : 0;
}

/* "BOOT PID-NAMESPACE"; empty where it cannot be told. */
static void place_of(char to[IDENTITY_PROCESS_BYTES])
{
    char bytes[BOOT_BYTES];
    struct stat st;
    str boot = read_text("/proc/sys/kernel/random/boot_id", bytes, sizeof(bytes));
    to[0] = '\0';
    if (boot.len > 0 && stat("/proc/self/ns/pid", &st) == 0) {
        snprintf(to, IDENTITY_PROCESS_BYTES, "%.*s %" PRIu64, (int)boot.len, boot.at,
                 (uint64_t)st.st_ino);
    }
}

void identity_of_process(const char identity[IDENTITY_BYTES], char to[IDENTITY_PROCESS_BYTES])
{
    char place[IDENTITY_PROCESS_BYTES];
    bool is_gone;
    long pid = (long)getpid();
    place_of(place);
    snprintf(to, IDENTITY_PROCESS_BYTES, "%s %.100s %ld %" PRIu64, identity, place, pid,
             started(pid, &is_gone));
}

bool identity_has_ended(str process)
{
    char own[IDENTITY_PROCESS_BYTES];
    str word, place = str_slice(process, IDENTITY_BYTES, process.len);
    uint64_t pid = 0, start = 0;
    bool is_gone;
    place_of(own);
    str rest = str_slice(place, strlen(own), place.len);
    if (own[0] == '\0' || !str_starts(place, str_from(own)) || !str_starts(rest, STR(" "))) {
        return false;
    }
    rest = str_slice(rest, 1, rest.len);
    if (!str_cut(&rest, ' ', &word) || !num_parse(word, 10, INT32_MAX, &pid) || pid == 0 ||
        !num_parse(rest, 10, UINT64_MAX, &start) || start == 0) {
        return false;
    }
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) {
        return true;
    }
    uint64_t now = started((long)pid, &is_gone);
    return now != 0 && (is_gone || now != start);
}
