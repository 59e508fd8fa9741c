/* layer_server.h: serves FOLDER/ID/layer.tar at http://ADDRESS:9279/ID/layer.tar, to one host, for
 * as long as an analysis takes. HTTP/1.0 as small as it can be: GET and HEAD of the known paths,
 * one answer a connection, a process for each. */
#ifndef LIMPID_OPS_LAYER_SERVER_H
#define LIMPID_OPS_LAYER_SERVER_H

#include <sys/types.h>

#include "base/error.h"
#include "ops/layer_files.h"

enum {
    LAYER_SERVER_PORT = 9279,
    LAYER_SERVER_HEAD_BYTES_MAX = 8 * 1024,
    LAYER_SERVER_HEAD_S_MAX = 10, /* until a request's head is there */
    LAYER_SERVER_STALL_S_MAX = 60,
    LAYER_SERVER_CONNECTIONS_MAX = 16,
    LAYER_SERVER_ADDRESSES_MAX = 16, /* of the client's name */
};

struct layer_server {
    pid_t pid; /* 0: none */
};

struct layer_server_options {
    const char *folder;
    const struct layer_files *files;
    str address; /* to listen on; every address where it is a name, or not this machine's */
    /* Who may read: requests from an address of `client`, or whose Host is `client` (with or
     * without its port, `client_authority`). Everybody else gets 403. */
    str client, client_authority;
};

/* Listens (ERROR_IO: the port is taken) and starts the process that answers. */
bool layer_server_start(const struct layer_server_options *options, struct layer_server *out,
                        struct error *e) MUST_USE;

/* Ends it. Safe on a zeroed one, and twice. */
void layer_server_stop(struct layer_server *s);

#endif
