#pragma once
// What is known of functions while they are interpreted, and which unit is worth compiling.
//
// The place that is found hot is the innermost one. Code for it alone would be entered and left over and over, and its
// surroundings would soon be compiled as well. So when a place has got hot its loops are watched for a moment, jump by jump:
// the outermost loop that comes round meanwhile, or the function or the loop of a caller, is the unit that is compiled.

#include <cstdint>
#include <vector>

#include "jit/abi.hpp"
#include "vm/frame.hpp"
#include "vm/fwd.hpp"

namespace omc::jit {

inline constexpr int32_t kHotWork = 200'000;  // instructions executed, roughly, before something is compiled
inline constexpr int32_t kProbe = 2000;       // jumps that are watched
inline constexpr int32_t kRounds = 3;         // makes a loop one that comes round
inline constexpr int32_t kPatience = 20;      // times that something gets hot while a function is wanted in its place
inline constexpr int32_t kWaiting = 50'000;   // jumps that are looked at for a wanted loop
inline constexpr size_t kMostUnits = 4;       // of a function, and of a loop over time

struct FunctionState {
  explicit FunctionState(vm::Proto* function);

  struct Loop {
    uint32_t header, last;  // its first and last instruction
    int64_t work = 0;
    int32_t rounds = 0;     // while it was watched
    Unit* unit = nullptr;
    size_t compiled = 0;
    bool wanted = false;    // compiled as soon as it is met
    bool probed = false;    // found promising

    size_t size() const { return last - header + 1; }
    bool holds(const Loop& inner) const { return header < inner.header && inner.last <= last; }
    bool hopeless() const { return !unit && compiled >= kMostUnits; }
  };

  Loop& loop_at(uint32_t header);
  // The innermost loop around an instruction.
  Loop* loop_around(uint32_t pc);
  int32_t calls_until_hot() const;

  // A loop around native ones has little left to win, and one inside of them even less: only its rounds until the jump back of the
  // outer one are interpreted.
  int64_t work_until_hot(const Loop& loop) const {
    int64_t work = kHotWork;
    for (const Loop& other : loops) {
      if (!other.unit) continue;
      if (other.holds(loop)) return 10 * kHotWork;
      if (loop.holds(other)) work = 5 * kHotWork;
    }
    return work;
  }
  // What one round of a loop costs, without the inner loops that are native.
  template <class IsReady>
  int64_t interpreted_size(const Loop& loop, const IsReady& is_ready) const {
    constexpr int64_t kEntry = 50;  // what entering native code costs
    auto size = static_cast<int64_t>(loop.size());
    for (const Loop& inner : loops)
      if (loop.holds(inner) && is_ready(inner)) size += kEntry - static_cast<int64_t>(inner.size());
    return size > 1 ? size : 1;
  }

  vm::Proto* proto;
  std::vector<Unit*> calls;        // one for each signature
  size_t compiled = 0;             // calls that were compiled, thrown away ones included
  size_t thrown = 0;
  bool second_lanes = false;       // and so never interpreted without them (vm/bands.hpp); see Host::call
  int32_t patience_with_lanes = 0; // calls until native code is asked for
  bool counted = false;            // up to the first look
  bool refused = false;
  bool wanted = false;             // compiled at the next call
  int32_t patience = kPatience;
  std::vector<Loop> loops;         // in the order of their headers
  int32_t batch = 0;               // what the count of jumps began with
  int32_t probing = 0;             // jumps that are still watched
  bool probed = false;
  int32_t waiting = 0;             // jumps that are still looked at because a loop is wanted
  int32_t call_mark = 0, loop_mark = 0;  // the counts when watching began
};

class States {
 public:
  virtual FunctionState& state(vm::Proto* proto) = 0;

 protected:
  ~States() = default;
};

// A loop of a function, or the function.
struct Choice {
  FunctionState* state = nullptr;
  FunctionState::Loop* loop = nullptr;
};

// Whether native code for these instructions could be faster at all: most of what they do is not left to the interpreter.
// `registers` are those of a running call, `known` of them hold something.
bool promising(const vm::Proto& proto, size_t first, size_t last, const vm::Value* registers, size_t known);

// Watching begins: the counts of the functions on the stack.
void mark_callers(vm::Vm& vm, States& states);
// A unit that contains this loop, and is the better choice; nothing when the loop itself is.
Choice unit_instead(vm::Vm& vm, const vm::Frame& frame, FunctionState::Loop& loop, States& states);
// The same for a function that is about to be called by the frame on top.
Choice caller_instead(vm::Vm& vm, vm::Closure* callee, States& states);

}  // namespace omc::jit
