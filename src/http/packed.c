#include "http/packed.h"

#include <stdlib.h>
#ifdef LIMPID_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

struct http_packed_form {
    struct buf gzip;
};

enum { OVERHEAD_BYTES = 4096 }; /* what gzip may add to a text that does not shrink */

#ifdef LIMPID_ISAL

bool http_pack(str text, struct buf *to, struct error *e)
{
    struct isal_zstream z;
    uint8_t *level_buf = malloc(ISAL_DEF_LVL1_DEFAULT);
    if (level_buf == NULL) {
        return error_set(e, ERROR_MEMORY, "no memory for gzip");
    }
    if (text.len > UINT32_MAX / 2 ||
        !buf_reserve(to, text.len + text.len / 8 + OVERHEAD_BYTES, e)) {
        free(level_buf);
        return false;
    }
    isal_deflate_init(&z);
    z.level = 1;
    z.level_buf = level_buf;
    z.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    z.gzip_flag = IGZIP_GZIP;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)(uintptr_t)text.at; /* it only reads */
    z.avail_in = (uint32_t)text.len;           /* checked above */
    z.next_out = (uint8_t *)to->at;
    z.avail_out = (uint32_t)(to->room < UINT32_MAX ? to->room : UINT32_MAX);
    int code = isal_deflate(&z);
    free(level_buf);
    if (code != COMP_OK || z.internal_state.state != ZSTATE_END) {
        return error_set(e, ERROR_LIMIT, "gzip does not fit %zu bytes", to->room);
    }
    to->len = z.total_out;
    return true;
}

#else

bool http_pack(str text, struct buf *to, struct error *e)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text.at, .avail_in = (uInt)text.len};
    if (text.len > UINT32_MAX / 2 ||
        !buf_reserve(to, text.len + text.len / 8 + OVERHEAD_BYTES, e)) {
        return false;
    }
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return error_set(e, ERROR_MEMORY, "no memory for gzip");
    }
    z.next_out = (Bytef *)to->at;
    z.avail_out = (uInt)(to->room < UINT32_MAX ? to->room : UINT32_MAX);
    int code = deflate(&z, Z_FINISH);
    to->len = z.total_out;
    deflateEnd(&z);
    return code == Z_STREAM_END ||
           error_set(e, ERROR_LIMIT, "gzip does not fit %zu bytes", to->room);
}

#endif

static void form_free(struct http_packed_form *form)
{
    if (form != NULL) {
        buf_done(&form->gzip);
        free(form);
    }
}

str http_packed_of(struct http_packed *p, str text)
{
    struct http_packed_form *form = atomic_load(&p->form);
    if (form == NULL) {
        struct error unread;
        struct http_packed_form *none = NULL;
        form = malloc(sizeof(*form));
        if (form == NULL) {
            return STR_NONE;
        }
        buf_init(&form->gzip, text.len); /* larger is of no use */
        struct buf room;
        buf_init(&room, text.len + text.len / 8 + OVERHEAD_BYTES);
        if (!http_pack(text, &room, &unread) || room.len >= text.len ||
            !buf_add_str(&form->gzip, buf_str(&room), &unread)) {
            form->gzip.len = 0;
        }
        buf_done(&room);
        if (!atomic_compare_exchange_strong(&p->form, &none, form)) {
            form_free(form); /* somebody else was quicker */
            form = none;
        }
    }
    return buf_str(&form->gzip);
}

void http_packed_done(struct http_packed *p)
{
    form_free(atomic_exchange(&p->form, NULL));
}

/* "q=0", "q=0.000" */
static bool is_never(str weight)
{
    if (!str_starts(weight, STR("q=0")) && !str_starts(weight, STR("Q=0"))) {
        return false;
    }
    for (size_t i = 3; i < weight.len; i++) {
        if (weight.at[i] != '.' && weight.at[i] != '0') {
            return false;
        }
    }
    return true;
}

bool http_accepts_gzip(str accept_encoding)
{
    bool any = false;
    while (accept_encoding.len > 0) {
        str item, coding;
        if (!str_cut(&accept_encoding, ',', &item)) {
            item = accept_encoding;
            accept_encoding = STR_NONE;
        }
        bool weighed = str_cut(&item, ';', &coding);
        coding = str_trim(weighed ? coding : item);
        str weight = weighed ? str_trim(item) : STR_NONE;
        bool never = is_never(weight);
        if (str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip"))) {
            return !never;
        }
        any = any || (str_eq(coding, STR("*")) && !never);
    }
    return any;
}
