/* Any bytes as two versions: every scheme orders them, and the other way round when turned. */
#include "version/scheme.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str a = {.at = (const char *)data, .len = size};
    str b = a, c = a;
    if (!str_cut(&a, '\t', &b)) {
        b = str_slice(a, 0, size / 2);
        a = str_slice(a, size / 2, size);
    }
    for (size_t i = 0; scheme_at(i) != NULL; i++) {
        const struct scheme *s = scheme_at(i);
        (void)s->valid(a);
        int ab = sign(s->compare(a, b)), bc = sign(s->compare(b, c)), ac = sign(s->compare(a, c));
        assert(ab == -sign(s->compare(b, a)));
        assert(s->compare(a, a) == 0 && s->compare(b, b) == 0);
        assert(s->cyclic || ab == 0 || bc == 0 || ab != bc || ac == ab);
        assert(s->cyclic || ab != 0 || ac == bc);
    }
    return 0;
}
