/* private_folder.h: a folder for files that other programs of this machine are told about, gone
 * when the work is done: also after a signal, and after a crash of the work. */
#ifndef LIMPID_OPS_PRIVATE_FOLDER_H
#define LIMPID_OPS_PRIVATE_FOLDER_H

#include "base/attr.h"
#include "base/error.h"

/* Makes a folder (mode 0700) in $TMPDIR, or /tmp, and runs `work` with its path in a process of
 * its own; `*status` is what `work` returned. Files in the folder and in folders right in it are
 * removed at the end, then SIGINT, SIGTERM and SIGHUP do what they do. One thread only: it forks.
 */
bool private_folder_run(int (*work)(void *arg, const char *folder), void *arg, int *status,
                        struct error *e) MUST_USE;

#endif
