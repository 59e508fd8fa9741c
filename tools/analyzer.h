/* analyzer.h: told to clang-tidy before each file ('tools/tidy'): its analyzer looks at one file at
 * a time and cannot know that these, defined elsewhere, never return true; without that it
 * believes every output of a function that failed to be read. */
#include "base/error.h"

#define error_set(...) ((void)(error_set)(__VA_ARGS__), false)
#define error_sys(...) ((void)(error_sys)(__VA_ARGS__), false)
#define error_wrap(...) ((void)(error_wrap)(__VA_ARGS__), false)
#define error_hint(...) ((void)(error_hint)(__VA_ARGS__), false)
