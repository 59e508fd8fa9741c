/* clair_v1_shapes.c: the types of the members of this API's bodies, those too that no call uses. */
#include "api/clair_v1.h"

static const struct body_field error_fields[] = {{"Message", BODY_STRING, NULL}};
static const struct body_shape error_shape = {"v1", "Error", error_fields, 1};

static const struct body_shape feature_shape;

static const struct body_field vulnerability_fields[] = {
    {"Name", BODY_STRING, NULL},        {"NamespaceName", BODY_STRING, NULL},
    {"Description", BODY_STRING, NULL}, {"Link", BODY_STRING, NULL},
    {"Severity", BODY_STRING, NULL},    {"Metadata", BODY_MAP, NULL},
    {"FixedBy", BODY_STRING, NULL},     {"FixedIn", BODY_STRUCTS, &feature_shape},
};
static const struct body_shape vulnerability_shape = {"v1", "Vulnerability", vulnerability_fields,
                                                      ARRAY_COUNT(vulnerability_fields)};

static const struct body_field feature_fields[] = {
    {"Name", BODY_STRING, NULL},
    {"NamespaceName", BODY_STRING, NULL},
    {"VersionFormat", BODY_STRING, NULL},
    {"Version", BODY_STRING, NULL},
    {"Vulnerabilities", BODY_STRUCTS, &vulnerability_shape},
    {"AddedBy", BODY_STRING, NULL},
};
static const struct body_shape feature_shape = {"v1", "Feature", feature_fields,
                                                ARRAY_COUNT(feature_fields)};

static const struct body_field layer_fields[] = {
    {"Name", BODY_STRING, NULL},          {"NamespaceName", BODY_STRING, NULL},
    {"Path", BODY_STRING, NULL},          {"Headers", BODY_STRING_MAP, NULL},
    {"ParentName", BODY_STRING, NULL},    {"Format", BODY_STRING, NULL},
    {"IndexedByVersion", BODY_INT, NULL}, {"Features", BODY_STRUCTS, &feature_shape},
};
static const struct body_shape layer_shape = {"v1", "Layer", layer_fields,
                                              ARRAY_COUNT(layer_fields)};

static const struct body_field layer_envelope[] = {
    {"Layer", BODY_STRUCT, &layer_shape},
    {"Error", BODY_STRUCT, &error_shape},
};
const struct body_shape v1_layer_envelope = {"v1", "LayerEnvelope", layer_envelope,
                                             ARRAY_COUNT(layer_envelope)};

static const struct body_field vulnerability_envelope[] = {
    {"Vulnerability", BODY_STRUCT, &vulnerability_shape},
    {"Vulnerabilities", BODY_STRUCTS, &vulnerability_shape},
    {"NextPage", BODY_STRING, NULL},
    {"Error", BODY_STRUCT, &error_shape},
};
const struct body_shape v1_vulnerability_envelope = {
    "v1", "VulnerabilityEnvelope", vulnerability_envelope, ARRAY_COUNT(vulnerability_envelope)};

static const struct body_field feature_envelope[] = {
    {"Feature", BODY_STRUCT, &feature_shape},
    {"Features", BODY_STRUCTS, &feature_shape},
    {"Error", BODY_STRUCT, &error_shape},
};
const struct body_shape v1_feature_envelope = {"v1", "FeatureEnvelope", feature_envelope,
                                               ARRAY_COUNT(feature_envelope)};
