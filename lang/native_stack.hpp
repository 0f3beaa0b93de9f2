#pragma once
// How far recursion may go on the native stack, so that text nested too deeply is an error and never a crash.

#include <cstddef>

namespace omc::lang {

// The lowest address that frames of the running thread may reach if `reserve` bytes are to stay free. Not cheap on the
// main thread (it reads /proc/self/maps): ask once, and only when recursion gets deep.
const char* native_stack_floor(size_t reserve = 256 << 10);

}  // namespace omc::lang
