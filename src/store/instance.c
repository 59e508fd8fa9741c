#include "store/instance.h"

#include <stdio.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/clock.h"
#include "base/num.h"
#include "store/chunks.h"
#include "stream/hash.h"

static const char first_line[] = "limpid-instance 1";
static const char index_line[] = "limpid-index 1";

enum { GENERATION_BYTES_MAX = 100 };
#define PART_BYTES_MAX ((uint64_t)16 * 1024 * 1024 * 1024)

/* -- writing ----------------------------------------------------------------------------------- */

bool instance_manifest_write(const struct instance_manifest *m, struct buf *to, struct error *e)
{
    char created[CLOCK_TEXT_BYTES];
    bool done = buf_printf(to, e, "%s\ncreated\t%s\ngeneration\t" STR_FMT "\n", first_line,
                           clock_text(m->created_s, created), STR_ARG(m->generation));
    for (size_t i = 0; done && i < m->count; i++) {
        const struct install_part *p = &m->parts[i].part;
        char content[DIGEST_TEXT_BYTES], index[DIGEST_TEXT_BYTES];
        done = buf_printf(
            to, e, "part\t" STR_FMT "\t%llu\t%s\t%lld\t%llu\t%llu\t%llu\t%s\n", STR_ARG(p->feed),
            (unsigned long long)p->bytes, digest_text(p->content, content), (long long)p->date_s,
            (unsigned long long)p->advisories, (unsigned long long)p->rows,
            (unsigned long long)m->parts[i].index_bytes, digest_text(m->parts[i].index, index));
    }
    return done && buf_printf(to, e, "end\t%zu\n", m->count);
}

bool instance_index_write(const struct instance_chunk *chunks, size_t count, struct buf *to,
                          struct error *e)
{
    bool done = buf_printf(to, e, "%s\n", index_line);
    for (size_t i = 0; done && i < count; i++) {
        char name[DIGEST_TEXT_BYTES];
        done = buf_printf(to, e, "chunk\t%u\t%s\n", chunks[i].bytes,
                          digest_text(chunks[i].name, name));
    }
    return done && buf_printf(to, e, "end\t%zu\n", count);
}

/* -- reading ----------------------------------------------------------------------------------- */

static bool field_take(str *rest, str *field)
{
    if (rest->at == NULL) {
        return false;
    }
    if (!str_cut(rest, '\t', field)) {
        *field = *rest;
        *rest = STR_NONE;
    }
    return true;
}

static bool number_take(str *rest, uint64_t max, uint64_t *out, struct error *e)
{
    str field = STR_NONE;
    return (field_take(rest, &field) && num_parse(field, 10, max, out)) ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no number up to %llu", STR_ARG(field),
                     (unsigned long long)max);
}

static bool digest_take(str *rest, digest *out, struct error *e)
{
    str field = STR_NONE;
    return (field_take(rest, &field) && digest_parse(field, out, e) &&
            out->algorithm == DIGEST_SHA256) ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no SHA-256", STR_ARG(field));
}

static bool line_end(str rest, struct error *e)
{
    return rest.at == NULL || error_set(e, ERROR_FORMAT, "more fields than expected");
}

/* "NAME<tab>VALUE" as the next line. */
static bool line_take(str *rest, str name, str *value, struct error *e)
{
    str line, word;
    if (!str_cut(rest, '\n', &line)) {
        return error_set(e, ERROR_FORMAT, "ends before '" STR_FMT "'", STR_ARG(name));
    }
    *value = line;
    return (str_cut(value, '\t', &word) && str_eq(word, name)) ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' where '" STR_FMT "' was expected",
                     STR_ARG(line), STR_ARG(name));
}

static bool end_take(str *rest, size_t count, struct error *e)
{
    str value;
    uint64_t said = 0;
    if (!line_take(rest, STR("end"), &value, e)) {
        return false;
    }
    return (num_parse(value, 10, UINT32_MAX, &said) && said == count) ||
           error_set(e, ERROR_FORMAT, "%zu lines before an end of '" STR_FMT "'", count,
                     STR_ARG(value));
}

static bool first_take(str *rest, const char *want, struct error *e)
{
    str line = STR_NONE;
    if (str_cut(rest, '\n', &line) && str_eq(line, str_from(want))) {
        return true;
    }
    error_set(e, ERROR_FORMAT, "begins with '" STR_FMT "', not with '%s'", STR_ARG(line), want);
    return error_hint(e, "it may be of a newer limpid");
}

static bool part_parse(str rest, struct arena *arena, struct instance_part *out, struct error *e)
{
    struct install_part *p = &out->part;
    str feed = STR_NONE;
    uint64_t date = 0;
    if (!field_take(&rest, &feed) || !store_feed_name_check(feed, e) ||
        !arena_str(arena, feed, &p->feed, e) || !number_take(&rest, PART_BYTES_MAX, &p->bytes, e) ||
        !digest_take(&rest, &p->content, e) || !number_take(&rest, INT64_MAX, &date, e) ||
        !number_take(&rest, INT64_MAX, &p->advisories, e) ||
        !number_take(&rest, INT64_MAX, &p->rows, e) ||
        !number_take(&rest, INSTANCE_INDEX_BYTES_MAX, &out->index_bytes, e) ||
        !digest_take(&rest, &out->index, e)) {
        return false;
    }
    p->date_s = (int64_t)date; /* ≤ INT64_MAX */
    return line_end(rest, e);
}

static bool parts_parse(str *rest, struct arena *arena, struct instance_manifest *m,
                        struct error *e)
{
    str value;
    while (str_starts(*rest, STR("part\t"))) {
        struct instance_part part = {0};
        void *items = m->parts;
        if (m->count == INSTANCE_PARTS_MAX) {
            return error_set(e, ERROR_LIMIT, "more than %d parts", INSTANCE_PARTS_MAX);
        }
        if (!line_take(rest, STR("part"), &value, e) || !part_parse(value, arena, &part, e) ||
            !arena_grow(arena, &items, m->count, &m->room, sizeof(part), e)) {
            return error_wrap(e, "part %zu", m->count + 1);
        }
        m->parts = items;
        if (m->count > 0 && str_cmp(m->parts[m->count - 1].part.feed, part.part.feed) >= 0) {
            return error_set(e, ERROR_FORMAT, "parts are not in order");
        }
        m->parts[m->count++] = part;
    }
    return true;
}

bool instance_manifest_parse(str bytes, struct arena *arena, struct instance_manifest *out,
                             size_t *signed_bytes, str *signature, struct error *e)
{
    struct instance_manifest m = {0};
    str rest = bytes, value;
    char created[CLOCK_TEXT_BYTES];
    if (!first_take(&rest, first_line, e) || !line_take(&rest, STR("created"), &value, e)) {
        return false;
    }
    if (!clock_parse(value, &m.created_s) ||
        !str_eq(value, str_from(clock_text(m.created_s, created)))) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no time", STR_ARG(value));
    }
    if (!line_take(&rest, STR("generation"), &value, e)) {
        return false;
    }
    if (value.len > GENERATION_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "a generation's name of %zu bytes", value.len);
    }
    if (!arena_str(arena, value, &m.generation, e) || !parts_parse(&rest, arena, &m, e) ||
        !end_take(&rest, m.count, e)) {
        return false;
    }
    if (rest.len > SIGN_TEXT_BYTES_MAX) {
        return error_set(e, ERROR_LIMIT, "%zu bytes behind its end", rest.len);
    }
    *signed_bytes = bytes.len - rest.len;
    *signature = rest;
    *out = m;
    return true;
}

bool instance_index_parse(str bytes, struct arena *arena, struct instance_chunk **out,
                          size_t *count, struct error *e)
{
    str rest = bytes, value;
    struct instance_chunk *chunks = NULL;
    size_t got = 0, room = 0;
    if (!first_take(&rest, index_line, e)) {
        return false;
    }
    while (str_starts(rest, STR("chunk\t"))) {
        struct instance_chunk chunk = {0};
        uint64_t len = 0;
        void *items = chunks;
        if (got == INSTANCE_CHUNKS_MAX) {
            return error_set(e, ERROR_LIMIT, "more than %d chunks", INSTANCE_CHUNKS_MAX);
        }
        if (!line_take(&rest, STR("chunk"), &value, e) ||
            !number_take(&value, CHUNK_BYTES_MAX, &len, e) ||
            !digest_take(&value, &chunk.name, e) || !line_end(value, e) ||
            !arena_grow(arena, &items, got, &room, sizeof(chunk), e)) {
            return error_wrap(e, "chunk %zu", got + 1);
        }
        chunk.bytes = (uint32_t)len; /* ≤ CHUNK_BYTES_MAX */
        chunks = items;
        chunks[got++] = chunk;
    }
    if (!end_take(&rest, got, e)) {
        return false;
    }
    *out = chunks;
    *count = got;
    return rest.len == 0 || error_set(e, ERROR_FORMAT, "%zu bytes behind its end", rest.len);
}

/* -- objects ----------------------------------------------------------------------------------- */

const char *instance_object_name(digest name, char to[INSTANCE_OBJECT_NAME_BYTES])
{
    char text[DIGEST_TEXT_BYTES];
    const char *hex = digest_text(name, text) + sizeof("sha256:") - 1;
    snprintf(to, INSTANCE_OBJECT_NAME_BYTES, "objects/%.2s/%.64s.zst", hex, hex);
    return to;
}

bool instance_object_unpack(str stored, digest name, size_t bytes, struct buf *to, struct error *e)
{
    struct hash h;
    to->len = 0;
    if (!buf_reserve(to, bytes + 1, e)) {
        return false;
    }
    size_t code = ZSTD_decompress(to->at, bytes, stored.at, stored.len);
    if (ZSTD_isError(code)) {
        bool memory = ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation;
        return error_set(e, memory ? ERROR_MEMORY : ERROR_FORMAT, "%s", ZSTD_getErrorName(code));
    }
    to->len = code;
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, to->at, to->len);
    return (code == bytes && digest_eq(hash_done(&h), name)) ||
           error_set(e, ERROR_DIGEST, "its %zu bytes do not have its digest", code);
}
