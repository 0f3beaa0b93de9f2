// Any bytes as JSON: refused with a reason, or a value whose text reads back to the same text.
#include "stdlib/json.hpp"

#include <string>

#include "check.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

using namespace omc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vm::Vm machine;
  try {
    const vm::Value v = stdlib::parse_json(machine, {reinterpret_cast<const char*>(data), size});
    const std::string once = stdlib::json_text(machine, v);
    OMC_CHECK(stdlib::json_text(machine, stdlib::parse_json(machine, once)) == once);
    const std::string pretty = stdlib::json_text(machine, v, true);
    OMC_CHECK(stdlib::json_text(machine, stdlib::parse_json(machine, pretty)) == once);
  } catch (const stdlib::JsonError& e) {
    OMC_CHECK(e.message.find(" at line ") != std::string::npos);
  }
  return 0;
}
