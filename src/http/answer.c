#include <stdlib.h>
#include <string.h>

#include "http/inner.h"

void response_init(struct http_response *r)
{
    *r = (struct http_response){.status = 500};
    buf_init(&r->text, HTTP_TEXT_BYTES_MAX);
}

void response_done(struct http_response *r)
{
    buf_done(&r->text);
    if (r->release != NULL) {
        r->release(r->owner);
    }
    r->release = NULL;
    r->shared = STR_NONE;
}

/* A packed text, or STR_NONE where it goes as it is. What is packed for this answer alone takes the
 * place of its text. */
static str pack(struct http_response *r, str body)
{
    if (r->packed != NULL) {
        return http_packed_of(r->packed, body);
    }
    struct error unread;
    struct buf packed;
    buf_init(&packed, HTTP_TEXT_BYTES_MAX);
    if (!http_pack(body, &packed, &unread) || packed.len >= body.len) {
        buf_done(&packed);
        return STR_NONE;
    }
    response_done(r);
    r->text = packed;
    return buf_str(&r->text);
}

static bool add(struct MHD_Response *made, str name, str value)
{
    char name_text[128], value_text[4096];
    if (name.len >= sizeof(name_text) || value.len >= sizeof(value_text) ||
        memchr(value.at, '\0', value.len) != NULL) {
        return false;
    }
    memcpy(name_text, name.at, name.len);
    name_text[name.len] = '\0';
    memcpy(value_text, value.at, value.len);
    value_text[value.len] = '\0';
    return MHD_add_response_header(made, name_text, value_text) == MHD_YES;
}

static bool add_headers(struct MHD_Response *made, const struct http_response *r, bool packed)
{
    bool fine = r->content_type.len == 0 || add(made, STR("Content-Type"), r->content_type);
    for (size_t i = 0; fine && i < r->headers_count; i++) {
        fine = add(made, r->headers[i].name, r->headers[i].value);
    }
    if (fine && r->compress) {
        fine = add(made, STR("Vary"), STR("Accept-Encoding"));
    }
    return fine && (!packed || add(made, STR("Content-Encoding"), STR("gzip")));
}

/* The answer owns the body from here on, also where it cannot be made. */
static struct MHD_Response *make(struct http_response *r, str body)
{
    struct MHD_Response *made;
    void *at = (void *)(uintptr_t)body.at; /* it only reads */
    if (r->release != NULL) {
        made = MHD_create_response_from_buffer_with_free_callback_cls(body.len, at, r->release,
                                                                      r->owner);
    } else if (r->shared.at == NULL && r->text.at != NULL) {
        made =
            MHD_create_response_from_buffer_with_free_callback_cls(body.len, at, free, r->text.at);
    } else {
        made = MHD_create_response_from_buffer(body.len, at, MHD_RESPMEM_PERSISTENT);
    }
    if (made == NULL) {
        response_done(r);
    } else if (r->shared.at != NULL) {
        buf_done(&r->text);
    }
    r->release = NULL;
    r->text.at = NULL;
    return made;
}

enum MHD_Result response_send(struct MHD_Connection *mhd, struct http_response *r, bool gzip,
                              uint64_t *bytes)
{
    str body = r->shared.at != NULL ? r->shared : buf_str(&r->text);
    bool packed = false;
    if (gzip && r->compress && body.len >= HTTP_PACK_BYTES_MIN) {
        str small = pack(r, body);
        packed = small.len > 0;
        body = packed ? small : body;
    }
    *bytes = body.len;
    struct MHD_Response *made = make(r, body);
    if (made == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_NO;
    if (add_headers(made, r, packed)) {
        result = MHD_queue_response(mhd, r->status, made);
    }
    MHD_destroy_response(made);
    return result;
}
