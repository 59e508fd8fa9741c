/* tar_list.h: an archive as text, a line an entry, for tests:
 *
 *     f usr/bin/tool 5 'hello'      file, size, content (NULs as dots, at most 60 bytes)
 *     l bin -> usr/bin              h d c b p o: hard link, folder, devices, pipe, other
 *     end                           or "end early", or "failed: format: REASON"
 *
 * Names over 100 bytes are written as their first 10 and their length. */
#ifndef LIMPID_FORMAT_TAR_LIST_H
#define LIMPID_FORMAT_TAR_LIST_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "check.h"
#include "format/tar.h"
#include "stream/file.h"

enum tar_list_body {
    TAR_LIST_SKIP, /* bodies are not read: no content in the text */
    TAR_LIST_HALF, /* and half of them is */
    TAR_LIST_READ,
};

enum { TAR_LIST_CONTENT_MAX = 60, TAR_LIST_NAME_MAX = 100 };

static inline void tar_list_must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static inline void tar_list_name(struct buf *to, str name)
{
    struct error e;
    bool is_long = name.len > TAR_LIST_NAME_MAX;
    size_t shown = is_long ? 10 : name.len;
    for (size_t i = 0; i < shown; i++) {
        tar_list_must(buf_add_char(to, name.at[i] == '\0' ? '?' : name.at[i], &e));
    }
    tar_list_must(!is_long || buf_printf(to, &e, "~%zu", name.len));
}

static inline bool tar_list_content(struct buf *to, struct reader *body, uint64_t bytes,
                                    struct error *e)
{
    char content[TAR_LIST_CONTENT_MAX];
    size_t got;
    struct error ignored;
    if (!reader_read(body, content, bytes < sizeof(content) ? bytes : sizeof(content), &got, e)) {
        return false;
    }
    tar_list_must(buf_add_str(to, STR(" '"), &ignored));
    for (size_t i = 0; i < got; i++) {
        tar_list_must(buf_add_char(to, content[i] == '\0' ? '.' : content[i], &ignored));
    }
    tar_list_must(buf_add_char(to, '\'', &ignored));
    return reader_drain(body, NULL, e);
}

static inline bool tar_list_entry(struct buf *to, struct tar *t, const struct tar_entry *entry,
                                  enum tar_list_body how, struct error *e)
{
    struct error ignored;
    tar_list_must(buf_add_char(to, "fhlcbdpo"[entry->type], &ignored));
    tar_list_must(buf_add_char(to, ' ', &ignored));
    tar_list_name(to, entry->path);
    if (entry->type == TAR_HARDLINK || entry->type == TAR_SYMLINK) {
        tar_list_must(buf_add_str(to, STR(" -> "), &ignored));
        tar_list_name(to, entry->link);
    }
    bool has_body = entry->type == TAR_FILE || entry->type == TAR_OTHER;
    bool ok = true;
    if (has_body) {
        tar_list_must(buf_printf(to, &ignored, " %llu", (unsigned long long)entry->size_bytes));
    }
    if (has_body && how == TAR_LIST_READ) {
        ok = tar_list_content(to, tar_body(t), entry->size_bytes, e);
    } else if (has_body && how == TAR_LIST_HALF) {
        ok = reader_skip(tar_body(t), entry->size_bytes / 2, e) != STEP_FAILED;
    }
    tar_list_must(buf_printf(to, &ignored, "%s%s\n", tar_body_is_sparse(t) ? " sparse" : "",
                             entry->name_too_long ? " too long" : ""));
    return ok;
}

/* Adds the list of what `from` gives to `to`; returns how it ended. */
static inline enum step tar_list(struct buf *to, struct reader *from, struct arena *arena,
                                 enum tar_list_body how, struct error *e)
{
    struct tar t;
    struct tar_entry entry;
    enum step got = STEP_FAILED;
    struct error ignored;
    if (tar_open(&t, from, arena, e)) {
        while ((got = tar_next(&t, &entry, e)) == STEP_GOT) {
            if (!tar_list_entry(to, &t, &entry, how, e)) {
                got = STEP_FAILED;
                break;
            }
        }
    }
    if (got == STEP_FAILED) {
        tar_list_must(
            buf_printf(to, &ignored, "failed: %s: %s\n", error_kind_name(e->kind), e->text));
        return got;
    }
    tar_list_must(buf_add_str(to, t.ended_early ? STR("end early\n") : STR("end\n"), &ignored));
    return got;
}

enum { TAR_LIST_READERS = 3 };

/* A reader that gives a few bytes at a time and moves its window at each fill, so that a
 * sanitizer sees who keeps a pointer into it. It can fail at the n-th fill. */
struct dribble {
    struct reader base;
    str bytes;
    uint8_t *window;
    size_t given;
    long fills_left; /* negative: never fails */
};

static inline enum step dribble_fill(struct reader *self, size_t want, struct error *e)
{
    struct dribble *d = CONTAINER_OF(self, struct dribble, base);
    (void)want;
    if (d->fills_left == 0) {
        error_set(e, ERROR_IO, "the disk is gone");
        return STEP_FAILED;
    }
    d->fills_left -= d->fills_left > 0;
    size_t more = d->bytes.len - d->given < 301 ? d->bytes.len - d->given : 301;
    if (more == 0) {
        return STEP_END;
    }
    size_t ready = reader_ready(self);
    uint8_t *window = malloc(ready + more);
    if (window == NULL) {
        abort();
    }
    if (ready > 0) {
        memcpy(window, self->at, ready);
    }
    memcpy(window + ready, d->bytes.at + d->given, more);
    free(d->window);
    d->window = window;
    d->given += more;
    self->at = window;
    self->end = window + ready + more;
    self->end_offset += more;
    return STEP_GOT;
}

static inline void dribble_init(struct dribble *d, str bytes)
{
    static const struct reader_ops dribble_ops = {.name = "dribble", .fill = dribble_fill};
    *d = (struct dribble){.base = {.ops = &dribble_ops}, .bytes = bytes, .fills_left = -1};
}

/* The list of an archive, through one kind of reader; static storage. */
static inline str tar_list_by(str bytes, int reader, enum tar_list_body how)
{
    static struct buf text;
    static char kept[3][64 * 1024];
    struct arena arena;
    struct error e = {0};
    arena_init(&arena, 16 * 1024 * 1024, "a test");
    buf_done(&text);
    buf_init(&text, sizeof(kept[0]));
    if (reader == 0) {
        struct memory_reader memory;
        memory_reader_init(&memory, bytes);
        (void)tar_list(&text, &memory.base, &arena, how, &e);
    } else if (reader == 1) {
        struct dribble dribble;
        dribble_init(&dribble, bytes);
        (void)tar_list(&text, &dribble.base, &arena, how, &e);
        free(dribble.window);
    } else {
        struct file_reader file;
        int fd = memfd_create("archive", MFD_CLOEXEC);
        if (fd < 0 || write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len ||
            !file_reader_open(&file, fd, 0, UINT64_MAX, &e)) {
            abort();
        }
        (void)tar_list(&text, &file.base, &arena, how, &e);
        reader_close(&file.base);
        close(fd);
    }
    arena_done(&arena);
    memcpy(kept[how], text.at, text.len);
    str list = {.at = kept[how], .len = text.len};
    buf_done(&text);
    return list;
}

/* A list without the contents: " 'hello'"; the reason at its end has quotes of its own. */
static inline str tar_list_bare(str list)
{
    static char kept[64 * 1024];
    size_t reason = str_find(list, STR("failed: "));
    size_t len = 0;
    bool inside = false;
    for (size_t i = 0; i < list.len; i++) {
        if (i < reason && !inside && str_starts(str_slice(list, i, list.len), STR(" '"))) {
            inside = true;
            i++;
        } else if (inside) {
            inside = list.at[i] != '\'';
        } else {
            kept[len++] = list.at[i];
        }
    }
    return (str){.at = kept, .len = len};
}

/* Whichever reader is below and however much of the bodies is read, the list is the same. */
static inline void tar_check_lists(str bytes, const char *want)
{
    for (int reader = 0; reader < TAR_LIST_READERS; reader++) {
        CHECK_STR(tar_list_by(bytes, reader, TAR_LIST_READ), str_from(want));
        CHECK_STR(tar_list_by(bytes, reader, TAR_LIST_SKIP), tar_list_bare(str_from(want)));
        CHECK_STR(tar_list_by(bytes, reader, TAR_LIST_HALF), tar_list_bare(str_from(want)));
    }
}

#endif
