/* ubuntu_words.c: Ubuntu's words for releases, pockets and states. */
#include "feed/prose.h"
#include "feed/ubuntu.h"
#include "model/namespace.h"

static bool is_one_of(str word, const str *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(word, list[i])) {
            return true;
        }
    }
    return false;
}

/* The product that rows of a pocket are limited to; none for the archive itself. */
static bool pocket_product(str pocket, struct arena *arena, str *product, struct error *e)
{
    static const str open[] = {STR_INIT("security"), STR_INIT("updates"), STR_INIT("release"),
                               STR_INIT("backports"), STR_INIT("proposed")};
    static const str extended[] = {STR_INIT("esm"), STR_INIT("esm-infra"), STR_INIT("esm-apps"),
                                   STR_INIT("esm-infra-legacy"), STR_INIT("esm-apps-legacy")};
    static const str other[] = {STR_INIT("ubuntu-core"), STR_INIT("stable-phone-overlay")};
    *product = STR_NONE;
    if (pocket.len == 0 || is_one_of(pocket, open, ARRAY_COUNT(open))) {
        return true;
    }
    if (is_one_of(pocket, extended, ARRAY_COUNT(extended))) {
        *product = STR("pro");
        return true;
    }
    if (is_one_of(pocket, other, ARRAY_COUNT(other))) {
        return arena_str(arena, pocket, product, e);
    }
    return arena_printf(arena, product, e, "pro:" STR_FMT, STR_ARG(pocket));
}

bool ubuntu_pocket_find(str codename, str pocket, struct arena *arena, struct ubuntu_place *out,
                        struct error *e)
{
    *out = (struct ubuntu_place){.namespace_ = namespace_of_ubuntu_codename(codename)};
    return out->namespace_.len == 0 || pocket_product(pocket, arena, &out->product, e);
}

bool ubuntu_place_find(str release, struct arena *arena, struct ubuntu_place *out, struct error *e)
{
    *out = (struct ubuntu_place){.namespace_ = STR_NONE};
    str rest = release, part;
    size_t from = 0;
    while (from <= release.len && rest.len > 0) {
        if (!str_cut(&rest, '/', &part)) {
            part = rest;
            rest = STR_NONE;
        }
        str namespace_ = namespace_of_ubuntu_codename(part);
        if (namespace_.len == 0) {
            from += part.len + 1;
            continue;
        }
        out->namespace_ = namespace_;
        str before = str_slice(release, 0, from > 0 ? from - 1 : 0);
        if (before.len == 0 || rest.len == 0) {
            return pocket_product(before.len > 0 ? before : rest, arena, &out->product, e);
        }
        /* "ros-esm/focal/foxy" */
        return arena_printf(arena, &out->product, e, "pro:" STR_FMT "/" STR_FMT, STR_ARG(before),
                            STR_ARG(rest));
    }
    return true;
}

bool ubuntu_is_version(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool first = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool later = c == '.' || c == '+' || c == '-' || c == '~' || c == ':';
        if (!first && (i == 0 || !later)) {
            return false;
        }
    }
    return text.len > 0;
}

static bool says(str text, const char *part)
{
    return str_find(text, str_from(part)) < text.len;
}

/* "reached end-of-life", "out of standard support", "was needed now end-of-life" */
static bool is_over(str note)
{
    return says(note, "end-of-life") || says(note, "end of life") || says(note, "EOL") ||
           says(note, "out of standard support") || says(note, "end of standard support") ||
           says(note, "end of ESM support");
}

/* "ignored (abandoned)" */
static bool word_of(str status, str note, struct arena *arena, str *word, struct error *e)
{
    if (note.len == 0) {
        return arena_str(arena, status, word, e);
    }
    str short_note;
    return prose_keep(arena, note, UBUNTU_WORD_BYTES_MAX - 40, &short_note, e) &&
           arena_printf(arena, word, e, STR_FMT " (" STR_FMT ")", STR_ARG(status),
                        STR_ARG(short_note));
}

static const struct {
    str status;
    enum fix_state state;
} states[] = {
    {STR_INIT("released"), FIX_AVAILABLE},   {STR_INIT("not-affected"), FIX_NOT_AFFECTED},
    {STR_INIT("ignored"), FIX_WILL_NOT},     {STR_INIT("deferred"), FIX_DEFERRED},
    {STR_INIT("needed"), FIX_NONE_YET},      {STR_INIT("needs-triage"), FIX_NONE_YET},
    {STR_INIT("pending"), FIX_NONE_YET},     {STR_INIT("active"), FIX_NONE_YET},
    {STR_INIT("in-progress"), FIX_NONE_YET},
};

bool ubuntu_state(str status, str note, struct arena *arena, struct affected *row,
                  enum ubuntu_verdict *verdict, struct error *e)
{
    *verdict = str_eq(status, STR("DNE")) ? UBUNTU_NO_ROW : UBUNTU_STRANGE;
    for (size_t i = 0; i < ARRAY_COUNT(states); i++) {
        if (!str_eq(status, states[i].status)) {
            continue;
        }
        row->state = states[i].state;
        if (row->state == FIX_AVAILABLE) {
            *verdict = ubuntu_is_version(note) ? UBUNTU_ROW : UBUNTU_STRANGE;
            row->fixed = note;
            return true;
        }
        *verdict = UBUNTU_ROW;
        if (row->state != FIX_NOT_AFFECTED && is_over(note)) {
            row->state = FIX_END_OF_LIFE;
        }
        return word_of(status, note, arena, &row->word, e);
    }
    return true;
}

bool ubuntu_url(str id, struct arena *arena, str *url, struct error *e)
{
    *url = STR_NONE;
    bool notice = str_starts(id, STR("USN-")) || str_starts(id, STR("LSN-"));
    if (!notice && !str_starts(id, STR("CVE-"))) {
        return true;
    }
    return arena_printf(arena, url, e, "https://ubuntu.com/security/%s" STR_FMT,
                        notice ? "notices/" : "", STR_ARG(id));
}
