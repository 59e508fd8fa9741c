/* clair_2015.h: what the files of the API of December 2015 share: clair_2015.c (routes, answers),
 * clair_2015_layers.c, clair_2015_vulnerabilities.c (of layers), clair_2015_named.c
 * (vulnerabilities by name), clair_2015_webhook.c. */
#ifndef LIMPID_API_CLAIR_2015_H
#define LIMPID_API_CLAIR_2015_H

#include "api/api.h"
#include "api/body_shape.h"
#include "api/say.h"

/* {"Message":"…"}; always true, for handlers to return. */
bool answer_message(struct api_call *call, unsigned status, str message);

/* The message and status of an error of the service: absent is 404, everything else 503. */
bool answer_error(struct api_call *call, const struct error *e);

/* Begins an answer with JSON in it; say_begun ends it: a failure on the way becomes 500. */
void say_begin(struct api_call *call, struct say *s, struct error *e);
bool say_end(struct api_call *call, struct say *s, unsigned status);

/* An answer without a body. */
bool answer_empty(struct api_call *call, unsigned status);

/* The body's object, or null, of these types. False: answered with 415. */
bool read_body(struct api_call *call, const struct body_shape *shape, const struct json_node **out);

/* The place of a priority in ascending order; false where it is none. */
bool priority_rank(str priority, unsigned *rank) MUST_USE;

/* The object of a vulnerability, section 5. */
void say_vulnerability(struct say *s, const char *key, const struct service_vulnerability *v);

bool layer_post(struct api_call *call);
bool layer_delete(struct api_call *call);
bool layer_os(struct api_call *call);
bool layer_parent(struct api_call *call);
bool layer_packages(struct api_call *call);
bool layer_packages_diff(struct api_call *call);
bool layer_vulnerabilities(struct api_call *call);
bool layer_vulnerabilities_diff(struct api_call *call);
bool batch_vulnerabilities(struct api_call *call);
bool vulnerability_post(struct api_call *call);
bool vulnerability_get(struct api_call *call);
bool vulnerability_put(struct api_call *call);
bool vulnerability_delete(struct api_call *call);
bool vulnerability_introducing(struct api_call *call);
bool vulnerability_affected(struct api_call *call);

#endif
