#include "version/scheme.h"

/* A new scheme is one file and one word here. */
#define SCHEMES(X)                                                                                 \
    X(deb)                                                                                         \
    X(rpm)                                                                                         \
    X(apk) X(alpm) X(pypi) X(npm) X(semver) X(maven) X(gem) X(go) X(nuget) X(composer) X(hex) X(pub)

#define SCHEME_DECLARE(name) extern const struct scheme scheme_##name;
SCHEMES(SCHEME_DECLARE)

#define SCHEME_ROW(name) &scheme_##name,
static const struct scheme *const schemes[] = {SCHEMES(SCHEME_ROW)};

const struct scheme *scheme_at(size_t i)
{
    return i < sizeof(schemes) / sizeof(schemes[0]) ? schemes[i] : NULL;
}

const struct scheme *scheme_find(str name)
{
    for (size_t i = 0; scheme_at(i) != NULL; i++) {
        if (str_eq(str_from(schemes[i]->name), name)) {
            return schemes[i];
        }
    }
    return NULL;
}
