#pragma once
// The stack of running calls: registers and frames in reserved address space, so that neither ever moves.

#include <cstddef>
#include <cstdint>

#include "vm/bytecode.hpp"
#include "vm/value.hpp"

namespace omc::vm {

struct Frame {
  Closure* closure;
  Proto* proto;
  const Instruction* ip;  // of the next instruction; kept up to date where something can fail
  Value* base;            // R[0]
  bool from_native;       // called by C++: running ends when this frame returns
  bool streaming;         // a yield here goes to the consumer
  bool native_caller;     // with from_native: called by native code, which writes the line of the trace
};

class Stack {
 public:
  explicit Stack(size_t max_depth);
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  Value* values = nullptr;
  Value* soft_limit = nullptr;  // everything from here on is null; raised by raise_limit()
  Value* end = nullptr;
  Frame* frames = nullptr;
  size_t depth = 0;             // frames in use
  size_t depth_limit;           // a call is refused beyond it: less than the option by the native calls without a frame
  size_t frame_capacity = 0;
  Value* native_top = nullptr;  // where the arguments of calls from C++ may be put, when above the top frame

  // Makes room up to `top`; false when the stack is exhausted.
  bool raise_limit(Value* top);
  // Nulls everything from `top` on, after a collection marked what is below.
  void clear_above(Value* top);

 private:
  size_t value_bytes_ = 0;
  size_t frame_bytes_ = 0;
};

}  // namespace omc::vm
