#include "server/engine_module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static bool beside(const char *name, char to[PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    str path = {.at = own, .len = len > 0 ? (size_t)len : 0};
    size_t slash = str_find_last_char(path, '/');
    int made = snprintf(to, PATH_MAX, "%.*s/%s", (int)slash, own, name);
    return slash < path.len && made > 0 && made < PATH_MAX && access(to, R_OK) == 0;
}

bool engine_module_load(const struct engine **out, struct error *e)
{
    char path[PATH_MAX];
    if (!beside("limpid-postgres.so", path)) {
        snprintf(path, sizeof(path), "%s", LIMPID_POSTGRES_MODULE);
    }
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct engine *engine = module != NULL ? dlsym(module, "engine_postgres") : NULL;
    if (engine == NULL) {
        const char *why = dlerror();
        return error_set(e, ERROR_ABSENT, "PostgreSQL cannot be used: %s",
                         why != NULL ? why : "limpid-postgres.so is not limpid's");
    }
    *out = engine;
    return true;
}
