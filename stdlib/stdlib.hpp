#pragma once
// The builtins of the language: installs every family into a Vm.

#include <span>

#include "vm/native.hpp"

namespace omc::vm {
class Vm;
}

namespace omc::stdlib {

// Adds the rows of all families (families.def).
void install(vm::Vm& vm);

#define OMC_FAMILY(name, effect) extern const std::span<const vm::Builtin> name##_builtins;
#include "stdlib/families.def"

}  // namespace omc::stdlib
