/* limpid serve: becomes limpid-serve, a program of its own because of what it links. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/say.h"

enum { WORDS_MAX = 16 };

struct serve_settings {
    struct common_settings common;
    str config, address, log_level, cpu_profile;
    bool insecure_tls, check;
};

/* Beside this program, in its libexec, in the build tree, where it was installed. */
static bool program_find(char to[PATH_MAX], struct error *e)
{
    static const char *const places[] = {"/limpid-serve", "/../libexec/limpid/limpid-serve",
                                         "/../server/limpid-serve"};
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    str path = {.at = own, .len = len > 0 ? (size_t)len : 0};
    size_t slash = str_find_last_char(path, '/');
    for (size_t i = 0; slash < path.len && i < ARRAY_COUNT(places); i++) {
        int made = snprintf(to, PATH_MAX, "%.*s%s", (int)slash, own, places[i]);
        if (made > 0 && made < PATH_MAX && access(to, X_OK) == 0) {
            return true;
        }
    }
    snprintf(to, PATH_MAX, "%s", LIMPID_SERVE_PROGRAM);
    return access(to, X_OK) == 0 ||
           error_set(e, ERROR_ABSENT, "the program 'limpid-serve' is not there; it belongs in '%s'",
                     to);
}

struct words {
    char *at[WORDS_MAX];
    size_t count;
};

static bool add(struct words *w, struct arena *arena, const char *name, str value, struct error *e)
{
    str word;
    if (value.len == 0) {
        return true;
    }
    if (!arena_printf(arena, &word, e, "--%s=%.*s", name, (int)value.len, value.at)) {
        return false;
    }
    w->at[w->count++] = (char *)(uintptr_t)word.at; /* execv does not change it */
    return true;
}

static bool words_make(const struct invocation *in, struct words *w, struct error *e)
{
    const struct serve_settings *s = in->settings;
    static char name[] = "limpid-serve", insecure[] = "--insecure-tls", check[] = "--check";
    *w = (struct words){.at = {name}, .count = 1};
    if (s->insecure_tls) {
        w->at[w->count++] = insecure;
    }
    if (s->check) {
        w->at[w->count++] = check;
    }
    return add(w, in->arena, "config", s->config, e) &&
           add(w, in->arena, "address", s->address, e) &&
           add(w, in->arena, "log-level", s->log_level, e) &&
           add(w, in->arena, "cache-dir", s->common.cache_dir, e);
}

static int serve_run(const struct invocation *in)
{
    char program[PATH_MAX];
    struct words words;
    struct error e = {0};
    if (!program_find(program, &e) || !words_make(in, &words, &e)) {
        return command_failed(in->command, &e);
    }
    execv(program, words.at);
    error_sys(&e, errno, "cannot start '%s'", program);
    return command_failed(in->command, &e);
}

#define AT(member) offsetof(struct serve_settings, member)
static const struct option_row options[] = {
    {.name = "config",
     .kind = OPTION_TEXT,
     .at = AT(config),
     .value = "FILE",
     .file = true,
     .summary = "config.yaml, in either form that Clair had (default: /etc/limpid/config.yaml, "
                "then /etc/clair/config.yaml, then the defaults)"},
    {.name = "address",
     .kind = OPTION_TEXT,
     .at = AT(address),
     .value = "IP",
     .summary = "Listen on this address, whatever api.address says (default: 127.0.0.1)"},
    {.name = "log-level",
     .kind = OPTION_TEXT,
     .at = AT(log_level),
     .value = "LEVEL",
     .summary = "critical, error, warning, notice, info, debug or trace (default: info)"},
    {.name = "insecure-tls",
     .kind = OPTION_FLAG,
     .at = AT(insecure_tls),
     .summary = "Download layers without a look at certificates"},
    {.name = "check",
     .kind = OPTION_FLAG,
     .at = AT(check),
     .summary = "Read the configuration and what it names, say what is wrong, and end: 0 where the "
                "service would start, 2 where it would not"},
    {.name = "cpu-profile",
     .kind = OPTION_TEXT,
     .at = AT(cpu_profile),
     .value = "FILE",
     .hidden = true,
     .summary = "Clair's; nothing is written"},
    OPTIONS_COMMON(struct serve_settings, common),
};

const struct command command_serve = {
    .name = "serve",
    .summary = "serve the APIs of Clair",
    .arguments = "",
    .details = "Listens on ports 6060 and 6061 until it gets SIGTERM or SIGINT. Options may have "
               "one dash, as Clair's had.",
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .single_dash = true,
    .settings_bytes = sizeof(struct serve_settings),
    .run = serve_run,
};
