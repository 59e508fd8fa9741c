/* feeds_test.c: what feeds say of a layer, by both APIs, and that a new generation is seen at
 * once. */
#include "api_testing.h"

#define D8 "/v1/namespaces/debian:8/vulnerabilities"

static const struct affected glibc[] = {
    {.namespace_ = STR_INIT("debian:8"),
     .package = STR_INIT("glibc"),
     .scope = SCOPE_SOURCE,
     .state = FIX_AVAILABLE,
     .fixed = STR_INIT("2.19-19")},
    {.namespace_ = STR_INIT("debian:9"),
     .package = STR_INIT("glibc"),
     .scope = SCOPE_SOURCE,
     .state = FIX_NOT_AFFECTED},
};
static const struct affected bash[] = {
    {.namespace_ = STR_INIT("debian:8"),
     .package = STR_INIT("bash"),
     .scope = SCOPE_SOURCE,
     .state = FIX_WILL_NOT},
};

static const struct advisory first = {.id = STR_INIT("CVE-2015-7547"),
                                      .severity = SEVERITY_CRITICAL,
                                      .severity_source = STR_INIT("debian"),
                                      .cvss = STR_INIT("AV:N/AC:M/Au:N/C:P/I:P/A:P"),
                                      .description = STR_INIT("a \"buffer\""),
                                      .url = STR_INIT("https://example/1"),
                                      .affected = glibc,
                                      .affected_count = ARRAY_COUNT(glibc)};
static const struct advisory second = {.id = STR_INIT("CVE-2014-6271"),
                                       .severity = SEVERITY_LOW,
                                       .severity_source = STR_INIT("debian"),
                                       .affected = bash,
                                       .affected_count = ARRAY_COUNT(bash)};

static void publish(struct test_service *t, const struct advisory *one, const struct advisory *two)
{
    struct store *store = NULL;
    struct advisories_writer *w = NULL;
    struct advisories_commit_counts counts;
    struct error e;
    const struct advisories_commit_options options = {.date_s = 1800000000, .allow_shrink = true};
    CHECK(CHECK_OK(store_open(str_from(t->dir), &store, &e), &e) &&
          CHECK_OK(advisories_write_begin(store, STR("debian"), &w, &e), &e) &&
          CHECK_OK(advisories_write(w, one, &e), &e) &&
          (two == NULL || CHECK_OK(advisories_write(w, two, &e), &e)) &&
          CHECK_OK(advisories_write_commit(w, &options, &counts, &e), &e));
    store_close(store);
}

static const struct ask nothing[] = {
    {"a layer", "POST", "/v1/layers",
     "{\"Layer\":{\"Name\":\"base\",\"Path\":\"$/base\",\"Format\":\"Docker\"}}", 201, NULL},
    {"no feeds", "GET", "/v1/layers/base/vulnerabilities?minimumPriority=Unknown", "", 200,
     "{\"Vulnerabilities\":[]}"},
};

#define FIRST_2016                                                                                 \
    "\"Name\":\"CVE-2015-7547\",\"NamespaceName\":\"debian:8\",\"Description\":\"a "               \
    "\\\"buffer\\\"\",\"Link\":\"https://example/"                                                 \
    "1\",\"Severity\":\"Critical\",\"Metadata\":{\"NVD\":"                                         \
    "{\"CVSSv2\":{\"Score\":6.8,\"Vectors\":\"AV:N/AC:M/Au:N/C:P/I:P/A:P\"}}}"

static const struct ask one[] = {
    {"2015", "GET", "/v1/layers/base/vulnerabilities?minimumPriority=Unknown", "", 200,
     "{\"Vulnerabilities\":[{\"ID\":\"CVE-2015-7547\",\"Link\":\"https://example/1\",\"Priority\":"
     "\"Critical\",\"Description\":\"a \\\"buffer\\\"\",\"CausedByPackage\":\"glibc\"}]}"},
    {"2016", "GET", "/v1/layers/base?vulnerabilities", "", 200,
     "{\"Layer\":{\"Name\":\"base\",\"NamespaceName\":\"debian:8\",\"IndexedByVersion\":3,"
     "\"Features\":[{\"Name\":\"bash\",\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"dpkg\","
     "\"Version\":\"4.3-11\",\"AddedBy\":\"base\"},{\"Name\":\"glibc\",\"NamespaceName\":\"debian:"
     "8\",\"VersionFormat\":\"dpkg\",\"Version\":\"2.19-18\",\"Vulnerabilities\":[{" FIRST_2016
     ",\"FixedBy\":\"2.19-19\"}],\"AddedBy\":\"base\"}]}}\n"},
    {"by name, in 2016", "GET", D8 "/CVE-2015-7547?fixedIn", "", 200,
     "{\"Vulnerability\":{" FIRST_2016
     ",\"FixedIn\":[{\"Name\":\"glibc\",\"NamespaceName\":\"debian:8\",\"VersionFormat\":\"dpkg\","
     "\"Version\":\"2.19-19\"}]}}\n"},
    {"not where it is not affected", "GET", "/v1/namespaces/debian:9/vulnerabilities/CVE-2015-7547",
     "", 404, NULL},
    {"by name, in 2015", "GET", "/v1/vulnerabilities/CVE-2015-7547", "", 200,
     "{\"ID\":\"CVE-2015-7547\",\"Link\":\"https://example/1\",\"Priority\":\"Critical\","
     "\"Description\":\"a \\\"buffer\\\"\",\"AffectedPackages\":[{\"OS\":\"debian:8\",\"Name\":"
     "\"glibc\",\"AllVersions\":false,\"BeforeVersion\":\"2.19-19\"}]}"},
    {"who brings it", "GET", "/v1/vulnerabilities/CVE-2015-7547/introducing-layers", "", 200,
     "{\"IntroducingLayersIDs\":[\"base\"]}"},
    {"is the layer affected", "POST", "/v1/vulnerabilities/CVE-2015-7547/affected-layers",
     "{\"LayersIDs\":[\"base\"]}", 200, "{\"base\":{\"Vulnerable\":true}}"},
    {"it is there already", "POST", "/v1/vulnerabilities", "{\"ID\":\"CVE-2015-7547\"}", 400,
     "{\"Message\":\"vulnerability already exists\"}"},
    {"it cannot be deleted", "DELETE", D8 "/CVE-2015-7547", "", 404, NULL},
};

static const struct ask two[] = {
    {"a new generation is seen", "GET", "/v1/layers/base/vulnerabilities?minimumPriority=Unknown",
     "", 200,
     "{\"Vulnerabilities\":[{\"ID\":\"CVE-2014-6271\",\"Link\":\"https://nvd.nist.gov/vuln/detail/"
     "CVE-2014-6271\",\"Priority\":\"Low\",\"CausedByPackage\":\"bash\"},{\"ID\":\"CVE-2015-7547\","
     "…"},
    {"a client's own word overrules", "POST", D8,
     "{\"Vulnerability\":{\"Name\":\"CVE-2014-6271\",\"NamespaceName\":\"debian:8\",\"Severity\":"
     "\"Defcon1\",\"Link\":\"own\"}}",
     201, NULL},
    {"its fixes are kept", "GET", D8 "/CVE-2014-6271?fixedIn", "", 200,
     "{\"Vulnerability\":{\"Name\":\"CVE-2014-6271\",\"NamespaceName\":\"debian:8\",\"Link\":"
     "\"own\",\"Severity\":\"Defcon1\",\"FixedIn\":[{\"Name\":\"bash\",\"NamespaceName\":\"debian:"
     "8\",\"VersionFormat\":\"dpkg\",\"Version\":\"None\"}]}}\n"},
    {"in the layer", "GET", "/v1/layers/base/vulnerabilities?minimumPriority=Defcon1", "", 200,
     "{\"Vulnerabilities\":[{\"ID\":\"CVE-2014-6271\",\"Link\":\"own\",\"Priority\":\"Defcon1\","
     "\"CausedByPackage\":\"bash\"}]}"},
    {"deleted, the feed's is back", "DELETE", D8 "/CVE-2014-6271", "", 200, ""},
    {"in the layer again", "GET", "/v1/layers/base/vulnerabilities?minimumPriority=Defcon1", "",
     200, "{\"Vulnerabilities\":[]}"},
};

int main(int argc, char **argv)
{
    struct test_service t;
    if (test_is_worker(argc, argv)) {
        return worker_main(argc, argv);
    }
    if (!test_open(&t, DIALECT_2016, false)) {
        return 1;
    }
    test_layer(&t, "base", "ID=debian\nVERSION_ID=\"8\"\n",
               "Package: libc6\nStatus: install ok installed\nSource: glibc\nVersion: 2.19-18\n\n"
               "Package: libc-bin\nStatus: install ok installed\nSource: glibc\nVersion: "
               "2.19-18\n\n"
               "Package: bash\nStatus: install ok installed\nVersion: 4.3-11\n");
    test_table(&t, nothing, ARRAY_COUNT(nothing));
    publish(&t, &first, NULL);
    test_table(&t, one, ARRAY_COUNT(one));
    publish(&t, &first, &second);
    test_table(&t, two, ARRAY_COUNT(two));
    test_close(&t);
    return check_done();
}
