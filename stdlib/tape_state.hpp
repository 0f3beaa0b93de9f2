#pragma once
// The tape of a Vm: one per program run, made on first use.

namespace omc::vm {
class Vm;
}
namespace omc::tape {
class Tape;
}

namespace omc::stdlib {

tape::Tape& tape_of(vm::Vm& vm);

}  // namespace omc::stdlib
