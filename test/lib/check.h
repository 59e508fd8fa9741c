/* check.h: a test harness that prints TAP (Test Anything Protocol 13), which `meson test` reads.
 *
 *     int main(void)
 *     {
 *         CHECK_CASE("a tilde sorts before the end") {
 *             CHECK(deb_compare(STR("1~"), STR("1")) < 0);
 *         }
 *         return check_done();
 *     }
 *
 * A case fails when one of its CHECKs does; the others still run. */
#ifndef LIMPID_CHECK_H
#define LIMPID_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Runs the block that follows as one case; the name is a sentence. */
#define CHECK_CASE(...) for (check_begin(__VA_ARGS__); check_running(); check_end())

/* Each returns whether it held, and prints what did not, with file and line. */
#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_STR(got, want) check_str((got), (want), #got, __FILE__, __LINE__)
#define CHECK_NUM(got, want)                                                                       \
    check_num((long long)(got), (long long)(want), #got, __FILE__, __LINE__)
/* For functions that return bool and fill `e`. */
#define CHECK_OK(call, e) check_ok((call), (e), #call, __FILE__, __LINE__)
/* That a call failed with this kind, and that its text contains `part` ("" is in every text). */
#define CHECK_FAILS(call, e, want_kind, part)                                                      \
    check_fails((call), (e), (want_kind), (part), #call, __FILE__, __LINE__)

void check_begin(const char *fmt, ...) PRINTF(1, 2);
bool check_running(void);
void check_end(void);
void check_skip(const char *why); /* marks the running case as skipped, with the reason */
int check_done(void);             /* prints the plan; the exit status of the test */

bool check_that(bool held, const char *what, const char *file, int line);
bool check_str(str got, str want, const char *what, const char *file, int line);
bool check_num(long long got, long long want, const char *what, const char *file, int line);
bool check_ok(bool ok, const struct error *e, const char *what, const char *file, int line);
bool check_fails(bool ok, const struct error *e, enum error_kind kind, const char *part,
                 const char *what, const char *file, int line);

/* Path of a file below LIMPID_SHARED (static storage, four calls deep), or NULL where that folder
 * is absent: then the case should check_skip. */
const char *check_shared(const char *below);

/* Whole content of a file, on the heap and never freed; STR_NONE where it cannot be read. */
str check_file(const char *path);

/* Refuses the n-th allocation from now on (0: the next one) in this process, and those after it;
 * -1 refuses none. fail_alloc_hit tells whether one was refused since it was set.
 *
 *     for (int n = 0;; n++) {
 *         fail_alloc_at(n);
 *         bool ok = thing(…, &e);
 *         fail_alloc_at(-1);
 *         if (!fail_alloc_hit()) { CHECK(ok); break; }
 *         CHECK(!ok && e.kind == ERROR_MEMORY);
 *     } */
void fail_alloc_at(int n);
bool fail_alloc_hit(void);

#endif
