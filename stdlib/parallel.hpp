#pragma once
// Calls of a program's function on several threads, where nobody can tell (vm/isolation.hpp).

#include <functional>

#include "vm/vm.hpp"

namespace omc::stdlib {

// Calls the function for each element in order, `take` being given each result. What may run in isolation, and is
// worth the machines it takes, runs on several threads: then results come when all calls are done. Errors and what they
// leave are those of calling one after the other. `elements` must be rooted.
void call_for_each(vm::Vm& vm, vm::Value function, const vm::Array* elements, const std::function<void(size_t, vm::Value)>& take);

}  // namespace omc::stdlib
