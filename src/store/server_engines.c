#include "base/attr.h"
#include "store/engine.h"

#define ENGINE_ROW(name) &engine_##name,
const struct engine *const server_engines[] = {ENGINES(ENGINE_ROW) SERVER_ENGINES(ENGINE_ROW)};
const size_t server_engines_count = ARRAY_COUNT(server_engines);
