#pragma once
// Which functions can be native code, said before a program runs (OMC_HBIT_JIT_VERBOSE).

#include <memory>

#include "lang/source.hpp"
#include "omc/console.hpp"

namespace omc::tools {

void announce_native_code(const std::shared_ptr<const lang::Source>& source, Console& console);

}  // namespace omc::tools
