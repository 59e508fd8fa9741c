/* str.h: borrowed text. A str points into bytes somebody else owns: a mapped file, a reader's
 * window, an arena. It is passed by value, never freed, and not terminated by a NUL.
 *
 * It is valid as long as those bytes are; whoever keeps one longer copies it (arena_str).
 * Bytes are bytes: no encoding is assumed, and text is escaped where it is printed, once.
 * No function here allocates; all are safe from any thread. */
#ifndef LIMPID_BASE_STR_H
#define LIMPID_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct str {
    const char *at; /* NULL only where len is 0 */
    size_t len;
} str;

#define STR(literal) ((str){.at = (literal), .len = sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        .at = (literal), .len = sizeof(literal) - 1                                                \
    } /* in static tables */
#define STR_NONE ((str){.at = NULL, .len = 0})
#define STR_FMT "%.*s"
#define STR_ARG(s)                                                                                 \
    str_fmt_len(s), (s).at != NULL ? (s).at : "" /* for messages: cut at 200 bytes                 \
                                                  */

/* The length for "%.*s": at most 200, so that hostile text cannot flood a message. */
int str_fmt_len(str s);

/* A str over a C string; NULL gives STR_NONE. */
str str_from(const char *text);

bool str_eq(str a, str b);
bool str_eq_nocase(str a, str b); /* ASCII letters only */

/* Order by unsigned bytes, the shorter of two with a common start first; <0, 0 or >0. */
int str_cmp(str a, str b);

bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);

/* Without ASCII blanks (space, tab, CR, LF, VT, FF) at both ends. */
str str_trim(str s);

/* The part from byte `from` up to, not including, byte `to`; both are clamped to the length. */
str str_slice(str s, size_t from, size_t to);

/* Index of the first (last) byte `c`, or `s.len` where there is none. */
size_t str_find_char(str s, char c);
size_t str_find_last_char(str s, char c);

/* Index of the first `needle`, or `s.len` where there is none. An empty needle is at 0. */
size_t str_find(str s, str needle);

/* Cuts `rest` at the first `sep`: `head` is what stood before it, `rest` becomes what follows.
 * Without a `sep`, returns false and changes neither. */
bool str_cut(str *rest, char sep, str *head);

/* Next line without its LF (a CR before it is dropped too); false when `rest` is empty. */
bool str_line(str *rest, str *line);

/* Next word between runs of ASCII blanks; false when there is none left. */
bool str_word(str *rest, str *word);

/* 64-bit hash without a secret: for sums, not for tables of keys that somebody else chooses (map.h
 * has its own). Not stable between versions of limpid, never stored. */
uint64_t str_hash(str s);

/* True where the bytes are valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool str_is_utf8(str s);

#endif
