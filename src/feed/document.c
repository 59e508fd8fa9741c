#include "feed/document.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"

bool document_text(struct reader *body, struct buf *to, struct error *e)
{
    for (;;) {
        size_t ready = reader_ready(body);
        if (!buf_add(to, body->at, ready, e)) {
            return false;
        }
        body->at = body->end;
        enum step step = body->ops->fill(body, READER_NEED_MAX, e);
        if (step != STEP_GOT) {
            return step == STEP_END;
        }
    }
}

bool document_date(str text, int64_t *seconds)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    str day, month, year, none;
    uint64_t day_number, year_number;
    if (!str_word(&text, &day) || !str_word(&text, &month) || !str_word(&text, &year) ||
        str_word(&text, &none) || month.len != 3 || !num_parse(day, 10, 31, &day_number) ||
        !num_parse(year, 10, 9999, &year_number)) {
        return false;
    }
    size_t at = str_find(STR(months), month);
    if (at % 3 != 0 || at >= sizeof(months) - 1) {
        return false;
    }
    char date[40];
    int len = snprintf(date, sizeof(date), "%04" PRIu64 "-%02zu-%02" PRIu64, year_number,
                       at / 3 + 1, day_number);
    return clock_parse((str){.at = date, .len = (size_t)len}, seconds);
}

bool document_path_ends(str path, str end)
{
    return str_ends(path, end) && (path.len == end.len || path.at[path.len - end.len - 1] == '/');
}

void tally_add(struct tally *t, str word)
{
    word = str_slice(word, 0, TALLY_WORD_BYTES_MAX);
    for (size_t i = 0; i < t->used; i++) {
        if (str_eq((str){.at = t->rows[i].word, .len = t->rows[i].len}, word)) {
            t->rows[i].count++;
            return;
        }
    }
    if (t->used == TALLY_ROWS_MAX) {
        t->others++;
        return;
    }
    if (word.len > 0) {
        memcpy(t->rows[t->used].word, word.at, word.len);
    }
    t->rows[t->used].len = word.len;
    t->rows[t->used].count = 1;
    t->used++;
}

bool document_note(struct advisory_sink *out, str document, struct error *e, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    size_t kept = len < 0 ? 0 : (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    return out->note(out, document, (str){.at = text, .len = kept}, e);
}

/* Room for all rows of a full table. */
enum { TALLY_NOTE_BYTES = TALLY_ROWS_MAX * (TALLY_WORD_BYTES_MAX + 32) + 200 };

bool tally_note(const struct tally *t, struct advisory_sink *out, str document, const char *what,
                struct error *e)
{
    if (t->used == 0) {
        return true;
    }
    struct buf text;
    buf_init(&text, TALLY_NOTE_BYTES);
    bool done = buf_printf(&text, e, "left out: %s", what);
    for (size_t i = 0; done && i < t->used; i++) {
        done = buf_printf(&text, e, "%s '%.*s' (%" PRIu64 ")", i == 0 ? ":" : ",",
                          (int)t->rows[i].len, t->rows[i].word, t->rows[i].count);
    }
    if (done && t->others > 0) {
        done = buf_printf(&text, e, ", others (%" PRIu64 ")", t->others);
    }
    done = done && out->note(out, document, buf_str(&text), e);
    buf_done(&text);
    return done;
}
