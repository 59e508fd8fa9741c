/* address.h: which addresses may be connected to. Inside the fetch program only. */
#ifndef LIMPID_FETCH_ADDRESS_H
#define LIMPID_FETCH_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/str.h"

/* True for unicast addresses of the public internet; false for loopback, private, link-local,
 * multicast, documentation and reserved ones (IANA's special-purpose registries: RFC 6890), for
 * IPv6 forms that hold such an IPv4 address, and for families that are not IP. */
bool address_is_public(const struct sockaddr *address);

/* An IPv4 or IPv6 literal ("127.0.0.1", "127.0.0.1.", "[::1]", "::1") into `out`; false for names.
 */
bool address_parse(str host, struct sockaddr_storage *out);

/* A name that leads into one's own network wherever it is asked for: localhost and what ends in it,
 * names of a single word, and the endings .local, .internal, .lan, .intranet, .corp, .home and
 * .home.arpa (RFC 6761, 6762, 8375; ICANN's list of names that collide). For hosts that a proxy
 * looks up: whom it connects to is not seen here. Not for literals. */
bool address_is_own_name(str host);

#endif
