/* order.c: which of two versions is newer.
 *
 * CentOS rebuilds Red Hat's packages, and the rebuild shows in the release text alone:
 *
 *     Red Hat   2.4.6-97.el7_9.5                     1:18.2-1.module+el8.4.0+11732+c668cc9f
 *     CentOS    2.4.6-97.el7.centos.5                1:18.2-1.module_el8.4.0+2521+c668cc9f
 *
 * So ".centos", the "_9" behind "el7" and all from ".module" on are left out on both sides. */
#include "match/rules.h"
#include "model/namespace.h"
#include "version/digits.h"

enum { VERSION_BYTES_MAX = 512 };

/* The bytes from `at` on that a rebuild changes, 0 for none. */
static size_t rebuilt_part(str version, size_t at)
{
    str rest = str_slice(version, at, version.len);
    if (str_starts(rest, STR(".centos"))) {
        return sizeof(".centos") - 1;
    }
    if (str_starts(rest, STR(".module_el")) || str_starts(rest, STR(".module+el"))) {
        return rest.len;
    }
    bool minor = rest.at[0] == '_' && at > 0 && is_digit(version.at[at - 1]);
    size_t el = str_find_last_char(str_slice(version, 0, at), '.');
    if (!minor || !str_starts(str_slice(version, el, at), STR(".el"))) {
        return 0;
    }
    size_t len = 1;
    while (len < rest.len && is_digit(rest.at[len])) {
        len++;
    }
    return len > 1 ? len : 0;
}

static str without_rebuild(str version, char to[VERSION_BYTES_MAX])
{
    size_t len = 0;
    if (version.len > VERSION_BYTES_MAX) {
        return version;
    }
    for (size_t i = 0; i < version.len;) {
        size_t skip = rebuilt_part(version, i);
        if (skip == 0) {
            to[len++] = version.at[i++];
        }
        i += skip;
    }
    return (str){.at = to, .len = len};
}

int order_compare(const struct order *order, str a, str b)
{
    char one[VERSION_BYTES_MAX], two[VERSION_BYTES_MAX];
    if (!order->rebuilt) {
        return order->scheme->compare(a, b);
    }
    return order->scheme->compare(without_rebuild(a, one), without_rebuild(b, two));
}

const struct scheme *order_scheme(enum ecosystem ecosystem)
{
    str language = namespace_of_ecosystem(ecosystem);
    return scheme_find(language.len > 0 ? namespace_scheme(language) : ecosystem_name(ecosystem));
}
