// Loops of bytecode, and the way up to callers.

#include "jit/hotness.hpp"

#include <algorithm>

#include "jit/native/intrinsics.hpp"
#include "vm/globals.hpp"
#include "vm/native.hpp"
#include "vm/native_code.hpp"
#include "vm/object.hpp"
#include "vm/proto.hpp"

namespace omc::jit {

using vm::NativeSupport;
using Loop = FunctionState::Loop;

namespace {

constexpr size_t kHighest = 8;  // callers that are looked at

// Whether the instruction before `ip` calls this function directly, not by way of a builtin.
bool calls(const vm::Frame& caller, const vm::Closure* callee) {
  using vm::Op;
  const vm::Instruction* const in = caller.ip - 1;
  if (in < caller.proto->code.data()) return false;
  const auto holds = [&](uint32_t r) {
    const vm::Value& v = caller.base[r];
    return v.is_function() && v.as_function() == callee;
  };
  switch (vm::general_form(in->op)) {
    case Op::CallGlobal: return caller.proto->cells[in->c]->target == callee;
    case Op::CallNamed: return caller.proto->cells[in->c]->target == callee || holds(in->b + in->n);
    case Op::CallValue: return holds(in->c);
    case Op::CallMethod:
    case Op::CallDotted: return true;
    default: return false;
  }
}

bool is_text(const vm::Value& v) { return v.is_string(); }

// Whether a call of a method has met an object.
bool has_met(const vm::MethodCache& cache) { return cache.methods[0] != nullptr; }

// What native code cannot make faster: 1 for an instruction that it leaves to the interpreter, or that makes a text; 2 for a builtin
// that makes one out of several.
size_t foreign(const vm::Proto& proto, vm::Instruction in, const vm::Value* registers, size_t known) {
  using vm::Op;
  const auto text = [&](uint32_t r) { return r < known && is_text(registers[r]); };
  switch (vm::general_form(in.op)) {
    case Op::CallGlobal:
    case Op::CallNamed:
    case Op::CallTaking:
    case Op::CallLending: {
      const vm::GlobalCell& cell = *proto.cells[in.c];
      if (cell.target || !cell.builtin || cell.builtin->short_form.none || find_intrinsic(cell.builtin->name)) return 0;
      return calls_nobody(cell.builtin->name) ? 2 : 1;
    }
    case Op::Add: return text(in.b) || text(in.c);
    case Op::AddK: return text(in.b);
    case Op::CallMethod: return !has_met(proto.method_sites[in.c].cache);
    case Op::CallDotted: return !has_met(proto.dotted_sites[in.c].cache);
    case Op::CallSpread:
    case Op::Concat:
    case Op::Print:
    case Op::Yield: return 1;
    case Op::GetIndex:
    case Op::GetIndexK: return text(in.b);
    case Op::SetIndex:
    case Op::SetIndexK: return text(in.a);
    default: return 0;
  }
}

// Counts run down, and are set up again when they have run out.
bool came_round(int32_t mark, int32_t now) { return now > mark || mark - now >= kRounds; }

// From a call of `callee` by the frame below `depth` up, as long as it is repeated.
Choice climb(vm::Vm& vm, vm::Closure* callee, size_t depth, Choice choice, States& states) {
  const std::span<const vm::Frame> frames = NativeSupport::frames(vm);
  const size_t lowest = depth > kHighest ? depth - kHighest : 0;
  for (; depth > lowest; --depth) {
    const vm::Frame& caller = frames[depth - 1];
    vm::Proto* const proto = caller.proto;
    if (proto->never_native || proto == callee->proto || caller.native_caller || !calls(caller, callee)) break;
    FunctionState& f = states.state(proto);
    Loop* const loop = f.loop_around(static_cast<uint32_t>(caller.ip - proto->code.data() - 1));
    if (loop) {
      if (!loop->hopeless() && came_round(f.loop_mark, proto->loop_heat)) choice = {&f, loop};
      break;
    }
    if (proto->is_top_level || proto->never_native || f.refused || !came_round(f.call_mark, proto->call_heat)) break;
    choice = {&f, nullptr};
    if (caller.from_native) break;
    callee = caller.closure;
  }
  return choice;
}

}  // namespace

FunctionState::FunctionState(vm::Proto* function) : proto(function) {
  for (size_t pc = 0; pc < proto->code.size(); ++pc) {
    const vm::Instruction in = proto->code[pc];
    const vm::OpInfo& info = vm::op_info(in.op);
    const int64_t jump = info.operands[1] == vm::Operand::J ? in.bx() : info.operands[2] == vm::Operand::J ? in.jump() : 0;
    if (jump >= 0) continue;
    Loop& loop = loop_at(static_cast<uint32_t>(static_cast<int64_t>(pc) + 1 + jump));
    loop.last = std::max(loop.last, static_cast<uint32_t>(pc));
  }
  batch = proto->loop_heat;
  call_mark = proto->call_heat;
  loop_mark = proto->loop_heat;
}

Loop& FunctionState::loop_at(uint32_t header) {
  auto at = std::find_if(loops.begin(), loops.end(), [&](const Loop& l) { return l.header >= header; });
  if (at == loops.end() || at->header != header) at = loops.insert(at, Loop{header, header});
  return *at;
}

Loop* FunctionState::loop_around(uint32_t pc) {
  Loop* found = nullptr;
  for (Loop& l : loops)
    if (l.header <= pc && pc <= l.last && (!found || found->holds(l))) found = &l;
  return found;
}

int32_t FunctionState::calls_until_hot() const {
  return std::clamp(kHotWork / static_cast<int32_t>(proto->code.size() + 1), 1, 50'000);
}

bool promising(const vm::Proto& proto, size_t first, size_t last, const vm::Value* registers, size_t known) {
  size_t sum = 0;
  for (size_t pc = first; pc <= last; ++pc) sum += foreign(proto, proto.code[pc], registers, known);
  return sum * kWorthwhile <= last - first + 1;
}

void mark_callers(vm::Vm& vm, States& states) {
  const std::span<const vm::Frame> frames = NativeSupport::frames(vm);
  const size_t lowest = frames.size() > kHighest ? frames.size() - kHighest : 0;
  for (size_t i = frames.size(); i-- > lowest;) {
    vm::Proto* const proto = frames[i].proto;
    FunctionState& f = states.state(proto);
    f.call_mark = proto->call_heat;
    f.loop_mark = proto->loop_heat;
  }
}

Choice unit_instead(vm::Vm& vm, const vm::Frame& frame, Loop& loop, States& states) {
  FunctionState& f = states.state(frame.proto);
  Choice choice;
  for (Loop& outer : f.loops)
    if (outer.holds(loop) && outer.rounds >= kRounds && !outer.hopeless()) {
      choice = {&f, &outer};
      break;
    }
  if (frame.proto->is_top_level || f.refused || !came_round(f.call_mark, frame.proto->call_heat)) return choice;
  choice = {&f, nullptr};
  if (frame.from_native) return choice;
  return climb(vm, frame.closure, NativeSupport::frames(vm).size() - 1, choice, states);
}

Choice caller_instead(vm::Vm& vm, vm::Closure* callee, States& states) {
  return climb(vm, callee, NativeSupport::frames(vm).size(), {}, states);
}

}  // namespace omc::jit
