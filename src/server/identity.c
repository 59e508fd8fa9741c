#include "server/identity.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

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
