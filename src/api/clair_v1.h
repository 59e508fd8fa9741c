/* clair_v1.h: what the files of the API of 2016–2019 share: clair_v1.c (routes, layers),
 * clair_v1_named.c (vulnerabilities), clair_v1_fixes.c, clair_v1_notes.c (notifications),
 * clair_v1_pages.c, clair_v1_shapes.c (types of bodies). */
#ifndef LIMPID_API_CLAIR_V1_H
#define LIMPID_API_CLAIR_V1_H

#include "api/api.h"
#include "api/body.h"
#include "api/body_shape.h"
#include "api/say.h"

/* {"Error":{"Message":"…"}}; always true, for handlers to return. */
bool v1_message(struct api_call *call, unsigned status, str message);

/* The message and status of an error of the service: absent is 404, everything else 500. */
bool v1_error(struct api_call *call, const struct error *e);

/* Begins an answer with JSON in it; v1_end ends it: a failure on the way becomes 500. */
void v1_begin(struct api_call *call, struct say *s, struct error *e);
bool v1_end(struct api_call *call, struct say *s, unsigned status);

/* An answer without a body. */
bool v1_empty(struct api_call *call, unsigned status);

extern const struct body_shape v1_layer_envelope, v1_vulnerability_envelope, v1_feature_envelope;

/* Opens the body's object and its one member `key`: an object, or NULL where there is none. False:
 * answered with 400. */
bool v1_envelope(struct api_call *call, const struct body_shape *shape, const char *key,
                 const struct json_node **out);

/* `limit` and `page` of the query, as Clair checks them. False: answered. */
struct v1_page {
    int64_t limit;
    bool has_page;
    str text; /* what the token holds */
};
bool v1_page(struct api_call *call, bool negative, struct v1_page *out);
bool v1_token(struct api_call *call, str text, str *out, struct error *e) MUST_USE;

/* Is "?name" in the query, whatever its value? */
bool v1_flag(struct api_call *call, const char *name);

/* The object of a vulnerability; `fixes` tells whether FixedIn is shown. */
void v1_say_vulnerability(struct say *s, const char *key, const struct service_vulnerability *v,
                          bool fixes);
void v1_say_fix(struct say *s, str os, const struct graph_fix *f);

/* A feature of a request, checked: NULL, or what is wrong with it. */
struct v1_feature {
    str name, os, format, version, added_by;
};
bool v1_read_feature(const struct json_node *node, struct v1_feature *out, str *why) MUST_USE;
const char *v1_feature_fault(const struct v1_feature *f);
void v1_say_feature(struct say *s, const char *key, const struct v1_feature *f);

/* By name, of the namespace. False: answered, with 404 where there is none. */
bool v1_find(struct api_call *call, str os, str name, struct service_vulnerability *out);

/* Writes it down; false: answered. */
bool v1_keep(struct api_call *call, const struct graph_vulnerability *v);

/* The fixes of `old` with those of `more` in their place, by name: "#MINV#" takes one away. */
bool v1_merge(const struct graph_fix *old, size_t old_count, const struct graph_fix *more,
              size_t more_count, struct arena *arena, struct graph_vulnerability *out,
              struct error *e) MUST_USE;

bool v1_vulnerabilities(struct api_call *call);
bool v1_vulnerability_post(struct api_call *call);
bool v1_vulnerability_get(struct api_call *call);
bool v1_vulnerability_put(struct api_call *call);
bool v1_vulnerability_delete(struct api_call *call);
bool v1_fixes(struct api_call *call);
bool v1_fix_put(struct api_call *call);
bool v1_fix_delete(struct api_call *call);
bool v1_notification_get(struct api_call *call);
bool v1_notification_delete(struct api_call *call);

#endif
