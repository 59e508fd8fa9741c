/* explain.c: one row's verdict about one version as a sentence. */
#include "match/match.h"
#include "match/rules.h"

static MUST_USE bool say_in(const struct scheme *scheme, const struct affected *row, str version,
                            struct arena *arena, str *why, struct error *e)
{
    if (row->fixed.len > 0) {
        return arena_printf(arena, why, e,
                            STR_FMT " is older than " STR_FMT
                                    ", the first version that is not affected (%s order)",
                            STR_ARG(version), STR_ARG(row->fixed), scheme->name);
    }
    if (row->last_affected.len > 0) {
        return arena_printf(arena, why, e,
                            STR_FMT " is not newer than " STR_FMT
                                    ", the last version that is affected (%s order)",
                            STR_ARG(version), STR_ARG(row->last_affected), scheme->name);
    }
    return arena_printf(arena, why, e,
                        "the publisher names no version that is fixed, so " STR_FMT
                        " is affected%s" STR_FMT "%s",
                        STR_ARG(version), row->word.len > 0 ? " (" : "", STR_ARG(row->word),
                        row->word.len > 0 ? ")" : "");
}

static MUST_USE bool say(const struct scheme *scheme, const struct affected *row, str version,
                         enum range_verdict verdict, struct arena *arena, str *why, struct error *e)
{
    switch (verdict) {
    case RANGE_IN:
        return say_in(scheme, row, version, arena, why, e);
    case RANGE_NOT_AFFECTED:
        *why = STR("the publisher says that no version was ever affected");
        return true;
    case RANGE_UNDETERMINED:
        *why = STR("the publisher has not determined yet whether it is affected");
        return true;
    case RANGE_BEFORE:
        return arena_printf(arena, why, e,
                            STR_FMT " is older than " STR_FMT
                                    ", the first version that is affected (%s order)",
                            STR_ARG(version), STR_ARG(row->introduced), scheme->name);
    case RANGE_FIXED:
        return arena_printf(arena, why, e,
                            STR_FMT " is not older than " STR_FMT
                                    ", the first version that is not affected (%s order)",
                            STR_ARG(version), STR_ARG(row->fixed), scheme->name);
    case RANGE_BEHIND:
        return arena_printf(arena, why, e,
                            STR_FMT " is newer than " STR_FMT
                                    ", the last version that is affected (%s order)",
                            STR_ARG(version), STR_ARG(row->last_affected), scheme->name);
    }
    return true;
}

bool match_in_range(str scheme, const struct affected *row, str version, struct arena *arena,
                    bool *in_range, str *why, struct error *e)
{
    const struct scheme *found = scheme_find(scheme);
    if (found == NULL) {
        return error_set(e, ERROR_USAGE, "limpid does not know the version scheme '" STR_FMT "'",
                         STR_ARG(scheme));
    }
    const struct order order = {.scheme = found};
    enum range_verdict verdict = range_of(&order, row, version);
    if (why != NULL && !say(found, row, version, verdict, arena, why, e)) {
        return false;
    }
    *in_range = verdict == RANGE_IN;
    return true;
}
