/* engine_module.h: the engine of PostgreSQL, which is loaded when the configuration asks for it. */
#ifndef LIMPID_SERVER_ENGINE_MODULE_H
#define LIMPID_SERVER_ENGINE_MODULE_H

#include "base/error.h"
#include "store/engine.h"

/* Loads limpid-postgres.so: beside this program, or where it is installed; nowhere else. It stays
 * loaded. ERROR_ABSENT where it is not there, or libpq is not. */
bool engine_module_load(const struct engine **out, struct error *e) MUST_USE;

#endif
