/* main: the only place with process-wide state. A worker is told apart before anything else is
 * done: it is started for every image, and must not inherit more than it needs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "worker/child.h"

/* Descriptors 0 to 2 that are closed would be given to the next files opened, and a report would
 * be written into a database. What fills their place refuses to be used as they are. */
static bool fill_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) {
            continue;
        }
        int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        /* workers inherit them as they would have inherited the real ones */
        if (open("/dev/null", mode | O_NOCTTY | O_CLOEXEC) != fd || fcntl(fd, F_SETFD, 0) != 0) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], WORKER_OPTION) == 0) {
        return worker_main(argc, argv);
    }
    if (!fill_descriptors()) {
        return STATUS_UNFINISHED;
    }
    /* a reader that goes away is an error of write(2), not the end of this process */
    signal(SIGPIPE, SIG_IGN);
    return command_main(argc, argv);
}
