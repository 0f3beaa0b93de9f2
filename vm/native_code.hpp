#pragma once
// What the machine knows of native code: when to ask for it, and how native code comes back.
//
// Every function counts its calls and its backward jumps down (Proto::call_heat, loop_heat); below zero the machine asks. Native
// code works on the registers of the frame it stands for, R[0] = `base`, but has no Frame: what it calls directly is invisible
// here. Where it cannot go on it stores its values into the registers and leaves: the interpreter gets a frame at that very
// instruction and finishes the call. So only the interpreter knows the rare cases, the errors and their texts.

#include <cstddef>
#include <cstdint>
#include <span>

#include "vm/fwd.hpp"

namespace omc::vm {

class Marker;
struct Frame;
struct Lane;

class NativeCode {
 public:
  enum class Outcome : uint8_t {
    Interpret,  // nothing happened
    Done,
    Failed,     // an error is pending
  };
  virtual ~NativeCode() = default;
  // A call with the right number of arguments, which are the callee's first registers. When it failed the callee is left
  // but not yet in the trace.
  virtual Outcome call(Closure* callee, Value* arguments, Value& result) noexcept = 0;
  // The same for a call that C++ makes: a builtin's callback, mostly one of many.
  virtual Outcome callback(Closure* callee, Value* arguments, Value& result) noexcept { return call(callee, arguments, result); }
  // The frame on top jumped back to its ip. Its ip afterwards: where to go on, or behind the instruction that failed.
  virtual Outcome loop(Frame& frame) noexcept = 0;
  // Marks what native code refers to.
  virtual void mark(Marker& marker) = 0;

  // The heat functions begin with.
  int32_t call_heat = INT32_MAX;
  int32_t loop_heat = INT32_MAX;
};

// The machine as native code sees it. None lets a C++ exception through; functions that return bool give false when an error
// is pending.
struct NativeSupport {
  static NativeCode::Outcome call(Vm& vm, Closure* callee, Value* arguments, Value& result);
  static NativeCode::Outcome callback(Vm& vm, Closure* callee, Value* arguments, Value& result);
  static NativeCode::Outcome loop(Vm& vm, Frame& frame);

  // How many calls deep a function may go that is called now, and how many registers there are from `base` on.
  static size_t depth_left(const Vm& vm);
  static size_t registers_left(const Vm& vm, const Value* base);
  static const char* native_stack_end(const Vm& vm);
  static const void* due_flag(const Vm& vm);
  static const Value* const* soft_limit(const Vm& vm);
  static String* const* characters(const Vm& vm);  // of ASCII, each a string
  static int64_t only_character(const String* s);  // of a string that is one; else -1
  // Makes the registers below `top` known to the collector.
  static bool raise_limit(Vm& vm, Value* top);

  // The interpreter finishes a call of `closure` from instruction `pc` on; `depth_left` as when it was entered.
  // With `lanes` (bands.hpp), one for each register: as a function that has second lanes.
  static bool leave(Vm& vm, Closure* closure, uint32_t pc, Value* base, size_t depth_left, Value& result,
                    std::span<Lane> lanes = {});
  // Executes instruction `pc` alone, one that does not jump (those in front of a builtin's call count as doing nothing): operands and result in the registers. With its own frame, ...
  static bool step(Vm& vm, Closure* closure, uint32_t pc, Value* base, size_t depth_left);
  // ... or in the frame on top. Afterwards the frame's ip is behind the instruction.
  static bool step_in_frame(Vm& vm, uint32_t pc);
  // A builtin or operation that calls nobody back, without a frame; when it failed (the second: nullptr), `failed` or `place`
  // makes up for that.
  static bool call_builtin(Vm& vm, const Builtin& builtin, Value* arguments, size_t count, Value& result);
  static String* concatenate(Vm& vm, String* a, String* b);
  static void failed(Vm& vm, Closure* closure, uint32_t pc, Value* base, size_t depth_left);
  // Objects and methods. nullptr and false: memory was refused, and nothing has happened.
  static const uint64_t* epoch(const Vm& vm);
  static const String* class_key(const Vm& vm);
  // What the method call at `pc` calls for instances of a class; nullptr when the interpreter must find out.
  static Closure* method(const Vm& vm, const Proto& proto, uint32_t pc, const String* class_name);
  static bool add_key(Vm& vm, Dict* d, String* key, Value v);
  static Dict* new_dict(Vm& vm);
  static Dict* construct(Vm& vm, Constructor* constructor, const Value* fields);
  // The same of variables that are captured, and of a closure made by a call of `maker`, whose registers begin at `base`.
  static Box* new_box(Vm& vm);
  static Closure* new_closure(Vm& vm, Closure* maker, Value* base, Proto* proto);
  // A frame for a call that C++ carries out itself; false when it goes too deep.
  static bool push(Vm& vm, Closure* closure, Value* base);
  static Frame& top(Vm& vm);
  // The running calls, the innermost last.
  static std::span<const Frame> frames(const Vm& vm);
  static void pop(Vm& vm);
  static bool safepoint(Vm& vm);
  // An error left `callee`, called at instruction `pc` of `caller` (nullptr: from C++).
  static void add_to_trace(Vm& vm, const Proto* callee, const Proto* caller, uint32_t pc);
  // The frame on top stands behind instruction `pc`.
  static void place(Vm& vm, uint32_t pc);
};

}  // namespace omc::vm
