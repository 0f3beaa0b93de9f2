// The test channel (language reference, chapter 02, section 18).

#include "stdlib/test_channel.hpp"

#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Array;
using vm::Builtin;
using vm::Value;
using vm::Vm;

// A short value on one line, a long array or dict with an element a line, so that two of them can be compared by lines.
static std::string spread(Vm& vm, Value v, size_t depth = 0) {
  constexpr size_t kLineWidth = 60, kDeepest = 8;  // and so an array inside itself ends
  std::string line = vm::display(v);
  if (line.size() <= kLineWidth || depth == kDeepest || (!v.is_array() && !v.is_dict())) return line;
  const std::string indent(2 * depth + 2, ' ');
  std::string text = v.is_array() ? "[\n" : "{\n";
  if (v.is_array()) {
    for (size_t i = 0; i < v.as_array()->size; ++i) text += indent + spread(vm, v.as_array()->at(i), depth + 1) + "\n";
  } else {
    for (const uint32_t entry : v.as_dict()->sorted(vm.heap())) {
      const vm::Dict::Entry& e = v.as_dict()->entries[entry];
      text += indent + std::string(e.key->view()) + ": " + spread(vm, e.value, depth + 1) + "\n";
    }
  }
  return text + std::string(2 * depth, ' ') + (v.is_array() ? "]" : "}");
}

static Value test_record_failure(Vm& vm, Args args) {
  TestChannel& channel = vm.state<TestChannel>();
  std::string failure = channel.current.empty() ? "" : channel.current + ": ";
  failure += args.text(0).view();
  channel.failures.push_back(std::move(failure));
  if (args.has(2)) channel.comparisons.push_back({spread(vm, args[1]), spread(vm, args[2])});
  return Value::integer(0);
}

static Value test_set_current(Vm& vm, Args args) {
  vm.state<TestChannel>().current = args.text(0).view();
  return Value::null();
}

static Value test_get_current(Vm& vm, Args) {
  return vm.text(vm.state<TestChannel>().current);
}

static Value test_failure_count(Vm& vm, Args) {
  return Value::integer(static_cast<int64_t>(vm.state<TestChannel>().failures.size()));
}

static Value test_get_failures(Vm& vm, Args) {
  Array* out = vm.heap().array(vm::ElementKind::Values, 0);
  for (const std::string& failure : vm.state<TestChannel>().failures) out->push(vm.heap(), vm.text(failure));
  return out;
}

static Value test_clear_failures(Vm& vm, Args) {
  vm.state<TestChannel>().failures.clear();
  vm.state<TestChannel>().comparisons.clear();
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"test_record_failure", "(message, expected?, got?) -> int",
     "Notes a failure of the current test, and the two values that should have been equal.",
     "test_record_failure(\"two is not three\")  # 0", test_record_failure, "test_record_failure requires (message)"},
    {"test_set_current", "(name) -> null", "Names the test that failures belong to.",
     "test_set_current(\"sums\")  # null", test_set_current},
    {"test_get_current", "() -> string", "Name of the current test.", "str_len(test_get_current())  # 0",
     test_get_current},
    {"test_failure_count", "() -> int", "How many failures were noted.", "test_failure_count()  # 0",
     test_failure_count},
    {"test_get_failures", "() -> array", "The noted failures.", "test_get_failures()  # []", test_get_failures},
    {"test_clear_failures", "() -> null", "Forgets the noted failures.", "test_clear_failures()  # null",
     test_clear_failures},
};

constinit const std::span<const Builtin> test_channel_builtins = kBuiltins;

}  // namespace omc::stdlib
