#include "store/current.h"
#include "store/part_share.h"
#include "stream/codec.h"
#include "stream/hash.h"

/* The index beside the parts (part_share.h), from what is there. */

#define PART_BYTES_MAX ((uint64_t)16 * 1024 * 1024 * 1024)

static bool bytes_read(struct reader *from, digest want, struct buf *to, struct error *e)
{
    struct hash h;
    enum step got;
    while ((got = reader_need(from, 1, e)) == STEP_GOT) {
        if (!buf_add(to, from->at, reader_ready(from), e)) {
            return false;
        }
        from->at = from->end;
    }
    hash_init(&h, DIGEST_SHA256);
    hash_update(&h, to->at, to->len);
    return got == STEP_END && (digest_eq(hash_done(&h), want) ||
                               error_set(e, ERROR_DIGEST, "its content does not have its digest"));
}

static bool text_read(struct parts_place *from, digest index, struct buf *to, struct error *e)
{
    struct reader *frame = NULL, *bytes = NULL;
    if (!from->open(from, STR(PART_INDEX_NAME), index, &frame, e)) {
        return false;
    }
    bool done = codec_open(frame, &bytes, NULL, e) && bytes_read(bytes, index, to, e);
    codec_close(bytes, frame);
    reader_close(frame);
    return done;
}

static bool feeds_check(const struct current *index, struct error *e)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct current_feed *feed = &index->feeds[i];
        if (feed->file.len > 0 &&
            (feed->hash.algorithm != DIGEST_SHA256 || feed->state.size_bytes > PART_BYTES_MAX)) {
            return error_set(e, ERROR_FORMAT, "no part is as '" STR_FMT "' is said to be",
                             STR_ARG(feed->state.feed));
        }
    }
    return true;
}

bool part_index_read(struct parts_place *from, digest index, struct arena *arena,
                     struct current *out, struct error *e)
{
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, PART_INDEX_BYTES_MAX);
    return (text_read(from, index, &text, e) && current_parse(buf_str(&text), arena, out, e) &&
            feeds_check(out, e)) ||
           error_wrap(e, "the index of parts");
}
