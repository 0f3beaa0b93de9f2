#pragma once
// What --sandbox, --allow and --deny mean for a Vm.

#include "omc/options.hpp"
#include "vm/vm.hpp"

namespace omc::tools {

void apply_sandbox(const Options& options, vm::Vm& machine);

}  // namespace omc::tools
