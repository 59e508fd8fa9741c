#include "feed/rpm_product.h"

#include "base/num.h"

/* -- package URLs --------------------------------------------------------------------------- */

static bool hex(char c, unsigned *out)
{
    uint64_t digit;
    if (!num_parse((str){.at = &c, .len = 1}, 16, 15, &digit)) {
        return false;
    }
    *out = (unsigned)digit;
    return true;
}

/* "libstdc%2B%2B" → "libstdc++". A '%' that no two digits follow stays. */
static bool decode(str text, struct arena *arena, str *out, struct error *e)
{
    if (str_find_char(text, '%') == text.len) {
        *out = text;
        return true;
    }
    char *to = arena_alloc(arena, text.len, 1, 1, e);
    if (to == NULL) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned high, low;
        if (text.at[i] == '%' && i + 2 < text.len && hex(text.at[i + 1], &high) &&
            hex(text.at[i + 2], &low)) {
            to[len++] = (char)(high << 4 | low);
            i += 2;
        } else {
            to[len++] = text.at[i];
        }
    }
    *out = (str){.at = to, .len = len};
    return true;
}

static bool is_source(str arch)
{
    return str_eq(arch, STR("src")) || str_eq(arch, STR("source")) || str_eq(arch, STR("nosrc"));
}

static void set_arch(struct rpm_product *out, str arch)
{
    out->source = is_source(arch);
    out->arch = out->source ? STR_NONE : arch;
}

/* "perl:5.26" of "perl:5.26:8060020250604:e8cd8451"; STR_NONE where there is no stream. */
static str name_and_stream(str module)
{
    str rest = module, name;
    if (!str_cut(&rest, ':', &name) || name.len == 0) {
        return STR_NONE;
    }
    size_t stream = str_find_char(rest, ':');
    return stream == 0 ? STR_NONE : str_slice(module, 0, name.len + 1 + stream);
}

static bool take_qualifiers(str text, struct arena *arena, struct rpm_product *out,
                            bool *bad_module, struct error *e)
{
    str epoch = STR_NONE;
    while (text.len > 0) {
        str one = text, key, value;
        if (!str_cut(&text, '&', &one)) {
            text = STR_NONE;
        }
        value = one;
        if (!str_cut(&value, '=', &key)) {
            continue;
        }
        if (!decode(value, arena, &value, e)) {
            return false;
        }
        if (str_eq(key, STR("arch"))) {
            set_arch(out, value);
        } else if (str_eq(key, STR("epoch"))) {
            epoch = value;
        } else if (str_eq(key, STR("rpmmod"))) {
            out->module = name_and_stream(value);
            *bad_module = out->module.len == 0;
        }
    }
    uint64_t number;
    if (out->version.len == 0 || !num_parse(epoch, 10, UINT32_MAX, &number) || number == 0) {
        return true;
    }
    return arena_printf(arena, &out->version, e, "%llu:%.*s", (unsigned long long)number,
                        (int)out->version.len, out->version.at);
}

bool rpm_product_of_purl(str purl, struct arena *arena, struct rpm_product *out, bool *bad_module,
                         struct error *e)
{
    static const str scheme = STR_INIT("pkg:");
    *out = (struct rpm_product){.name = STR_NONE};
    *bad_module = false;
    str rest = str_slice(purl, 0, str_find_char(purl, '#'));
    str qualifiers = str_slice(rest, str_find_char(rest, '?') + 1, rest.len);
    str path = str_slice(rest, 0, str_find_char(rest, '?'));
    size_t slash = str_find_char(path, '/');
    str type = str_slice(path, 0, slash);
    if (!str_eq(type, STR("pkg:rpm"))) {
        out->left_out = str_starts(path, scheme) && slash < path.len ? type : STR("a bad purl");
        return true;
    }
    str name = str_slice(path, slash + 1, path.len);
    size_t at = str_find_last_char(name, '@');
    str version = str_slice(name, at + 1, name.len);
    name = str_slice(name, 0, at);
    slash = str_find_last_char(name, '/'); /* the namespace is the vendor's name */
    name = slash == name.len ? name : str_slice(name, slash + 1, name.len);
    if (!decode(name, arena, &out->name, e) || !decode(version, arena, &out->version, e) ||
        !take_qualifiers(qualifiers, arena, out, bad_module, e)) {
        return false;
    }
    if (out->name.len == 0 || out->name.len > 256 || out->version.len > 1024) {
        out->left_out = STR("a bad purl");
    }
    return true;
}

/* -- identifiers ---------------------------------------------------------------------------- */

static bool is_arch(str word)
{
    static const str arches[] = {
        STR_INIT("x86_64"), STR_INIT("aarch64"), STR_INIT("noarch"),      STR_INIT("src"),
        STR_INIT("i686"),   STR_INIT("i586"),    STR_INIT("i386"),        STR_INIT("ppc64le"),
        STR_INIT("ppc64"),  STR_INIT("ppc"),     STR_INIT("s390x"),       STR_INIT("s390"),
        STR_INIT("ia64"),   STR_INIT("armv7hl"), STR_INIT("armv6hl"),     STR_INIT("riscv64"),
        STR_INIT("nosrc"),  STR_INIT("i486"),    STR_INIT("loongarch64"), STR_INIT("aarch64_ilp32"),
    };
    for (size_t i = 0; i < ARRAY_COUNT(arches); i++) {
        if (str_eq(word, arches[i])) {
            return true;
        }
    }
    return false;
}

/* Cuts ".ARCH" off the end of `id`. */
static void take_arch(str *id, struct rpm_product *out)
{
    size_t dot = str_find_last_char(*id, '.');
    str word = str_slice(*id, dot + 1, id->len);
    if (dot < id->len && is_arch(word)) {
        set_arch(out, word);
        *id = str_slice(*id, 0, dot);
    }
}

/* NAME-VERSION-RELEASE, cut before VERSION. */
static bool cut_version(str id, str *name, str *version)
{
    size_t release = str_find_last_char(id, '-');
    str rest = str_slice(id, 0, release);
    size_t dash = str_find_last_char(rest, '-');
    if (release == id.len || dash == rest.len || dash == 0 || dash + 1 == release ||
        release + 1 == id.len) {
        return false;
    }
    *name = str_slice(id, 0, dash);
    *version = str_slice(id, dash + 1, id.len);
    return true;
}

str rpm_module_of_id(str id)
{
    size_t colons = str_find(id, STR("::"));
    if (colons < id.len) {
        return name_and_stream(str_slice(id, colons + 2, id.len));
    }
    size_t slash = str_find_char(id, '/');
    return slash < id.len ? name_and_stream(str_slice(id, 0, slash)) : STR_NONE;
}

/* "1:1.1.1k-9.el8_6" has an epoch; "0:…" loses it. */
static bool take_epoch(str text, str *version)
{
    str rest = text, epoch;
    uint64_t number;
    if (!str_cut(&rest, ':', &epoch) || !num_parse(epoch, 10, UINT32_MAX, &number)) {
        return false;
    }
    *version = number == 0 ? rest : text;
    return true;
}

void rpm_product_of_id(str id, struct rpm_product *out)
{
    *out = (struct rpm_product){.module = rpm_module_of_id(id)};
    str name = str_slice(id, 0, str_find(id, STR("::")));
    size_t slash = str_find_last_char(name, '/');
    if (slash < name.len) {
        if (out->module.len == 0 || slash != str_find_char(name, '/')) {
            out->left_out = STR("images, archives and others without a purl");
            return;
        }
        name = str_slice(name, slash + 1, name.len);
    }
    take_arch(&name, out);
    str head, version;
    if (cut_version(name, &head, &version) && take_epoch(version, &out->version)) {
        out->name = head;
        return;
    }
    out->name = name;
    out->source = true;
    out->arch = STR_NONE;
    if (name.len == 0 || str_find_char(name, ':') < name.len ||
        str_find_char(name, ' ') < name.len) {
        out->left_out = STR("images, archives and others without a purl");
    }
}

bool rpm_product_of_file(str id, struct rpm_product *out)
{
    *out = (struct rpm_product){.name = STR_NONE};
    if (str_ends(id, STR(".rpm"))) {
        id.len -= 4;
    }
    take_arch(&id, out);
    return cut_version(id, &out->name, &out->version);
}
