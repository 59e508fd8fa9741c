#include "cli/progress.h"

#include "check.h"
#include "report/escape.h"

int main(void)
{
    static const struct {
        const char *name;
        struct progress_state state;
        const char *text;
    } cases[] = {
        {"halfway",
         {STR_INIT("layer 2/3"), 50000000, 100000000, 2000, 100},
         "layer 2/3  [############            ]  50.0 MB of 100.0 MB, 3 s left"},
        {"the size is not known", {STR_INIT("debian"), 1234567, 0, 2000, 100}, "debian  1.2 MB"},
        {"small sizes", {STR_INIT("a"), 999999, 0, 1, 100}, "a  999 kB"},
        {"nothing done yet",
         {STR_INIT("a"), 0, 1000000, 300, 100},
         "a  [                        ]  0 kB of 1.0 MB, 0 s left"},
        {"all done",
         {STR_INIT("a"), 1000000, 1000000, 300, 100},
         "a  [########################]  1.0 MB of 1.0 MB, 1 s left"},
        {"more done than there was", {STR_INIT("a"), 2000000, 1000000, 300, 100}, "a  2.0 MB"},
        {"a narrow terminal", {STR_INIT("layer 2/3"), 1, 2, 300, 5}, "laye…"},
        {"a terminal without a width", {STR_INIT("layer 2/3"), 1, 2, 300, 0}, ""},
        {"a path from an image", {STR_INIT("\x1b[2J"), 1000, 0, 1, 100}, "\\x1b[2J  1 kB"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].name)
        {
            struct writer w;
            struct error e = {0};
            writer_to_memory(&w, 4096);
            CHECK_OK(progress_text(&cases[i].state, &w, &e), &e);
            CHECK_STR(buf_str(&w.pending), str_from(cases[i].text));
            CHECK(escape_columns(buf_str(&w.pending)) <= cases[i].state.width);
            writer_done(&w);
        }
    }
    return check_done();
}
