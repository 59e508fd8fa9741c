/* clones_updateinfo.h: the lists of updates in the repositories of Rocky Linux and AlmaLinux, which
 * are read beside their records in the OSV format. Inside src/feed only. */
#ifndef LIMPID_FEED_CLONES_UPDATEINFO_H
#define LIMPID_FEED_CLONES_UPDATEINFO_H

#include "feed/updateinfo.h"

/* Reads a list of "rocky" (RLSA-…; rocky:9) or of "almalinux" (ALSA-…; almalinux:9). The release is
 * told by the update, its collection, or the path (…/9/BaseOS/…, …/8.6/…). */
bool rocky_updateinfo_read(const struct feed_document *document, struct reader *body,
                           struct arena *arena, struct advisory_sink *out,
                           struct error *e) MUST_USE;
bool almalinux_updateinfo_read(const struct feed_document *document, struct reader *body,
                               struct arena *arena, struct advisory_sink *out,
                               struct error *e) MUST_USE;

#endif
