/* main.c of limpid-serve: its options, which are those of Clair and may have one dash or two. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/preflight.h"
#include "server/serve.h"
#include "worker/child.h"

enum { DONE = 0, USAGE = 2, UNFINISHED = 3 };

static const char help[] =
    "Usage: limpid serve [options]\n"
    "\n"
    "Serves the APIs of Clair on ports 6060 and 6061.\n"
    "\n"
    "  -config FILE       config.yaml (default: /etc/limpid/config.yaml, then\n"
    "                     /etc/clair/config.yaml, then the defaults)\n"
    "  -address IP        Listen here, whatever api.address says (default: 127.0.0.1)\n"
    "  -cache-dir DIR     Where advisories and known layers are kept\n"
    "  -log-level LEVEL   critical, error, warning, notice, info, debug or trace\n"
    "  -insecure-tls      Download layers without a look at certificates\n"
    "  -check             Read the configuration and all it names, say what is wrong with it, and\n"
    "                     end: 0 where the service would start, 2 where it would not\n";

static int say(const char *text, const char *more, int status)
{
    char line[2048];
    struct error unread;
    int len = snprintf(line, sizeof(line), "limpid: serve: %s%s\n", text, more);
    size_t bytes = len > 0 ? strnlen(line, sizeof(line)) : 0;
    bool told = fd_write_all(STDERR_FILENO, line, bytes, &unread);
    return told ? status : UNFINISHED;
}

/* Is `word` the option `name`? "-name", "--name", and with "=value" behind. */
static bool is_option(const char *word, const char *name, const char **value)
{
    size_t len = strlen(name);
    if (word[0] != '-') {
        return false;
    }
    word += word[1] == '-' ? 2 : 1;
    if (strncmp(word, name, len) != 0 || (word[len] != '\0' && word[len] != '=')) {
        return false;
    }
    *value = word[len] == '=' ? word + len + 1 : NULL;
    return true;
}

struct arguments {
    struct serve_options serve;
    const char *level, *profile;
    bool help, check;
};

/* Takes the option at argv[*at]; false where it is none, or its value is missing. */
static bool take(int argc, char **argv, int *at, struct arguments *out, struct error *e)
{
    const struct {
        const char *name;
        const char **to;
    } rows[] = {{"config", &out->serve.config},
                {"address", &out->serve.address},
                {"cache-dir", &out->serve.cache_dir},
                {"log-level", &out->level},
                {"cpu-profile", &out->profile}};
    const char *value = NULL, *word = argv[*at];
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (!is_option(word, rows[i].name, &value)) {
            continue;
        }
        if (value == NULL && *at + 1 < argc) {
            value = argv[++*at];
        }
        *rows[i].to = value;
        return value != NULL || error_set(e, ERROR_USAGE, "'%s' needs a value", word);
    }
    if (is_option(word, "insecure-tls", &value)) {
        out->serve.insecure_tls = value == NULL || strcmp(value, "false") != 0;
        return true;
    }
    if (is_option(word, "check", &value)) {
        out->check = true;
        return true;
    }
    out->help = is_option(word, "help", &value) || is_option(word, "h", &value);
    return out->help ||
           error_set(e, ERROR_USAGE, "'%s' is not known; see limpid serve --help", word);
}

int main(int argc, char **argv)
{
    struct arguments a = {.help = false};
    struct error e;
    error_clear(&e);
    if (argc > 1 && strcmp(argv[1], WORKER_OPTION) == 0) {
        return worker_main(argc, argv);
    }
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc; i++) {
        if (!take(argc, argv, &i, &a, &e)) {
            return say(e.text, "", USAGE);
        }
        if (a.help) {
            return fd_write_all(STDOUT_FILENO, help, sizeof(help) - 1, &e) ? DONE : UNFINISHED;
        }
    }
    if (a.level != NULL) {
        a.serve.has_level = true;
        if (!log_level_parse(str_from(a.level), &a.serve.level, &e)) {
            return say("-log-level: ", e.text, USAGE);
        }
    }
    bool done =
        a.check ? serve_check(&a.serve, STDOUT_FILENO, STDERR_FILENO, &e) : serve_run(&a.serve, &e);
    if (!done) {
        char hint[sizeof(e.hint) + 2] = "";
        if (e.hint[0] != '\0') {
            snprintf(hint, sizeof(hint), "; %s", e.hint);
        }
        return say(e.text, hint, e.kind == ERROR_USAGE ? USAGE : UNFINISHED);
    }
    return DONE;
}
