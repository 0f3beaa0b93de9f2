#pragma once
// JSON text to values and back, for builtins of other families that speak it (core builtins, section 7).

#include <string>
#include <string_view>

#include "vm/value.hpp"

namespace omc::vm {
class Vm;
}

namespace omc::stdlib {

// What is wrong with a JSON text: "WHAT at line L column C".
struct JsonError {
  std::string message;
};

// The value of a complete JSON text; throws JsonError, or vm::Error when a memory limit is passed.
vm::Value parse_json(vm::Vm& vm, std::string_view text);

// Throws vm::Error when a container is inside itself.
std::string json_text(vm::Vm& vm, vm::Value v, bool pretty = false);

}  // namespace omc::stdlib
