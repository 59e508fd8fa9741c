#include "format/xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"

/* Writes what it hears: "<a x=1>" and "a/b=text;". */
struct teller {
    struct xml_handler base;
    struct buf told;
    size_t events, stop_at, deepest;
};

static bool tell(struct xml_handler *self, const struct xml_event *event, struct error *e)
{
    struct teller *t = CONTAINER_OF(self, struct teller, base);
    if (t->stop_at != 0 && ++t->events == t->stop_at) {
        return error_set(e, ERROR_ABSENT, "seen enough");
    }
    t->deepest = event->depth > t->deepest ? event->depth : t->deepest;
    bool done = buf_printf(&t->told, e, "%s", event->kind == XML_BEGIN ? "<" : "");
    for (size_t i = event->kind == XML_BEGIN ? event->depth - 1 : 0; done && i < event->depth;
         i++) {
        done = buf_printf(&t->told, e, "%s" STR_FMT, i > 0 && event->kind == XML_END ? "/" : "",
                          STR_ARG(event->path[i]));
    }
    for (size_t i = 0; done && i < event->attributes_count; i++) {
        done = buf_printf(&t->told, e, " " STR_FMT "=" STR_FMT, STR_ARG(event->attributes[i].name),
                          STR_ARG(event->attributes[i].value));
    }
    return done && (event->kind == XML_BEGIN
                        ? buf_printf(&t->told, e, ">")
                        : buf_printf(&t->told, e, "=" STR_FMT ";", STR_ARG(event->text)));
}

/* A reader that makes `step` bytes ready at a time. */
struct slow_reader {
    struct reader base;
    str rest;
    size_t step;
};

static enum step slow_fill(struct reader *self, size_t want, struct error *e)
{
    struct slow_reader *s = CONTAINER_OF(self, struct slow_reader, base);
    (void)want;
    (void)e;
    if (s->rest.len == 0) {
        return STEP_END;
    }
    size_t n = s->step < s->rest.len ? s->step : s->rest.len;
    self->at = reader_ready(self) == 0 ? (const uint8_t *)s->rest.at : self->at;
    self->end = (const uint8_t *)s->rest.at + n;
    self->end_offset += n;
    s->rest = str_slice(s->rest, n, s->rest.len);
    return STEP_GOT;
}

static bool read_slowly(str text, size_t step, struct teller *t, struct error *e)
{
    static const struct reader_ops ops = {.name = "slow", .fill = slow_fill};
    *t = (struct teller){.base = {.event = tell}};
    buf_init(&t->told, 1 << 20);
    struct slow_reader slow = {.base = {.ops = &ops}, .rest = text, .step = step};
    return xml_read(&slow.base, &t->base, e);
}

#define BYTES(literal)                                                                             \
    {                                                                                              \
        .at = (literal), .len = sizeof(literal) - 1                                                \
    }

static const struct {
    const char *says;
    str xml;
    const char *told;
} good[] = {
    {"attributes and text", BYTES("<a x='1' y=\"2\">text</a>"), "<a x=1 y=2>a=text;"},
    {"prefixes are cut off", BYTES("<n:a xmlns:n='u' n:x='1'><n:b/></n:a>"),
     "<a n=u x=1><b>a/b=;a=;"},
    {"a prefix without a name", BYTES("<a:><b/></a:>"), "<><b>/b=;=;"},
    {"text around children is joined, blanks at its ends cut off",
     BYTES("<a> \n one <b> two </b> three \n</a>"), "<a><b>a/b=two;a=one  three;"},
    {"blanks between children are no text", BYTES("<a>\n  <b/>\n  <b/>\n</a>"),
     "<a><b>a/b=;<b>a/b=;a=;"},
    {"entities and references", BYTES("<a x='&lt;&#xe4;'>&amp;&#66;&quot;</a>"),
     "<a x=<\xc3\xa4>a=&B\";"},
    {"CDATA is text", BYTES("<a><![CDATA[<b>&amp;]]></a>"), "<a>a=<b>&amp;;"},
    {"comments and instructions are not", BYTES("<?xml version='1.0'?><!-- c --><a>x<?p i?>y</a>"),
     "<a>a=xy;"},
    {"lines end with a line feed", BYTES("<a>x\r\ny\rz</a>"), "<a>a=x\ny\nz;"},
    {"an entity of the document's own", BYTES("<!DOCTYPE a [<!ENTITY e 'v<b/>w'>]><a>&e;</a>"),
     "<a><b>a/b=;a=vw;"},
    {"a byte order mark", BYTES("\xef\xbb\xbf<a/>"), "<a>a=;"},
    {"ISO-8859-1", BYTES("<?xml version='1.0' encoding='ISO-8859-1'?><a x='\xe4'>\xf6</a>"),
     "<a x=\xc3\xa4>a=\xc3\xb6;"},
    {"UTF-16, little end first", BYTES("\xff\xfe<\0a\0>\0\xe4\0=\xd8\x00\xde<\0/\0a\0>\0"),
     "<a>a=\xc3\xa4\xf0\x9f\x98\x80;"},
    {"UTF-16, big end first", BYTES("\xfe\xff\0<\0a\0>\0\xe4\0<\0/\0a\0>"), "<a>a=\xc3\xa4;"},
};

static const struct {
    const char *says, *xml, *part;
} bad[] = {
    {"an empty document", "", "no element found"},
    {"blanks alone", "  \n", "no element found"},
    {"a page that is not XML", "<html><br></html>", "line 1, column"},
    {"text behind the document", "<a/>x", "not well-formed"},
    {"a second element", "<a/><b/>", "junk after"},
    {"an element that another ends", "<a><b></a></b>", "mismatched tag"},
    {"an attribute twice", "<a x='1' x='2'/>", "duplicate attribute"},
    {"an unknown entity", "<a>&nbsp;</a>", "undefined entity"},
    {"an external entity is not loaded",
     "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
     "<a x='&e;'/>",
     "external entity"},
    {"an entity of itself", "<!DOCTYPE a [<!ENTITY e '&e;'>]><a>&e;</a>", "recursive"},
    {"bytes that are not UTF-8", "<a>\xff</a>", "not well-formed"},
    {"an encoding that nobody knows", "<?xml version='1.0' encoding='EBCDIC'?><a/>",
     "unknown encoding"},
    {"a byte of control", "<a>\x01</a>", "invalid token"},
};

static void test_events(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        CHECK_CASE("%s", good[i].says)
        {
            /* whole, then cut everywhere by windows of 1, 2, 3 … bytes */
            for (size_t step = good[i].xml.len; step > 0; step--) {
                struct teller t;
                CHECK_OK(read_slowly(good[i].xml, step, &t, &e), &e);
                CHECK_STR(buf_str(&t.told), str_from(good[i].told));
                buf_done(&t.told);
            }
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        CHECK_CASE("%s: refused", bad[i].says)
        {
            struct teller t;
            CHECK_FAILS(read_slowly(str_from(bad[i].xml), 1000, &t, &e), &e, ERROR_FORMAT,
                        bad[i].part);
            buf_done(&t.told);
        }
    }
    CHECK_CASE("an external entity in text is passed over, and nothing is loaded")
    {
        struct teller t;
        CHECK_OK(read_slowly(STR("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
                                 "<a>x&e;y</a>"),
                             1000, &t, &e),
                 &e);
        CHECK_STR(buf_str(&t.told), STR("<a>a=xy;"));
        buf_done(&t.told);
    }
    CHECK_CASE("every cut of a document is refused")
    {
        str text = STR("<?xml version='1.0'?><a x='1'><b>t&amp;</b><!-- c --></a>");
        for (size_t len = 0; len < text.len; len++) {
            struct teller t;
            CHECK_FAILS(read_slowly(str_slice(text, 0, len), 7, &t, &e), &e, ERROR_FORMAT, "");
            buf_done(&t.told);
        }
    }
    CHECK_CASE("the handler's own error stops the parser and is kept")
    {
        struct teller t = {.base = {.event = tell}, .stop_at = 2};
        struct memory_reader body;
        buf_init(&t.told, 1000);
        memory_reader_init(&body, STR("<a><b/><c/></"));
        CHECK_FAILS(xml_read(&body.base, &t.base, &e), &e, ERROR_ABSENT, "seen enough");
        buf_done(&t.told);
    }
}

static bool ignore(struct xml_handler *self, const struct xml_event *event, struct error *e)
{
    (void)self;
    (void)event;
    (void)e;
    return true;
}

/* BEFORE, `count` times UNIT with the number in it, AFTER. */
static bool read_many(const char *before, const char *unit, size_t count, const char *after,
                      struct error *e)
{
    struct buf text;
    struct xml_handler handler = {.event = ignore};
    struct memory_reader body;
    buf_init(&text, SIZE_MAX / 2);
    const char *number = strchr(unit, '#');
    size_t head = number == NULL ? strlen(unit) : (size_t)(number - unit);
    bool done = buf_add_str(&text, str_from(before), e);
    for (size_t i = 0; done && i < count; i++) {
        done = buf_add(&text, unit, head, e) &&
               (number == NULL || buf_printf(&text, e, "%zu%s", i, number + 1));
    }
    done = done && buf_add_str(&text, str_from(after), e);
    memory_reader_init(&body, buf_str(&text));
    done = done && xml_read(&body.base, &handler, e);
    buf_done(&text);
    return done;
}

static const struct {
    const char *says, *before, *unit, *after;
    size_t most; /* units */
    const char *part;
} limits[] = {
    {"attributes of an element", "<a", " x#=''", "/>", XML_ATTRIBUTES_MAX, "more than 256"},
    {"bytes of text", "<a>", "x", "</a>", XML_TEXT_BYTES_MAX, "text of more than"},
    {"bytes of text beside children", "<a>", "x<b/>", "</a>", XML_TEXT_BYTES_MAX,
     "text of more than"},
    {"different names", "<a>", "<n#/>", "</a>", XML_NAMES_MAX - 1, "different names"},
    {"different names of attributes", "<a>", "<a n#=''/>", "</a>", XML_NAMES_MAX - 1,
     "different names"},
};

static void test_limits(void)
{
    struct error e;
    for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
        CHECK_CASE("%s: at the limit, and one past it", limits[i].says)
        {
            CHECK_OK(
                read_many(limits[i].before, limits[i].unit, limits[i].most, limits[i].after, &e),
                &e);
            CHECK_FAILS(read_many(limits[i].before, limits[i].unit, limits[i].most + 1,
                                  limits[i].after, &e),
                        &e, ERROR_LIMIT, limits[i].part);
        }
    }
    CHECK_CASE("depth: at the limit, and one past it")
    {
        char text[2 * 3 * (XML_DEPTH_MAX + 1) + (XML_DEPTH_MAX + 1) + 1];
        for (size_t depth = XML_DEPTH_MAX; depth <= XML_DEPTH_MAX + 1; depth++) {
            text[0] = '\0';
            for (size_t i = 0; i < 2 * depth; i++) {
                memcpy(text + strlen(text), i < depth ? "<a>" : "</a>", i < depth ? 4 : 5);
            }
            bool done = read_many("", text, 1, "", &e);
            if (depth == XML_DEPTH_MAX) {
                CHECK_OK(done, &e);
            } else {
                CHECK_FAILS(done, &e, ERROR_LIMIT, "64 deep");
            }
        }
    }
    CHECK_CASE("the names of open elements: at the limit, and one past it")
    {
        for (size_t more = 0; more < 2; more++) {
            struct buf text;
            struct memory_reader body;
            struct xml_handler handler = {.event = ignore};
            size_t len = XML_PATH_BYTES_MAX - 1 + more;
            buf_init(&text, 1 << 20);
            CHECK_OK(buf_printf(&text, &e, "<a><"), &e);
            for (int twice = 0; twice < 2; twice++) {
                for (size_t i = 0; i < len; i++) {
                    CHECK_OK(buf_add_char(&text, 'n', &e), &e);
                }
                CHECK_OK(buf_printf(&text, &e, twice == 0 ? "></" : "></a>"), &e);
            }
            memory_reader_init(&body, buf_str(&text));
            bool done = xml_read(&body.base, &handler, &e);
            if (more == 0) {
                CHECK_OK(done, &e);
            } else {
                CHECK_FAILS(done, &e, ERROR_LIMIT, "names of open elements");
            }
            buf_done(&text);
        }
    }
    CHECK_CASE("blanks between a million children are no text")
    {
        CHECK_OK(read_many("<a>", "<b/>\n          ", 1000000, "</a>", &e), &e);
    }
    CHECK_CASE("a tag, or a comment, without end stops at the limit")
    {
        size_t many = 2 * (size_t)XML_TAG_BYTES_MAX;
        CHECK_FAILS(read_many("<a x='", "x", many, "", &e), &e, ERROR_LIMIT, "a tag or comment");
        CHECK_FAILS(read_many("<a><!--", "x", many, "", &e), &e, ERROR_LIMIT, "a tag or comment");
        CHECK_OK(read_many("<a x='", "x", XML_TAG_BYTES_MAX / 2, "'/>", &e), &e);
    }
    CHECK_CASE("a declaration of the document's type has a limit")
    {
        CHECK_OK(read_many("<!DOCTYPE a [", "<!ENTITY e# 'x'>", 1000, "]><a/>", &e), &e);
        CHECK_FAILS(read_many("<!DOCTYPE a [", "<!ENTITY e# 'x'>", 100000, "]><a/>", &e), &e,
                    ERROR_LIMIT, "document type declaration");
    }
    CHECK_CASE("entities that grow stop at a limit")
    {
        const char *bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'>"
                           "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
                           "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
                           "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>"
                           "<!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>]><a>";
        CHECK_FAILS(read_many(bomb, "&f;", 100, "</a>", &e), &e, ERROR_LIMIT, "");
        CHECK_FAILS(read_many(bomb, "<b>&e;</b>", 100, "</a>", &e), &e, ERROR_LIMIT,
                    "times the document");
    }
}

static void test_memory(void)
{
    CHECK_CASE("each refused allocation is a clean error")
    {
        str text = STR("<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE a [<!ENTITY e 'v'>]>"
                       "<a x='1' y='&e;'><b>text &e;</b><c xmlns:n='u' n:z='3'/></a>");
        struct error e = {0};
        for (int n = 0;; n++) {
            struct teller t = {.base = {.event = tell}};
            struct memory_reader body;
            buf_init(&t.told, 1000);
            memory_reader_init(&body, text);
            fail_alloc_at(n);
            bool ok = xml_read(&body.base, &t.base, &e);
            fail_alloc_at(-1);
            buf_done(&t.told);
            if (!fail_alloc_hit()) {
                CHECK_OK(ok, &e);
                CHECK(n > 10);
                break;
            }
            CHECK_FAILS(ok, &e, ERROR_MEMORY, "");
        }
    }
}

int main(void)
{
    test_events();
    test_limits();
    test_memory();
    return check_done();
}
