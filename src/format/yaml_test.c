#include "format/yaml.h"

#include "base/attr.h"
#include "base/buf.h"
#include "check.h"

/* Writes events as "KIND:PATH=TEXT;". */
struct teller {
    struct yaml_handler base;
    struct buf told;
};

static bool tell(struct yaml_handler *self, const struct yaml_event *event, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    static const char *const kinds[] = {"s", "*", "{", "[", "."};
    bool done = buf_printf(&t->told, e, "%s%s:", kinds[event->kind], event->quoted ? "'" : "");
    for (size_t i = 0; done && i < event->depth; i++) {
        const struct yaml_place *p = &event->path[i];
        done = p->key.len > 0 ? buf_printf(&t->told, e, "/" STR_FMT, STR_ARG(p->key))
                              : buf_printf(&t->told, e, "/%zu", p->index);
    }
    return done && buf_printf(&t->told, e, "=" STR_FMT ";", STR_ARG(event->text));
}

static const struct {
    const char *says, *text, *told;
} cases[] = {
    {"members and items", "a: 1\nb:\n  - x\n  - 'y'\n",
     "{:=;s:/a=1;[:/b=;s:/b/0=x;s':/b/1=y;.:/b=;.:=;"},
    {"flow style", "{a: [1, {b: 2}]}", "{:=;[:/a=;s:/a/0=1;{:/a/1=;s:/a/1/b=2;.:/a/1=;.:/a=;.:=;"},
    {"a block of lines", "a: |\n  x\n  y\n", "{:=;s':/a=x\ny\n;.:=;"},
    {"no value", "a:\nb: ~\n", "{:=;s:/a=;s:/b=~;.:=;"},
    {"an alias is told, not followed", "a: &x [1]\nb: *x\n",
     "{:=;[:/a=;s:/a/0=1;.:/a=;*:/b=x;.:=;"},
    {"a scalar alone", "x", "s:=x;"},
    {"marks of a document", "---\na: 1\n...\n", "{:=;s:/a=1;.:=;"},
};

static const struct {
    const char *says, *text;
    enum error_kind kind;
    const char *part;
} refused[] = {
    {"nothing", "", ERROR_FORMAT, "is empty"},
    {"two documents", "a\n---\nb\n", ERROR_FORMAT, "second document at line 2"},
    {"a list as a name", "? [a]\n: b\n", ERROR_FORMAT, "no text"},
    {"a bracket that is not closed", "a: [1, 2\n", ERROR_FORMAT, "line"},
    {"a tab that indents", "a:\n\tb: 1\n", ERROR_FORMAT, "line 2"},
    {"five levels where four are the limit", "[[[[[a]]]]]", ERROR_LIMIT, "limit of 4 levels"},
};

static bool read(str text, struct buf *told, struct error *e)
{
    struct arena arena;
    arena_init(&arena, 1 << 20, "keys");
    struct teller t = {.base = {.event = tell}, .told = *told};
    bool done = yaml_read_text(text, 4, &arena, &t.base, e);
    *told = t.told;
    arena_done(&arena);
    return done;
}

static void test_limits(void)
{
    struct error e;
    error_clear(&e);
    CHECK_CASE("a thousand aliases, and one more")
    {
        for (int more = 0; more < 2; more++) {
            struct buf text, told;
            buf_init(&text, 1 << 20);
            buf_init(&told, 1 << 20);
            CHECK_OK(buf_printf(&text, &e, "- &a 1\n"), &e);
            for (int i = 0; i < YAML_ALIASES_MAX + more; i++) {
                CHECK_OK(buf_printf(&text, &e, "- *a\n"), &e);
            }
            bool done = read(buf_str(&text), &told, &e);
            CHECK(done == (more == 0));
            CHECK(more == 0 || e.kind == ERROR_LIMIT);
            buf_done(&text);
            buf_done(&told);
        }
    }
    CHECK_CASE("four levels are read")
    {
        struct buf told;
        buf_init(&told, 1 << 20);
        error_clear(&e);
        CHECK_OK(read(STR("[[[[a]]]]"), &told, &e), &e);
        buf_done(&told);
    }
}

int main(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            struct buf told;
            buf_init(&told, 1 << 20);
            error_clear(&e);
            CHECK_OK(read(str_from(cases[i].text), &told, &e), &e);
            CHECK_STR(buf_str(&told), str_from(cases[i].told));
            buf_done(&told);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        CHECK_CASE("refused: %s", refused[i].says)
        {
            struct buf told;
            buf_init(&told, 1 << 20);
            error_clear(&e);
            CHECK_FAILS(read(str_from(refused[i].text), &told, &e), &e, refused[i].kind,
                        refused[i].part);
            buf_done(&told);
        }
    }
    CHECK_CASE("each refused allocation is a clean error")
    {
        for (int n = 0;; n++) {
            struct buf told;
            buf_init(&told, 1 << 20);
            error_clear(&e);
            fail_alloc_at(n);
            bool done = read(STR("a: [1, {b: 2}]\n"), &told, &e);
            fail_alloc_at(-1);
            bool hit = fail_alloc_hit();
            buf_done(&told);
            if (!hit) {
                CHECK(done);
                break;
            }
            CHECK(!done && e.kind == ERROR_MEMORY);
        }
    }
    test_limits();
    return check_done();
}
