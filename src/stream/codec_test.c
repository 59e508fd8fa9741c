/* Run with the table that codec_samples.py made. */
#include "stream/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "check.h"
#include "stream/decoder.h"
#include "stream/file.h"
#include "stream/trickle.h"

enum { SAMPLES_MAX = 100, SMALL_BYTES = 4096, OUT_BYTES_MAX = 64 * 1024 * 1024 };

struct sample {
    str name, form, outcome, ends, packed, plain;
};

static struct sample samples[SAMPLES_MAX];
static size_t sample_count;
static struct trickle trickle;

/* What decoding gave: the bytes before the end or the error. */
struct outcome {
    bool ok;
    uint64_t trailing;
    struct buf bytes;
    struct error e;
};

typedef bool open_fn(struct reader *from, struct reader **out, struct error *e);

static bool open_sniffed(struct reader *from, struct reader **out, struct error *e)
{
    return codec_open(from, out, NULL, e);
}

/* The portable path is always tested: gzip by zlib even where ISA-L is what codec_open takes. */
static open_fn *opener(const struct sample *s, bool portable)
{
    return portable && str_eq(s->form, STR("gzip")) ? codec_gzip_zlib.open : open_sniffed;
}

/* Without a look at the magic, which may be damaged. */
static open_fn *opener_by_name(const struct sample *s, bool portable)
{
    if (str_eq(s->form, STR("zstd"))) {
        return codec_zstd.open;
    }
    if (str_eq(s->form, STR("xz"))) {
        return codec_xz.open;
    }
    return str_eq(s->form, STR("bzip2")) ? codec_bzip2.open : opener(s, portable);
}

static bool drain_into(struct reader *r, struct outcome *o)
{
    enum step step;
    while ((step = reader_need(r, 1, &o->e)) == STEP_GOT) {
        if (!buf_add(&o->bytes, r->at, reader_ready(r), &o->e)) {
            return false;
        }
        r->at = r->end;
    }
    return step == STEP_END && reader_offset(r) == o->bytes.len;
}

static struct outcome decode(struct reader *from, open_fn *open)
{
    struct outcome o = {.ok = false};
    buf_init(&o.bytes, OUT_BYTES_MAX);
    struct reader *r = NULL;
    if (open(from, &r, &o.e)) {
        o.ok = drain_into(r, &o);
        o.trailing = codec_trailing(r);
        codec_close(r, from);
    }
    return o;
}

static struct outcome decode_bytes(str packed, open_fn *open)
{
    struct memory_reader m;
    memory_reader_init(&m, packed);
    return decode(&m.base, open);
}

static bool cut_is_end(const struct sample *s, size_t len)
{
    str rest = s->ends, one;
    uint64_t end;
    while (rest.len > 0) {
        if (!str_cut(&rest, ',', &one)) {
            one = rest;
            rest.len = 0;
        }
        if (num_parse(one, 10, UINT64_MAX, &end) && end == len) {
            return true;
        }
    }
    return len == 0;
}

static bool samples_read(const char *path)
{
    str rest = check_file(path), line;
    while (sample_count < SAMPLES_MAX && str_line(&rest, &line)) {
        struct sample *s = &samples[sample_count++];
        str packed, plain;
        char path_text[4096];
        if (!str_cut(&line, '\t', &s->name) || !str_cut(&line, '\t', &s->form) ||
            !str_cut(&line, '\t', &s->outcome) || !str_cut(&line, '\t', &packed) ||
            !str_cut(&line, '\t', &plain)) {
            return false;
        }
        s->ends = line;
        snprintf(path_text, sizeof(path_text), "%.*s", (int)packed.len, packed.at);
        s->packed = check_file(path_text);
        snprintf(path_text, sizeof(path_text), "%.*s", (int)plain.len, plain.at);
        s->plain = check_file(path_text);
        if (s->packed.len == 0 || s->plain.at == NULL) {
            return false;
        }
    }
    return sample_count > 0;
}

static void test_samples(void)
{
    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *s = &samples[i];
        for (int portable = 0; portable < 2; portable++) {
            CHECK_CASE("what '" STR_FMT "' made is read%s", STR_ARG(s->name),
                       portable ? " by the portable decoder" : "")
            {
                struct outcome o = decode_bytes(s->packed, opener(s, portable));
                if (str_eq(s->outcome, STR("limit"))) {
                    CHECK_FAILS(o.ok, &o.e, ERROR_LIMIT, "the limit of 128 MiB");
                } else {
                    CHECK_OK(o.ok, &o.e);
                    CHECK(str_eq(buf_str(&o.bytes), s->plain));
                }
                buf_done(&o.bytes);
            }
        }
    }
}

static bool is_small(const struct sample *s)
{
    return s->packed.len <= SMALL_BYTES && str_eq(s->outcome, STR("ok"));
}

static void check_chunks(const struct sample *s, bool portable)
{
    for (size_t chunk = 1; chunk <= 70; chunk += chunk < 20 ? 1 : 7) {
        trickle_init(&trickle, s->packed, chunk, -1);
        struct outcome o = decode(&trickle.base, opener(s, portable));
        bool same = CHECK_OK(o.ok, &o.e) && CHECK(str_eq(buf_str(&o.bytes), s->plain));
        buf_done(&o.bytes);
        if (!same) {
            CHECK_NUM(chunk, 0);
            return;
        }
    }
}

static void check_cuts(const struct sample *s, bool portable)
{
    for (size_t len = 0; len < s->packed.len; len++) {
        /* a copy of the exact size, so that a sanitizer sees a read past its end */
        char *copy = malloc(len + 1);
        memcpy(copy, s->packed.at, len);
        open_fn *open = len == 0 ? open_sniffed : opener(s, portable);
        struct outcome o = decode_bytes((str){.at = copy, .len = len}, open);
        bool want = cut_is_end(s, len);
        bool held = CHECK(o.bytes.len == 0 || len < 10 || str_starts(s->plain, buf_str(&o.bytes)));
        if (want) {
            held &= CHECK_OK(o.ok, &o.e);
        } else if (len >= 10) {
            held &= CHECK_FAILS(o.ok, &o.e, ERROR_FORMAT, "ends in the middle of a");
        }
        buf_done(&o.bytes);
        free(copy);
        if (!held) {
            CHECK_NUM(len, 0);
            return;
        }
    }
}

static void check_flips(const struct sample *s, bool portable)
{
    char bytes[SMALL_BYTES];
    memcpy(bytes, s->packed.at, s->packed.len);
    bool is_checked = str_find(s->name, STR("no-check")) == s->name.len;
    for (size_t bit = 32; bit < s->packed.len * 8; bit += 13) { /* each place in a byte comes */
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
        struct outcome o =
            decode_bytes((str){.at = bytes, .len = s->packed.len}, opener_by_name(s, portable));
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
        /* a checksum finds every flip, but in header fields that mean nothing here; a member
         * that no longer looks like one is garbage behind those before */
        bool complete = o.ok && is_checked;
        bool held = !complete || CHECK(str_starts(s->plain, buf_str(&o.bytes)));
        held &= !complete || CHECK(o.trailing > 0 || o.bytes.len == s->plain.len);
        held &= o.ok || CHECK(o.e.kind == ERROR_FORMAT || o.e.kind == ERROR_LIMIT);
        buf_done(&o.bytes);
        if (!held) {
            CHECK_NUM(bit, 0);
            return;
        }
    }
}

static void check_failing_reads(const struct sample *s, bool portable)
{
    for (int n = 0;; n++) {
        trickle_init(&trickle, s->packed, 100, n);
        struct outcome o = decode(&trickle.base, opener(s, portable));
        bool failed = trickle.has_failed;
        if (!failed) {
            CHECK_OK(o.ok, &o.e);
            CHECK(str_eq(buf_str(&o.bytes), s->plain));
        } else {
            CHECK_FAILS(o.ok, &o.e, ERROR_IO, "cannot read");
            CHECK_NUM(o.e.sys, EIO);
            CHECK(str_starts(s->plain, buf_str(&o.bytes)));
        }
        buf_done(&o.bytes);
        if (!failed) {
            break;
        }
    }
}

static void check_failing_allocations(const struct sample *s, bool portable)
{
    for (int n = 0;; n++) {
        struct memory_reader m;
        memory_reader_init(&m, s->packed);
        struct error e = {.kind = ERROR_NONE};
        struct reader *r = NULL;
        fail_alloc_at(n);
        bool ok = opener(s, portable)(&m.base, &r, &e);
        ok = ok && reader_drain(r, NULL, &e);
        fail_alloc_at(-1);
        codec_close(r, &m.base);
        if (!fail_alloc_hit()) {
            CHECK_OK(ok, &e);
            break;
        }
        if (!CHECK_FAILS(ok, &e, ERROR_MEMORY, "no memory for")) {
            break;
        }
    }
}

static const struct {
    const char *says;
    void (*check)(const struct sample *s, bool portable);
} small_checks[] = {
    {"is read in chunks of 1 to 70 bytes", check_chunks},
    {"is an error wherever it is cut", check_cuts},
    {"does no harm with a bit changed", check_flips},
    {"gives the error of a read that fails", check_failing_reads},
    {"gives an error for every allocation refused", check_failing_allocations},
};

static void test_small(void)
{
    for (size_t k = 0; k < ARRAY_COUNT(small_checks); k++) {
        for (size_t i = 0; i < sample_count; i++) {
            const struct sample *s = &samples[i];
            for (int portable = 0; is_small(s) && portable < 2; portable++) {
                if (portable && !str_eq(s->form, STR("gzip"))) {
                    continue;
                }
                CHECK_CASE("'" STR_FMT "' %s%s", STR_ARG(s->name), small_checks[k].says,
                           portable ? " (portable)" : "")
                {
                    small_checks[k].check(s, portable);
                }
            }
        }
    }
}

/* ---- made by hand ---- */

#define GZIP_HEADER "\x1f\x8b\x08\0\0\0\0\0\0\x03"
#define GZIP_NOTHING "\x03\0\0\0\0\0\0\0\0\0" /* an empty block, no bytes, CRC 0 */
/* "limpid" by gzip -n */
#define GZIP_LIMPID GZIP_HEADER "\xcb\xc9\xcc\x2d\xc8\x4c\x01\x00\x9f\x49\x8b\x39\x06\x00\x00\x00"
#define ZSTD_FRAME(window) "\x28\xb5\x2f\xfd\0" window "\x09\0\0x"

static const struct {
    const char *says;
    str packed;
    const char *plain;
    uint64_t trailing;
    const char *error; /* NULL: it is read */
} cases[] = {
    {"one gzip member", STR_INIT(GZIP_LIMPID), "limpid", 0, NULL},
    {"zeros behind a gzip member are ignored", STR_INIT(GZIP_LIMPID "\0\0\0"), "limpid", 3, NULL},
    {"garbage behind a gzip member is ignored", STR_INIT(GZIP_LIMPID "junk"), "limpid", 4, NULL},
    {"zeros and garbage are ignored too", STR_INIT(GZIP_LIMPID "\0\0junk"), "limpid", 6, NULL},
    {"a member behind zeros is read", STR_INIT(GZIP_LIMPID "\0\0\0" GZIP_LIMPID), "limpidlimpid", 0,
     NULL},
    {"the beginning of a member is not garbage", STR_INIT(GZIP_LIMPID "\x1f"), "limpid", 0,
     "ends in the middle of a gzip member after 26 bytes"},
    {"a wrong checksum",
     STR_INIT(GZIP_HEADER "\xcb\xc9\xcc\x2d\xc8\x4c\x01\x00\x9f\x49\x8b\x38\x06\x00\x00\x00"),
     "limpid", 0, "gzip member 1: the checksum or the length at its end does not match"},
    {"a wrong length",
     STR_INIT(GZIP_LIMPID GZIP_HEADER
              "\xcb\xc9\xcc\x2d\xc8\x4c\x01\x00\x9f\x49\x8b\x39\x07\x00\x00\x00"),
     "limpidlimpid", 0, "gzip member 2: the checksum or the length at its end does not match"},
    {"a method that is not deflate", STR_INIT("\x1f\x8b\x07\0\0\0\0\0\0\x03" GZIP_NOTHING), "", 0,
     "gzip member 1: compression method 7, not deflate (8)"},
    {"reserved flags", STR_INIT("\x1f\x8b\x08\xa0\0\0\0\0\0\x03" GZIP_NOTHING), "", 0,
     "reserved flags 0xa0"},
    {"a wrong checksum of the header",
     STR_INIT("\x1f\x8b\x08\x02\0\0\0\0\0\x03\x12\x34" GZIP_NOTHING), "", 0,
     "the checksum of the header is"},
    {"a reserved block type", STR_INIT(GZIP_HEADER "\x07\0\0\0\0\0\0\0\0\0"), "", 0,
     "gzip member 1: "},
    {"a distance to before the first byte", STR_INIT(GZIP_HEADER "\x03\x02\0\0\0\0\0\0\0\0\0"),
     NULL, 0, "gzip member 1: "},
    {"a zstd window of 128 MiB is read", STR_INIT(ZSTD_FRAME("\x88")), "x", 0, NULL},
    {"a zstd window of more is not", STR_INIT(ZSTD_FRAME("\x89")), "", 0,
     "zstd frame 1: a window of more than the limit of 128 MiB"},
    {"a zstd window of 2 TiB", STR_INIT(ZSTD_FRAME("\xf8")), "", 0, "the limit of 128 MiB"},
    {"a reserved zstd block", STR_INIT("\x28\xb5\x2f\xfd\0\x58\x0f\0\0x"), "", 0, "zstd frame 1: "},
    {"garbage behind a zstd frame is ignored", STR_INIT(ZSTD_FRAME("\x58") "junk junk"), "x", 9,
     NULL},
    {"zeros behind a zstd frame", STR_INIT(ZSTD_FRAME("\x58") "\0\0\0\0\0"), "x", 5, NULL},
    {"a skippable frame that claims 4 GiB",
     STR_INIT("\x50\x2a\x4d\x18\xff\xff\xff\xff"
              "abc"),
     "", 0, "ends in the middle of a zstd frame after 11 bytes"},
    {"nothing but a skippable frame",
     STR_INIT("\x5f\x2a\x4d\x18\x03\0\0\0"
              "abc"),
     "", 0, NULL},
    {"lz4", STR_INIT("\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0\x05"), "", 0,
     "is compressed with lz4, which is not read"},
    {"lzip", STR_INIT("LZIP\x01\x0c"), "", 0, "is compressed with lzip, which is not read"},
    {"compress", STR_INIT("\x1f\x9d\x90\x61"), "", 0,
     "is compressed with compress, which is not read"},
    {"nothing is not compressed", STR_INIT(""), "", 0, NULL},
    {"text is not compressed", STR_INIT("BZh9 is how bzip2 begins"), "BZh9 is how bzip2 begins", 0,
     NULL},
};

static void test_cases(void)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        bool is_gzip = gzip_matches((const uint8_t *)cases[i].packed.at, cases[i].packed.len);
        for (int portable = 0; portable < (is_gzip ? 2 : 1); portable++) {
            CHECK_CASE("%s%s", cases[i].says, portable ? " (portable)" : "")
            {
                struct outcome o =
                    decode_bytes(cases[i].packed, portable ? codec_gzip_zlib.open : open_sniffed);
                if (cases[i].error == NULL) {
                    CHECK_OK(o.ok, &o.e);
                    CHECK_NUM(o.trailing, cases[i].trailing);
                } else {
                    CHECK_FAILS(o.ok, &o.e, o.e.kind == ERROR_LIMIT ? ERROR_LIMIT : ERROR_FORMAT,
                                cases[i].error);
                }
                if (cases[i].plain != NULL) {
                    CHECK_STR(buf_str(&o.bytes), str_from(cases[i].plain));
                }
                buf_done(&o.bytes);
            }
        }
    }
}

static void test_header_text(void)
{
    static const struct {
        size_t text_bytes; /* with its NUL */
        bool ok;
    } texts[] = {{1, true}, {64 * 1024, true}, {64 * 1024 + 1, false}, {1024 * 1024, false}};
    for (size_t i = 0; i < ARRAY_COUNT(texts) * 4; i++) {
        size_t bytes = texts[i / 4].text_bytes;
        bool portable = i % 2 != 0, comment = i / 2 % 2 != 0;
        CHECK_CASE("a %s of %zu bytes is %s%s", comment ? "comment" : "name", bytes,
                   texts[i / 4].ok ? "passed" : "refused", portable ? " (portable)" : "")
        {
            struct buf b;
            struct error e;
            buf_init(&b, OUT_BYTES_MAX);
            bool made = buf_add(&b, GZIP_HEADER, 10, &e) && buf_reserve(&b, bytes + 10, &e);
            CHECK_OK(made, &e);
            b.at[3] = comment ? 16 : 8;
            memset(b.at + b.len, 'n', bytes - 1);
            b.at[b.len + bytes - 1] = '\0';
            b.len += bytes;
            CHECK_OK(buf_add(&b, GZIP_NOTHING, 10, &e), &e);
            trickle_init(&trickle, buf_str(&b), 50000, -1);
            struct outcome o =
                decode(&trickle.base, portable ? codec_gzip_zlib.open : open_sniffed);
            if (texts[i / 4].ok) {
                CHECK_OK(o.ok, &o.e);
            } else {
                CHECK_FAILS(o.ok, &o.e, ERROR_FORMAT, "of more than 65536 bytes in the header");
            }
            CHECK_NUM(o.bytes.len, 0);
            buf_done(&o.bytes);
            buf_done(&b);
        }
    }
}

static void test_many_members(void)
{
    for (int portable = 0; portable < 2; portable++) {
        CHECK_CASE("a hundred thousand empty members and one with a word%s",
                   portable ? " (portable)" : "")
        {
            struct buf b;
            struct error e;
            buf_init(&b, OUT_BYTES_MAX);
            bool made = true;
            for (int i = 0; i < 100 * 1000; i++) {
                made = made && buf_add(&b, GZIP_HEADER GZIP_NOTHING, 20, &e);
            }
            made = made && buf_add(&b, GZIP_LIMPID, sizeof(GZIP_LIMPID) - 1, &e);
            CHECK_OK(made, &e);
            struct outcome o =
                decode_bytes(buf_str(&b), portable ? codec_gzip_zlib.open : open_sniffed);
            CHECK_OK(o.ok, &o.e);
            CHECK_STR(buf_str(&o.bytes), STR("limpid"));
            buf_done(&o.bytes);
            buf_done(&b);
        }
    }
}

/* A file with `head` at 0 and `tail` at the offset; what is between is a hole. */
static int sparse_file(str head, uint64_t offset, str tail)
{
    int fd = memfd_create("sparse", MFD_CLOEXEC);
    if (fd >= 0 && (pwrite(fd, head.at, head.len, 0) != (ssize_t)head.len ||
                    pwrite(fd, tail.at, tail.len, (off_t)offset) != (ssize_t)tail.len)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void test_skippable(void)
{
    static const str head = STR_INIT("\x50\x2a\x4d\x18\xff\xff\xff\xff");
    static const struct {
        const char *says, *error;
        uint64_t offset;
        str tail;
    } skips[] = {
        {"a skippable frame of 4 GiB is passed without being read", NULL, 8 + UINT64_C(0xffffffff),
         STR_INIT(ZSTD_FRAME("\x58"))},
        {"one that is a byte short is an error",
         "ends in the middle of a zstd frame after 4294967302 bytes", 5 + UINT64_C(0xffffffff),
         STR_INIT("x")},
    };
    for (size_t i = 0; i < ARRAY_COUNT(skips); i++) {
        CHECK_CASE("%s", skips[i].says)
        {
            int fd = sparse_file(head, skips[i].offset, skips[i].tail);
            struct file_reader f;
            struct outcome o = {.ok = false};
            if (CHECK_OK(file_reader_open(&f, fd, 0, UINT64_MAX, &o.e), &o.e)) {
                o = decode(&f.base, open_sniffed);
                if (skips[i].error == NULL) {
                    CHECK_OK(o.ok, &o.e);
                    CHECK_STR(buf_str(&o.bytes), STR("x"));
                } else {
                    CHECK_FAILS(o.ok, &o.e, ERROR_FORMAT, "ends in the middle of a zstd frame");
                }
                buf_done(&o.bytes);
            }
            reader_close(&f.base);
            close(fd);
        }
    }
}

static void test_windows(void)
{
    for (size_t i = 0; i < sample_count; i++) {
        const struct sample *s = &samples[i];
        if (s->plain.len < 500000 || !str_eq(s->outcome, STR("ok"))) {
            continue;
        }
        CHECK_CASE("64 KiB can be made ready anywhere in '" STR_FMT "'", STR_ARG(s->name))
        {
            struct memory_reader m;
            memory_reader_init(&m, s->packed);
            struct reader *r;
            struct error e;
            CHECK_OK(codec_open(&m.base, &r, NULL, &e), &e);
            size_t at = 0;
            while (reader_need(r, READER_NEED_MAX, &e) == STEP_GOT) {
                if (!CHECK(memcmp(r->at, s->plain.at + at, READER_NEED_MAX) == 0)) {
                    break;
                }
                r->at += 40001;
                at += 40001;
            }
            CHECK_NUM(reader_offset(r), at);
            CHECK_NUM(reader_ready(r), s->plain.len - at);
            codec_close(r, &m.base);
        }
    }
}

static void test_sniff(void)
{
    CHECK_CASE("sniffing consumes nothing and names the format")
    {
        struct memory_reader m;
        struct error e;
        const struct codec *codec;
        memory_reader_init(&m, STR(GZIP_LIMPID));
        CHECK_OK(codec_sniff(&m.base, &codec, &e), &e);
        CHECK(codec != NULL && strcmp(codec->name, "gzip") == 0);
        CHECK_NUM(reader_offset(&m.base), 0);
        memory_reader_init(&m, STR("plain"));
        struct reader *r;
        CHECK_OK(codec_open(&m.base, &r, &codec, &e), &e);
        CHECK(r == &m.base && codec == NULL);
        codec_close(r, &m.base);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2 || !samples_read(argv[1])) {
        printf("Bail out! no table of samples\n");
        return 1;
    }
    test_sniff();
    test_cases();
    test_header_text();
    test_many_members();
    test_skippable();
    test_samples();
    test_windows();
    test_small();
    return check_done();
}
