/* plans.h: the plans that there are (feed/plan.h). A feed's row names one: `.plan = &plan_osv`.
 * Each says which site and documents the row must have for it. */
#ifndef LIMPID_FEED_PLANS_H
#define LIMPID_FEED_PLANS_H

#include "feed/plan.h"

/* OSV.dev's bucket: of each document ECOSYSTEM/all.zip of the row the list
 * ECOSYSTEM/modified_id.csv tells what has changed; the records are at ECOSYSTEM/ID.json. */
extern const struct feed_plan plan_osv;

/* Alpine's secdb: branches that its index names and the row does not. Site: the index's folder. */
extern const struct feed_plan plan_alpine;

/* Red Hat's CSAF. Site: https://security.access.redhat.com/data/csaf/v2/. Advisories must have the
 * ids of documents in capitals: CVE-2024-1234, RHSA-2024:1431. */
extern const struct feed_plan plan_redhat;

/* Updates of rpm repositories, by mirror.list or releases, and repomd.xml:
 * Amazon: the row's site is https://cdn.amazonlinux.com/
 * Fedora: https://dl.fedoraproject.org/pub/
 * Rocky:  https://dl.rockylinux.org/ */
extern const struct feed_plan plan_amazon, plan_fedora, plan_rocky_updateinfo;

/* Rocky's API of errata, page by page. Site: https://apollo.build.resf.org/. */
extern const struct feed_plan plan_rocky_pages;

/* NVD's yearly documents and the one of what was changed in the last days, each by its .meta. Site:
 * https://nvd.nist.gov/. */
extern const struct feed_plan plan_nvd;

/* SUSE's OVAL documents, as the folder's index names them. Site:
 * https://ftp.suse.com/pub/projects/security/. */
extern const struct feed_plan plan_suse_oval;

#endif
