#pragma once
// toml++ without its assertions. It asserts, and in release builds promises the compiler, that a key begins like a key before
// it looks whether it does: `[@]` ended the process, or left the behaviour undefined. What follows the assertion is right.

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
