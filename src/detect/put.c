#include "detect/put.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

bool put_database(const struct detector *self, const struct entry *at, struct fact_sink *out,
                  struct error *e)
{
    uint64_t mib = at->size_bytes / (1024 * 1024) + (at->size_bytes % (1024 * 1024) != 0);
    struct fact fact = {.kind = FACT_DATABASE,
                        .path = at->path,
                        .text = str_from(self->name),
                        .rank = mib < UINT32_MAX ? (uint32_t)mib : UINT32_MAX};
    return out->put(out, &fact, e);
}

bool put_package(const struct package *package, struct fact_sink *out, struct error *e)
{
    struct fact fact = {.kind = FACT_PACKAGE, .package = *package};
    return out->put(out, &fact, e);
}

bool put_residue(const struct package *package, struct fact_sink *out, struct error *e)
{
    struct fact fact = {.kind = FACT_RESIDUE, .package = *package};
    return out->put(out, &fact, e);
}

bool put_text(enum fact_kind kind, const struct entry *at, struct fact_sink *out, struct error *e,
              const char *fmt, ...)
{
    char text[501];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    struct fact fact = {.kind = kind, .path = at->path, .text = str_from(text)};
    return out->put(out, &fact, e);
}

bool put_too_large(const struct detector *self, const struct entry *at, struct fact_sink *out,
                   bool *put, struct error *e)
{
    if (at->size_bytes <= self->file_bytes_max) {
        return false;
    }
    *put = put_text(FACT_INCOMPLETE, at, out, e,
                    "not read: %" PRIu64 " bytes are more than the limit of %" PRIu64,
                    at->size_bytes, self->file_bytes_max);
    return true;
}

static bool is_clean(str word)
{
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = (uint8_t)word.at[i];
        if (c <= ' ' || c == 0x7f) {
            return false;
        }
    }
    return true;
}

bool is_plain(str word)
{
    return word.len > 0 && word.len <= PUT_TEXT_BYTES_MAX && is_clean(word);
}

const char *package_fault(str name, str version)
{
    if (name.len == 0) {
        return "no name";
    }
    if (version.len == 0) {
        return "no version";
    }
    if (name.len > PUT_TEXT_BYTES_MAX || version.len > PUT_TEXT_BYTES_MAX) {
        return "a name or version over the limit of 64 KiB";
    }
    if (!is_clean(name)) {
        return "blanks or control bytes in the name";
    }
    return is_clean(version) ? NULL : "blanks or control bytes in the version";
}

static void losses_first(struct losses *l, uint64_t line, const char *why)
{
    if (l->why == NULL) {
        l->why = why;
        l->line = line;
    }
}

void losses_left_out(struct losses *l, uint64_t line, const char *why)
{
    l->packages++;
    losses_first(l, line, why);
}

void losses_damaged(struct losses *l, uint64_t line, const char *why)
{
    l->damaged++;
    losses_first(l, line, why);
}

bool put_losses(const struct losses *l, const struct entry *at, struct fact_sink *out,
                struct error *e)
{
    if (l->why == NULL) {
        return true;
    }
    return put_text(FACT_INCOMPLETE, at, out, e,
                    "%" PRIu64 " packages left out, %" PRIu64
                    " listed from damaged records; the first at line %" PRIu64 ": %s",
                    l->packages, l->damaged, l->line, l->why);
}
