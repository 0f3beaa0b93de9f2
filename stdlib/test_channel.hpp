#pragma once
// Where tests of one Vm leave their failures: vm.state<TestChannel>(). A list beside the call stack, so that what
// nested calls record is kept.

#include <string>
#include <vector>

namespace omc::stdlib {

// Both sides of an assertion that failed, as text; long arrays and dicts over several lines.
struct Comparison {
  std::string expected, got;
};

struct TestChannel {
  std::string current;  // name of the running test; may be empty
  std::vector<std::string> failures;
  std::vector<Comparison> comparisons;
};

}  // namespace omc::stdlib
