#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

struct settings {
    bool flag;
    unsigned count;
    str text;
    struct option_list list;
    struct option_number number, choice;
};

#define AT(member) offsetof(struct settings, member)
static const struct option_row rows[] = {
    {.name = "flag", .letter = 'x', .kind = OPTION_FLAG, .at = AT(flag)},
    {.name = "same-flag", .kind = OPTION_FLAG, .at = AT(flag), .hidden = true},
    {.name = "count", .letter = 'v', .kind = OPTION_COUNT, .at = AT(count)},
    {.name = "text", .letter = 't', .kind = OPTION_TEXT, .at = AT(text), .value = "WORD"},
    {.name = "list", .letter = 'l', .kind = OPTION_LIST, .at = AT(list), .value = "ID"},
    {.name = "number",
     .kind = OPTION_NUMBER,
     .at = AT(number),
     .value = "N",
     .least = 1,
     .most = 255},
    {.name = "choice",
     .kind = OPTION_CHOICE,
     .at = AT(choice),
     .value = "WHEN",
     .choices = "auto|always|never"},
    {.name = "private", .kind = OPTION_TEXT, .at = AT(text), .value = "WORD", .no_variable = true},
};
static const struct options options = {.command = "try", .rows = rows, .count = ARRAY_COUNT(rows)};

enum { WORDS_MAX = 8 };

struct parsing {
    struct arena arena;
    struct settings settings;
    struct arguments arguments;
    struct error e;
};

/* `words` ends with NULL. getopt_long reorders the array, so it gets a copy. */
static bool parse(struct parsing *p, const char *const *words)
{
    static char storage[WORDS_MAX + 1][64];
    char *argv[WORDS_MAX + 2] = {storage[WORDS_MAX]};
    int argc = 1;
    memset(p, 0, sizeof(*p));
    arena_init(&p->arena, 1024 * 1024, "a test");
    for (; words[argc - 1] != NULL; argc++) {
        size_t len = strlen(words[argc - 1]);
        memcpy(storage[argc - 1], words[argc - 1], len + 1);
        argv[argc] = storage[argc - 1];
    }
    return options_parse(&options, argc, argv, &p->settings, &p->arena, &p->arguments, &p->e);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_good(void)
{
    struct parsing p;
    CHECK_CASE("options and arguments may be mixed")
    {
        CHECK_OK(parse(&p, WORDS("a", "-x", "b", "--text=one", "-t", "two", "-vv")), &p.e);
        CHECK(p.settings.flag);
        CHECK_NUM(p.settings.count, 2);
        CHECK_STR(p.settings.text, STR("two"));
        CHECK_NUM(p.arguments.count, 2);
        CHECK_STR(p.arguments.at[0], STR("a"));
        CHECK_STR(p.arguments.at[1], STR("b"));
        arena_done(&p.arena);
    }
    CHECK_CASE("after -- everything is an argument")
    {
        CHECK_OK(parse(&p, WORDS("--", "-x", "--text")), &p.e);
        CHECK(!p.settings.flag);
        CHECK_NUM(p.arguments.count, 2);
        arena_done(&p.arena);
    }
    CHECK_CASE("a list grows, and an empty value is one")
    {
        CHECK_OK(parse(&p, WORDS("-l", "a", "--list", "b", "--list=")), &p.e);
        CHECK_NUM(p.settings.list.count, 3);
        CHECK_STR(p.settings.list.at[1], STR("b"));
        CHECK_STR(p.settings.list.at[2], STR(""));
        arena_done(&p.arena);
    }
    CHECK_CASE("numbers at their limits, choices, and the start of a name")
    {
        CHECK_OK(parse(&p, WORDS("--number=255", "--cho", "never")), &p.e);
        CHECK(p.settings.number.given && p.settings.number.value == 255);
        CHECK(p.settings.choice.given && p.settings.choice.value == 2);
        arena_done(&p.arena);
    }
}

static void check_bad(void)
{
    static const struct {
        const char *words[3];
        const char *says;
    } table[] = {
        {{"--nonsense"}, "'--nonsense'"},
        {{"-y"}, "'-y'"},
        {{"-xy"}, "'-y'"},
        {{"--text"}, "'--text' needs a value: WORD"},
        {{"-t"}, "'--text' needs a value: WORD"},
        {{"--choice"}, "needs a value: auto|always|never"},
        {{"--choice=sometimes"}, "--choice: 'sometimes' is not one of auto|always|never"},
        {{"--choice="}, "is not one of"},
        {{"--number=0"}, "'0' is not a number from 1 to 255"},
        {{"--number=256"}, "'256' is not a number from 1 to 255"},
        {{"--number=+1"}, "'+1' is not a number"},
        {{"--number=1x"}, "'1x' is not a number"},
        {{"--number="}, "'' is not a number"},
        {{"--flag=yes"}, "'--flag' takes no value"},
        {{"--c"}, "ambiguous option '--c'"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        struct parsing p;
        CHECK_CASE("refused: %s", table[i].words[0])
        {
            CHECK_FAILS(parse(&p, table[i].words), &p.e, ERROR_USAGE, table[i].says);
            arena_done(&p.arena);
        }
    }
}

static void check_environment(void)
{
    struct parsing p;
    CHECK_CASE("a variable sets what no flag sets")
    {
        setenv("LIMPID_TEXT", "variable", 1);
        setenv("LIMPID_LIST", "a,b,,c", 1);
        setenv("LIMPID_NUMBER", "7", 1);
        setenv("LIMPID_FLAG", "true", 1);
        setenv("LIMPID_COUNT", "", 1);
        CHECK_OK(parse(&p, WORDS("--list=z")), &p.e);
        CHECK_STR(p.settings.text, STR("variable"));
        CHECK_NUM(p.settings.list.count, 1);
        CHECK_NUM(p.settings.number.value, 7);
        CHECK(p.settings.flag);
        arena_done(&p.arena);
        CHECK_OK(parse(&p, WORDS("--text=flag")), &p.e);
        CHECK_STR(p.settings.text, STR("flag"));
        CHECK_NUM(p.settings.list.count, 3);
        CHECK_STR(p.settings.list.at[2], STR("c"));
        arena_done(&p.arena);
    }
    CHECK_CASE("a flag in another spelling counts against the variable too")
    {
        setenv("LIMPID_FLAG", "off", 1);
        CHECK_OK(parse(&p, WORDS("a")), &p.e);
        CHECK(!p.settings.flag);
        arena_done(&p.arena);
        CHECK_OK(parse(&p, WORDS("--same-flag")), &p.e);
        CHECK(p.settings.flag);
        arena_done(&p.arena);
    }
    CHECK_CASE("a bad variable is named")
    {
        setenv("LIMPID_FLAG", "maybe", 1);
        CHECK_FAILS(parse(&p, WORDS("a")), &p.e, ERROR_USAGE, "LIMPID_FLAG: 'maybe' is not 1 or 0");
        arena_done(&p.arena);
        unsetenv("LIMPID_FLAG");
        setenv("LIMPID_NUMBER", "300", 1);
        CHECK_FAILS(parse(&p, WORDS("a")), &p.e, ERROR_USAGE, "LIMPID_NUMBER: '300'");
        arena_done(&p.arena);
    }
    CHECK_CASE("some options have no variable")
    {
        unsetenv("LIMPID_NUMBER");
        unsetenv("LIMPID_TEXT");
        setenv("LIMPID_PRIVATE", "x", 1);
        CHECK_OK(parse(&p, WORDS("a")), &p.e);
        CHECK_NUM(p.settings.text.len, 0);
        arena_done(&p.arena);
    }
}

static void check_memory(void)
{
    CHECK_CASE("every refused allocation is a clean error")
    {
        for (int n = 0;; n++) {
            struct parsing p;
            fail_alloc_at(n);
            bool ok = parse(&p, WORDS("-l", "a", "b"));
            fail_alloc_at(-1);
            bool hit = fail_alloc_hit();
            arena_done(&p.arena);
            if (!hit) {
                CHECK(ok);
                break;
            }
            /* getopt_long allocates only to name ambiguous options, and does without */
            CHECK(ok || p.e.kind == ERROR_MEMORY);
        }
    }
}

int main(void)
{
    check_good();
    check_bad();
    check_environment();
    check_memory();
    return check_done();
}
