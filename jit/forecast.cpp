// Counters and limits of loops, read from the jump back and the registers or global variables that it compares.

#include "jit/forecast.hpp"

#include <algorithm>

#include "vm/globals.hpp"
#include "vm/native.hpp"
#include "vm/native_code.hpp"
#include "vm/proto.hpp"

namespace omc::jit {

namespace {

constexpr double kShortest = 0.25;  // milliseconds of watching that say something

// What the comparison at the end of a loop looks at: a register, or a global variable that is loaded into it for this.
struct Place {
  uint32_t r = 0;
  const vm::GlobalCell* cell = nullptr;
};

Place place(const vm::Proto& proto, uint32_t pc, uint32_t r) {
  for (uint32_t back = 1; back <= 2 && back <= pc; ++back) {
    const vm::Instruction in = proto.code[pc - back];
    if (vm::general_form(in.op) != vm::Op::GetGlobal) break;
    if (in.a == r) return {r, proto.cells[static_cast<uint32_t>(in.bx())]};
  }
  return {r, nullptr};
}

std::optional<double> number(const vm::Value& v) {
  if (v.is_int()) return static_cast<double>(v.as_int());
  if (v.is_float()) return v.as_float();
  return std::nullopt;
}
std::optional<double> number(const vm::Frame& frame, const Place& place) {
  return number(place.cell ? place.cell->variable : frame.base[place.r]);
}

bool writes(const vm::Proto& proto, vm::Instruction in, const Place& place) {
  if (place.cell) return in.op == vm::Op::SetGlobal && proto.cells[static_cast<uint32_t>(in.bx())] == place.cell;
  const vm::OpInfo& info = vm::op_info(in.op);
  const uint32_t operands[] = {in.a, in.b, in.c};
  for (int i = 0; i < 3; ++i) {
    const bool written = info.operands[i] == vm::Operand::W || info.operands[i] == vm::Operand::X;
    if (written && operands[i] == place.r) return true;
  }
  return false;
}

bool adds(vm::Op op) {
  using vm::Op;
  const Op general = vm::general_form(op);
  return general == Op::Add || general == Op::AddK || general == Op::Sub || general == Op::SubK;
}

// Whether a counter moves evenly to its limit: that stays, and nothing is done to the counter but to add.
bool is_even(const vm::Proto& proto, const FunctionState::Loop& loop, const Place& counter, const Place* limit) {
  for (uint32_t pc = loop.header; pc <= loop.last; ++pc) {
    const vm::Instruction in = proto.code[pc];
    if (limit && writes(proto, in, *limit)) return false;
    if (writes(proto, in, counter) && !adds(counter.cell && pc > 0 ? proto.code[pc - 1].op : in.op)) return false;
  }
  return true;
}

// The rounds that a loop has left, in units of its step.
std::optional<double> rounds_left(const vm::Frame& frame, const FunctionState::Loop& loop) {
  using vm::Op;
  const vm::Proto& proto = *frame.proto;
  const vm::Instruction in = proto.code[loop.last];
  const Op op = vm::general_form(in.op);
  if (op == Op::RangeNext) {
    const auto now = number(frame.base[in.a]), end = number(frame.base[in.a + 1u]);
    return now && end && *now <= *end ? std::optional(*end - *now) : std::nullopt;
  }
  const bool constant = op == Op::JumpLessK || op == Op::JumpLessEqualK || op == Op::JumpGreaterK || op == Op::JumpGreaterEqualK;
  const bool up = op == Op::JumpLess || op == Op::JumpLessEqual || op == Op::JumpLessK || op == Op::JumpLessEqualK;
  if (!up && !constant && op != Op::JumpGreater && op != Op::JumpGreaterEqual) return std::nullopt;
  // Where both are compared either may be the counter.
  Place counter = place(proto, loop.last, in.a), limit = constant ? Place() : place(proto, loop.last, in.b);
  auto from = number(frame, counter), to = constant ? number(proto.constants[in.b]) : number(frame, limit);
  if (!is_even(proto, loop, counter, constant ? nullptr : &limit)) {
    if (constant || !is_even(proto, loop, limit, &counter)) return std::nullopt;
  }
  if (!from || !to) return std::nullopt;
  const double left = up ? *to - *from : *from - *to;
  return left >= 0 ? std::optional(left) : std::nullopt;
}

// The largest loop around an instruction.
const FunctionState::Loop* outermost(const FunctionState& f, uint32_t pc) {
  const FunctionState::Loop* found = nullptr;
  for (const auto& l : f.loops)
    if (l.header <= pc && pc <= l.last && (!found || l.holds(*found))) found = &l;
  return found;
}

}  // namespace

std::optional<double> Forecast::remaining(vm::Vm& vm, States& states, double now) {
  for (const vm::Frame& frame : vm::NativeSupport::frames(vm)) {
    const auto next = static_cast<uint32_t>(frame.ip - frame.proto->code.data());
    const FunctionState::Loop* loop = outermost(states.state(frame.proto), next ? next - 1 : 0);
    if (!loop) loop = outermost(states.state(frame.proto), next);
    if (!loop) continue;
    const auto left = rounds_left(frame, *loop);
    if (!left) break;
    if (frame.proto != proto_ || loop->header != header_ || *left > rounds_) {
      proto_ = frame.proto;
      header_ = loop->header;
      since_ = now;
      rounds_ = *left;
    }
    if (now - since_ < kShortest) return std::nullopt;
    return (now - since_) * *left / std::max(rounds_ - *left, 0.5);
  }
  proto_ = nullptr;
  return std::nullopt;
}

}  // namespace omc::jit
