/* confine.h: what a worker gives up before it reads a byte of input (docs/hostile-input.md):
 * resource limits and no_new_privs always; Landlock without a rule (no path can be opened) and a
 * seccomp allow-list (anything else kills the process) where the kernel has them. */
#ifndef LIMPID_WORKER_CONFINE_H
#define LIMPID_WORKER_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

/* Sanitizers need more system calls and all address space, and speak on standard error: under one
 * there is neither seccomp nor the limit of memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED 0
#endif

struct confine_options {
    bool off;              /* --sandbox=off: resource limits only */
    uint32_t cpu_s;        /* 0: no limit */
    uint64_t memory_bytes; /* address space; 0: no limit */
};

struct confine_report {
    bool seccomp;
    uint32_t landlock_abi; /* 0: not in this kernel */
};

/* First part, before any thread is started: resource limits, no_new_privs, Landlock. */
bool confine_begin(const struct confine_options *options, struct confine_report *report,
                   struct error *e) MUST_USE;

/* Second part, for all threads at once: seccomp. Afterwards only the calls of the list work. */
bool confine_finish(const struct confine_options *options, struct confine_report *report,
                    struct error *e) MUST_USE;

/* What this kernel has, without confining anybody. */
void confine_probe(struct confine_report *report);

/* Names of the allowed system calls; ends with NULL. For the test that tries all others. */
extern const char *const confine_allowed[];

#endif
