/* origin.c: the package as advisories know it. A kernel signed for secure boot is built from a
 * source of its own, from the real one's binaries; advisories speak of the real one.
 *
 *     Debian   linux-signed-amd64 6.1.123+1   is   linux 6.1.123-1
 *     Ubuntu   linux-signed-hwe-5.15          is   linux-hwe-5.15, in the same version */
#include "match/rules.h"

static const str signed_prefix = STR_INIT("linux-signed");

static MUST_USE bool as_debian(struct package *p, struct arena *arena, struct error *e)
{
    size_t plus = str_find_char(p->source_version, '+');
    p->source = STR("linux");
    return plus == p->source_version.len ||
           arena_printf(arena, &p->source_version, e, STR_FMT "-" STR_FMT,
                        STR_ARG(str_slice(p->source_version, 0, plus)),
                        STR_ARG(str_slice(p->source_version, plus + 1, p->source_version.len)));
}

bool origin_of(const struct package *p, str namespace_, struct arena *arena, struct package *out,
               struct error *e)
{
    *out = *p;
    if (out->source.len == 0) {
        out->source = p->name;
    }
    if (p->ecosystem != ECOSYSTEM_DEB || !str_starts(p->source, signed_prefix)) {
        return true;
    }
    str rest = str_slice(p->source, signed_prefix.len, p->source.len);
    if (str_starts(namespace_, STR("debian:"))) {
        return !str_starts(rest, STR("-")) || as_debian(out, arena, e);
    }
    return arena_printf(arena, &out->source, e, "linux" STR_FMT, STR_ARG(rest));
}
