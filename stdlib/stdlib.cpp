// Installs the families.

#include "stdlib/stdlib.hpp"

#include "vm/vm.hpp"

namespace omc::stdlib {

void install(vm::Vm& vm) {
#define OMC_FAMILY(name, effect) vm.add_builtins(name##_builtins(), #name, vm::Effect::effect);
#include "stdlib/families.def"
}

}  // namespace omc::stdlib
