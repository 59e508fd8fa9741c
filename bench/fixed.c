/* fixed.c: the least that a server of HTTP/1.1 does, to be compared with: one epoll and one thread
 * a core, no parsing but for the path of a GET, no limits, no log.
 *
 *     fixed --memory FILE      the file's bytes, from memory, whatever the path
 *     fixed --folder FOLDER    the file of that name, opened and sent by sendfile each time
 *
 * Listens on a free port of 127.0.0.1, prints it, and ends when its standard input does. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { EVENTS = 64, REQUEST_BYTES = 4096, HEAD_BYTES = 256, BACKLOG = 1024 };

struct client {
    int fd, file; /* the file that is sent, or -1 */
    char request[REQUEST_BYTES + 1];
    size_t got;
    char head[HEAD_BYTES];
    size_t head_len, body_len, sent; /* head_len 0: nothing is sent */
};

static int listener, folder = -1;
static const char *body;
static size_t body_bytes;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void forget(struct client *c)
{
    if (c->file >= 0) {
        close(c->file);
    }
    close(c->fd);
    free(c);
}

/* The answer to the request at hand is prepared. */
static void prepare(struct client *c)
{
    char path[REQUEST_BYTES];
    unsigned status = 200;
    c->body_len = body_bytes;
    if (folder >= 0) {
        struct stat st;
        c->body_len = 0;
        c->file = -1;
        if (strncmp(c->request, "GET /", 5) == 0) {
            size_t len = strcspn(c->request + 5, " /");
            memcpy(path, c->request + 5, len);
            path[len] = '\0';
            c->file = openat(folder, path, O_RDONLY | O_CLOEXEC);
        }
        if (c->file >= 0 && fstat(c->file, &st) == 0) {
            c->body_len = (size_t)st.st_size;
        }
        status = c->file >= 0 ? 200 : 404;
    }
    c->head_len = (size_t)snprintf(c->head, sizeof(c->head),
                                   "HTTP/1.1 %u -\r\nContent-Type: application/json\r\n"
                                   "Content-Length: %zu\r\n\r\n",
                                   status, c->body_len);
    c->sent = c->got = 0;
}

/* Bytes that were sent, 0 where the socket is full, -1 where the connection is gone. */
static ssize_t send_some(struct client *c)
{
    ssize_t sent;
    if (c->file >= 0 && c->sent >= c->head_len) {
        off_t at = (off_t)(c->sent - c->head_len);
        sent = sendfile(c->fd, c->file, &at, c->body_len - (size_t)at);
    } else {
        size_t past = c->sent > c->head_len ? c->sent - c->head_len : 0;
        struct iovec parts[2] = {
            {c->head + (c->sent - past), c->head_len - (c->sent - past)},
            {(void *)(body + past), c->file >= 0 || folder >= 0 ? 0 : c->body_len - past}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        sent = sendmsg(c->fd, &message, MSG_NOSIGNAL | (c->file >= 0 ? MSG_MORE : 0));
    }
    return sent >= 0 ? sent : errno == EAGAIN ? 0 : -1;
}

/* False where the connection is gone. */
static bool serve(struct client *c)
{
    for (;;) {
        while (c->head_len > 0 && c->sent < c->head_len + c->body_len) {
            ssize_t sent = send_some(c);
            if (sent <= 0) {
                return sent == 0;
            }
            c->sent += (size_t)sent;
        }
        c->head_len = 0;
        if (c->file >= 0) {
            close(c->file);
            c->file = -1;
        }
        ssize_t got = recv(c->fd, c->request + c->got, REQUEST_BYTES - c->got, 0);
        if (got <= 0) {
            return got < 0 && errno == EAGAIN;
        }
        c->got += (size_t)got;
        c->request[c->got] = '\0';
        if (c->got >= 4 && strcmp(c->request + c->got - 4, "\r\n\r\n") == 0) {
            prepare(c);
        }
    }
}

static void accept_one(int epoll)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    struct client *c = fd < 0 ? NULL : calloc(1, sizeof(*c));
    if (c == NULL) {
        return;
    }
    c->fd = fd;
    c->file = -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        forget(c);
    }
}

static void *run(void *unused)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE}, events[EVENTS];
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        fail("epoll");
    }
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct client *c = events[i].data.ptr;
            if (c == NULL) {
                accept_one(epoll);
            } else if (!serve(c)) {
                forget(c);
            }
        }
    }
    return unused;
}

static void load(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        fail(path);
    }
    char *to = malloc((size_t)st.st_size + 1);
    if (to == NULL || read(fd, to, (size_t)st.st_size) != st.st_size) {
        fail(path);
    }
    close(fd);
    body = to;
    body_bytes = (size_t)st.st_size;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    bool memory = argc == 3 && strcmp(argv[1], "--memory") == 0;
    if (!memory && (argc != 3 || strcmp(argv[1], "--folder") != 0)) {
        fprintf(stderr, "usage: fixed --memory FILE | --folder FOLDER\n");
        return 2;
    }
    if (memory) {
        load(argv[2]);
    } else if ((folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        fail(argv[2]);
    }
    signal(SIGPIPE, SIG_IGN); /* sendfile has no flag against it */
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) != 0 ||
        listen(listener, BACKLOG) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0) {
        fail("listen");
    }
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    for (long i = sysconf(_SC_NPROCESSORS_ONLN); i > 0; i--) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, NULL) != 0) {
            fail("thread");
        }
    }
    while (getchar() != EOF) {
    }
    return 0;
}
