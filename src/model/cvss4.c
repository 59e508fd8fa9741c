/* Section 8.2: a vector belongs to a macro vector, one level for each of six equivalence classes,
 * which has a score. From it, the vector's distance from the class's worst vectors (section 8.3) is
 * taken in proportion to the way to the next lower macro vectors.
 *
 * Of base metrics alone, exploit maturity counts as "attacked" (EQ5 is 0), the security
 * requirements as "high" (so EQ6 is 0 but where nothing is "high", with EQ3 of 2), and no impact is
 * on safety (EQ4 is 1 or 2). The scores below are those that such vectors need. */
#include "model/cvss.h"
#include "model/cvss_metrics.h"

enum { AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA, METRIC_COUNT };

/* Each from worst to best: an index is a distance from the worst. */
static const struct cvss_metric metrics[METRIC_COUNT] = {
    [AV] = {STR_INIT("AV"), "NALP"}, [AC] = {STR_INIT("AC"), "LH"},  [AT] = {STR_INIT("AT"), "NP"},
    [PR] = {STR_INIT("PR"), "NLH"},  [UI] = {STR_INIT("UI"), "NPA"}, [VC] = {STR_INIT("VC"), "HLN"},
    [VI] = {STR_INIT("VI"), "HLN"},  [VA] = {STR_INIT("VA"), "HLN"}, [SC] = {STR_INIT("SC"), "HLN"},
    [SI] = {STR_INIT("SI"), "HLN"},  [SA] = {STR_INIT("SA"), "HLN"},
};

/* EQ3 and EQ6 together; the base metrics alone never make the second and the fourth. */
enum eq36 { EQ36_00, EQ36_01, EQ36_10, EQ36_11, EQ36_21, EQ36_COUNT };

/* Scores of macro vectors with EQ5 of 0, in tenths: by EQ1, EQ2, EQ3 with EQ6, EQ4 (1, 2). */
static const unsigned scores[3][2][EQ36_COUNT][2] = {
    {
        {{100, 93}, {96, 90}, {93, 88}, {92, 80}, {79, 69}},
        {{95, 92}, {91, 81}, {92, 84}, {82, 70}, {71, 63}},
    },
    {
        {{94, 87}, {89, 75}, {86, 72}, {76, 57}, {65, 53}},
        {{90, 77}, {77, 66}, {74, 61}, {59, 52}, {58, 23}},
    },
    {
        {{86, 70}, {74, 54}, {72, 53}, {57, 36}, {47, 24}},
        {{73, 54}, {55, 43}, {61, 46}, {51, 18}, {24, 10}},
    },
};

/* A level, how far the vector is from the level's worst vector, and how deep the level is. */
struct level {
    size_t level, distance, depth;
};

static struct level eq1(const size_t *v)
{
    size_t sum = v[AV] + v[PR] + v[UI];
    if (sum == 0) {
        return (struct level){.level = 0, .distance = 0, .depth = 1};
    }
    if (v[AV] < 3 && (v[AV] == 0 || v[PR] == 0 || v[UI] == 0)) {
        /* worst: one of the three a step from its worst */
        return (struct level){.level = 1, .distance = sum - 1, .depth = 4};
    }
    /* worst: AV:P alone, or AV:A/PR:L/UI:P; either is three steps from the worst of all */
    return (struct level){.level = 2, .distance = sum - 3, .depth = 5};
}

static struct level eq2(const size_t *v)
{
    size_t sum = v[AC] + v[AT];
    return sum == 0 ? (struct level){.level = 0, .distance = 0, .depth = 1}
                    : (struct level){.level = 1, .distance = sum - 1, .depth = 2};
}

static struct level eq3_eq6(const size_t *v)
{
    size_t sum = v[VC] + v[VI] + v[VA];
    if (v[VC] == 0 && v[VI] == 0) {
        return (struct level){.level = EQ36_00, .distance = sum, .depth = 7};
    }
    if (v[VC] == 0 || v[VI] == 0 || v[VA] == 0) {
        return (struct level){.level = EQ36_10, .distance = sum - 1, .depth = 8};
    }
    return (struct level){.level = EQ36_21, .distance = sum - 3, .depth = 10};
}

/* Level 0 and 1 stand for EQ4 of 1 and 2. */
static struct level eq4(const size_t *v)
{
    size_t sum = v[SC] + v[SI] + v[SA];
    return v[SC] == 0 || v[SI] == 0 || v[SA] == 0
               ? (struct level){.level = 0, .distance = sum, .depth = 5}
               : (struct level){.level = 1, .distance = sum - 3, .depth = 4};
}

/* What the way down to `next` takes off, for the part of it that is gone. */
static double share(unsigned score, unsigned next, const struct level *l)
{
    return (double)(score - next) * (double)l->distance / (double)l->depth;
}

static unsigned score_of(const size_t *v)
{
    struct level l1 = eq1(v), l2 = eq2(v), l36 = eq3_eq6(v), l4 = eq4(v);
    unsigned score = scores[l1.level][l2.level][l36.level][l4.level];
    double sum = 0;
    unsigned lower = 1; /* EQ5 has a next level always, and no depth */
    if (l1.level < 2) {
        sum += share(score, scores[l1.level + 1][l2.level][l36.level][l4.level], &l1);
        lower++;
    }
    if (l2.level < 1) {
        sum += share(score, scores[l1.level][l2.level + 1][l36.level][l4.level], &l2);
        lower++;
    }
    if (l36.level != EQ36_21) {
        const unsigned(*by)[2] = scores[l1.level][l2.level];
        unsigned next = by[EQ36_11][l4.level];
        if (l36.level == EQ36_00) { /* two ways down: the nearer one */
            unsigned left = by[EQ36_01][l4.level], right = by[EQ36_10][l4.level];
            next = left > right ? left : right;
        }
        sum += share(score, next, &l36);
        lower++;
    }
    if (l4.level < 1) {
        sum += share(score, scores[l1.level][l2.level][l36.level][l4.level + 1], &l4);
        lower++;
    }
    return (unsigned)(score - sum / lower + 0.5 + 1e-5);
}

bool cvss4_base_score(str vector, unsigned *tenths)
{
    size_t values[METRIC_COUNT];
    if (!str_starts(vector, STR("CVSS:4.0/")) ||
        !cvss_metrics_read(str_slice(vector, 9, vector.len), metrics, METRIC_COUNT, values)) {
        return false;
    }
    bool impact = false;
    for (size_t m = VC; m <= SA; m++) {
        impact = impact || values[m] < 2;
    }
    *tenths = impact ? score_of(values) : 0;
    return true;
}
