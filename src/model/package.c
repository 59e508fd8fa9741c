#include "model/package.h"

str ecosystem_name(enum ecosystem e)
{
    switch (e) {
    case ECOSYSTEM_DEB:
        return STR("deb");
    case ECOSYSTEM_APK:
        return STR("apk");
    case ECOSYSTEM_RPM:
        return STR("rpm");
    case ECOSYSTEM_NONE:
    case ECOSYSTEM_COUNT:
        break;
    }
    return STR_NONE;
}
