#include "model/package.h"

#include "base/attr.h"

static const str names[] = {
    [ECOSYSTEM_NONE] = STR_INIT(""),
    [ECOSYSTEM_DEB] = STR_INIT("deb"),
    [ECOSYSTEM_APK] = STR_INIT("apk"),
    [ECOSYSTEM_RPM] = STR_INIT("rpm"),
    [ECOSYSTEM_ALPM] = STR_INIT("alpm"),
    [ECOSYSTEM_PYPI] = STR_INIT("pypi"),
    [ECOSYSTEM_NPM] = STR_INIT("npm"),
    [ECOSYSTEM_GOLANG] = STR_INIT("golang"),
    [ECOSYSTEM_MAVEN] = STR_INIT("maven"),
    [ECOSYSTEM_CARGO] = STR_INIT("cargo"),
    [ECOSYSTEM_GEM] = STR_INIT("gem"),
    [ECOSYSTEM_COMPOSER] = STR_INIT("composer"),
    [ECOSYSTEM_NUGET] = STR_INIT("nuget"),
    [ECOSYSTEM_HEX] = STR_INIT("hex"),
    [ECOSYSTEM_PUB] = STR_INIT("pub"),
    [ECOSYSTEM_SWIFT] = STR_INIT("swift"),
    [ECOSYSTEM_HACKAGE] = STR_INIT("hackage"),
    [ECOSYSTEM_JULIA] = STR_INIT("julia"),
    [ECOSYSTEM_CRAN] = STR_INIT("cran"),
    [ECOSYSTEM_CONAN] = STR_INIT("conan"),
    [ECOSYSTEM_GITHUBACTIONS] = STR_INIT("githubactions"),
    [ECOSYSTEM_BITNAMI] = STR_INIT("bitnami"),
};

str ecosystem_name(enum ecosystem e)
{
    return (unsigned)e < ARRAY_COUNT(names) ? names[e] : STR_NONE;
}
