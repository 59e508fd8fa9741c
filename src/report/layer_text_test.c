#include "report/layer_text.h"

#include "check.h"

int main(void)
{
    static const struct {
        str history;
        const char *shown;
    } cases[] = {
        {STR_INIT("/bin/sh -c #(nop) ADD file:9697 in / "), "ADD file:9697 in /"},
        {STR_INIT("/bin/sh -c #(nop)  CMD [\"bash\"]"), "CMD [\"bash\"]"},
        {STR_INIT("/bin/sh -c apt-get update \\\n  && apt-get install x"),
         "RUN apt-get update \\ && apt-get install x"},
        {STR_INIT("RUN /bin/sh -c apk add curl # buildkit"), "RUN apk add curl"},
        {STR_INIT("RUN |1 V=3 /bin/sh -c make # buildkit"), "RUN make"},
        {STR_INIT("|2 A=1 B=2 /bin/sh -c make"), "RUN make"},
        {STR_INIT("COPY . /app # buildkit"), "COPY . /app"},
        {STR_INIT("# debian.sh --arch 'amd64' out/"), "# debian.sh --arch 'amd64' out/"},
        {STR_INIT("bazel build ..."), "bazel build ..."},
        {STR_INIT("  "), ""},
        {STR_INIT(""), ""},
    };
    struct arena arena;
    struct error e = {0};
    arena_init(&arena, 1024 * 1024, "a test");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str got;
        CHECK_CASE("history %zu becomes the Dockerfile's line", i)
        {
            CHECK_OK(layer_command(cases[i].history, &arena, &got, &e), &e);
            CHECK_STR(got, str_from(cases[i].shown));
        }
    }
    CHECK_CASE("a long command is cut at its limit")
    {
        static char text[10000];
        str got;
        for (size_t i = 0; i < sizeof(text); i++) {
            text[i] = i % 7 == 6 ? ' ' : 'x';
        }
        CHECK_OK(layer_command((str){.at = text, .len = sizeof(text)}, &arena, &got, &e), &e);
        CHECK(got.len == LAYER_TEXT_BYTES_MAX);
    }
    arena_done(&arena);
    return check_done();
}
