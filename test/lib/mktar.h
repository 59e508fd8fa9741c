/* mktar.h: tar archives in memory, for tests: header by header, so that a test can write what no
 * tool would. A refused allocation ends the test. */
#ifndef LIMPID_MKTAR_H
#define LIMPID_MKTAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct mktar {
    char *at;
    size_t len, room;
};

struct mktar_entry {
    const char *path;   /* cut at 100 bytes */
    const char *prefix; /* cut at 155 */
    const char *link;   /* cut at 100 */
    char flag;          /* 0: '0'; 'v': a NUL */
    str data;
    const char *size; /* the size field as it is to stand there, 12 bytes; NULL: of `data` */
    unsigned mode;    /* 0: 0644 */
    bool gnu;         /* magic "ustar  \0" */
    bool v7;          /* no magic */
};

void mktar_done(struct mktar *m);

/* Header, data and padding. */
void mktar_add(struct mktar *m, struct mktar_entry entry);

/* Gives the header at offset `at` a right checksum after a test changed it. */
void mktar_seal(struct mktar *m, size_t at);

void mktar_file(struct mktar *m, const char *path, const char *text);
void mktar_link(struct mktar *m, const char *path, const char *target); /* symbolic */
void mktar_hardlink(struct mktar *m, const char *path, const char *target);
void mktar_folder(struct mktar *m, const char *path);

/* A pax header 'x' with one record. */
void mktar_pax(struct mktar *m, const char *key, str value);

/* A header of type 'x', 'g', 'L' or 'K' with its content as it is. */
void mktar_special(struct mktar *m, char flag, str content);

void mktar_bytes(struct mktar *m, const void *bytes, size_t len);
void mktar_zeros(struct mktar *m, size_t len);
void mktar_end(struct mktar *m); /* the two zero blocks */
str mktar_str(const struct mktar *m);

#endif
