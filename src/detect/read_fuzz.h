/* read_fuzz.h: what the fuzz targets of detectors share: a file of any content is read, and what
 * comes out is held against what every detector promises. */
#ifndef LIMPID_DETECT_READ_FUZZ_H
#define LIMPID_DETECT_READ_FUZZ_H

#include <stdlib.h>

#include "detect/detector.h"

struct fuzz_sink {
    struct fact_sink base;
    size_t facts;
};

static inline void fuzz_hold(bool holds)
{
    if (!holds) {
        abort();
    }
}

static inline bool fuzz_put(struct fact_sink *base, const struct fact *f, struct error *e)
{
    struct fuzz_sink *sink = CONTAINER_OF(base, struct fuzz_sink, base);
    (void)e;
    bool first = f->kind == FACT_DATABASE || f->kind == FACT_DISTRIBUTION;
    fuzz_hold(first == (sink->facts == 0));
    bool is_package = f->kind == FACT_PACKAGE || f->kind == FACT_RESIDUE;
    fuzz_hold((f->path.len == 0) == is_package);
    if (is_package) {
        fuzz_hold(f->package.name.len > 0 && f->package.version.len > 0);
        fuzz_hold(f->package.source.len > 0 && f->package.source_version.len > 0);
        fuzz_hold(str_find_char(f->package.name, '\n') == f->package.name.len);
        fuzz_hold(str_find_char(f->package.version, ' ') == f->package.version.len);
    }
    if (f->kind == FACT_DISTRIBUTION) {
        fuzz_hold((f->rank == 0) == (f->distribution.id.len == 0));
    }
    sink->facts++;
    return true;
}

static inline void fuzz_read(const struct detector *d, str role, const uint8_t *data, size_t size)
{
    struct fuzz_sink sink = {.base = {.put = fuzz_put}};
    struct memory_reader body;
    struct arena arena;
    struct error e;
    struct entry at = {.kind = ENTRY_FILE, .path = role, .size_bytes = size};
    arena_init(&arena, 64 * 1024 * 1024, "a fuzz target");
    memory_reader_init(&body, (str){.at = (const char *)data, .len = size});
    fuzz_hold(d->read(d, role, &at, &body.base, &arena, &sink.base, &e));
    fuzz_hold(sink.facts > 0);
    arena_done(&arena);
}

#endif
