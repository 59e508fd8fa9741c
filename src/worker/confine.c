#include "worker/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* mmap and mprotect are allowed without PROT_EXEC only: see confine_finish. */
const char *const confine_allowed[] = {
    "read",      "readv",         "pread64",     "write",        "writev",
    "close",     "fstat",         "lseek",       "mmap",         "mprotect",
    "munmap",    "mremap",        "madvise",     "brk",          "futex",
    "getrandom", "clock_gettime", "sched_yield", "rt_sigreturn", "rt_sigprocmask",
    "exit",      "exit_group",    NULL,
};

static bool limit(int what, uint64_t value, const char *name, struct error *e)
{
    /* of CPU time, the hard limit kills without a word, the soft one by SIGXCPU */
    uint64_t hard = what == RLIMIT_CPU ? value + 2 : value;
    struct rlimit both = {.rlim_cur = value, .rlim_max = hard};
    if (setrlimit((__rlimit_resource_t)what, &both) != 0) {
        return error_sys(e, errno, "cannot limit %s", name);
    }
    return true;
}

static bool limit_all(const struct confine_options *o, struct error *e)
{
    if (!limit(RLIMIT_CORE, 0, "core files", e) || !limit(RLIMIT_FSIZE, 0, "written files", e) ||
        !limit(RLIMIT_NOFILE, 0, "open files", e)) {
        return false;
    }
    if (o->cpu_s > 0 && !limit(RLIMIT_CPU, o->cpu_s, "CPU time", e)) {
        return false;
    }
    /* sanitizers reserve terabytes of address space */
    if (!CONFINE_SANITIZED && o->memory_bytes > 0 &&
        !limit(RLIMIT_AS, o->memory_bytes, "address space", e)) {
        return false;
    }
    return true;
}

static int landlock_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* The kernel's own layout as of ABI 6; older kernels take a shorter size. Debian 12's header knows
 * only the first member. */
struct ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

static bool landlock(struct confine_report *report, struct error *e)
{
    int abi = landlock_abi();
    if (abi < 1) {
        return true;
    }
    /* ABI 1 has 13 rights on files; 2 adds REFER, 3 TRUNCATE, 5 IOCTL_DEV */
    unsigned rights = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;
    struct ruleset_attr attr = {
        .handled_access_fs = (UINT64_C(1) << rights) - 1,
        .handled_access_net = abi >= 4 ? 3 : 0, /* bind and connect of TCP */
        .scoped = abi >= 6 ? 3 : 0,             /* abstract sockets, signals */
    };
    size_t size = abi >= 6   ? sizeof(attr)
                  : abi >= 4 ? offsetof(struct ruleset_attr, scoped)
                             : offsetof(struct ruleset_attr, handled_access_net);
    CLEANUP(fd_close) int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (fd < 0) {
        return error_sys(e, errno, "cannot make a Landlock rule set (ABI %d)", abi);
    }
    if (syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
        return error_sys(e, errno, "cannot apply the Landlock rule set");
    }
    report->landlock_abi = (uint32_t)abi;
    return true;
}

bool confine_begin(const struct confine_options *options, struct confine_report *report,
                   struct error *e)
{
    *report = (struct confine_report){0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return error_sys(e, errno, "cannot give up new privileges");
    }
    if (!CONFINE_SANITIZED) {
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    if (!options->off && !landlock(report, e)) {
        return false;
    }
    return limit_all(options, e);
}

static bool add_rule(scmp_filter_ctx filter, const char *name, struct error *e)
{
    int number = seccomp_syscall_resolve_name(name);
    int failed;
    if (number == SCMP_SYS(mmap) || number == SCMP_SYS(mprotect)) {
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    } else {
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    }
    return failed == 0 || error_sys(e, -failed, "cannot allow '%s' in the seccomp filter", name);
}

bool confine_finish(const struct confine_options *options, struct confine_report *report,
                    struct error *e)
{
    if (options->off || CONFINE_SANITIZED) {
        return true;
    }
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL) {
        return error_set(e, ERROR_MEMORY, "cannot make a seccomp filter");
    }
    bool ok = true;
    for (size_t i = 0; ok && confine_allowed[i] != NULL; i++) {
        ok = add_rule(filter, confine_allowed[i], e);
    }
    /* the other architecture's calls, x32 among them, kill too: libseccomp's default */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (ok) {
        int failed = seccomp_load(filter);
        if (failed == 0) {
            report->seccomp = true;
        } else if (failed != -ENOSYS && failed != -EINVAL && failed != -EOPNOTSUPP) {
            ok = error_sys(e, -failed, "cannot load the seccomp filter");
        }
    }
    seccomp_release(filter);
    return ok;
}

void confine_probe(struct confine_report *report)
{
    int abi = landlock_abi();
    *report = (struct confine_report){
        .seccomp = !CONFINE_SANITIZED && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0,
        .landlock_abi = abi > 0 ? (uint32_t)abi : 0,
    };
}
