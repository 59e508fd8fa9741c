#include "store/bundle.h"

#include <string.h>

#include "base/clock.h"
#include "base/num.h"

static const char first_line[] = "limpid-bundle 1";

/* A skippable frame (RFC 8878, 3.1.2): magic, length, and what decoders pass over. */
static const char trailer_line[] = "limpid-bundle-end 1\n";
enum { GENERATION_BYTES_MAX = 100 };
enum { SKIPPABLE_MAGIC = 0x184D2A5B, SKIPPABLE_HEADER_BYTES = 8 };

/* -- the manifest ---------------------------------------------------------------------------- */

bool bundle_manifest_write(const struct bundle_manifest *m, struct buf *to, struct error *e)
{
    char created[CLOCK_TEXT_BYTES];
    bool done = buf_printf(to, e, "%s\ncreated\t%s\ngeneration\t" STR_FMT "\n", first_line,
                           clock_text(m->created_s, created), STR_ARG(m->generation));
    for (size_t i = 0; done && i < m->count; i++) {
        const struct bundle_part *p = &m->parts[i];
        char stored[DIGEST_TEXT_BYTES], content[DIGEST_TEXT_BYTES];
        done = buf_printf(to, e, "part\t" STR_FMT "\t%llu\t%s\t%llu\t%s\t%lld\t%llu\t%llu\n",
                          STR_ARG(p->feed), (unsigned long long)p->stored_bytes,
                          digest_text(p->stored, stored), (unsigned long long)p->bytes,
                          digest_text(p->content, content), (long long)p->date_s,
                          (unsigned long long)p->advisories, (unsigned long long)p->rows);
    }
    return done && buf_printf(to, e, "end\t%zu\n", m->count);
}

/* "NAME<tab>VALUE" as the next line. */
static bool line_take(str *rest, str name, str *value, struct error *e)
{
    str line, word;
    if (!str_cut(rest, '\n', &line)) {
        return error_set(e, ERROR_FORMAT, "ends before '" STR_FMT "'", STR_ARG(name));
    }
    *value = line;
    if (!str_cut(value, '\t', &word) || !str_eq(word, name)) {
        return error_set(e, ERROR_FORMAT, "'" STR_FMT "' where '" STR_FMT "' was expected",
                         STR_ARG(line), STR_ARG(name));
    }
    return true;
}

static bool number_take(str *rest, uint64_t max, uint64_t *out, struct error *e)
{
    str field;
    if (!str_cut(rest, '\t', &field)) {
        field = *rest;
        *rest = STR_NONE;
    }
    return num_parse(field, 10, max, out) ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no number up to %llu", STR_ARG(field),
                     (unsigned long long)max);
}

static bool digest_take(str *rest, digest *out, struct error *e)
{
    str field;
    if (!str_cut(rest, '\t', &field)) {
        return error_set(e, ERROR_FORMAT, "a digest is missing");
    }
    if (!digest_parse(field, out, e)) {
        return false;
    }
    return out->algorithm == DIGEST_SHA256 ||
           error_set(e, ERROR_FORMAT, "'" STR_FMT "' is no SHA-256", STR_ARG(field));
}

static bool part_parse(str rest, struct arena *arena, struct bundle_part *out, struct error *e)
{
    str feed;
    uint64_t date = 0;
    if (!str_cut(&rest, '\t', &feed) || !store_feed_name_check(feed, e)) {
        return error_set(e, ERROR_FORMAT, "a part without a feed's name");
    }
    if (!arena_str(arena, feed, &out->feed, e) ||
        !number_take(&rest, BUNDLE_BYTES_MAX, &out->stored_bytes, e) ||
        !digest_take(&rest, &out->stored, e) ||
        !number_take(&rest, BUNDLE_BYTES_MAX, &out->bytes, e) ||
        !digest_take(&rest, &out->content, e) || !number_take(&rest, INT64_MAX, &date, e) ||
        !number_take(&rest, INT64_MAX, &out->advisories, e) ||
        !number_take(&rest, INT64_MAX, &out->rows, e)) {
        return false;
    }
    out->date_s = (int64_t)date; /* ≤ INT64_MAX */
    return rest.len == 0 || error_set(e, ERROR_FORMAT, "more fields than expected");
}

static bool parts_parse(str *rest, struct arena *arena, struct bundle_manifest *m, struct error *e)
{
    str value;
    while (str_starts(*rest, STR("part\t"))) {
        struct bundle_part part = {0};
        void *items = m->parts;
        if (m->count == BUNDLE_PARTS_MAX) {
            return error_set(e, ERROR_LIMIT, "more than %d parts", BUNDLE_PARTS_MAX);
        }
        if (!line_take(rest, STR("part"), &value, e) || !part_parse(value, arena, &part, e) ||
            !arena_grow(arena, &items, m->count, &m->room, sizeof(part), e)) {
            return error_wrap(e, "part %zu", m->count + 1);
        }
        m->parts = items;
        if (m->count > 0 && str_cmp(m->parts[m->count - 1].feed, part.feed) >= 0) {
            return error_set(e, ERROR_FORMAT, "parts are not in order");
        }
        m->parts[m->count++] = part;
    }
    return true;
}

bool bundle_manifest_parse(str bytes, struct arena *arena, struct bundle_manifest *out,
                           struct error *e)
{
    struct bundle_manifest m = {0};
    str rest = bytes, line = STR_NONE, value;
    uint64_t count = 0;
    if (!str_cut(&rest, '\n', &line) || !str_eq(line, str_from(first_line))) {
        error_set(e, ERROR_FORMAT, "begins with '" STR_FMT "', not with '%s'", STR_ARG(line),
                  first_line);
        return error_hint(e, "it may be of a newer limpid");
    }
    if (!line_take(&rest, STR("created"), &value, e)) {
        return false;
    }
    char created[CLOCK_TEXT_BYTES];
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
        !line_take(&rest, STR("end"), &value, e)) {
        return false;
    }
    if (!num_parse(value, 10, BUNDLE_PARTS_MAX, &count) || count != m.count || rest.len > 0) {
        return error_set(e, ERROR_FORMAT,
                         "%zu parts and %zu bytes more, but its end says '" STR_FMT "'", m.count,
                         rest.len, STR_ARG(value));
    }
    *out = m;
    return true;
}

/* -- the end of the file --------------------------------------------------------------------- */

static void number_put(char *to, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++) {
        to[i] = (char)(number >> (8 * i));
    }
}

bool bundle_trailer_write(str signature, struct buf *to, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    char header[SKIPPABLE_HEADER_BYTES];
    buf_init(&text, BUNDLE_TRAILER_BYTES_MAX - SKIPPABLE_HEADER_BYTES);
    if (!buf_printf(&text, e, "%ssignatures %d\n", trailer_line, signature.len > 0) ||
        !buf_add_str(&text, signature, e)) {
        return false;
    }
    number_put(header, SKIPPABLE_MAGIC);
    number_put(header + 4, (uint32_t)text.len + BUNDLE_SUM_BYTES); /* a few thousand at most */
    return buf_add(to, header, sizeof(header), e) && buf_add_str(to, buf_str(&text), e);
}

bool bundle_trailer_find(str bytes, size_t *start, str *signature, struct error *e)
{
    CLEANUP(buf_done) struct buf expected;
    size_t behind = SKIPPABLE_HEADER_BYTES + sizeof(trailer_line) - 1;
    str said = STR_NONE;
    buf_init(&expected, BUNDLE_TRAILER_BYTES_MAX);
    for (size_t at = bytes.len < behind ? 0 : bytes.len - behind + 1; at > 0; at--) {
        str frame = str_slice(bytes, at - 1, bytes.len);
        char magic[4];
        number_put(magic, SKIPPABLE_MAGIC);
        if (memcmp(frame.at, magic, sizeof(magic)) != 0 ||
            !str_starts(str_slice(frame, SKIPPABLE_HEADER_BYTES, frame.len),
                        str_from(trailer_line))) {
            continue;
        }
        said = str_slice(frame, behind + sizeof("signatures N\n") - 1, frame.len);
        if (!bundle_trailer_write(said, &expected, e)) {
            return false;
        }
        if (str_eq(buf_str(&expected), frame)) {
            *start = at - 1;
            *signature = said;
            return true;
        }
        break;
    }
    error_set(e, ERROR_FORMAT, "its end is not known here");
    return error_hint(e, "it may be of a newer limpid");
}

bool bundle_sum_write(digest sum, struct buf *to, struct error *e)
{
    char text[DIGEST_TEXT_BYTES];
    digest_text(sum, text);
    return buf_printf(to, e, "sha256 %s\n", text + sizeof("sha256:") - 1);
}

bool bundle_sum_parse(str bytes, digest *out, struct error *e)
{
    char text[DIGEST_TEXT_BYTES];
    if (bytes.len != BUNDLE_SUM_BYTES || !str_starts(bytes, STR("sha256 ")) ||
        bytes.at[bytes.len - 1] != '\n') {
        return error_set(e, ERROR_FORMAT, "is cut, or longer than it was made");
    }
    memcpy(text, bytes.at, bytes.len);
    text[sizeof("sha256") - 1] = ':';
    return digest_parse((str){.at = text, .len = bytes.len - 1}, out, e);
}
