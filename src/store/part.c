#include "store/part.h"

#include "store/ids.h"
#include "store/partcode.h"
#include "store/varint.h"

enum { PENDING_BYTES = 32 * 1024 };

bool part_encoder_init(struct part_encoder *p, struct part_out *to, struct error *e)
{
    *p = (struct part_encoder){.to = to};
    buf_init(&p->pending, SIZE_MAX / 2);
    struct buf *texts[] = {&p->id, &p->source, &p->cvss, &p->url};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        buf_init(texts[i], PART_TEXT_BYTES_MAX);
    }
    for (size_t i = 0; i < PART_ROW_TEXTS; i++) {
        buf_init(&p->row_texts[i], PART_TEXT_BYTES_MAX);
    }
    return buf_add_str(&p->pending, STR(PART_MAGIC), e);
}

void part_encoder_done(struct part_encoder *p)
{
    struct buf *bufs[] = {&p->pending, &p->id, &p->source, &p->cvss, &p->url};
    for (size_t i = 0; i < ARRAY_COUNT(bufs); i++) {
        buf_done(bufs[i]);
    }
    for (size_t i = 0; i < PART_ROW_TEXTS; i++) {
        buf_done(&p->row_texts[i]);
    }
}

static bool flush(struct part_encoder *p, struct error *e)
{
    p->bytes += p->pending.len;
    bool done = p->to->put(p->to, buf_str(&p->pending), e);
    p->pending.len = 0;
    return done;
}

/* What a text shares with the one before, and the rest; it is then the one before. */
static bool text_encode(struct part_encoder *p, struct buf *before, str text, struct error *e)
{
    size_t same = 0;
    while (same < before->len && same < text.len && before->at[same] == text.at[same]) {
        same++;
    }
    before->len = same;
    str rest = str_slice(text, same, text.len);
    return varint_add(&p->pending, same, e) && varint_add(&p->pending, rest.len, e) &&
           buf_add_str(&p->pending, rest, e) && buf_add_str(before, rest, e);
}

static bool differs(const struct buf *before, str text)
{
    return !str_eq(buf_str(before), text);
}

static unsigned flag(bool is, unsigned bit)
{
    return is ? bit : 0;
}

static unsigned head_members(const struct part_encoder *p, const struct advisory *a)
{
    const struct exploitation *x = &a->exploitation;
    return flag(a->severity != p->severity, PART_SEVERITY) |
           flag(differs(&p->source, a->severity_source), PART_SOURCE) |
           flag(differs(&p->cvss, a->cvss), PART_CVSS) | flag(differs(&p->url, a->url), PART_URL) |
           flag(a->published_s != p->published_s, PART_PUBLISHED) |
           flag(a->modified_s != 0, PART_MODIFIED) |
           flag(a->description.len > 0, PART_DESCRIPTION) |
           flag(a->withdrawn_s != 0, PART_WITHDRAWN) |
           flag(x->epss != 0 || x->epss_percentile != 0, PART_EPSS) |
           flag(x->kev_added_s != 0 || x->kev_due_s != 0, PART_KEV) |
           flag(x->kev_ransomware, PART_RANSOMWARE);
}

static bool head_encode(struct part_encoder *p, const struct advisory *a, struct error *e)
{
    struct buf *to = &p->pending;
    const struct exploitation *x = &a->exploitation;
    unsigned members = head_members(p, a);
    bool done =
        varint_add(to, members << PART_KIND_BITS | PART_HEAD, e) &&
        text_encode(p, &p->id, a->id, e) &&
        ((members & PART_SEVERITY) == 0 || varint_add(to, a->severity, e)) &&
        ((members & PART_SOURCE) == 0 || text_encode(p, &p->source, a->severity_source, e)) &&
        ((members & PART_CVSS) == 0 || text_encode(p, &p->cvss, a->cvss, e)) &&
        ((members & PART_URL) == 0 || text_encode(p, &p->url, a->url, e)) &&
        ((members & PART_PUBLISHED) == 0 ||
         varint_add(to, zigzag(a->published_s - p->published_s), e)) &&
        ((members & PART_MODIFIED) == 0 ||
         varint_add(to, zigzag(a->modified_s - a->published_s), e)) &&
        ((members & PART_DESCRIPTION) == 0 ||
         (varint_add(to, a->description.len, e) && buf_add_str(to, a->description, e))) &&
        ((members & PART_WITHDRAWN) == 0 || varint_add(to, (uint64_t)a->withdrawn_s, e)) &&
        ((members & PART_EPSS) == 0 ||
         (varint_add(to, x->epss, e) && varint_add(to, x->epss_percentile, e))) &&
        ((members & PART_KEV) == 0 || (varint_add(to, (uint64_t)x->kev_added_s, e) &&
                                       varint_add(to, (uint64_t)x->kev_due_s, e)));
    p->severity = a->severity;
    p->published_s = a->published_s;
    p->advisories++;
    return done;
}

static bool row_encode(struct part_encoder *p, const struct affected *row, struct error *e)
{
    unsigned members = flag(row->state != p->state, PART_STATE) |
                       flag(row->scope != p->scope, PART_SCOPE) |
                       flag(row->severity != p->row_severity, PART_ROW_SEVERITY);
    for (size_t i = 0; i < PART_ROW_TEXTS; i++) {
        members |= flag(differs(&p->row_texts[i], part_row_text_of(row, i)), 1u << i);
    }
    bool done = varint_add(&p->pending, members << PART_KIND_BITS | PART_ROW, e);
    for (size_t i = 0; done && i < PART_ROW_TEXTS; i++) {
        if ((members & 1u << i) != 0) {
            done = text_encode(p, &p->row_texts[i], part_row_text_of(row, i), e);
        }
    }
    done = done && ((members & PART_STATE) == 0 || varint_add(&p->pending, row->state, e)) &&
           ((members & PART_ROW_SEVERITY) == 0 || varint_add(&p->pending, row->severity, e));
    p->state = row->state;
    p->scope = row->scope; /* there are two: a change says which */
    p->row_severity = row->severity;
    p->rows++;
    return done;
}

bool part_encoder_add(struct part_encoder *p, const struct item *item, struct error *e)
{
    bool done = true;
    switch (item->kind) {
    case ITEM_HEAD:
        done = head_encode(p, &item->head, e);
        break;
    case ITEM_ID:
        done = varint_add(&p->pending, PART_ID, e) && ids_add(&p->pending, item->id, e);
        break;
    case ITEM_ROW:
        done = row_encode(p, &item->row, e);
        break;
    case ITEM_DROP:
        break;
    }
    return done && (p->pending.len < PENDING_BYTES || flush(p, e));
}

bool part_encoder_end(struct part_encoder *p, struct error *e)
{
    return varint_add(&p->pending, PART_END, e) && varint_add(&p->pending, p->advisories, e) &&
           varint_add(&p->pending, p->rows, e) && flush(p, e);
}

bool part_encode(struct items *from, struct part_out *to, uint64_t *bytes, struct error *e)
{
    CLEANUP(part_encoder_done) struct part_encoder encoder;
    struct item item;
    enum step got = STEP_FAILED;
    bool done = part_encoder_init(&encoder, to, e) && items_rewind(from, e);
    while (done && (got = items_next(from, &item, e)) == STEP_GOT) {
        done = part_encoder_add(&encoder, &item, e);
    }
    if (!done || got == STEP_FAILED || !part_encoder_end(&encoder, e)) {
        return false;
    }
    *bytes = encoder.bytes;
    return true;
}
