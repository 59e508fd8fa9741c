#include <string.h>

#include "detect/detector.h"

#define DETECTOR_ROW(name) &detector_##name,
const struct detector *const detectors[] = {DETECTORS(DETECTOR_ROW)};
const size_t detectors_count = ARRAY_COUNT(detectors);

/* What a path has to begin with, or lead to, before it is compared with each claimed path: layers
 * have millions of entries, and nearly all lie elsewhere. A new detector adds its folders; the
 * test says which are missing. */
static const str roots[] = {
    STR_INIT("etc/"),
    STR_INIT("lib/apk/"),
    STR_INIT("root/buildinfo/"),
    STR_INIT("usr/lib/apk/"),
    STR_INIT("usr/lib/os-release"),
    STR_INIT("usr/lib/sysimage/"),
    STR_INIT("usr/share/buildinfo/"),
    STR_INIT("usr/share/rpm/"),
    STR_INIT("var/lib/dpkg/"),
    STR_INIT("var/lib/rpm/"),
};

/* Longer paths are claimed by folder patterns only, all of which lie in one of these. */
enum { CLAIMED_BYTES_MAX = 40 };
static const str pattern_roots[] = {
    STR_INIT("root/buildinfo/content_manifests/"),
    STR_INIT("usr/share/buildinfo/"),
    STR_INIT("var/lib/dpkg/status.d/"),
};

static bool may_reach(str path)
{
    if (path.len > CLAIMED_BYTES_MAX) {
        for (size_t i = 0; i < ARRAY_COUNT(pattern_roots); i++) {
            if (path.at[0] == pattern_roots[i].at[0] && str_starts(path, pattern_roots[i])) {
                return true;
            }
        }
        return false;
    }
    for (size_t i = 0; i < ARRAY_COUNT(roots); i++) {
        size_t common = path.len < roots[i].len ? path.len : roots[i].len;
        if (common == 0 ||
            (path.at[0] == roots[i].at[0] && memcmp(path.at, roots[i].at, common) == 0)) {
            return true;
        }
    }
    return false;
}

static enum reach reach_of(str path, const char *claimed)
{
    size_t i = 0;
    while (i < path.len && claimed[i] != '\0' && claimed[i] == path.at[i]) {
        i++;
    }
    if (i == path.len) {
        if (claimed[i] == '\0') {
            return REACH_CLAIMED;
        }
        return claimed[i] == '/' || i == 0 ? REACH_ABOVE : REACH_NONE;
    }
    if (claimed[i] == '\0' && i > 0 && claimed[i - 1] == '/' &&
        memchr(path.at + i, '/', path.len - i) == NULL) {
        return REACH_CLAIMED;
    }
    return REACH_NONE;
}

enum reach detectors_reach(str path, const struct detector **by)
{
    enum reach most = REACH_NONE;
    if (!may_reach(path)) {
        return REACH_NONE;
    }
    for (size_t i = 0; i < detectors_count; i++) {
        for (const char *const *claimed = detectors[i]->paths; *claimed != NULL; claimed++) {
            enum reach reach = reach_of(path, *claimed);
            if (reach == REACH_CLAIMED) {
                if (by != NULL) {
                    *by = detectors[i];
                }
                return REACH_CLAIMED;
            }
            most = reach == REACH_ABOVE ? REACH_ABOVE : most;
        }
    }
    return most;
}

uint32_t detectors_revision(void)
{
    uint32_t sum = 2166136261u; /* FNV-1a over names and revisions */
    for (size_t i = 0; i < detectors_count; i++) {
        for (const char *c = detectors[i]->name; *c != '\0'; c++) {
            sum = (sum ^ (uint8_t)*c) * 16777619u;
        }
        for (unsigned shift = 0; shift < 32; shift += 8) {
            sum = (sum ^ (detectors[i]->revision >> shift & 0xff)) * 16777619u;
        }
    }
    return sum;
}
