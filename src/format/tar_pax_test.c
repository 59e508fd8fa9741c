/* What stands before an entry and says more about it: pax records, GNU long names. What is expected
 * of odd ones is what Go's archive/tar does with them (see tar.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "format/tar.h"
#include "format/tar_list.h"
#include "mktar.h"

#define NAME_300                                                                                   \
    "a23456789/b23456789/c23456789/d23456789/e23456789/f23456789/g23456789/h23456789/"             \
    "i23456789/j23456789/k23456789/l23456789/m23456789/n23456789/o23456789/p23456789/"             \
    "q23456789/r23456789/s23456789/t23456789/u23456789/v23456789/w23456789/x23456789/"             \
    "y23456789/z23456789/123456789/223456789/323456789/423456789/"

/* ---- names and headers before an entry ---- */

/* A list of steps: 'x' a pax record, 'r' pax bytes as they are, 'g' a global record, 'L' 'K' long
 * names, anything else an entry of that type. */
struct part {
    char what;
    const char *key, *value;
};

static const struct {
    const char *says;
    struct part parts[5];
    const char *lists;
} extended[] = {
    {"a pax path", {{'x', "path", "long/name"}, {'0', "short", ""}}, "f long/name 0 ''\n"},
    {"a pax path replaces prefix and name",
     {{'x', "path", NAME_300}, {'0', "short", ""}},
     "f a23456789/~300 0 ''\n"},
    {"a pax link target", {{'x', "linkpath", "far/away"}, {'2', "a", "near"}}, "l a -> far/away\n"},
    {"a pax link target of a file is nothing",
     {{'x', "linkpath", "b"}, {'0', "a", ""}},
     "f a 0 ''\n"},
    {"an empty pax value changes nothing",
     {{'r', "8 path=\n", NULL}, {'0', "a", ""}},
     "f a 0 ''\n"},
    {"of repeated records the last one counts",
     {{'r', "10 path=b\n10 path=c\n", NULL}, {'0', "a", ""}},
     "f c 0 ''\n"},
    {"of several pax headers the last one counts",
     {{'x', "path", "b"}, {'x', "comment", "none"}, {'0', "a", ""}},
     "f a 0 ''\n"},
    {"a pax header without records", {{'r', "", NULL}, {'0', "a", ""}}, "f a 0 ''\n"},
    {"a value may hold '=' and newlines",
     {{'x', "path", "a=b\nc"}, {'0', "a", ""}},
     "f a=b\nc 0 ''\n"},
    {"a pax header is for one entry",
     {{'x', "path", "b"}, {'0', "a", ""}, {'0', "c", ""}},
     "f b 0 ''\nf c 0 ''\n"},
    {"a pax size counts", {{'x', "size", "3"}, {'s', "a", "abc"}}, "f a 3 'abc'\n"},
    {"a pax size of a folder does not", {{'x', "size", "512"}, {'5', "a", ""}}, "d a\n"},
    {"a global path names nothing",
     {{'g', "path", "b"}, {'0', "a", ""}, {'0', "c", ""}},
     "f a 0 ''\nf c 0 ''\n"},
    {"a global header drops what came before",
     {{'x', "path", "b"}, {'g', "comment", "none"}, {'0', "a", ""}},
     "f a 0 ''\n"},
    {"a GNU long name", {{'L', NAME_300, NULL}, {'0', "a", ""}}, "f a23456789/~300 0 ''\n"},
    {"a GNU long target", {{'K', NAME_300, NULL}, {'2', "a", "b"}}, "l a -> a23456789/~300\n"},
    {"both", {{'K', "far", NULL}, {'L', "long", NULL}, {'1', "a", "b"}}, "h long -> far\n"},
    {"a GNU long name goes before a pax path",
     {{'L', "gnu", NULL}, {'x', "path", "pax"}, {'0', "a", ""}},
     "f gnu 0 ''\n"},
    {"an empty long name changes nothing", {{'L', "", NULL}, {'0', "a", ""}}, "f a 0 ''\n"},
    {"of several long names the last one counts",
     {{'L', "b", NULL}, {'L', "c", NULL}, {'0', "a", ""}},
     "f c 0 ''\n"},
    {"a long name is for one entry",
     {{'L', "b", NULL}, {'0', "a", ""}, {'0', "c", ""}},
     "f b 0 ''\nf c 0 ''\n"},
    {"a v7 folder by its long name", {{'L', "b/", NULL}, {'v', "a", ""}}, "d b/\n"},
    {"unknown keys change nothing",
     {{'x', "SCHILY.xattr.user.a", "b"}, {'0', "a", ""}},
     "f a 0 ''\n"},
    {"an unknown sparse version changes nothing",
     {{'r',
       "22 GNU.sparse.major=2\n"
       "22 GNU.sparse.minor=0\n22 GNU.sparse.name=nn\n",
       NULL},
      {'0', "a", ""}},
     "f a 0 ''\n"},
};

static void add_part(struct mktar *m, const struct part *part)
{
    str key = str_from(part->key);
    switch (part->what) {
    case 'x':
        mktar_pax(m, part->key, str_from(part->value));
        return;
    case 'g': {
        size_t at = m->len;
        mktar_pax(m, part->key, str_from(part->value));
        m->at[at + 156] = 'g';
        mktar_seal(m, at);
        return;
    }
    case 'r':
        mktar_special(m, 'x', key);
        return;
    case 'L':
    case 'K':
        key.len++; /* GNU tar writes the NUL too */
        mktar_special(m, part->what, key);
        return;
    case 's': /* its own size field says 0 */
        mktar_add(m, (struct mktar_entry){
                         .path = part->key, .data = str_from(part->value), .size = "00000000000"});
        return;
    default:
        mktar_add(m,
                  (struct mktar_entry){.path = part->key, .link = part->value, .flag = part->what});
    }
}

/* Contents of a pax header that end the archive. */
static const struct {
    const char *says, *records;
} bad_records[] = {
    {"has no newline", "10 path=ab"},
    {"has no '='", "10 path_a\n"},
    {"has no key", "5 =a\n"},
    {"has no length", "path=b\n"},
    {"has no blank", "10path=b\n"},
    {"is of length 0", "0 path=b\n"},
    {"is of length 1", "1 path=b\n"},
    {"is of length 4", "4 a\n"},
    {"is of a negative length", "-10 path=b\n"},
    {"is of a signed length", "+10 path=b\n"},
    {"is longer than its header", "99 path=b\n"},
    {"is of length 2^64 + 10", "18446744073709551626 path=b\n"},
    {"is of length 10^25", "10000000000000000000000000 path=b\n"},
    {"is shorter than said", "8 path=b\n"},
    {"is followed by garbage", "10 path=b\ngarbage"},
    {"is followed by NULs", "10 path=b\n\001\001"},
    {"has a size that is negative", "11 size=-1\n"},
    {"has a size of 10^25", "35 size=10000000000000000000000000\n"},
    {"has a size of 2^63", "28 size=9223372036854775808\n"},
    {"has a size in octal digits and more", "13 size=0x10\n"},
    {"has a sparse offset alone", "23 GNU.sparse.offset=1\n"},
    {"has a sparse length alone", "25 GNU.sparse.numbytes=1\n"},
};

static void test_extended(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(extended); i++) {
        CHECK_CASE("extended header: %s", extended[i].says)
        {
            struct mktar m = {0};
            for (size_t p = 0; p < ARRAY_COUNT(extended[i].parts); p++) {
                if (extended[i].parts[p].what != 0) {
                    add_part(&m, &extended[i].parts[p]);
                }
            }
            mktar_end(&m);
            char want[1000];
            snprintf(want, sizeof(want), "%send\n", extended[i].lists);
            tar_check_lists(mktar_str(&m), want);
            mktar_done(&m);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad_records); i++) {
        CHECK_CASE("the archive ends with a reason where a pax record %s", bad_records[i].says)
        {
            struct mktar m = {0};
            mktar_file(&m, "first", "");
            mktar_special(&m, 'x', str_from(bad_records[i].records));
            mktar_file(&m, "a", "");
            mktar_end(&m);
            str list = tar_list_by(mktar_str(&m), 0, TAR_LIST_SKIP);
            if (!CHECK(str_starts(list, STR("f first 0\nfailed: format: tar header at byte ")))) {
                printf("# " STR_FMT "\n", STR_ARG(list));
            }
            mktar_done(&m);
        }
    }
    CHECK_CASE("names keep a NUL that a pax header puts into them")
    {
        struct mktar m = {0};
        mktar_pax(&m, "path", (str){.at = "a\0b", .len = 3});
        mktar_file(&m, "c", "");
        mktar_end(&m);
        tar_check_lists(mktar_str(&m), "f a?b 0 ''\nend\n");
        mktar_done(&m);
    }
}

/* ---- limits ---- */

/* The length of the path that a long name of `len` bytes gives, or -1. */
static void check_long_name(char flag, size_t len, const char *want)
{
    struct mktar m = {0};
    char *name = malloc(len + 1);
    if (name == NULL) {
        abort();
    }
    memset(name, 'n', len);
    name[len] = '\0';
    if (flag == 'x') {
        mktar_pax(&m, "path", (str){.at = name, .len = len});
    } else {
        mktar_special(&m, 'L', (str){.at = name, .len = len + 1});
    }
    mktar_file(&m, "short", "x");
    mktar_end(&m);
    tar_check_lists(mktar_str(&m), want);
    free(name);
    mktar_done(&m);
}

static void test_limits(void)
{
    CHECK_CASE("a name of 64 KiB is whole, one byte more is cut and marked")
    {
        check_long_name('L', TAR_PATH_BYTES_MAX, "f nnnnnnnnnn~65536 1 'x'\nend\n");
        check_long_name('x', TAR_PATH_BYTES_MAX, "f nnnnnnnnnn~65536 1 'x'\nend\n");
        check_long_name('L', TAR_PATH_BYTES_MAX + 1, "f nnnnnnnnnn~65536 1 'x' too long\nend\n");
        check_long_name('x', TAR_PATH_BYTES_MAX + 1, "f nnnnnnnnnn~65536 1 'x' too long\nend\n");
    }
    CHECK_CASE("an extended header of 1 MiB is read, one byte more is a limit")
    {
        check_long_name('L', TAR_PAX_BYTES_MAX - 1, "f nnnnnnnnnn~65536 1 'x' too long\nend\n");
        check_long_name('L', TAR_PAX_BYTES_MAX,
                        "failed: limit: tar header at byte 0: 1048577 bytes are more than the "
                        "limit of 1048576\n");
        check_long_name('x', TAR_PAX_BYTES_MAX - 14, "f nnnnnnnnnn~65536 1 'x' too long\nend\n");
        check_long_name('x', TAR_PAX_BYTES_MAX - 13,
                        "failed: limit: tar header at byte 0: 1048577 bytes are more than the "
                        "limit of 1048576\n");
    }
}

int main(void)
{
    test_extended();
    test_limits();
    return check_done();
}
