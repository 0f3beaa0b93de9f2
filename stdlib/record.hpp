#pragma once
// A dict of named results, as many builtins return: record(vm, {{"ok", Value::boolean(true)}, {"text", vm.text(t)}}).

#include <initializer_list>
#include <string_view>

#include "vm/vm.hpp"

namespace omc::stdlib {

struct Field {
  std::string_view name;
  vm::Value value;
};

inline vm::Dict* record(vm::Vm& vm, std::initializer_list<Field> fields) {
  vm::Dict* out = vm.heap().dict();
  for (const Field& field : fields) out->set(vm.heap(), vm.heap().intern(field.name), field.value);
  return out;
}

}  // namespace omc::stdlib
