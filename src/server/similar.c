#include "server/similar.h"

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c); /* a letter */
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned similar_distance(str a, str b, unsigned most)
{
    unsigned rows[3][SIMILAR_BYTES_MAX + 1];
    size_t apart = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (a.len > SIMILAR_BYTES_MAX || b.len > SIMILAR_BYTES_MAX || apart > most) {
        return most + 1;
    }
    for (size_t k = 0; k <= b.len; k++) {
        rows[0][k] = (unsigned)k; /* at most 64 */
    }
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        now[0] = (unsigned)i; /* at most 64 */
        for (size_t k = 1; k <= b.len; k++) {
            char x = lower(a.at[i - 1]), y = lower(b.at[k - 1]);
            now[k] = least(before[k - 1] + (x != y), least(before[k], now[k - 1]) + 1);
            if (i > 1 && k > 1 && x == lower(b.at[k - 2]) && y == lower(a.at[i - 2])) {
                now[k] = least(now[k], second[k - 2] + 1);
            }
        }
    }
    unsigned distance = rows[a.len % 3][b.len];
    return distance <= most ? distance : most + 1;
}
