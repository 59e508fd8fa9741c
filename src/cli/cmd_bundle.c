/* limpid bundle: advisories in one file, for machines without a network; who may have made it. */
#include "cli/context.h"
#include "cli/password.h"
#include "cli/say.h"
#include "ops/bundle.h"
#include "ops/instance.h"

struct bundle_settings {
    struct common_settings common;
    str sign, key;
    bool allow_older;
};

/* The password of the key to sign with, where it has one. */
static bool ask_password(const struct invocation *in, str sign, str *password, struct error *e)
{
    bool locked = false;
    *password = STR_NONE;
    return sign.len == 0 ||
           (ops_key_is_locked(sign, &locked, e) &&
            (!locked || password_read("Password of the secret key", in->arena, password, e)));
}

static void say_left_out(const struct invocation *in, const str *names, size_t count)
{
    for (size_t i = 0; i < count && !in->common->quiet; i++) {
        say("left out '" STR_FMT "': its publisher does not let it be passed on",
            STR_ARG(names[i]));
    }
}

static int bundle_export(const struct invocation *in, str file)
{
    const struct bundle_settings *s = in->settings;
    struct cli_context context;
    struct error e = {0};
    struct bundle_export_request request = {.file = file, .sign = s->sign};
    const str *left_out = NULL;
    size_t count = 0;
    context_init(&context, in);
    bool ok = ask_password(in, s->sign, &request.password, &e) &&
              ops_bundle_export(&context.ops, &request, in->arena, &left_out, &count, &e);
    progress_clear(&context.bar);
    if (!ok) {
        error_wrap(&e, "cannot export to '" STR_FMT "'", STR_ARG(file));
        return say_failed(&e);
    }
    say_left_out(in, left_out, count);
    return STATUS_DONE;
}

static int bundle_import(const struct invocation *in, str file)
{
    const struct bundle_settings *s = in->settings;
    struct cli_context context;
    struct error e = {0};
    const struct bundle_import_request request = {
        .file = file, .key = s->key, .allow_older = s->allow_older};
    struct bundle_imported done = {0};
    context_init(&context, in);
    bool ok = ops_bundle_import(&context.ops, &request, in->arena, &done, &e);
    progress_clear(&context.bar);
    if (!ok) {
        error_wrap(&e, "cannot import '" STR_FMT "'", STR_ARG(file));
        return say_failed(&e);
    }
    if (!in->common->quiet) {
        say("imported %zu %s, %s" STR_FMT, done.feeds, done.feeds == 1 ? "feed" : "feeds",
            done.is_verified ? "signed by "
            : done.is_signed ? "signed, but there is no trusted key to check that with"
                             : "not signed",
            STR_ARG(done.by));
    }
    return STATUS_DONE;
}

static int bundle_publish(const struct invocation *in, str dir)
{
    const struct bundle_settings *s = in->settings;
    struct cli_context context;
    struct error e = {0};
    struct publish_request request = {.dir = dir, .sign = s->sign};
    struct published done = {0};
    context_init(&context, in);
    bool ok = ask_password(in, s->sign, &request.password, &e) &&
              ops_publish(&context.ops, &request, in->arena, &done, &e);
    progress_clear(&context.bar);
    if (!ok) {
        error_wrap(&e, "cannot publish to '" STR_FMT "'", STR_ARG(dir));
        return say_failed(&e);
    }
    say_left_out(in, done.left_out, done.left_out_count);
    if (!in->common->quiet && !done.changed) {
        say("published %zu %s: nothing new", done.feeds, done.feeds == 1 ? "feed" : "feeds");
    } else if (!in->common->quiet) {
        say("published %zu %s: %llu of %llu objects are new, %llu bytes; %llu old ones removed",
            done.feeds, done.feeds == 1 ? "feed" : "feeds", (unsigned long long)done.objects_new,
            (unsigned long long)done.objects, (unsigned long long)done.bytes_new,
            (unsigned long long)done.objects_removed);
    }
    return STATUS_DONE;
}

static int bundle_keygen(const struct invocation *in, str name)
{
    struct error e = {0};
    str key;
    if (!ops_keygen(name, in->arena, &key, &e)) {
        error_wrap(&e, "cannot make a pair of keys");
        return say_failed(&e);
    }
    if (!in->common->quiet) {
        say("'" STR_FMT ".key' signs: keep it secret; '" STR_FMT ".pub' is for those who import: "
            "%.*s",
            STR_ARG(name), STR_ARG(name), (int)key.len, key.at);
    }
    return STATUS_DONE;
}

static const struct {
    str word, summary;
    int (*run)(const struct invocation *in, str file);
} verbs[] = {
    {STR_INIT("export"), STR_INIT("write FILE; with --sign, and FILE.minisig beside it"),
     bundle_export},
    {STR_INIT("import"), STR_INIT("check FILE, and make it the current advisories"), bundle_import},
    {STR_INIT("publish"),
     STR_INIT("write the folder FILE, for 'limpid update --from-limpid' of others; any web server "
              "can serve it"),
     bundle_publish},
    {STR_INIT("keygen"), STR_INIT("make FILE.key to sign with and FILE.pub to verify with"),
     bundle_keygen},
};

static int bundle_run(const struct invocation *in)
{
    str verb = in->arguments.at[0], file = in->arguments.at[1];
    for (size_t i = 0; i < ARRAY_COUNT(verbs); i++) {
        if (str_eq(verb, verbs[i].word)) {
            return verbs[i].run(in, file);
        }
    }
    say("bundle: '" STR_FMT
        "' is none of export, import, publish, keygen; see limpid bundle --help",
        STR_ARG(verb));
    return STATUS_USAGE;
}

static bool verb_word(size_t i, str *out, str *summary)
{
    if (i >= ARRAY_COUNT(verbs)) {
        return false;
    }
    *out = verbs[i].word;
    *summary = verbs[i].summary;
    return true;
}

static const struct option_row options[] = {
    {.name = "sign",
     .kind = OPTION_TEXT,
     .at = offsetof(struct bundle_settings, sign),
     .value = "KEYFILE",
     .file = true,
     .summary = "Sign with this secret key of minisign or 'bundle keygen'; where a password locks "
                "it, that is asked for"},
    {.name = "key",
     .kind = OPTION_TEXT,
     .at = offsetof(struct bundle_settings, key),
     .value = "PUBKEY|FILE",
     .file = true,
     .summary = "import: accept what this public key (RW…), or one in this file, has signed, and "
                "nothing else (default: the keys in $XDG_CONFIG_HOME/limpid/trusted-keys and "
                "/etc/limpid/trusted-keys; without any, also what is not signed)"},
    {.name = "allow-older",
     .kind = OPTION_FLAG,
     .at = offsetof(struct bundle_settings, allow_older),
     .summary = "import: accept feeds that are older than those there are"},
    OPTIONS_COMMON(struct bundle_settings, common),
};

const struct command command_bundle = {
    .name = "bundle",
    .summary = "write all advisories into one file or folder, or read them from it",
    .arguments = "export|import|publish|keygen FILE",
    .arguments_min = 2,
    .arguments_max = 2,
    .options = options,
    .options_count = ARRAY_COUNT(options),
    .settings_bytes = sizeof(struct bundle_settings),
    .word = verb_word,
    .words_title = "WHAT TO DO",
    .run = bundle_run,
};
