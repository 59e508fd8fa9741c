#include "report/layer_text.h"

#include <string.h>

static bool drop_start(str *s, str start)
{
    if (!str_starts(*s, start)) {
        return false;
    }
    *s = str_trim(str_slice(*s, start.len, s->len));
    return true;
}

/* Docker's classic builder writes "/bin/sh -c #(nop) ADD …" for what ran no command, and
 * "/bin/sh -c apt-get …" for RUN; BuildKit writes "RUN /bin/sh -c apt-get … # buildkit". */
static str command_of(str created_by, bool *run)
{
    str s = str_trim(created_by);
    if (str_ends(s, STR("# buildkit"))) {
        s = str_trim(str_slice(s, 0, s.len - STR("# buildkit").len));
    }
    *run = drop_start(&s, STR("RUN "));
    if (drop_start(&s, STR("|"))) {
        /* "|1 version=3.4 /bin/sh -c make": build arguments stand before the command */
        size_t shell = str_find(s, STR("/bin/sh -c "));
        s = str_slice(s, shell < s.len ? shell : 0, s.len);
        *run = true;
    }
    if (drop_start(&s, STR("/bin/sh -c "))) {
        *run = !drop_start(&s, STR("#(nop)"));
    }
    return s;
}

static void append(char *text, size_t *len, str s)
{
    s = str_slice(s, 0, LAYER_TEXT_BYTES_MAX - *len);
    if (s.len > 0) {
        memcpy(text + *len, s.at, s.len);
        *len += s.len;
    }
}

bool layer_command(str created_by, struct arena *arena, str *out, struct error *e)
{
    char text[LAYER_TEXT_BYTES_MAX];
    size_t len = 0;
    bool run;
    str rest = command_of(created_by, &run), word;
    if (run && rest.len > 0) {
        append(text, &len, STR("RUN"));
    }
    while (len < sizeof(text) && str_word(&rest, &word)) {
        append(text, &len, len > 0 ? STR(" ") : STR_NONE);
        append(text, &len, word);
    }
    return arena_str(arena, (str){.at = text, .len = len}, out, e);
}

bool layer_texts(const struct image_info *image, struct arena *arena, str **out, struct error *e)
{
    str *texts = ARENA_ARRAY(arena, image->layers_count, str, e);
    if (texts == NULL) {
        return false;
    }
    for (size_t i = 0; i < image->layers_count; i++) {
        str command;
        if (!layer_command(image->layers[i].created_by, arena, &command, e) ||
            !arena_printf(arena, &texts[i], e, "%zu/%zu%s" STR_FMT, i + 1, image->layers_count,
                          command.len > 0 ? " " : "", STR_ARG(command))) {
            return false;
        }
    }
    *out = texts;
    return true;
}

void layer_texts_shorten(str *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        texts[i] = str_slice(texts[i], 0, str_find_char(texts[i], ' '));
    }
}
