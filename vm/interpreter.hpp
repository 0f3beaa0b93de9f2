#pragma once
// The bytecode machine.

#include "vm/frame.hpp"

namespace omc::vm {

struct Interpreter {
  // Runs the topmost frame, which C++ pushed, until it returns. True: the result is in Vm::result_; false: an error is
  // pending and the frame is gone.
  static bool run(Vm& vm);

 private:
  // Twice: the one that is observed counts and takes samples (observer.hpp).
  template <bool kObserved>
  static bool loop(Vm& vm);
};

}  // namespace omc::vm
