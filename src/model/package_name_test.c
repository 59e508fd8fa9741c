#include "model/package_name.h"

#include "check.h"

static const struct {
    const char *says, *namespace_, *name, *spelled;
} cases[] = {
    /* PEP 503, "Normalized Names" */
    {"PyPI: capitals and runs", "pypi", "Foo--Bar_.baz", "foo-bar-baz"},
    {"PyPI: what is spelled so already", "pypi", "zope-interface", "zope-interface"},
    {"PyPI: one name in two spellings", "pypi", "ruamel.yaml", "ruamel-yaml"},
    {"NuGet: capitals", "nuget", "Newtonsoft.Json", "newtonsoft.json"},
    {"Packagist: capitals", "composer", "Symfony/HTTP-Kernel", "symfony/http-kernel"},
    {"Hex: capitals", "hex", "Phoenix", "phoenix"},
    {"Pub: capitals", "pub", "Http", "http"},
    {"npm: capitals matter", "npm", "JSONStream", "JSONStream"},
    {"npm: a scope", "npm", "@babel/Core", "@babel/Core"},
    {"Go: capitals matter", "go", "github.com/BurntSushi/toml/v2", "github.com/BurntSushi/toml/v2"},
    {"Maven: group and artifact", "maven", "org.Apache:log4j", "org.Apache:log4j"},
    {"the Rust one: '_' is no '-'", "cargo", "serde_json", "serde_json"},
    {"RubyGems: capitals matter", "gem", "RedCloth", "RedCloth"},
    {"Swift: an address", "swift", "https://github.com/Apple/swift-nio.git",
     "github.com/apple/swift-nio"},
    {"Swift: a slash at the end", "swift", "www.github.com/a/b/", "github.com/a/b"},
    {"a distribution's: as written", "debian:12", "Foo_Bar", "Foo_Bar"},
    {"blanks around", "npm", " left-pad\n", "left-pad"},
    {"nothing", "pypi", "", ""},
};

int main(void)
{
    struct arena arena;
    struct error e;
    error_clear(&e);
    arena_init(&arena, 1 << 20, "names");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CHECK_CASE("%s", cases[i].says)
        {
            str out = STR_NONE;
            CHECK_OK(package_name(str_from(cases[i].namespace_), str_from(cases[i].name), &arena,
                                  &out, &e),
                     &e);
            CHECK_STR(out, str_from(cases[i].spelled));
        }
    }
    CHECK_CASE("memory that is refused is an error")
    {
        struct arena none;
        str out = STR_NONE;
        arena_init(&none, 1 << 20, "nothing");
        fail_alloc_at(0);
        bool done = package_name(STR("pypi"), STR("Foo_Bar"), &none, &out, &e);
        fail_alloc_at(-1);
        CHECK_FAILS(done, &e, ERROR_MEMORY, "");
        arena_done(&none);
    }
    arena_done(&arena);
    return check_done();
}
