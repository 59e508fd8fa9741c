#include "base/attr.h"
#include "store/engine.h"

#define ENGINE_ROW(name) &engine_##name,
const struct engine *const engines[] = {ENGINES(ENGINE_ROW)};
const size_t engines_count = ARRAY_COUNT(engines);
