/* scores.h: which of several CVSS scores of one vulnerability is kept; shared by the feeds that
 * collect those of many (NVD, the CVE programme). Inside src/feed only. */
#ifndef LIMPID_FEED_SCORES_H
#define LIMPID_FEED_SCORES_H

#include "model/advisory.h"

enum { SCORES_VECTOR_BYTES_MAX = 512, SCORES_WORD_BYTES_MAX = 16 };

/* A score as it is gathered, or the best one so far; text is inside. */
struct score {
    char vector[SCORES_VECTOR_BYTES_MAX];
    char word[SCORES_WORD_BYTES_MAX]; /* "HIGH" */
    size_t vector_len, word_len;
    unsigned version; /* 40, 31, 30, 20; 0: none */
    bool primary;     /* by the publisher itself, or by who assigned the id */
};

/* Texts that are longer than the limits are left out, as no valid one is. */
void score_vector(struct score *s, str text);
void score_word(struct score *s, str text);

/* Takes `one` as the best where it is primary and the best is not, or else of a higher version. */
void score_better(struct score *best, const struct score *one);

/* "cvssMetricV31", "cvssV3_1" → 31; 0 for anything else. */
unsigned score_version(str name);

/* Fills cvss, severity and severity_source; borrowed from `best`. */
void score_put(const struct score *best, str source, struct advisory *to);

/* NVD's times have no offset: they are UTC. 0 where it is none. */
int64_t score_time(str text);

#endif
