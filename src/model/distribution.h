/* distribution.h: which distribution an image is, from os-release(5) or older files. */
#ifndef LIMPID_MODEL_DISTRIBUTION_H
#define LIMPID_MODEL_DISTRIBUTION_H

#include "base/str.h"

struct distribution {
    str id;          /* ID: "debian", "alpine", "rhel"; lower case */
    str id_like;     /* ID_LIKE: words separated by blanks */
    str version_id;  /* VERSION_ID: "12", "3.18.9", "8.10"; empty for rolling releases */
    str codename;    /* VERSION_CODENAME: "bookworm" */
    str pretty_name; /* PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)" */
    str cpe;         /* CPE_NAME */
    str variant_id;  /* VARIANT_ID */
};

#endif
