#include "mktar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 };

static char *more(struct mktar *m, size_t len)
{
    if (m->at == NULL || m->room - m->len < len) {
        m->room = (m->room + len + BLOCK) * 2;
        m->at = realloc(m->at, m->room);
        if (m->at == NULL) {
            abort();
        }
    }
    char *at = m->at + m->len;
    m->len += len;
    memset(at, 0, len);
    return at;
}

void mktar_done(struct mktar *m)
{
    free(m->at);
    *m = (struct mktar){0};
}

void mktar_bytes(struct mktar *m, const void *bytes, size_t len)
{
    char *at = more(m, len);
    if (len > 0) {
        memcpy(at, bytes, len);
    }
}

void mktar_zeros(struct mktar *m, size_t len)
{
    more(m, len);
}

void mktar_end(struct mktar *m)
{
    more(m, 2 * (size_t)BLOCK);
}

str mktar_str(const struct mktar *m)
{
    return (str){.at = m->at, .len = m->len};
}

void mktar_seal(struct mktar *m, size_t at)
{
    char *block = m->at + at;
    memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        sum += (unsigned char)block[i];
    }
    snprintf(block + 148, 7, "%06o", sum);
    block[154] = '\0';
}

static void put(char *to, const char *text, size_t room)
{
    size_t len = text == NULL ? 0 : strlen(text);
    if (len > 0) {
        memcpy(to, text, len < room ? len : room);
    }
}

void mktar_add(struct mktar *m, struct mktar_entry entry)
{
    size_t at = m->len;
    char *block = more(m, BLOCK);
    put(block, entry.path, 100);
    snprintf(block + 100, 8, "%07o", (entry.mode == 0 ? 0644U : entry.mode) & 07777777U);
    snprintf(block + 108, 8, "%07o", 0U);
    snprintf(block + 116, 8, "%07o", 0U);
    snprintf(block + 124, 12, "%011zo", entry.data.len);
    snprintf(block + 136, 12, "%011o", 1500000000U);
    if (entry.size != NULL) {
        memcpy(block + 124, entry.size, 12);
    }
    block[156] = entry.flag == 0 ? '0' : entry.flag == 'v' ? '\0' : entry.flag;
    put(block + 157, entry.link, 100);
    if (entry.gnu) {
        memcpy(block + 257, "ustar  ", 8);
    } else if (!entry.v7) {
        memcpy(block + 257, "ustar\00000", 8);
    }
    put(block + 345, entry.prefix, 155);
    mktar_seal(m, at);
    mktar_bytes(m, entry.data.at, entry.data.len);
    mktar_zeros(m, (BLOCK - entry.data.len % BLOCK) % BLOCK);
}

void mktar_file(struct mktar *m, const char *path, const char *text)
{
    mktar_add(m, (struct mktar_entry){.path = path, .data = str_from(text)});
}

void mktar_link(struct mktar *m, const char *path, const char *target)
{
    mktar_add(m, (struct mktar_entry){.path = path, .link = target, .flag = '2', .mode = 0777});
}

void mktar_hardlink(struct mktar *m, const char *path, const char *target)
{
    mktar_add(m, (struct mktar_entry){.path = path, .link = target, .flag = '1'});
}

void mktar_folder(struct mktar *m, const char *path)
{
    mktar_add(m, (struct mktar_entry){.path = path, .flag = '5', .mode = 0755});
}

void mktar_special(struct mktar *m, char flag, str content)
{
    mktar_add(m, (struct mktar_entry){.path = "extended header", .flag = flag, .data = content});
}

void mktar_pax(struct mktar *m, const char *key, str value)
{
    size_t len = strlen(key) + value.len + 3;
    size_t digits = 1;
    char number[24];
    while ((size_t)snprintf(number, sizeof(number), "%zu", len + digits) != digits) {
        digits++;
    }
    struct mktar record = {0};
    mktar_bytes(&record, number, digits);
    mktar_bytes(&record, " ", 1);
    mktar_bytes(&record, key, strlen(key));
    mktar_bytes(&record, "=", 1);
    mktar_bytes(&record, value.at, value.len);
    mktar_bytes(&record, "\n", 1);
    mktar_special(m, 'x', mktar_str(&record));
    mktar_done(&record);
}
