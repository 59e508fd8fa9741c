#include "ops/layer_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

enum { HOST_BYTES_MAX = 256, SEND_BYTES_MAX = 1 << 20 };

struct serving {
    const struct layer_server_options *options;
    struct in6_addr clients[LAYER_SERVER_ADDRESSES_MAX]; /* IPv4 as ::ffff:a.b.c.d */
    size_t clients_count;
    int listening;
};

static struct in6_addr address_of(const struct sockaddr *from)
{
    struct in6_addr to = {0};
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, from, sizeof(six));
        return six.sin6_addr;
    }
    if (from->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, from, sizeof(four));
        to.s6_addr[10] = to.s6_addr[11] = 0xff;
        memcpy(&to.s6_addr[12], &four.sin_addr, 4);
    }
    return to;
}

/* A name that is not known here: then only its Host counts. */
static void find_clients(struct serving *s)
{
    char name[HOST_BYTES_MAX];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    snprintf(name, sizeof(name), "%.*s", (int)s->options->client.len, s->options->client.at);
    if (getaddrinfo(name, NULL, &hints, &list) != 0) {
        return;
    }
    for (const struct addrinfo *a = list;
         a != NULL && s->clients_count < LAYER_SERVER_ADDRESSES_MAX; a = a->ai_next) {
        s->clients[s->clients_count++] = address_of(a->ai_addr);
    }
    freeaddrinfo(list);
}

/* -- one connection ------------------------------------------------------------------------- */

static str header_of(str head, const char *name)
{
    str line, key;
    while (str_line(&head, &line)) {
        str value = line;
        if (str_cut(&value, ':', &key) && str_eq_nocase(key, str_from(name))) {
            return str_trim(value);
        }
    }
    return STR_NONE;
}

static bool may_read(const struct serving *s, const struct in6_addr *peer, str head)
{
    str host = header_of(head, "host");
    for (size_t i = 0; i < s->clients_count; i++) {
        if (memcmp(&s->clients[i], peer, sizeof(*peer)) == 0) {
            return true;
        }
    }
    return host.len > 0 && (str_eq_nocase(host, s->options->client) ||
                            str_eq_nocase(host, s->options->client_authority));
}

/* The file of "/ID/layer.tar", or -1. */
static int file_of(const struct serving *s, str path)
{
    char name[PATH_MAX];
    for (size_t i = 0; i < s->options->files->count; i++) {
        str id = s->options->files->ids[i];
        if (path.len == id.len + 1 + sizeof("/layer.tar") - 1 && path.at[0] == '/' &&
            str_eq(str_slice(path, 1, 1 + id.len), id) && str_ends(path, STR("/layer.tar"))) {
            snprintf(name, sizeof(name), "%s/%.*s/layer.tar", s->options->folder, (int)id.len,
                     id.at);
            return open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        }
    }
    return -1;
}

static void answer_head(int to, const char *status, uint64_t bytes)
{
    char text[256];
    struct error e;
    int made = snprintf(text, sizeof(text),
                        "HTTP/1.0 %s\r\nContent-Type: application/x-tar\r\nContent-Length: "
                        "%llu\r\nConnection: close\r\n\r\n",
                        status, (unsigned long long)bytes);
    (void)!fd_write_all(to, text, (size_t)made, &e);
}

static void answer(const struct serving *s, int to, const struct in6_addr *peer, str head)
{
    str line, method = STR_NONE, path = STR_NONE;
    struct stat st;
    off_t at = 0;
    str rest = head;
    if (!str_line(&rest, &line) || !str_word(&line, &method) || !str_word(&line, &path)) {
        answer_head(to, "400 Bad Request", 0);
        return;
    }
    bool get = str_eq(method, STR("GET"));
    if (!may_read(s, peer, rest)) {
        answer_head(to, "403 Forbidden", 0);
        return;
    }
    if (!get && !str_eq(method, STR("HEAD"))) {
        answer_head(to, "405 Method Not Allowed", 0);
        return;
    }
    CLEANUP(fd_close) int fd = file_of(s, path);
    if (fd < 0 || fstat(fd, &st) != 0) {
        answer_head(to, "404 Not Found", 0);
        return;
    }
    answer_head(to, "200 OK", (uint64_t)st.st_size);
    while (get && at < st.st_size && sendfile(to, fd, &at, SEND_BYTES_MAX) > 0) {
    }
}

/* In a process of its own, that the alarm may end. */
static void serve_connection(const struct serving *s, int connection)
{
    char text[LAYER_SERVER_HEAD_BYTES_MAX];
    const struct timeval stall = {.tv_sec = LAYER_SERVER_STALL_S_MAX};
    struct sockaddr_storage from = {0};
    socklen_t from_bytes = sizeof(from);
    size_t len = 0;
    str head = STR_NONE;
    signal(SIGALRM, SIG_DFL);
    alarm(LAYER_SERVER_HEAD_S_MAX);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
    while (len < sizeof(text)) {
        ssize_t got = read(connection, text + len, sizeof(text) - len);
        if (got <= 0) {
            return;
        }
        len += (size_t)got;
        head = (str){.at = text, .len = len};
        size_t end = str_find(head, STR("\r\n\r\n"));
        if (end < len) {
            head.len = end;
            break;
        }
    }
    alarm(0);
    if (head.len == sizeof(text)) {
        answer_head(connection, "431 Request Header Fields Too Large", 0);
    } else if (getpeername(connection, (struct sockaddr *)&from, &from_bytes) == 0) {
        struct in6_addr peer = address_of((const struct sockaddr *)&from);
        answer(s, connection, &peer, head);
    }
    shutdown(connection, SHUT_WR);
}

/* -- all of them ---------------------------------------------------------------------------- */

static void serve(const struct serving *s)
{
    unsigned running = 0;
    for (;;) {
        while (running > 0 &&
               waitpid(-1, NULL, running < LAYER_SERVER_CONNECTIONS_MAX ? WNOHANG : 0) > 0) {
            running--;
        }
        int connection = accept4(s->listening, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) {
            if (errno != EINTR && errno != ECONNABORTED) {
                return;
            }
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve_connection(s, connection);
            _exit(0);
        }
        running += pid > 0;
        close(connection);
    }
}

static bool listen_on(int family, const void *address, socklen_t bytes, int *out)
{
    const int yes = 1, no = 0;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    }
    if (bind(fd, address, bytes) != 0 || listen(fd, SOMAXCONN) != 0) {
        int failed = errno;
        close(fd);
        errno = failed;
        return false;
    }
    *out = fd;
    return true;
}

/* The address that the client is told, where it is this machine's own; or every one. */
static bool listen_at(str address, int *out, struct error *e)
{
    char name[HOST_BYTES_MAX];
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(LAYER_SERVER_PORT)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(LAYER_SERVER_PORT)};
    snprintf(name, sizeof(name), "%.*s", (int)address.len, address.at);
    bool is_four = inet_pton(AF_INET, name, &four.sin_addr) == 1;
    bool is_six = !is_four && inet_pton(AF_INET6, name, &six.sin6_addr) == 1;
    if ((is_four && listen_on(AF_INET, &four, sizeof(four), out)) ||
        (is_six && listen_on(AF_INET6, &six, sizeof(six), out))) {
        return true;
    }
    if ((is_four || is_six) && errno != EADDRNOTAVAIL) {
        return error_sys(e, errno, "cannot listen on port %d of %s", LAYER_SERVER_PORT, name);
    }
    four.sin_addr.s_addr = htonl(INADDR_ANY);
    six.sin6_addr = (struct in6_addr)IN6ADDR_ANY_INIT;
    return listen_on(AF_INET6, &six, sizeof(six), out) ||
           listen_on(AF_INET, &four, sizeof(four), out) ||
           error_sys(e, errno, "cannot listen on port %d", LAYER_SERVER_PORT);
}

bool layer_server_start(const struct layer_server_options *options, struct layer_server *out,
                        struct error *e)
{
    struct serving s = {.options = options};
    *out = (struct layer_server){0};
    if (!listen_at(options->address, &s.listening, e)) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        find_clients(&s);
        serve(&s);
        _exit(1);
    }
    int failed = errno;
    close(s.listening);
    if (pid < 0) {
        return error_sys(e, failed, "cannot start a process");
    }
    out->pid = pid;
    return true;
}

void layer_server_stop(struct layer_server *s)
{
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        s->pid = 0;
    }
}
