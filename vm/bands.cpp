// Runs a function with the second lanes of its registers.

#include "vm/bands.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "substrate/numbers.hpp"
#include "substrate/attractors.hpp"
#include "vm/interpreter_support.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

using Support = InterpreterSupport;
using Outcome = NativeCode::Outcome;
using lang::BinaryOp;

int64_t shadow_of(int64_t x) {
  const double y = static_cast<double>(x) * substrate::kPhi;
  return truncate(1000.0 * (y - std::floor(y)));
}

namespace {

// 1000 / (1 + distance), half away from zero; 0 beyond the table.
constexpr auto kHarmonies = [] {
  std::array<int16_t, 2000> table{};
  for (size_t i = 0; i < table.size(); ++i) {
    const double exact = 1000.0 * (1.0 / (1.0 + static_cast<double>(i)));
    const auto whole = static_cast<int16_t>(exact);
    table[i] = static_cast<int16_t>(whole + (exact - whole >= 0.5));
  }
  return table;
}();
static_assert(1000.0 * (1.0 / (1.0 + static_cast<double>(kHarmonies.size()))) < 0.5);

}  // namespace

int64_t harmony_of_lanes(int64_t alpha, int64_t beta) {
  const auto apart = static_cast<int64_t>(static_cast<uint64_t>(alpha) - static_cast<uint64_t>(beta));
  // The arithmetic nearest: the gaps that nearest() holds for their lower end are not held here.
  const uint64_t m = substrate::magnitude(apart);
  const size_t i = substrate::detail::kLastBelowNext.count_below(m);
  const uint64_t above_low = m - static_cast<uint64_t>(substrate::kAttractors[i]);
  const uint64_t high = i + 1 < substrate::kAttractorCount ? static_cast<uint64_t>(substrate::kAttractors[i + 1]) : UINT64_MAX;
  const uint64_t distance = std::min(above_low, high - m);
  return distance < kHarmonies.size() ? kHarmonies[distance] : 0;
}

const int16_t* near_harmonies() {
  static const std::vector<int16_t> table = [] {
    std::vector<int16_t> harmonies(kNear);
    for (int64_t apart = 0; apart < kNear; ++apart) harmonies[static_cast<size_t>(apart)] = static_cast<int16_t>(harmony_of_lanes(apart, 0));
    return harmonies;
  }();
  return table.data();
}

namespace {

bool means_builtin(const GlobalCell& cell, std::string_view name) { return cell.name->view() == name; }

bool integral(Value v) { return v.is_int() || v.is_bool(); }
int64_t whole(Value v) { return v.is_bool() ? v.as_bool() : v.as_int(); }

// What the operation gives on second lanes; nothing when its result has none.
Lane on_lanes(Op op, int64_t x, int64_t y) {
  const auto u = static_cast<uint64_t>(x), v = static_cast<uint64_t>(y);
  switch (op) {
    case Op::Add:
    case Op::AddK: return static_cast<int64_t>(u + v);
    case Op::Sub:
    case Op::SubK: return static_cast<int64_t>(u - v);
    case Op::Mul:
    case Op::MulK: return static_cast<int64_t>(u * v);
    case Op::Div:
    case Op::DivK: return y == 0 ? 0 : y == -1 ? static_cast<int64_t>(-u) : x / y;
    case Op::Mod:
    case Op::ModK: return y == 0 || y == -1 ? 0 : x % y;
    case Op::BitAnd: return x & y;
    case Op::BitOr: return x | y;
    case Op::BitXor: return x ^ y;
    case Op::ShiftLeft: return static_cast<int64_t>(u << (v & 63));
    case Op::ShiftRight: return x >> (v & 63);
    case Op::Less: return x < y;
    case Op::LessEqual: return x <= y;
    case Op::Greater: return x > y;
    case Op::GreaterEqual: return x >= y;
    case Op::Equal: return x == y;
    case Op::NotEqual: return x != y;
    default: return {};
  }
}

bool has_constant(Op op) {
  switch (op) {
    case Op::AddK: case Op::SubK: case Op::MulK:
    case Op::DivK: case Op::ModK: return true;
    default: return false;
  }
}

// The jumps; `taken` is where to. Nothing: no jump.
std::optional<bool> jumps(Vm& vm, const Frame& frame, Instruction in, bool& failed) {
  Value* const r = frame.base;
  const Value* const k = frame.proto->constants.data();
  bool holds = false;
  const auto compared = [&](BinaryOp op, Value y) {
    failed = !(op == BinaryOp::Equal ? Support::equal(vm, r[in.a], y, holds) : Support::compare(vm, op, r[in.a], y, holds));
    return holds == static_cast<bool>(in.n);
  };
  switch (in.op) {
    case Op::Jump: return true;
    case Op::JumpIf: return to_bool(r[in.a]);
    case Op::JumpIfNot: return !to_bool(r[in.a]);
    case Op::JumpEqual: return compared(BinaryOp::Equal, r[in.b]);
    case Op::JumpLess: return compared(BinaryOp::Less, r[in.b]);
    case Op::JumpLessEqual: return compared(BinaryOp::LessEqual, r[in.b]);
    case Op::JumpGreater: return compared(BinaryOp::Greater, r[in.b]);
    case Op::JumpGreaterEqual: return compared(BinaryOp::GreaterEqual, r[in.b]);
    case Op::JumpEqualK: return compared(BinaryOp::Equal, k[in.b]);
    case Op::JumpLessK: return compared(BinaryOp::Less, k[in.b]);
    case Op::JumpLessEqualK: return compared(BinaryOp::LessEqual, k[in.b]);
    case Op::JumpGreaterK: return compared(BinaryOp::Greater, k[in.b]);
    case Op::JumpGreaterEqualK: return compared(BinaryOp::GreaterEqual, k[in.b]);
    case Op::RangePrepare: {
      failed = !Support::prepare_range(vm, r + in.a, holds);
      return holds;
    }
    case Op::RangeNext: {
      const int64_t step = r[in.a + 2].as_int(), end = r[in.a + 1].as_int();
      int64_t now = r[in.a].as_int();
      const bool more = !__builtin_add_overflow(now, step, &now) && (step > 0 ? now < end : now > end);
      if (more) r[in.a] = r[in.b] = Value::integer(now);
      return more;
    }
    case Op::IterateNext: {
      if (!r[in.a].is_array()) {
        failed = !Support::next_character(vm, r + in.a, r[in.b], holds);
        return holds;
      }
      const Array* a = r[in.a].as_array();
      const auto at = static_cast<size_t>(r[in.a + 1].as_int());
      if (at >= a->size) return false;
      r[in.b] = a->at(at);
      r[in.a + 1] = Value::integer(static_cast<int64_t>(at + 1));
      return true;
    }
    case Op::JumpNoMatch: return !Support::matches(frame.proto->patterns[in.b], r[in.a]);
    default: return std::nullopt;
  }
}

}  // namespace

Outcome Bands::loop(Frame& frame) noexcept {
  frame.proto->loop_heat = INT32_MAX;
  return Outcome::Done;
}

Outcome Bands::call(Closure* callee, Value* arguments, Value& result) noexcept {
  Proto* const proto = callee->proto;
  if (!has_second_lanes(*proto)) {
    proto->call_heat = INT32_MAX;
    return Outcome::Interpret;
  }
  proto->call_heat = 0;
  constexpr size_t kFrameBytes = 4096;  // of C++ stack, for this call and what it calls
  const char here = 0;
  const bool room = &here > NativeSupport::native_stack_end(vm_) + kFrameBytes;
  if (!room || !NativeSupport::push(vm_, callee, arguments)) return Outcome::Interpret;
  std::vector<Lane> lanes(proto->register_count);
  return finish(vm_, lanes, result) ? Outcome::Done : Outcome::Failed;
}

bool Bands::finish(Vm& vm, std::span<Lane> lanes, Value& result) {
  Frame& frame = NativeSupport::top(vm);
  Proto* const proto = frame.proto;
  Value* const r = frame.base;
  const Value* const k = proto->constants.data();
  for (;;) {
    const auto pc = static_cast<uint32_t>(frame.ip - proto->code.data());
    Instruction in = proto->code[pc];
    in.op = general_form(in.op);
    ++frame.ip;
    if (in.op == Op::Return || in.op == Op::ReturnNull) {
      result = in.op == Op::Return ? r[in.a] : Value::null();
      NativeSupport::pop(vm);
      return true;
    }
    bool failed = false;
    if (const auto taken = jumps(vm, frame, in, failed)) {
      if (in.op == Op::RangeNext || in.op == Op::IterateNext) lanes[in.b] = Lane();
      if (in.op == Op::RangePrepare) lanes[in.a] = lanes[in.a + 1u] = lanes[in.a + 2u] = Lane();
      if (!failed && *taken) {
        const bool wide = in.op == Op::Jump || in.op == Op::JumpIf || in.op == Op::JumpIfNot;
        const int32_t offset = wide ? in.bx() : in.jump();
        frame.ip += offset;
        if (offset < 0) failed = !NativeSupport::safepoint(vm);
      }
    } else {
      const OpInfo& info = op_info(in.op);
      const bool writes = info.operands[0] == Operand::W || info.operands[0] == Operand::X;
      const bool builtin_call = in.op == Op::CallGlobal && in.n >= 1 && !proto->cells[in.c]->target;
      Lane lane;
      bool done = false;
      if (in.op == Op::Move) {
        lane = lanes[in.b];
      } else if (builtin_call && means_builtin(*proto->cells[in.c], "phi_shadow")) {
        lane = r[in.b].is_int() ? Lane(shadow_of(r[in.b].as_int())) : lanes[in.b];
      } else if (builtin_call && means_builtin(*proto->cells[in.c], "harmony") && r[in.b].is_int() && lanes[in.b]) {
        r[in.a] = Value::integer(harmony_of_lanes(r[in.b].as_int(), lanes[in.b].beta));
        done = true;
      } else if (info.operands[1] == Operand::R && (info.operands[2] == Operand::R || has_constant(in.op))) {
        const Value x = r[in.b], y = has_constant(in.op) ? k[in.c] : in.c < proto->register_count ? r[in.c] : Value();
        const Lane other = has_constant(in.op) || in.c >= proto->register_count ? Lane() : lanes[in.c];
        if (integral(x) && integral(y) && (lanes[in.b] || other))
          lane = on_lanes(in.op, lanes[in.b].value_or(whole(x)), other.value_or(whole(y)));
      } else if (in.op == Op::Negate || in.op == Op::BitNot || in.op == Op::Not) {
        if (integral(r[in.b]) && lanes[in.b])
          lane = in.op == Op::Negate   ? on_lanes(Op::Sub, 0, lanes[in.b].beta)
                 : in.op == Op::BitNot ? Lane(~lanes[in.b].beta)
                                       : Lane(static_cast<int64_t>(lanes[in.b].beta == 0));
      }
      if (in.op == Op::ClearLocals)
        for (int32_t i = 0; i < in.bx(); ++i) lanes[in.a + static_cast<uint32_t>(i)] = Lane();
      failed = !done && !NativeSupport::step_in_frame(vm, pc);
      if (!failed && writes) lanes[in.a] = lane && integral(r[in.a]) ? lane : Lane();
    }
    if (!failed) continue;
    if (!Support::unwind(vm)) return false;
    for (const Handler& h : proto->handlers)
      if (frame.ip == proto->code.data() + h.target) lanes[h.error] = Lane();
  }
}

}  // namespace omc::vm
