#pragma once
// How long a program will still run: told from the outermost loop that runs, where that counts to a limit.

#include <cstdint>
#include <optional>

#include "jit/hotness.hpp"

namespace omc::jit {

class Forecast {
 public:
  // Milliseconds from `now`, in which the program has taken so many; nothing while that cannot be told.
  std::optional<double> remaining(vm::Vm& vm, States& states, double now);

 private:
  const vm::Proto* proto_ = nullptr;  // the loop that is watched
  uint32_t header_ = 0;
  double since_ = 0;
  double rounds_ = 0;  // that were left then
};

}  // namespace omc::jit
