#include "inventory/encode.h"

#include "base/pack.h"

/* Which texts a fact of each kind has, in order: the one place that encoding and decoding share. */
enum { TEXTS_MAX = 12 };

static bool is_package(enum fact_kind kind)
{
    return kind == FACT_PACKAGE || kind == FACT_RESIDUE;
}

static size_t texts_of(struct fact *fact, str **texts)
{
    size_t n = 0;
    if (!is_package(fact->kind)) {
        texts[n++] = &fact->path;
        texts[n++] = &fact->text;
    }
    if (is_package(fact->kind)) {
        struct package *p = &fact->package;
        str *all[] = {&p->name,           &p->version, &p->arch,   &p->source,
                      &p->source_version, &p->module,  &p->vendor, &p->license};
        for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
            texts[n++] = all[i];
        }
    }
    if (fact->kind == FACT_DISTRIBUTION) {
        struct distribution *d = &fact->distribution;
        str *all[] = {&d->id,          &d->id_like, &d->version_id, &d->codename,
                      &d->pretty_name, &d->cpe,     &d->variant_id};
        for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
            texts[n++] = all[i];
        }
    }
    return n;
}

bool fact_encode(const struct fact *fact, struct buf *to, struct error *e)
{
    struct fact copy = *fact;
    str *texts[TEXTS_MAX];
    size_t count = texts_of(&copy, texts);
    uint32_t number = is_package(fact->kind) ? (uint32_t)fact->package.ecosystem : fact->rank;
    if (!pack_u8(to, (uint8_t)fact->kind, e) || !pack_u32(to, number, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (texts[i]->len > FACT_STRING_BYTES_MAX) {
            return error_set(e, ERROR_LIMIT, "a text of %zu bytes is over the limit of %d",
                             texts[i]->len, FACT_STRING_BYTES_MAX);
        }
        if (!pack_str(to, *texts[i], e)) {
            return false;
        }
    }
    return true;
}

static bool has_nul(str s)
{
    return str_find_char(s, '\0') < s.len;
}

enum step fact_decode(str *rest, struct fact *out, struct error *e)
{
    if (rest->len == 0) {
        return STEP_END;
    }
    struct fact fact = {0};
    str from = *rest;
    uint8_t kind;
    uint32_t number;
    if (!unpack_u8(&from, &kind, e) || !unpack_u32(&from, &number, e)) {
        return STEP_FAILED;
    }
    if (kind < FACT_DATABASE || kind > FACT_RESIDUE) {
        error_set(e, ERROR_FORMAT, "a fact of kind %u", kind);
        return STEP_FAILED;
    }
    fact.kind = (enum fact_kind)kind;
    if (is_package(fact.kind)) {
        if (number == ECOSYSTEM_NONE || number >= ECOSYSTEM_COUNT) {
            error_set(e, ERROR_FORMAT, "a package of ecosystem %u", number);
            return STEP_FAILED;
        }
        fact.package.ecosystem = (enum ecosystem)number;
    } else {
        fact.rank = number;
    }
    str *texts[TEXTS_MAX];
    size_t count = texts_of(&fact, texts);
    for (size_t i = 0; i < count; i++) {
        if (!unpack_str(&from, FACT_STRING_BYTES_MAX, texts[i], e)) {
            return STEP_FAILED;
        }
        if (has_nul(*texts[i])) {
            error_set(e, ERROR_FORMAT, "a NUL byte in a fact");
            return STEP_FAILED;
        }
    }
    if (is_package(fact.kind) && (fact.package.name.len == 0 || fact.package.version.len == 0)) {
        error_set(e, ERROR_FORMAT, "a package without name or version");
        return STEP_FAILED;
    }
    *out = fact;
    *rest = from;
    return STEP_GOT;
}
